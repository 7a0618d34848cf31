//! What discovery and hardware inventory know of each device.

use crate::tsql::{DAY, HOUR};

use super::{
    DataError,
    devices::Device,
    fill::{Filler, put},
    plan::Plan,
    random::Random,
};

const TENANT: &str = "7A1F0C52-3B0E-4D6A-9C41-5E2B8F6D9A10";

pub(crate) fn fill(
    filler: &mut Filler<'_>,
    plan: &Plan,
    devices: &[Device],
    origin: i64,
) -> Result<(), DataError> {
    for device in devices {
        let index = u64::try_from(device.resource).unwrap_or(0);
        let mut random = Random::new(plan.seed, "inventory", index);
        discovered(filler, device, &mut random, origin)?;
        // Inventory comes from clients alone.
        if device.is_client {
            system(filler, device, &mut random)?;
            hardware(filler, device, &mut random, origin)?;
            software(filler, device, &mut random)?;
        }
    }
    Ok(())
}

fn discovered(
    filler: &mut Filler<'_>,
    device: &Device,
    random: &mut Random,
    origin: i64,
) -> Result<(), DataError> {
    let site_name = if device.site == "PS2" { "Americas-Main" } else { "Europe-Main" };
    put!(filler, "v_R_System",
        ResourceID: device.resource, ResourceType: 5, Name0: &device.name, Netbios_Name0: &device.name,
        SMS_Unique_Identifier0: device.sms_id.as_ref(), Client0: device.is_client, Client_Type0: device.is_client.then_some(1),
        Client_Version0: device.is_client.then_some(device.client_version), Active0: device.is_active,
        Obsolete0: device.is_obsolete, Decommissioned0: device.is_decommissioned, Unknown0: None::<i64>,
        Operating_System_Name_and0: device.system.discovered, Resource_Domain_OR_Workgr0: "CONTOSO",
        Full_Domain_Name0: "CORP.CONTOSO.EXAMPLE", User_Name0: &device.user, User_Domain0: "CONTOSO",
        AD_Site_Name0: site_name, CPUType0: if device.model.processor.starts_with("AMD") { "AMD64 Family 25" } else { "Intel64 Family 6" },
        Is_Virtual_Machine0: device.is_virtual,
        Virtual_Machine_Host_Name0: device.is_virtual.then(|| format!("{}HV{:03}", device.site, random.between(1, 24))),
        Build01: device.system.build, OSBranch01: device.system.branch, Creation_Date0: device.installed + DAY,
        Last_Logon_Timestamp0: device.last_seen, SMBIOS_GUID0: random.guid(),
        Hardware_ID0: format!("2:{:016X}{:016X}", random.next(), random.next()),
        Distinguished_Name0: format!("CN={},OU=Devices,DC=corp,DC=contoso,DC=example", device.name),
        AADDeviceID: device.entra.as_ref(), AADTenantID: device.entra.as_ref().map(|_| TENANT))?;
    let agents: &[&str] = if device.is_client {
        &["SMS_AD_SYSTEM_DISCOVERY_AGENT", "Heartbeat Discovery"]
    } else {
        &["SMS_AD_SYSTEM_DISCOVERY_AGENT"]
    };
    for agent in agents {
        put!(filler, "v_AgentDiscoveries",
            ResourceID: device.resource, ResourceType: 5, AgentName: *agent, AgentSite: device.site,
            AgentTime: origin - random.below(7 * 24) * HOUR)?;
    }
    Ok(())
}

const LANGUAGES: [(i64, (i64, &str)); 5] = [
    (520, (1033, "0409")),
    (260, (1031, "0407")),
    (90, (1036, "040c")),
    (80, (3082, "0c0a")),
    (50, (1041, "0411")),
];

fn system(filler: &mut Filler<'_>, device: &Device, random: &mut Random) -> Result<(), DataError> {
    let (language, locale) = random.weighted(&LANGUAGES, (1033, "0409"));
    let id = device.resource;
    put!(filler, "v_GS_OPERATING_SYSTEM",
        ResourceID: id, Caption0: device.system.caption, CSDVersion0: (device.system.build == "6.1.7601").then_some("Service Pack 1"),
        Version0: device.system.build, BuildNumber0: device.system.build_number,
        InstallDate0: (!random.in_thousand(5)).then_some(device.installed), OSLanguage0: language, Locale0: locale,
        LastBootUpTime0: device.last_seen - random.below(20 * 24) * HOUR, ProductType0: device.system.product_type,
        OperatingSystemSKU0: device.system.sku)?;
    put!(filler, "v_GS_COMPUTER_SYSTEM",
        ResourceID: id, Name0: &device.name, Manufacturer0: device.model.maker, Model0: device.model.name,
        SystemType0: "x64-based PC", TotalPhysicalMemory0: device.model.memory_gib * 1_048_576 - 4096, Domain0: "corp.contoso.example")?;
    put!(filler, "v_GS_WORKSTATION_STATUS",
        ResourceID: id, LastHWScan: device.last_seen - random.below(48) * HOUR, DefaultLocaleID0: language,
        TimezoneOffset0: if device.site == "PS2" || device.site == "STA" { -300 } else { 60 })
}

