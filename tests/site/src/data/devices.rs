//! The devices: which there are, before any view shows them.
//!
//! Of N devices the first three fifths run Windows 10, of which 3 % of N are in the IT department together
//! with 1 % of N from Windows 11; 0.4 % of N are the CEO's. So 5,000 devices have the documented example:
//! 3,000 with Windows 10, 200 of IT (150 on Windows 10), 20 of the CEO.

use crate::tsql::{DAY, HOUR, MINUTE};

use super::{hierarchy::Sites, plan::Plan, random::Random};

/// The first of the devices' ResourceIDs, as in a real site.
pub(crate) const FIRST_RESOURCE: i64 = 16_777_220;

/// An operating system that devices run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct System {
    /// As discovery names it.
    pub(crate) discovered: &'static str,
    /// As inventory names it.
    pub(crate) caption: &'static str,
    /// `Build01`: 10.0.19045.
    pub(crate) build: &'static str,
    pub(crate) build_number: &'static str,
    /// OSBranch01: 0 general availability, 1 deferred, 2 LTSC; `None` before Windows 10.
    pub(crate) branch: Option<i64>,
    pub(crate) sku: i64,
    /// 1 workstation, 3 server.
    pub(crate) product_type: i64,
}

const fn system(
    discovered: &'static str,
    caption: &'static str,
    build: &'static str,
    build_number: &'static str,
    branch: Option<i64>,
    sku: i64,
    product_type: i64,
) -> System {
    System { discovered, caption, build, build_number, branch, sku, product_type }
}

const WORKSTATION: &str = "Microsoft Windows NT Workstation 10.0";
const SERVER: &str = "Microsoft Windows NT Advanced Server 10.0";

const WINDOWS_10: [(i64, System); 5] = [
    (720, system(WORKSTATION, "Microsoft Windows 10 Enterprise", "10.0.19045", "19045", Some(0), 4, 1)),
    (140, system(WORKSTATION, "Microsoft Windows 10 Enterprise", "10.0.19044", "19044", Some(0), 4, 1)),
    (60, system(WORKSTATION, "Microsoft Windows 10 Pro", "10.0.19045", "19045", Some(0), 48, 1)),
    (40, system(WORKSTATION, "Microsoft Windows 10 Enterprise LTSC", "10.0.17763", "17763", Some(2), 125, 1)),
    (40, system(WORKSTATION, "Microsoft Windows 10 Enterprise LTSC", "10.0.19044", "19044", Some(2), 125, 1)),
];
const WINDOWS_11: [(i64, System); 3] = [
    (500, system(WORKSTATION, "Microsoft Windows 11 Enterprise", "10.0.26100", "26100", Some(0), 4, 1)),
    (350, system(WORKSTATION, "Microsoft Windows 11 Enterprise", "10.0.22631", "22631", Some(0), 4, 1)),
    (150, system(WORKSTATION, "Microsoft Windows 11 Pro", "10.0.26200", "26200", Some(1), 48, 1)),
];
const WINDOWS_SERVER: [(i64, System); 4] = [
    (450, system(SERVER, "Microsoft Windows Server 2022 Standard", "10.0.20348", "20348", Some(2), 7, 3)),
    (300, system(SERVER, "Microsoft Windows Server 2019 Datacenter", "10.0.17763", "17763", Some(2), 8, 3)),
    (150, system(SERVER, "Microsoft Windows Server 2025 Standard", "10.0.26100", "26100", Some(2), 7, 3)),
    (100, system(SERVER, "Microsoft Windows Server 2016 Standard", "10.0.14393", "14393", Some(2), 7, 3)),
];
const OLD: [(i64, System); 2] = [
    (
        700,
        system(
            "Microsoft Windows NT Workstation 6.3",
            "Microsoft Windows 8.1 Enterprise",
            "6.3.9600",
            "9600",
            None,
            4,
            1,
        ),
    ),
    (
        300,
        system(
            "Microsoft Windows NT Workstation 6.1",
            "Microsoft Windows 7 Enterprise",
            "6.1.7601",
            "7601",
            None,
            4,
            1,
        ),
    ),
];

