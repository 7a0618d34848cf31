//! Packages, applications, baselines, and where they are deployed to.

use crate::tsql::{DAY, HOUR};

use super::{
    DataError,
    collections::{self, Collection},
    devices::Device,
    fill::{Filler, put},
    hierarchy::Sites,
    plan::Plan,
    random::Random,
};

/// The first of the numbers of configuration items and of assignments.
pub(crate) const FIRST_ITEM: i64 = 16_777_500;
pub(crate) const FIRST_ASSIGNMENT: i64 = 16_777_220;

/// Applications, baselines and configuration items, so many of each.
const APPLICATIONS: i64 = 60;
const BASELINES: i64 = 9;
const ITEMS: i64 = 40;

const TYPES: [(i64, &str); 9] = [
    (1, "Software Updates"),
    (2, "Baseline"),
    (3, "Operating System"),
    (4, "General"),
    (5, "Application"),
    (7, "Uninterpreted"),
    (9, "Software Update Group"),
    (10, "Application Model"),
    (21, "Deployment Type"),
];

/// PackageType and how many of it.
const PACKAGES: [(i64, i64); 10] =
    [(0, 24), (3, 6), (4, 9), (5, 12), (6, 2), (7, 1), (8, 60), (257, 5), (258, 4), (259, 3)];

pub(crate) fn package_id(sites: &Sites, kind: i64, number: i64) -> String {
    format!("{}{:05X}", sites.top().code, 0x100 + kind * 0x40 + number)
}

/// Everything that one deployment consists of, whatever it deploys.
pub(crate) struct Deployment<'d> {
    pub(crate) assignment: i64,
    pub(crate) item: i64,
    pub(crate) package: Option<String>,
    pub(crate) software: &'d str,
    pub(crate) program: Option<&'d str>,
    pub(crate) collection: &'d Collection,
    pub(crate) feature: i64,
    /// 1 install, 2 uninstall, 3 preflight.
    pub(crate) intent: i64,
    pub(crate) created: i64,
}

impl Deployment<'_> {
    pub(crate) fn summarise(
        &self,
        filler: &mut Filler<'_>,
        devices: &[Device],
        random: &mut Random,
        origin: i64,
    ) -> Result<(), DataError> {
        let total = self.collection.size(devices);
        let success = total * random.between(60, 98) / 100;
        let errors = (total - success) * random.below(60) / 100;
        let unknown = (total - success - errors) / 2;
        put!(filler, "v_DeploymentSummary",
            AssignmentID: self.assignment, CI_ID: self.item, CollectionID: &self.collection.id,
            CollectionName: &self.collection.name, SoftwareName: self.software, ProgramName: self.program,
            PackageID: self.package.as_ref(), FeatureType: self.feature, DeploymentIntent: self.intent,
            DeploymentTime: self.created + HOUR, CreationTime: self.created,
            EnforcementDeadline: (self.intent != 3).then_some(self.created + 7 * DAY), NumberTotal: total,
            NumberSuccess: success, NumberInProgress: total - success - errors - unknown, NumberErrors: errors,
            NumberOther: 0, NumberUnknown: unknown, SummarizationTime: origin - 2 * HOUR)
    }

    /// The assignment behind a deployment of configuration items; `kind` is AssignmentType.
    pub(crate) fn assign(
        &self,
        filler: &mut Filler<'_>,
        kind: i64,
        items: &[i64],
        random: &mut Random,
    ) -> Result<(), DataError> {
        put!(filler, "v_CIAssignment",
            AssignmentID: self.assignment, Assignment_UniqueID: format!("{{{}}}", random.guid()),
            AssignmentName: format!("{} to {}", self.software, self.collection.name), CollectionID: &self.collection.id,
            CollectionName: &self.collection.name, AssignmentType: kind, StartTime: self.created,
            EnforcementDeadline: (self.intent != 3).then_some(self.created + 7 * DAY), DesiredConfigType: if self.intent == 2 { 2 } else { 1 },
            UseGMTTimes: random.in_thousand(300), SuppressReboot: random.pick(&[0, 0, 1, 2, 3], 0),
            UserUIExperience: !random.in_thousand(200), NotifyUser: random.in_thousand(500), WoLEnabled: random.in_thousand(80),
            LastModificationTime: self.created + DAY)?;
        for item in items {
            put!(filler, "v_CIAssignmentToCI", AssignmentID: self.assignment, CI_ID: *item)?;
        }
        Ok(())
    }
}

