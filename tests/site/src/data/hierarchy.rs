//! The sites, their servers and roles, and what these report about themselves.

use crate::tsql::{DAY, HOUR, MINUTE};

use super::{
    DataError,
    fill::{Filler, put},
    plan::{Hierarchy, Plan},
    random::Random,
};

/// The version that the sites run: 2409.
pub(crate) const VERSION: &str = "5.00.9132.1000";
const BUILD: i64 = 9132;

/// One site of the hierarchy.
#[derive(Debug, Clone)]
pub(crate) struct SiteFacts {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) parent: &'static str,
    /// 1 secondary, 2 primary, 4 central administration.
    pub(crate) kind: i64,
    pub(crate) server: String,
    time_zone: &'static str,
    /// Servers beside the site server.
    systems: i64,
}

/// The hierarchy.
#[derive(Debug)]
pub(crate) struct Sites {
    pub(crate) all: Vec<SiteFacts>,
    pub(crate) hierarchy_id: String,
    pub(crate) sql_server: String,
    /// The AD forest.
    pub(crate) domain: &'static str,
}

const BERLIN: &str = "<time_zone bias=\"-60\" standard=\"W. Europe Standard Time\" daylight_bias=\"-60\"/>";
const NEW_YORK: &str = "<time_zone bias=\"300\" standard=\"Eastern Standard Time\" daylight_bias=\"-60\"/>";

impl Sites {
    pub(crate) fn new(plan: &Plan) -> Self {
        let domain = "corp.contoso.example";
        let site = |code: &'static str, name, parent, kind, time_zone, systems| SiteFacts {
            code,
            name,
            parent,
            kind,
            server: format!("{code}-SRV01.{domain}"),
            time_zone,
            systems,
        };
        let all = match plan.hierarchy {
            Hierarchy::Central => vec![
                site("CAS", "Contoso Central Administration", "", 4, BERLIN, 2),
                site("PS1", "Contoso Europe", "CAS", 2, BERLIN, 6),
                site("PS2", "Contoso Americas", "CAS", 2, NEW_YORK, 4),
                site("SE1", "Contoso Zurich Branch", "PS1", 1, BERLIN, 1),
            ],
            Hierarchy::StandAlone => vec![site("STA", "Fabrikam Headquarters", "", 2, NEW_YORK, 4)],
        };
        let name = match plan.hierarchy {
            Hierarchy::Central => "hierarchy of a central site",
            Hierarchy::StandAlone => "hierarchy of one site",
        };
        let hierarchy_id = Random::new(plan.seed, name, 0).guid();
        let sql_server = all.first().map(|top| format!("{}-SQL01", top.code)).unwrap_or_default();
        Self { all, hierarchy_id, sql_server, domain }
    }

    pub(crate) fn top(&self) -> &SiteFacts {
        static NONE: SiteFacts = SiteFacts {
            code: "",
            name: "",
            parent: "",
            kind: 2,
            server: String::new(),
            time_zone: "",
            systems: 0,
        };
        self.all.first().unwrap_or(&NONE)
    }

    /// The site that an index is assigned to: a client has a primary site.
    pub(crate) fn assigned(&self, random: &mut Random) -> &SiteFacts {
        let primaries: Vec<&SiteFacts> = self.all.iter().filter(|site| site.kind == 2).collect();
        match primaries.as_slice() {
            [_, second] if random.in_thousand(400) => second,
            [first, ..] => first,
            [] => self.top(),
        }
    }

    pub(crate) fn fill(&self, filler: &mut Filler<'_>, plan: &Plan, origin: i64) -> Result<(), DataError> {
        for (number, site) in (0..).zip(&self.all) {
            put!(filler, "v_Site",
                SiteCode: site.code, SiteName: site.name, ServerName: &site.server,
                ReportingSiteCode: site.parent, Version: VERSION, BuildNumber: BUILD, Type: site.kind,
                Status: 1, Mode: 0, RequestedStatus: 110, TimeZoneInfo: site.time_zone,
                InstallDir: "D:\\Program Files\\Microsoft Configuration Manager")?;
            let mut random = Random::new(plan.seed, "site systems", number);
            systems(filler, site, self.domain, &mut random, origin)?;
            components(filler, site, &mut random)?;
        }
        state_names(filler)?;
        status_messages(filler, self, plan, origin)
    }
}

fn systems(
    filler: &mut Filler<'_>,
    site: &SiteFacts,
    domain: &str,
    random: &mut Random,
    origin: i64,
) -> Result<(), DataError> {
    let first: &[&str] = match site.kind {
        4 => &[
            "SMS Site Server",
            "SMS Component Server",
            "SMS Provider",
            "SMS Dmp Connector",
            "SMS SRS Reporting Point",
        ],
        2 => &["SMS Site Server", "SMS Component Server", "SMS Provider", "SMS Fallback Status Point"],
        _ => &[
            "SMS Site Server",
            "SMS Component Server",
            "SMS SQL Server",
            "SMS Management Point",
            "SMS Distribution Point",
        ],
    };
    for server in 1..=site.systems + 1 {
        let name =
            if server == 1 { site.server.clone() } else { format!("{}-SRV{server:02}.{domain}", site.code) };
        let roles: &[&str] = match (server, site.kind) {
            (1, _) => first,
            (2, 4 | 2) => &["SMS SQL Server", "SMS Site System"],
            (3, _) => &["SMS Management Point", "SMS Software Update Point", "SMS Site System"],
            (4, _) => &["SMS Management Point", "SMS Distribution Point", "SMS State Migration Point"],
            _ => &["SMS Distribution Point", "SMS Site System"],
        };
        let uses_https = server >= 4;
        for role in roles {
            put!(filler, "v_SystemResourceList",
                NALPath: format!("[\"Display=\\\\{name}\\\"]MSWNET:[\"SMS_SITE={}\"]\\\\{name}\\", site.code),
                ResourceType: "Windows NT Server", RoleName: *role, ServerName: &name, ServerRemoteName: &name,
                SiteCode: site.code, SslState: if uses_https { 63 } else { 0 },
                InternetEnabled: uses_https && *role == "SMS Management Point", InternetShared: false)?;
            let total = random.between(200, 2000) * 1024 * 1024;
            let free = random.between(4, 80);
            put!(filler, "v_SiteSystemSummarizer",
                SiteCode: site.code, SiteSystem: format!("[\"Display=\\\\{name}\\\"]"), SiteObject: format!("\\\\{name}\\D$"),
                Role: *role, BytesTotal: total, BytesFree: total / 100 * free, PercentFree: free,
                Status: if free < 10 { 2 } else { i64::from(free < 15) }, AvailabilityState: 0,
                DownSince: (free < 6).then_some(origin - 3 * HOUR))?;
        }
    }
    Ok(())
}