/// One device.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) resource: i64,
    pub(crate) name: String,
    pub(crate) user: String,
    /// `GUID:` and a GUID; none without a client.
    pub(crate) sms_id: Option<String>,
    pub(crate) system: System,
    pub(crate) site: &'static str,
    pub(crate) client_version: &'static str,
    pub(crate) is_client: bool,
    pub(crate) is_active: bool,
    pub(crate) is_obsolete: bool,
    pub(crate) is_decommissioned: bool,
    pub(crate) is_virtual: bool,
    pub(crate) is_windows_10: bool,
    pub(crate) is_it: bool,
    pub(crate) is_ceo: bool,
    pub(crate) model: Model,
    pub(crate) serial: String,
    pub(crate) installed: i64,
    pub(crate) last_seen: i64,
    /// The device in Entra ID, where it is joined.
    pub(crate) entra: Option<String>,
}

/// A kind of hardware.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Model {
    pub(crate) maker: &'static str,
    pub(crate) name: &'static str,
    pub(crate) processor: &'static str,
    pub(crate) cores: i64,
    pub(crate) memory_gib: i64,
    /// ChassisTypes0: 3 desktop, 9 and 10 laptop, 23 rack, 32 detachable.
    pub(crate) chassis: &'static str,
}

const fn model(
    maker: &'static str,
    name: &'static str,
    processor: &'static str,
    cores: i64,
    memory_gib: i64,
    chassis: &'static str,
) -> Model {
    Model { maker, name, processor, cores, memory_gib, chassis }
}

const VIRTUAL: Model =
    model("Microsoft Corporation", "Virtual Machine", "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz", 4, 8, "3");
const PHYSICAL: [(i64, Model); 12] = [
    (190, model("Dell Inc.", "Latitude 7440", "13th Gen Intel(R) Core(TM) i5-1345U", 10, 16, "10")),
    (150, model("Dell Inc.", "OptiPlex 7010", "13th Gen Intel(R) Core(TM) i5-13500", 14, 16, "3")),
    (130, model("LENOVO", "21HDCTO1WW", "13th Gen Intel(R) Core(TM) i7-1355U", 10, 16, "10")),
    (110, model("HP", "HP EliteBook 840 G10", "13th Gen Intel(R) Core(TM) i5-1335U", 10, 16, "10")),
    (80, model("HP", "HP EliteDesk 800 G6", "Intel(R) Core(TM) i5-10500 CPU @ 3.10GHz", 6, 16, "3")),
    (70, model("Dell Inc.", "Latitude 5420", "11th Gen Intel(R) Core(TM) i5-1145G7 @ 2.60GHz", 4, 16, "10")),
    (60, model("LENOVO", "20W1S0", "AMD Ryzen 5 PRO 5650U with Radeon Graphics", 6, 16, "10")),
    (
        50,
        model(
            "Microsoft Corporation",
            "Surface Laptop 5",
            "12th Gen Intel(R) Core(TM) i7-1265U",
            10,
            16,
            "9",
        ),
    ),
    (
        40,
        model("Microsoft Corporation", "Surface Pro 9", "12th Gen Intel(R) Core(TM) i5-1245U", 10, 16, "32"),
    ),
    (
        30,
        model(
            "Microsoft Corporation",
            "Surface Pro 7",
            "Intel(R) Core(TM) i5-1035G4 CPU @ 1.10GHz",
            4,
            8,
            "32",
        ),
    ),
    (50, model("LENOVO", "30E0S0", "Intel(R) Xeon(R) W-2223 CPU @ 3.60GHz", 4, 32, "3")),
    (40, model("HP", "HP ProBook 450 G7", "Intel(R) Core(TM) i5-10210U CPU @ 1.60GHz", 4, 8, "10")),
];
const RACK: [(i64, Model); 3] = [
    (500, model("Dell Inc.", "PowerEdge R650", "Intel(R) Xeon(R) Gold 6330 CPU @ 2.00GHz", 28, 128, "23")),
    (300, model("HPE", "ProLiant DL380 Gen10", "Intel(R) Xeon(R) Silver 4214R CPU @ 2.40GHz", 12, 128, "23")),
    (200, model("Dell Inc.", "PowerEdge R7525", "AMD EPYC 7543 32-Core Processor", 32, 256, "23")),
];

const CLIENTS: [(i64, &str); 4] =
    [(780, "5.00.9132.1011"), (140, "5.00.9128.1007"), (60, "5.00.9122.1008"), (20, "5.00.9106.1000")];

const GIVEN: [&str; 16] = [
    "anna", "ben", "carla", "david", "elena", "felix", "grace", "hugo", "irene", "jonas", "katja", "liam",
    "mona", "nils", "olga", "paul",
];
const FAMILY: [&str; 16] = [
    "adler", "brandt", "costa", "dietrich", "engel", "fischer", "garcia", "huber", "iversen", "jansen",
    "keller", "lopez", "meyer", "novak", "olsen", "peters",
];

