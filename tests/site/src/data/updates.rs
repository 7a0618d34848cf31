//! Software updates, their groups and rules, and the updates of Configuration Manager itself.

use crate::tsql::{DAY, HOUR, days_of};

use super::{
    DataError, collections,
    devices::Device,
    fill::{Filler, put},
    hierarchy::Sites,
    plan::Plan,
    random::Random,
    software::{Deployment, FIRST_ASSIGNMENT},
};

const FIRST_UPDATE: i64 = 16_800_000;
const UPDATES: i64 = 400;
const GROUPS: i64 = 14;
const RULES: i64 = 9;

/// Builds of the product with the documented GUIDs of their packages.
struct Package {
    guid: &'static str,
    name: &'static str,
    version: &'static str,
    client: &'static str,
    least: &'static str,
    /// 2 enabled, 262146 downloaded, 196612 installed, 393214 not applicable.
    state: i64,
    /// 0 an update, 2 a hotfix.
    kind: i64,
    /// 1 server, 2 console, 4 client, 8 features, 16 fixes.
    impact: i64,
    released: (i64, i64, i64),
}

const PRODUCT: [Package; 7] = [
    Package {
        guid: "FD3D0214-F4DC-4664-B6BB-997E381B7C9D",
        name: "Configuration Manager 2309",
        version: "5.00.9122.1000",
        client: "5.00.9122.1000",
        least: "5.00.9096.1000",
        state: 196_612,
        kind: 0,
        impact: 31,
        released: (2023, 10, 9),
    },
    Package {
        guid: "5B8886C7-F967-4F8A-92AA-009E28368853",
        name: "Configuration Manager 2403",
        version: "5.00.9128.1000",
        client: "5.00.9128.1000",
        least: "5.00.9106.1000",
        state: 196_612,
        kind: 0,
        impact: 31,
        released: (2024, 4, 22),
    },
    Package {
        guid: "3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E",
        name: "Configuration Manager 2409",
        version: "5.00.9132.1000",
        client: "5.00.9132.1000",
        least: "5.00.9122.1000",
        state: 196_612,
        kind: 0,
        impact: 31,
        released: (2024, 12, 4),
    },
    Package {
        guid: "8576527E-DDE9-4146-8ED9-DB91091C38EF",
        name: "Configuration Manager 2503",
        version: "5.00.9135.1000",
        client: "5.00.9135.1000",
        least: "5.00.9128.1000",
        state: 262_146,
        kind: 0,
        impact: 31,
        released: (2025, 3, 31),
    },
    Package {
        guid: "0C7E1A54-9F0B-4A86-8F5D-6E2D1B7A9C01",
        name: "Configuration Manager 2409 Hotfix Rollup",
        version: "5.00.9132.1011",
        client: "5.00.9132.1011",
        least: "5.00.9132.1000",
        state: 131_075,
        kind: 2,
        impact: 23,
        released: (2025, 1, 20),
    },
    Package {
        guid: "0C7E1A54-9F0B-4A86-8F5D-6E2D1B7A9C03",
        name: "Configuration Manager 2403 Hotfix",
        version: "5.00.9128.1012",
        client: "5.00.9128.1007",
        least: "5.00.9128.1000",
        state: 196_612,
        kind: 2,
        impact: 17,
        released: (2024, 6, 3),
    },
    Package {
        guid: "0C7E1A54-9F0B-4A86-8F5D-6E2D1B7A9C02",
        name: "Configuration Manager 2303 Hotfix",
        version: "5.00.9106.1033",
        client: "5.00.9106.1022",
        least: "5.00.9106.1000",
        state: 393_214,
        kind: 2,
        impact: 17,
        released: (2023, 6, 12),
    },
];

pub(crate) fn fill(
    filler: &mut Filler<'_>,
    plan: &Plan,
    sites: &Sites,
    devices: &[Device],
    origin: i64,
) -> Result<(), DataError> {
    for package in &PRODUCT {
        let (year, month, day) = package.released;
        let released = days_of(year, month, day) * DAY;
        put!(filler, "CM_UpdatePackages",
            PackageGuid: package.guid, State: package.state, FullVersion: package.version, MinCMVersion: package.least,
            MaxCMVersion: package.version, ClientVersion: package.client, Impact: package.impact,
            UpdateType: package.kind, PrereqFlag: if package.kind == 2 { 2 } else { 0 }, DateReleased: released,
            DateCreated: released + DAY, LastUpdateTime: released + 9 * DAY)?;
        put!(filler, "v_LocalizedUpdatePackageMetaData_SiteLoc",
            PackageGuid: package.guid, Name: package.name, Description: format!("{} for the site.", package.name))?;
    }
    for number in 0..UPDATES {
        update(filler, plan, devices, number, origin)?;
    }
    groups(filler, plan, sites, devices, origin)?;
    rules(filler, plan, sites, origin)
}

