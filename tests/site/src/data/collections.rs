//! Collections: those that every site has, the documented examples, and a chain of limits A > B > C beside D.

use rusqlite::Connection;

use crate::tsql::{DAY, HOUR, MINUTE};

use super::{
    DataError,
    devices::Device,
    fill::{Filler, put},
    hierarchy::Sites,
    plan::Plan,
    random::Random,
};

/// Which devices belong to a collection.
#[derive(Debug, Clone, Copy)]
enum Members {
    Nobody,
    All,
    Clients,
    Servers,
    Windows10,
    It,
    Ceo,
    /// Every so manieth device with Windows 10.
    Ring(i64),
    /// One of so many departments.
    Department(i64, i64),
}

/// A collection.
#[derive(Debug, Clone)]
pub(crate) struct Collection {
    pub(crate) id: String,
    pub(crate) name: String,
    /// 1 users, 2 devices.
    kind: i64,
    limit: String,
    members: Members,
    is_built_in: bool,
}

const DEPARTMENTS: [&str; 12] = [
    "Finance",
    "Legal",
    "Marketing",
    "Sales",
    "Research",
    "Production",
    "Logistics",
    "Purchasing",
    "Support",
    "Training",
    "Facilities",
    "Audit",
];

/// All collections of a site; the first is All Systems.
pub(crate) fn list(sites: &Sites) -> Vec<Collection> {
    let code = sites.top().code;
    let built_in = |id: &str, name: &str, kind, limit: &str, members| Collection {
        id: id.to_owned(),
        name: name.to_owned(),
        kind,
        limit: limit.to_owned(),
        members,
        is_built_in: true,
    };
    let mut all = vec![
        built_in("SMS00001", "All Systems", 2, "", Members::All),
        built_in("SMS00002", "All Users", 1, "", Members::Nobody),
        built_in("SMS00003", "All User Groups", 1, "", Members::Nobody),
        built_in("SMS00004", "All Users and User Groups", 1, "", Members::Nobody),
        built_in("SMSDM003", "All Desktop and Server Clients", 2, "SMS00001", Members::Clients),
        built_in("SMS000US", "All Unknown Computers", 2, "SMS00001", Members::Nobody),
    ];
    let own = |number: i64| format!("{code}{number:05X}");
    let mut add = |number, name: &str, kind, limit: String, members| {
        all.push(Collection {
            id: own(number),
            name: name.to_owned(),
            kind,
            limit,
            members,
            is_built_in: false,
        });
    };
    let systems = || "SMS00001".to_owned();
    add(0x10, "Windows 10 devices", 2, systems(), Members::Windows10);
    add(0x11, "IT department", 2, systems(), Members::It);
    add(0x12, "CEO staff", 2, systems(), Members::Ceo);
    add(0x13, "Servers", 2, systems(), Members::Servers);
    add(0x20, "Upgrade A", 2, systems(), Members::Windows10);
    add(0x21, "Upgrade B", 2, own(0x20), Members::Ring(4));
    add(0x22, "Upgrade C", 2, own(0x21), Members::Ring(20));
    add(0x23, "Upgrade D", 2, systems(), Members::Servers);
    add(0x30, "Empty on purpose", 2, systems(), Members::Nobody);
    add(0x31, "Licensed users", 1, "SMS00002".to_owned(), Members::Nobody);
    for (number, department) in (0..).zip(DEPARTMENTS) {
        add(0x40 + number, department, 2, "SMSDM003".to_owned(), Members::Department(number, 12));
    }
    all
}

impl Collection {
    fn takes(&self, device: &Device) -> bool {
        match self.members {
            Members::Nobody => false,
            Members::All => true,
            Members::Clients => device.is_client,
            Members::Servers => device.system.product_type == 3,
            Members::Windows10 => device.is_windows_10,
            Members::It => device.is_it,
            Members::Ceo => device.is_ceo,
            Members::Ring(every) => device.is_windows_10 && device.resource % every == 0,
            Members::Department(number, of) => device.is_client && device.resource % of == number,
        }
    }

    /// How many devices belong to it.
    pub(crate) fn size(&self, devices: &[Device]) -> i64 {
        i64::try_from(devices.iter().filter(|device| self.takes(device)).count()).unwrap_or(i64::MAX)
    }
}