/// Makes the devices that are planned.
pub(crate) fn make(plan: &Plan, sites: &Sites, origin: i64) -> Vec<Device> {
    (0..i64::from(plan.devices)).map(|number| device(number, plan, sites, origin)).collect()
}

fn device(number: i64, plan: &Plan, sites: &Sites, origin: i64) -> Device {
    let count = i64::from(plan.devices);
    let mut random = Random::new(plan.seed, "devices", u64::try_from(number).unwrap_or(0));
    let windows_10 = count * 3 / 5;
    let windows_11 = count * 24 / 100;
    let servers = count / 10;
    let [(_, fallback), ..] = WINDOWS_10;
    let is_windows_10 = number < windows_10;
    let from_11 = number - windows_10;
    let system = if is_windows_10 {
        random.weighted(&WINDOWS_10, fallback)
    } else if from_11 < windows_11 {
        random.weighted(&WINDOWS_11, fallback)
    } else if from_11 < windows_11 + servers {
        random.weighted(&WINDOWS_SERVER, fallback)
    } else {
        random.weighted(&OLD, fallback)
    };
    let is_it = number < count * 3 / 100 || (0..count / 100).contains(&from_11);
    let ceo = (count * 4 / 1000).max(1);
    let is_ceo = (count / 2..count / 2 + ceo).contains(&number);
    let is_server = system.product_type == 3;
    let is_virtual = random.in_thousand(if is_server { 700 } else { 60 });
    let model = if is_virtual {
        VIRTUAL
    } else if is_server {
        random.weighted(&RACK, VIRTUAL)
    } else {
        random.weighted(&PHYSICAL, VIRTUAL)
    };
    // The departments of the documented example are all of clients that work.
    let is_plain = is_it || is_ceo;
    let is_client = is_plain || random.in_thousand(960);
    let is_obsolete = !is_plain && random.in_thousand(15);
    let is_decommissioned = !is_plain && !is_obsolete && random.in_thousand(5);
    let is_active = is_client && !is_obsolete && !is_decommissioned && (is_plain || random.in_thousand(935));
    let since =
        if is_active { random.below(6 * 24 * 60) } else { random.between(15 * 24 * 60, 300 * 24 * 60) };
    let kind = if is_server {
        "SV"
    } else if model.chassis == "3" {
        "WS"
    } else {
        "NB"
    };
    let site = sites.assigned(&mut random).code;
    Device {
        resource: FIRST_RESOURCE + number,
        name: format!("{site}{kind}{:05}", number + 1),
        user: format!(
            "{}.{}{:02}",
            random.pick(&GIVEN, "anna"),
            random.pick(&FAMILY, "adler"),
            random.below(90)
        ),
        sms_id: is_client.then(|| format!("GUID:{}", random.guid())),
        system,
        site,
        client_version: random.weighted(&CLIENTS, "5.00.9132.1011"),
        is_client,
        is_active,
        is_obsolete,
        is_decommissioned,
        is_virtual,
        is_windows_10,
        is_it,
        is_ceo,
        model,
        serial: format!("{:07X}", random.below(0xFFF_FFFF)),
        installed: origin - random.between(20, 2600) * DAY - random.below(24) * HOUR,
        last_seen: origin - since * MINUTE,
        entra: random.in_thousand(if is_server { 50 } else { 620 }).then(|| random.guid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::plan::Plan;

    #[test]
    fn five_thousand_devices_have_the_documented_example() {
        let plan = Plan::default();
        let devices = make(&plan, &Sites::new(&plan), plan.clock.origin());
        let count = |holds: fn(&Device) -> bool| devices.iter().filter(|device| holds(device)).count();
        assert_eq!(count(|device| device.is_windows_10), 3000);
        assert_eq!(count(|device| device.is_it), 200);
        assert_eq!(count(|device| device.is_it && device.is_windows_10), 150);
        assert_eq!(count(|device| device.is_ceo), 20);
        for rare in [
            count(|device| device.is_obsolete),
            count(|device| device.is_decommissioned),
            count(|device| !device.is_client),
            count(|device| device.is_client && !device.is_active),
            count(|device| device.system.branch == Some(2) && device.system.product_type == 1),
            count(|device| device.system.product_type == 3),
        ] {
            assert!(rare > 5, "{rare}");
        }
    }
}