fn update(
    filler: &mut Filler<'_>,
    plan: &Plan,
    devices: &[Device],
    number: i64,
    origin: i64,
) -> Result<(), DataError> {
    let mut random = Random::new(plan.seed, "updates", u64::try_from(number).unwrap_or(0));
    let id = FIRST_UPDATE + number;
    let guid = random.guid().to_lowercase();
    let posted = origin - random.between(1, 700) * DAY;
    let is_superseded = random.in_thousand(450);
    let is_expired = is_superseded && random.in_thousand(300);
    let is_deployed = number < GROUPS * 20;
    let article = format!("50{:05}", 30_000 + number * 7);
    put!(filler, "v_UpdateInfo",
        CI_ID: id, CI_UniqueID: &guid, CIType_ID: 1, ArticleID: &article, BulletinID: "",
        Title: format!("Cumulative Update for Windows (KB{article})"), Severity: random.pick(&[0, 2, 6, 8, 10], 0),
        IsDeployed: is_deployed, IsExpired: is_expired, IsSuperseded: is_superseded, IsLatest: !random.in_thousand(30),
        EULAExists: random.in_thousand(40), IsContentProvisioned: is_deployed && !random.in_thousand(80), DatePosted: posted,
        DateRevised: posted + 3 * DAY, DateLastModified: posted + 4 * DAY,
        InfoURL: format!("https://support.microsoft.com/kb/{article}"))?;
    put!(filler, "v_ConfigurationItems",
        CI_ID: id, CI_UniqueID: &guid, CIType_ID: 1, ModelName: format!("Site_{guid}/SUM_{guid}"), CIVersion: 200,
        DateCreated: posted, DateLastModified: posted + 4 * DAY, IsHidden: false, IsDeployed: is_deployed, IsEnabled: true,
        IsExpired: is_expired, IsSuperseded: is_superseded, IsLatest: true, IsUserDefined: false, IsBundle: false)?;
    let total = i64::try_from(devices.len()).unwrap_or(0);
    let (unknown, missing, present) =
        (total * random.below(8) / 100, total * random.below(15) / 100, total * random.below(60) / 100);
    put!(filler, "v_Update_ComplianceSummary",
        CI_ID: id, LastSummaryTime: origin - 4 * HOUR, NumTotal: total, NumUnknown: unknown,
        NumNotApplicable: total - unknown - missing - present, NumMissing: missing, NumPresent: present)
}

fn groups(
    filler: &mut Filler<'_>,
    plan: &Plan,
    sites: &Sites,
    devices: &[Device],
    origin: i64,
) -> Result<(), DataError> {
    let collections = collections::list(sites);
    let targets: Vec<_> =
        collections.iter().filter(|collection| collection.size(devices) > 0).skip(2).collect();
    for number in 0..GROUPS {
        let mut random = Random::new(plan.seed, "update groups", u64::try_from(number).unwrap_or(0));
        let id = FIRST_UPDATE + UPDATES + number;
        let title = format!("Updates of month {:02}", number + 1);
        let created = origin - (number * 30 + 6) * DAY;
        put!(filler, "v_AuthListInfo",
            CI_ID: id, CI_UniqueID: format!("ScopeId_{}/AuthList_{}", random.guid(), random.guid()), Title: &title,
            Description: "Made by a rule", DateCreated: created, DateLastModified: created + 2 * DAY, SourceSite: sites.top().code)?;
        let updates: Vec<i64> = (0..20).map(|update| FIRST_UPDATE + number * 20 + update).collect();
        for update in &updates {
            put!(filler, "v_CIRelation", FromCIID: id, ToCIID: *update, RelationType: 1)?;
        }
        for again in 0..random.between(1, 3) {
            let at = random.below(i64::try_from(targets.len()).unwrap_or(1));
            let Some(collection) = usize::try_from(at).ok().and_then(|at| targets.get(at)) else { continue };
            let deployment = Deployment {
                assignment: FIRST_ASSIGNMENT + 2000 + number * 10 + again,
                item: id,
                package: None,
                software: &title,
                program: None,
                collection,
                feature: 5,
                intent: random.pick(&[1, 1, 3], 1),
                created,
            };
            deployment.summarise(filler, devices, &mut random, origin)?;
            // 5 is the assignment of a group, 1 of single updates.
            deployment.assign(filler, if again == 2 { 1 } else { 5 }, &updates, &mut random)?;
        }
    }
    Ok(())
}

fn rules(filler: &mut Filler<'_>, plan: &Plan, sites: &Sites, origin: i64) -> Result<(), DataError> {
    let collections = collections::list(sites);
    for number in 0..RULES {
        let mut random = Random::new(plan.seed, "update rules", u64::try_from(number).unwrap_or(0));
        let collection =
            collections.get(usize::try_from(number + 6).unwrap_or(6)).map(|collection| &collection.id);
        let is_servicing = number >= RULES - 2;
        put!(filler, "vSMS_AutoDeployments",
            AutoDeploymentID: number + 1, Name: format!("{} {number:02}", if is_servicing { "Servicing plan" } else { "Patch rule" }),
            AutoDeploymentEnabled: !random.in_thousand(200), Schedule: "<Schedule day=\"Tuesday\" week=\"2\"/>",
            LastRunTime: origin - random.below(30) * DAY, LastErrorCode: if random.in_thousand(100) { -2_145_107_952 } else { 0 },
            IsServicingPlan: is_servicing, CollectionID: collection.map_or("SMS00001", String::as_str))?;
    }
    Ok(())
}