pub(crate) fn fill(
    filler: &mut Filler<'_>,
    plan: &Plan,
    sites: &Sites,
    devices: &[Device],
    origin: i64,
) -> Result<(), DataError> {
    for (number, collection) in (0_u64..).zip(&list(sites)) {
        let mut random = Random::new(plan.seed, "collections", number);
        one(filler, collection, number, &mut random, origin)?;
        for device in devices.iter().filter(|device| collection.takes(device)) {
            let is_direct = matches!(collection.members, Members::It | Members::Ceo);
            put!(filler, "v_FullCollectionMembership",
                CollectionID: &collection.id, ResourceID: device.resource, ResourceType: 5, Name: &device.name,
                Domain: "CONTOSO", SiteCode: device.site, SMSID: device.sms_id.as_ref(), IsClient: device.is_client,
                IsActive: device.is_client.then_some(device.is_active), IsObsolete: device.is_obsolete,
                IsDecommissioned: device.is_decommissioned, IsVirtualMachine: device.is_virtual, IsDirect: is_direct,
                ClientVersion: device.is_client.then_some(device.client_version), ClientType: device.is_client.then_some(1))?;
            if is_direct {
                put!(filler, "v_CollectionRuleDirect",
                    CollectionID: &collection.id, ResourceID: device.resource, RuleName: &device.name)?;
            }
        }
        if number < 8 {
            protection(filler, collection, devices)?;
        }
    }
    Ok(())
}

fn one(
    filler: &mut Filler<'_>,
    collection: &Collection,
    number: u64,
    random: &mut Random,
    origin: i64,
) -> Result<(), DataError> {
    let refresh = random.weighted(&[(250, 1), (450, 2), (100, 4), (200, 6)], 2);
    let has_windows = number % 5 == 1 && !collection.is_built_in;
    put!(filler, "v_Collection",
        CollectionID: &collection.id, Name: &collection.name, CollectionType: collection.kind, MemberCount: 0,
        LimitToCollectionID: &collection.limit, RefreshType: refresh,
        CurrentStatus: random.weighted(&[(900, 1), (50, 2), (30, 5), (20, 8)], 1),
        LastRefreshTime: origin - random.below(48 * 60) * MINUTE, LastMemberChangeTime: origin - random.below(200) * HOUR,
        LastChangeTime: origin - random.below(700) * DAY, IsBuiltIn: collection.is_built_in,
        PowerConfigsCount: i64::from(number % 7 == 3), ServiceWindowsCount: i64::from(has_windows),
        IncludeExcludeCollectionsCount: i64::from(number % 6 == 2), CollectionVariablesCount: i64::from(number % 9 == 4))?;
    if !matches!(collection.members, Members::It | Members::Ceo | Members::Nobody) {
        let table = if collection.kind == 2 { "SMS_R_System" } else { "SMS_R_User" };
        put!(filler, "v_CollectionRuleQuery",
            CollectionID: &collection.id, RuleName: &collection.name, QueryID: i64::try_from(number).unwrap_or(0) + 1,
            QueryExpression: format!("select * from {table} where {table}.Name like '%{}%'", collection.name),
            LimitToCollectionID: &collection.limit)?;
    }
    if has_windows {
        put!(filler, "v_ServiceWindow",
            CollectionID: &collection.id, ServiceWindowID: format!("{{{}}}", random.guid()), Name: format!("{} nights", collection.name),
            Description: "Occurs every week", StartTime: origin - random.below(300) * DAY, Duration: random.pick(&[120, 240, 360], 240),
            ServiceWindowType: random.pick(&[1, 4, 5], 1), RecurrenceType: random.pick(&[2, 3, 4], 3),
            IsEnabled: !random.in_thousand(100), IsGMT: random.in_thousand(300))?;
    }
    Ok(())
}

fn protection(filler: &mut Filler<'_>, collection: &Collection, devices: &[Device]) -> Result<(), DataError> {
    if collection.kind != 2 {
        return Ok(());
    }
    let total = collection.size(devices);
    put!(filler, "v_EndpointProtectionHealthStatus",
        CollectionID: &collection.id, TotalMemberCount: total, OverallStatusProtectedCount: total * 88 / 100,
        OverallStatusAtRiskCount: total * 3 / 100, OverallStatusNotSupportedCount: total / 100,
        OverallStatusInactiveCount: total * 4 / 100, OverallStatusNotYetInstalledCount: total / 100,
        OverallNotClientCount: total * 3 / 100)?;
    put!(filler, "v_EndpointProtectionCollections",
        CollectionID: &collection.id, CollectionName: &collection.name)
}

/// Sets each collection's count to the members that it has, planted ones among them.
pub(crate) fn count_members(connection: &Connection) -> Result<(), DataError> {
    connection.execute_batch(
        r#"CREATE TEMP TABLE counted AS
             SELECT "CollectionID" AS id, COUNT(*) AS members FROM "v_FullCollectionMembership" GROUP BY "CollectionID";
           UPDATE "v_Collection" SET "MemberCount" =
             ifnull((SELECT members FROM counted WHERE id = "v_Collection"."CollectionID"), 0);
           DROP TABLE counted;"#,
    )?;
    Ok(())
}