pub(crate) fn fill(
    filler: &mut Filler<'_>,
    plan: &Plan,
    sites: &Sites,
    devices: &[Device],
    origin: i64,
) -> Result<(), DataError> {
    for (kind, name) in TYPES {
        put!(filler, "v_CITypes", CIType_ID: kind, CITypeName: name)?;
    }
    let collections: Vec<Collection> = collections::list(sites);
    let targets: Vec<&Collection> = collections.iter().skip(6).collect();
    packages(filler, plan, sites, &targets, devices, origin)?;
    applications(filler, plan, sites, &targets, devices, origin)?;
    baselines(filler, plan, &targets, devices, origin)
}

fn target<'t>(targets: &[&'t Collection], random: &mut Random) -> Option<&'t Collection> {
    let at = random.below(i64::try_from(targets.len()).unwrap_or(1));
    usize::try_from(at).ok().and_then(|at| targets.get(at)).copied()
}

fn packages(
    filler: &mut Filler<'_>,
    plan: &Plan,
    sites: &Sites,
    targets: &[&Collection],
    devices: &[Device],
    origin: i64,
) -> Result<(), DataError> {
    let mut advertisement = 0;
    for (kind, count) in PACKAGES {
        for number in 0..count {
            let mut random =
                Random::new(plan.seed, "packages", u64::try_from(kind * 1000 + number).unwrap_or(0));
            let id = package_id(sites, kind, number);
            let name = format!("Package {kind}-{number:02}");
            put!(filler, "v_Package",
                PackageID: &id, Name: &name, PackageType: kind, SourceSite: sites.top().code,
                SourceVersion: random.between(1, 12), PkgFlags: random.pick(&[0, 16_777_216, 134_217_728], 0),
                Priority: random.pick(&[1, 2, 2, 2, 3], 2), LastRefreshTime: origin - random.below(400) * DAY,
                Manufacturer: "Contoso", Version: format!("{}.{}", random.between(1, 9), random.below(10)),
                Language: "English", Description: "Made for trying")?;
            if kind != 0 {
                continue;
            }
            for program in ["Install", "Uninstall"] {
                put!(filler, "v_Program",
                    PackageID: &id, ProgramName: program,
                    ProgramFlags: random.pick(&[135_307_264, 135_307_265, 152_084_480, 1_209_049_088], 135_307_264),
                    CommandLine: format!("setup.exe /{}", program.to_lowercase()), DependentProgram: "")?;
            }
            if random.in_thousand(650)
                && let Some(collection) = target(targets, &mut random)
            {
                put!(filler, "v_Advertisement",
                    AdvertisementID: format!("{}2{advertisement:04X}", sites.top().code), AdvertisementName: format!("{name} to {}", collection.name),
                    PackageID: &id, ProgramName: "Install", CollectionID: &collection.id, SourceSite: sites.top().code,
                    AdvertFlags: random.pick(&[32, 33_554_432, 41_943_040], 32))?;
                let deployment = Deployment {
                    assignment: FIRST_ASSIGNMENT + 10_000 + advertisement,
                    item: 0,
                    package: Some(id.clone()),
                    software: &name,
                    program: Some("Install"),
                    collection,
                    feature: 2,
                    intent: random.pick(&[1, 1, 3], 1),
                    created: origin - random.between(10, 500) * DAY,
                };
                deployment.summarise(filler, devices, &mut random, origin)?;
                advertisement += 1;
            }
        }
    }
    Ok(())
}

/// A configuration item of any type.
#[expect(clippy::too_many_arguments, reason = "one column each")]
fn item(
    filler: &mut Filler<'_>,
    id: i64,
    unique: &str,
    kind: i64,
    version: i64,
    is_latest: bool,
    is_superseded: bool,
    is_deployed: bool,
    created: i64,
) -> Result<(), DataError> {
    put!(filler, "v_ConfigurationItems",
        CI_ID: id, CI_UniqueID: unique, CIType_ID: kind, ModelName: unique, CIVersion: version, DateCreated: created,
        DateLastModified: created + DAY, IsHidden: false, IsDeployed: is_deployed, IsEnabled: true, IsExpired: false,
        IsSuperseded: is_superseded, IsLatest: is_latest, IsUserDefined: kind != 1, IsBundle: false)
}