pub(crate) const COMPONENTS: [&str; 14] = [
    "SMS_EXECUTIVE",
    "SMS_SITE_COMPONENT_MANAGER",
    "SMS_DISCOVERY_DATA_MANAGER",
    "SMS_INVENTORY_DATA_LOADER",
    "SMS_STATE_SYSTEM",
    "SMS_COLLECTION_EVALUATOR",
    "SMS_POLICY_PROVIDER",
    "SMS_DISTRIBUTION_MANAGER",
    "SMS_MP_CONTROL_MANAGER",
    "SMS_WSUS_SYNC_MANAGER",
    "SMS_DMP_DOWNLOADER",
    "SMS_DMP_UPLOADER",
    "SMS_REPLICATION_CONFIGURATION_MONITOR",
    "SMS_HIERARCHY_MANAGER",
];

/// Since site installation, since midnight, and the last hour.
const TALLIES: [&str; 3] = ["0001128000192000", "0001128000100008", "0001128000080008"];

fn components(filler: &mut Filler<'_>, site: &SiteFacts, random: &mut Random) -> Result<(), DataError> {
    for component in COMPONENTS {
        for tally in TALLIES {
            let errors = if random.in_thousand(150) { random.between(1, 40) } else { 0 };
            let warnings = if random.in_thousand(250) { random.between(1, 60) } else { 0 };
            put!(filler, "v_ComponentSummarizer",
                SiteCode: site.code, MachineName: &site.server, ComponentName: component, TallyInterval: tally,
                Infos: random.between(10, 4000), Warnings: warnings, Errors: errors,
                Status: if errors > 5 { 2 } else { i64::from(warnings > 10) }, State: 1, AvailabilityState: 0,
                Type: "Autostarting")?;
        }
    }
    Ok(())
}

const STATES: [(i64, i64, &str); 31] = [
    (300, 0, "Unknown"),
    (300, 1, "Compliant"),
    (300, 2, "Non-compliant"),
    (300, 3, "Conflict detected"),
    (301, 0, "Enforcement state unknown"),
    (301, 1, "Installing update(s)"),
    (301, 4, "Successfully installed update(s)"),
    (301, 6, "Failed to install update(s)"),
    (302, 0, "Evaluation state unknown"),
    (302, 1, "Evaluation activated"),
    (302, 2, "Evaluation succeeded"),
    (302, 3, "Evaluation failed"),
    (401, 1, "Compliant"),
    (401, 2, "Non-compliant"),
    (402, 10, "Enforcement succeeded"),
    (402, 13, "Enforcement failed"),
    (500, 0, "Detection state unknown"),
    (500, 1, "Update is not required"),
    (500, 2, "Update is required"),
    (500, 3, "Update is installed"),
    (501, 0, "Scan state unknown"),
    (501, 3, "Scan completed"),
    (501, 5, "Scan failed"),
    (800, 100, "Client deployment started"),
    (800, 301, "Unable to download client files"),
    (800, 307, "Client installation failed"),
    (800, 400, "Client deployment succeeded"),
    (800, 500, "Client assignment succeeded"),
    (800, 501, "Client assignment failed"),
    (1000, 1, "Client is healthy"),
    (1004, 1, "Client remediation succeeded"),
];

fn state_names(filler: &mut Filler<'_>) -> Result<(), DataError> {
    for (topic, state, name) in STATES {
        put!(filler, "v_StateNames",
            TopicType: topic, StateID: state, StateName: name, StateDescription: format!("{name}."))?;
    }
    Ok(())
}

fn status_messages(
    filler: &mut Filler<'_>,
    sites: &Sites,
    plan: &Plan,
    origin: i64,
) -> Result<(), DataError> {
    let count = i64::from(plan.devices).clamp(200, 20_000) / 2;
    let mut random = Random::new(plan.seed, "status messages", 0);
    for number in 0..count {
        let at = random.below(i64::try_from(sites.all.len()).unwrap_or(1));
        let site = usize::try_from(at).ok().and_then(|at| sites.all.get(at)).unwrap_or(sites.top());
        let (id, severity) = random.weighted(
            &[(700, (500, 1_073_741_824)), (200, (3902, -2_147_483_648)), (100, (2542, -1_073_741_824))],
            (500, 0),
        );
        put!(filler, "v_StatusMessage",
            RecordID: 72_057_594_037_927_936 + number, Component: random.pick(&COMPONENTS, "SMS_EXECUTIVE"),
            MessageID: id + random.below(6), MachineName: &site.server, SiteCode: site.code,
            Severity: severity, Time: origin - random.below(30 * 24 * 60) * MINUTE - DAY / 100)?;
    }
    Ok(())
}
