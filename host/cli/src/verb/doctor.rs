use std::fmt::Write as _;

use clap::Args;
use glasshouse_contract::{Fault, Name};
use glasshouse_control::{
    ConnectivityReport, Mode, Reply, Request, RightsReport, SendingReply, SendingRequest, SiteReport,
};

use super::{Output, sealed, target::endpoint_text, unexpected};
use crate::{Ended, place::Place, screen};

/// Looks whether sites can be worked with (connection, certificate, login, rights), and receivers reached
///
/// Says which rights the running queries need at the level in force and whether the login has them, and
/// prints the T-SQL for a login that can read just that. Where the mode is online each target's endpoints are asked for,
/// as `target test` does it.
#[derive(Debug, Args)]
#[command(after_help = "\
Exits with 1 where a right is missing, the login can do more than read or a receiver cannot be reached, with 3 where a site cannot
be reached.

Examples:
  glasshouse doctor
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
        let targets = if all { receivers(place)? } else { None };
        match self.output {
            Output::Json => screen::print_json(&sites),
            Output::Text => {
                let mut texts: Vec<String> = sites.iter().map(text).collect();
                texts.extend(targets.iter().flat_map(|report| report.endpoints.iter().map(endpoint_text)));
                screen::print(&texts.join("\n"));
            }
        }
        let reached = targets.iter().flat_map(|report| &report.endpoints).all(|endpoint| endpoint.reached);
        match sites.iter().find_map(|site| site.fault.clone()) {
            Some(fault) => Err(fault),
            None if sites.iter().all(is_well) && reached => Ok(Ended::Well),
            None => Ok(Ended::WithFindings),
        }
    }
}

/// Whether receivers can be reached; nothing where the configuration sends nothing.
fn receivers(place: &Place) -> Result<Option<ConnectivityReport>, Fault> {
    let Reply::Status(status) = place.ask("reading the state", Request::Status)? else {
        return Err(unexpected());
    };
    if status.sending.mode == Mode::Offline || status.sending.targets.is_empty() {
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
