use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{
    Reply, Request, RequestState, SendingStatus, SiteStatus, StatusReport, TargetStatus,
};
use jiff::Timestamp;

use super::{Output, sealed::bytes, unexpected};
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
        let well = status.problems.is_empty()
            && status.warnings.is_empty()
            && !troubled
            && sends_well(&status.sending);
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
    let plugins = plugins(status.running, status.waiting, status.stopped, status.quarantined);
    text.push_str(&format!("plugins  {plugins}\n"));
    text.push_str(&format!("level    {}\n", status.level));
    text.push_str(&format!("mode     {}\n", status.sending.mode));
    for site in &status.sites {
        text.push_str(&format!("site     {}\n", site_text(site)));
    }
    text.push_str(&sending_text(&status.sending));
    for problem in &status.problems {
        text.push_str(&format!("problem  {}\n", screen::shown(&problem.to_string())));
    }
    for warning in &status.warnings {
        text.push_str(&format!("warning  {}\n", screen::line(warning)));
    }
    text
}

/// How many plugins there are in which state.
pub fn plugins(running: usize, waiting: usize, stopped: usize, quarantined: usize) -> String {
    format!(
        "{running} running, {waiting} waiting for approval, {stopped} stopped, {quarantined} in quarantine"
    )
}

/// Whether nothing of what leaves needs a person.
fn sends_well(sending: &SendingStatus) -> bool {
    let is_error = |id: u16| matches!(id, 11412 | 11488);
    sending.holds.is_empty()
        && !sending.waiting_for_disk
        && !sending.outbox_full
        && sending.targets.iter().all(|target| target.of(RequestState::Refused) == 0 && is_believed(target))
        && sending
            .targets
            .iter()
            .all(|target| target.stopped.is_none() || target.of(RequestState::Waiting) == 0)
        && !sending.connectivity.iter().flat_map(|last| &last.messages).any(|message| is_error(message.id))
}

/// Whether no receiver answers without a receipt that counts: somebody else may answer in its place, and no time mends
/// that.
fn is_believed(target: &TargetStatus) -> bool {
    let of_receipts = ["no-receipt", "receipt-not-genuine", "bad-receiver-key"];
    !target.failures.keys().any(|word| of_receipts.contains(&word.as_str()))
}

fn sending_text(sending: &SendingStatus) -> String {
    let mut text = String::new();
    for target in &sending.targets {
        text.push_str(&format!("target   {}\n", target_text(target)));
    }
    for hold in sending.holds.iter().take(10) {
        text.push_str(&format!("hold     {hold} waits for a person: glasshouse hold show {hold}\n"));
    }
    if sending.holds.len() > 10 {
        text.push_str(&format!("hold     and {} more: glasshouse hold list\n", sending.holds.len() - 10));
    }
    text.push_str(&waits_for_room(sending));
    if let Some(last) = &sending.connectivity {
        let at = last.at.strftime("%Y-%m-%d %H:%M UTC");
        for message in &last.messages {
            let (id, severity) = (message.id, &message.severity);
            text.push_str(&format!("reached  {at}: {id} {severity}: {}\n", screen::line(&message.text)));
        }
    }
    text
}

/// What the host waits for that is nobody's fault at a site or a receiver: room. A line each, or nothing.
pub fn waits_for_room(sending: &SendingStatus) -> String {
    let mut text = String::new();
    if sending.waiting_for_disk {
        text.push_str("waiting: disk; the host goes on by itself when there is room\n");
    }
    if sending.outbox_full {
        text.push_str(&format!(
            "waiting: outbox; it is full: {} are not sent, and there may be {}; nothing is collected until some of it is \
             sent, or withdrawn (glasshouse outbox list)\n",
            bytes(sending.unsent),
            bytes(sending.unsent_most)
        ));
    }
    text
}

fn target_text(target: &TargetStatus) -> String {
    let count = |state| target.of(state);
    let mut text = format!("{}: {} sealed, {} sent", target.target, target.sealed, count(RequestState::Sent));
    for state in [
        RequestState::Waiting,
        RequestState::Held,
        RequestState::Draft,
        RequestState::Refused,
        RequestState::Withdrawn,
    ] {
        if count(state) > 0 {
            text.push_str(&format!(", {} {state}", count(state)));
        }
    }
    if target.lag_seconds > 0 {
        text.push_str(&format!("; the oldest waits for {} s", target.lag_seconds));
    }
    for (word, requests) in &target.failures {
        text.push_str(&format!("; {requests} not sent: {word}"));
    }
    if let Some(why) = &target.stopped {
        text.push_str(&format!("; nothing is sent, for its plugin does not run: {}", screen::line(why)));
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