fn hardware(
    filler: &mut Filler<'_>,
    device: &Device,
    random: &mut Random,
    origin: i64,
) -> Result<(), DataError> {
    let id = device.resource;
    let sockets = if device.model.chassis == "23" { 2 } else { 1 };
    for _ in 0..sockets {
        put!(filler, "v_GS_PROCESSOR",
            ResourceID: id, Name0: device.model.processor, CPUHash0: format!("{:016X}", random.next()),
            NumberOfCores0: device.model.cores, NumberOfLogicalProcessors0: device.model.cores * 2)?;
    }
    let maker = if device.is_virtual { "Microsoft Corporation" } else { device.model.maker };
    put!(filler, "v_GS_PC_BIOS",
        ResourceID: id, ReleaseDate0: (!random.in_thousand(10)).then(|| origin - random.between(60, 3000) * DAY),
        SerialNumber0: &device.serial, Manufacturer0: maker,
        SMBIOSBIOSVersion0: format!("1.{}.{}", random.between(1, 30), random.below(5)))?;
    put!(filler, "v_GS_SYSTEM_ENCLOSURE",
        ResourceID: id, ChassisTypes0: device.model.chassis, SerialNumber0: &device.serial,
        SMBIOSAssetTag0: format!("CT-{:06}", id % 1_000_000))?;
    let size = random.pick(&[237_000, 475_000, 952_000], 475_000);
    put!(filler, "v_GS_LOGICAL_DISK",
        ResourceID: id, DeviceID0: "C:", Description0: "Local Fixed Disk", FreeSpace0: size * random.between(5, 80) / 100,
        Size0: size, DriveType0: 3)?;
    if device.system.product_type == 3 {
        put!(filler, "v_GS_LOGICAL_DISK",
            ResourceID: id, DeviceID0: "D:", Description0: "Local Fixed Disk", FreeSpace0: size * random.between(5, 80) / 100,
            Size0: size * 4, DriveType0: 3)?;
    }
    let has_tpm = !device.is_virtual && !random.in_thousand(20);
    if has_tpm {
        let is_new = !random.in_thousand(60);
        let is_on = !random.in_thousand(40);
        put!(filler, "v_GS_TPM",
            ResourceID: id, SpecVersion0: if is_new { "2.0, 0, 1.38" } else { "1.2, 2, 3" }, IsEnabled_InitialValue0: is_on,
            IsActivated_InitialValue0: is_on, IsOwned_InitialValue0: is_on && !random.in_thousand(50))?;
    }
    let has_uefi = device.system.branch.is_some() && !random.in_thousand(30);
    put!(filler, "v_GS_FIRMWARE",
        ResourceID: id, SecureBoot0: has_uefi && !random.in_thousand(80), UEFI0: has_uefi)?;
    if random.in_thousand(300) {
        // Somebody keeps whole letters in a column of 4,000 characters.
        let note = if random.in_thousand(30) {
            "Extended cover, see the contract. ".repeat(117)
        } else {
            "On site, next day".to_owned()
        };
        put!(filler, "v_GS_CONTOSO_WARRANTY0",
            ResourceID: id, Vendor0: device.model.maker, EndDate0: origin + random.between(-300, 900) * DAY,
            Notes0: note.chars().take(4000).collect::<String>())?;
    }
    Ok(())
}

const PRODUCTS: [(&str, &str, &str); 8] = [
    ("Microsoft 365 Apps for enterprise - en-us", "16.0.18227.20152", "Microsoft Corporation"),
    ("Microsoft Edge", "131.0.2903.86", "Microsoft Corporation"),
    ("Google Chrome", "131.0.6778.140", "Google LLC"),
    ("7-Zip 24.08 (x64 edition)", "24.08.00.0", "Igor Pavlov"),
    ("Adobe Acrobat (64-bit)", "24.005.20320", "Adobe"),
    ("Notepad++ (64-bit x64)", "8.7.4", "Notepad++ Team"),
    ("Microsoft Visual C++ 2015-2022 Redistributable (x64)", "14.42.34433.0", "Microsoft Corporation"),
    ("Configuration Manager Client", "5.00.9132.1000", "Microsoft Corporation"),
];

fn software(filler: &mut Filler<'_>, device: &Device, random: &mut Random) -> Result<(), DataError> {
    for (number, (name, version, publisher)) in (0..).zip(PRODUCTS) {
        if number < 7 && !random.in_thousand(380) {
            continue;
        }
        put!(filler, "v_GS_INSTALLED_SOFTWARE",
            ResourceID: device.resource, SoftwareCode0: format!("mfs:{number:08}"), InstallDate0: device.installed + random.below(300) * DAY,
            InstalledLocation0: "C:\\Program Files\\", ProductName0: name, ProductVersion0: version, Publisher0: publisher)?;
    }
    Ok(())
}
