use std::fmt::Write as _;

use clap::Args;
use glasshouse_contract::{Fault, Name, PluginId};
use glasshouse_control::{
    AuditReport, AuditRequest, ConnectivityReport, Mode, PseudonymKeyReport, Reply, Request, RightsReport,
    SendingReply, SendingRequest, SendingStatus, SiteReport, StatusReport,
};
use serde::Serialize;

use super::{
    Output,
    sealed::{self, bytes},
    status::{plugins, waits_for_room},
    target::endpoint_text,
    unexpected,
};
use crate::{Ended, place::Place, screen};

/// Looks whether sites can be worked with (connection, certificate, login, rights), and receivers reached
///
/// Says which rights the running queries need at the level in force and whether the login has them, and
/// prints the T-SQL for a login that can read just that. Where the mode is online each target's endpoints are asked for,
/// as `target test` does it. Then come the plugins, the keys, and what the host waits for where it waits for room, on the
/// disk or in the outbox. With --site it is about that site alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Exits with 1 where a right is missing, the login can do more than read, a receiver cannot
be reached, a plugin or a key has a problem or the host waits for room, with 3 where a
site cannot be reached.

Examples:
  glasshouse doctor
  glasshouse doctor --output json | jq '.sites[] | {site, fault}'
  glasshouse doctor --site cas --sql > login.sql")]
pub struct Doctor {
    /// Only this site; may be given several times
    #[arg(long, value_name = "NAME")]
    site: Vec<Name>,

    /// Print the T-SQL for a login with the least rights, and nothing else
    #[arg(long, conflicts_with = "output")]
    sql: bool,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Doctor {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let all = self.site.is_empty() && !self.sql;
        let Reply::Doctor(sites) = place.ask("looking", Request::Doctor { sites: self.site })? else {
            return Err(unexpected());
        };
        if self.sql {
            for site in &sites {
                screen::print(&screen::shown(&site.least_privilege));
            }
            return Ok(Ended::Well);
        }
        let examined = Examined { sites, host: if all { Some(host(place)?) } else { None } };
        match self.output {
            Output::Json => screen::print_json(&examined),
            Output::Text => {
                let mut texts: Vec<String> = examined.sites.iter().map(text).collect();
                texts.extend(examined.host.iter().flat_map(host_text));
                screen::print(&texts.join("\n"));
            }
        }
        match examined.sites.iter().find_map(|site| site.fault.clone()) {
            Some(fault) => Err(fault),
            None if examined.is_well() => Ok(Ended::Well),
            None => Ok(Ended::WithFindings),
        }
    }
}

/// What was looked at: all that the text says too.
#[derive(Serialize)]
struct Examined {
    sites: Vec<SiteReport>,
    /// Nothing where single sites were asked about.
    #[serde(flatten)]
    host: Option<HostExamined>,
}

#[derive(Serialize)]
struct HostExamined {
    /// Whether receivers can be reached; nothing where the configuration sends nothing.
    targets: Option<ConnectivityReport>,
    /// Targets whose receivers are believed as they answer, for no `receiver_key` says whose receipts count.
    believed: Vec<PluginId>,
    plugins: Plugins,
    keys: Keys,
    disk: Disk,
}

