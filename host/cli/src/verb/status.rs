use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{Reply, Request, SiteStatus, StatusReport};
use jiff::Timestamp;

use super::{Output, unexpected};
use crate::{Ended, place::Place, screen};

/// Shows whether a host runs, what it has loaded and what needs a person
#[derive(Debug, Args)]
#[command(
    after_help = "Exits with 1 where something needs a person.\n\nExample:\n  glasshouse status --output json"
)]
pub struct Status {
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Status {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let Reply::Status(status) = place.ask("reading the state", Request::Status)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&status),
            Output::Text => screen::print(&text(&status)),
        }
        let troubled = status.sites.iter().any(|site| site.trouble.is_some());
        let well = status.problems.is_empty() && status.warnings.is_empty() && !troubled;
        Ok(if well { Ended::Well } else { Ended::WithFindings })
    }
}

fn text(status: &StatusReport) -> String {
    let mut text = format!("state    {}\n", screen::line(&status.state_dir.display().to_string()));
    match &status.host {
        Some(host) => {
            let since = host.since.strftime("%Y-%m-%d %H:%M:%S UTC");
            text.push_str(&format!("host     {} runs since {since}, process {}\n", host.version, host.pid));
        }
        None => text.push_str("host     none runs\n"),
    }
    text.push_str(&format!(
        "plugins  {} running, {} waiting for approval, {} stopped, {} in quarantine\n",
        status.running, status.waiting, status.stopped, status.quarantined
    ));
    text.push_str(&format!("level    {}\n", status.level));
    for site in &status.sites {
        text.push_str(&format!("site     {}\n", site_text(site)));
    }
    for problem in &status.problems {
        text.push_str(&format!("problem  {}\n", screen::shown(&problem.to_string())));
    }
    for warning in &status.warnings {
        text.push_str(&format!("warning  {}\n", screen::line(warning)));
    }
    text
}

fn site_text(site: &SiteStatus) -> String {
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let last = site.last.as_ref().map_or_else(
        || "never collected from".to_owned(),
        |run| format!("run {} {} since {}", run.run, run.state, time(run.ended.unwrap_or(run.started))),
    );
    let next = site.next.map_or_else(|| "once it is reached".to_owned(), time);
    let trouble = site.trouble.as_ref().map_or_else(String::new, |fault| format!("; {}", fault.cause));
    screen::line(&format!("{}: {last}; next due {next}{trouble}", site.site))
}