fn applications(
    filler: &mut Filler<'_>,
    plan: &Plan,
    sites: &Sites,
    targets: &[&Collection],
    devices: &[Device],
    origin: i64,
) -> Result<(), DataError> {
    for number in 0..APPLICATIONS {
        let mut random = Random::new(plan.seed, "applications", u64::try_from(number).unwrap_or(0));
        // An application, its deployment type, and an older revision of it.
        let id = FIRST_ITEM + number * 3;
        let scope = format!("ScopeId_{}/Application_{}", random.guid(), random.guid());
        let created = origin - random.between(30, 1200) * DAY;
        let is_superseded = number % 8 == 7;
        let is_deployed = random.in_thousand(600);
        item(filler, id, &scope, 10, 3, true, is_superseded, is_deployed, created)?;
        item(filler, id + 1, &format!("{scope}/DeploymentType"), 21, 3, true, false, is_deployed, created)?;
        item(filler, id + 2, &scope, 10, 2, false, false, false, created)?;
        put!(filler, "v_CIRelation", FromCIID: id, ToCIID: id + 1, RelationType: 9)?;
        if number > 0 && is_superseded {
            put!(filler, "v_CIRelation", FromCIID: id - 3, ToCIID: id, RelationType: 15)?;
        }
        if number % 10 == 5 {
            put!(filler, "v_CIRelation", FromCIID: id + 1, ToCIID: id - 2, RelationType: 10)?;
        }
        put!(filler, "v_CIComplianceSummary",
            CI_ID: id, CI_UniqueID: &scope, CountTargeted: random.between(0, 900), CountCompliant: random.between(0, 600),
            CountNoncompliant: random.between(0, 200), FailureCount: random.between(0, 40), ActivatedCount: random.between(0, 900),
            LastSummaryTime: origin - 5 * HOUR)?;
        if random.in_thousand(300) {
            put!(filler, "v_UserAppRequests",
                CI_UniqueID: &scope, Unique_User_Name0: format!("CONTOSO\\requester{number:02}"),
                Netbios_Name0: format!("{}NB{:05}", sites.top().code, number + 1), CurrentState: random.pick(&[1, 2, 3, 4], 1))?;
        }
        if !is_deployed {
            continue;
        }
        let Some(collection) = target(targets, &mut random) else { continue };
        let name = format!("Application {number:02}");
        let deployment = Deployment {
            assignment: FIRST_ASSIGNMENT + number,
            item: id,
            package: None,
            software: &name,
            program: None,
            collection,
            feature: 1,
            intent: random.weighted(&[(550, 1), (50, 2), (400, 3)], 1),
            created: created + 2 * DAY,
        };
        deployment.summarise(filler, devices, &mut random, origin)?;
        deployment.assign(filler, 2, &[id], &mut random)?;
        put!(filler, "v_ApplicationAssignment",
            AssignmentID: deployment.assignment, CollectionID: &collection.id, ApplicationName: &name, AssignedCI_UniqueID: &scope,
            CreationTime: deployment.created, DesiredConfigType: if deployment.intent == 2 { 2 } else { 1 },
            LastModificationTime: deployment.created + DAY, UserUIExperience: true, NotifyUser: random.in_thousand(600))?;
    }
    Ok(())
}

fn baselines(
    filler: &mut Filler<'_>,
    plan: &Plan,
    targets: &[&Collection],
    devices: &[Device],
    origin: i64,
) -> Result<(), DataError> {
    let first = FIRST_ITEM + APPLICATIONS * 3;
    for number in 0..ITEMS + BASELINES {
        let mut random = Random::new(plan.seed, "baselines", u64::try_from(number).unwrap_or(0));
        let is_baseline = number >= ITEMS;
        let kind = if is_baseline { 2 } else { random.pick(&[3, 4, 4, 5, 7], 4) };
        let unique = format!(
            "ScopeId_{}/{}_{}",
            random.guid(),
            if is_baseline { "Baseline" } else { "Item" },
            random.guid()
        );
        let created = origin - random.between(30, 1500) * DAY;
        item(filler, first + number, &unique, kind, 1, true, false, is_baseline, created)?;
        if !is_baseline {
            continue;
        }
        put!(filler, "v_CIRelation", FromCIID: first + number, ToCIID: first + random.below(ITEMS), RelationType: 5)?;
        let Some(collection) = target(targets, &mut random) else { continue };
        if number % 3 == 0 {
            continue;
        }
        let name = format!("Baseline {:02}", number - ITEMS);
        let deployment = Deployment {
            assignment: FIRST_ASSIGNMENT + 1000 + number,
            item: first + number,
            package: None,
            software: &name,
            program: None,
            collection,
            feature: 6,
            intent: 1,
            created: created + DAY,
        };
        deployment.summarise(filler, devices, &mut random, origin)?;
        deployment.assign(filler, 0, &[first + number], &mut random)?;
    }
    Ok(())
}