#[derive(Serialize)]
struct Plugins {
    running: usize,
    waiting: usize,
    stopped: usize,
    quarantined: usize,
    problems: Vec<Fault>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Keys {
    /// What checks the audit log's signatures.
    audit: String,
    pseudonyms: Vec<PseudonymKeyReport>,
    problems: Vec<Fault>,
}

#[derive(Serialize)]
struct Disk {
    unsent: u64,
    unsent_most: u64,
    outbox_full: bool,
    waiting_for_disk: bool,
    /// The same in words; empty where the host waits for no room.
    waits: String,
}

impl Examined {
    fn is_well(&self) -> bool {
        self.sites.iter().all(is_well) && self.host.as_ref().is_none_or(HostExamined::is_well)
    }
}

impl HostExamined {
    fn is_well(&self) -> bool {
        let mut endpoints = self.targets.iter().flat_map(|report| &report.endpoints);
        endpoints.all(|endpoint| endpoint.reached)
            && self.plugins.problems.is_empty()
            && self.keys.problems.is_empty()
            && self.disk.waits.is_empty()
    }
}

fn host(place: &Place) -> Result<HostExamined, Fault> {
    let Reply::Status(status) = place.ask("reading the state", Request::Status)? else {
        return Err(unexpected());
    };
    let Reply::Keys(pseudonyms) = place.ask("reading the keys", Request::KeyList)? else {
        return Err(unexpected());
    };
    let Reply::Audit(audit) = place.ask("reading the audit log", Request::Audit(AuditRequest::Show))? else {
        return Err(unexpected());
    };
    let StatusReport { running, waiting, stopped, quarantined, problems, warnings, sending, .. } = status;
    let AuditReport { key, .. } = audit;
    Ok(HostExamined {
        targets: receivers(place, &sending)?,
        disk: Disk {
            unsent: sending.unsent,
            unsent_most: sending.unsent_most,
            outbox_full: sending.outbox_full,
            waiting_for_disk: sending.waiting_for_disk,
            waits: waits_for_room(&sending),
        },
        believed: sending.believed,
        plugins: Plugins { running, waiting, stopped, quarantined, problems, warnings },
        keys: Keys { audit: key, pseudonyms: pseudonyms.keys, problems: pseudonyms.problems },
    })
}

fn host_text(host: &HostExamined) -> Vec<String> {
    let mut texts: Vec<String> =
        host.targets.iter().flat_map(|report| report.endpoints.iter().map(endpoint_text)).collect();
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:9} {}", screen::line(value));
    };
    for target in &host.believed {
        line("receipts", &format!("of {target} are believed as they come: it has no receiver_key"));
    }
    let Plugins { running, waiting, stopped, quarantined, problems, warnings } = &host.plugins;
    line("plugins", &plugins(*running, *waiting, *stopped, *quarantined));
    line("audit key", &host.keys.audit);
    for key in &host.keys.pseudonyms {
        let state = if key.in_use { "in use" } else { "kept from before" };
        line("key", &format!("{}/{} is {state}", key.name, key.id));
    }
    let Disk { unsent, unsent_most, waits, .. } = &host.disk;
    line("outbox", &format!("{} are not sent, and there may be {}", bytes(*unsent), bytes(*unsent_most)));
    for problem in problems.iter().chain(&host.keys.problems) {
        line("problem", &format!("{}: {}", problem.object, problem.cause));
        line("mend", &problem.mend);
    }
    warnings.iter().for_each(|warning| line("warning", warning));
    text.push_str(waits);
    texts.push(text);
    texts
}

/// Whether receivers can be reached; nothing where the configuration sends nothing.
fn receivers(place: &Place, sending: &SendingStatus) -> Result<Option<ConnectivityReport>, Fault> {
    if sending.mode == Mode::Offline || sending.targets.is_empty() {
        return Ok(None);
    }
    match sealed::ask(place, "asking for receivers", SendingRequest::TestTargets { target: None })? {
        SendingReply::Targets(report) => Ok(Some(report)),
        _ => Err(unexpected()),
    }
}

fn is_well(site: &SiteReport) -> bool {
    site.rights == Some(RightsReport::ReadOnly) && site.needs.iter().all(|need| need.held == Some(true))
}

fn text(site: &SiteReport) -> String {
    let mut text = format!("site      {}\n", site.site);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:9} {}", screen::line(value));
    };
    if let Some(server) = &site.server {
        line("server", &format!("SQL Server {server}"));
    }
    if let Some(database) = &site.database {
        line("database", database);
    }
    if site.database.is_some() {
        let unknown = "not known: write `hierarchy` into the [[site]]";
        line("hierarchy", site.hierarchy.as_deref().unwrap_or(unknown));
    }
    match &site.rights {
        Some(RightsReport::ReadOnly) => line("login", "may read, and nothing else"),
        Some(RightsReport::Writes(what)) => line("login", &format!("may do more: {}", what.join(", "))),
        Some(RightsReport::Unknown(why)) => line("login", &format!("its rights are not known: {why}")),
        None => {}
    }
    let missing: Vec<_> = site.needs.iter().filter(|need| need.held != Some(true)).collect();
    if !site.needs.is_empty() {
        let held = site.needs.len() - missing.len();
        line("rights", &format!("{held} of {} that the queries need are held", site.needs.len()));
    }
    for need in &missing {
        let why = if need.held.is_none() { "not there, or not to be seen" } else { "missing" };
        line("", &format!("{why}: {}", need.right));
    }
    if let Some(fault) = &site.fault {
        line("problem", &fault.cause);
    }
    if !missing.is_empty() || matches!(site.rights, Some(RightsReport::Writes(_))) {
        line("mend", &format!("glasshouse doctor --site {} --sql prints T-SQL for such a login", site.site));
    }
    text
}
