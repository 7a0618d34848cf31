use std::fmt::Write as _;

use clap::Args;
use glasshouse_contract::{Fault, PluginId};
use glasshouse_control::{
    Delivered, DeliveredReport, RequestState, SendingReply, SendingRequest, TargetStatus,
};

use super::{Output, sealed, unexpected};
use crate::{Ended, place::Place, screen};

/// Sends what is sealed, approved and due, now
///
/// A host that is online does this by itself after each run. A request that failed a moment ago is not due: it waits
/// longer after each failure, and `outbox list` shows until when; after you have mended what was wrong, `--all` sends it
/// now. Each request leaves exactly as `preview` shows it.
#[derive(Debug, Args)]
#[command(after_help = "\
Exits with 1 where something could not be sent or was put aside, with 4 where the mode is offline.

Examples:
  glasshouse deliver
  glasshouse deliver --all
  glasshouse deliver --target glasshouse.targets.glasshouse --output json")]
pub struct Deliver {
    /// Only to this target
    #[arg(long, value_name = "ID")]
    target: Option<PluginId>,

    /// Also what failed and waits for its next attempt, whatever time its receiver asked for
    #[arg(long)]
    all: bool,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Deliver {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let request = SendingRequest::Deliver { target: self.target, all: self.all };
        let SendingReply::Delivered(done) = sealed::ask_telling(place, "sending", request)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&done),
            Output::Text => screen::print(&text(&done)),
        }
        let well = |target: &Delivered| target.failed == 0 && target.aside == 0 && target.failure.is_none();
        Ok(if done.targets.iter().all(well) { Ended::Well } else { Ended::WithFindings })
    }
}

fn text(done: &DeliveredReport) -> String {
    let mut text = String::new();
    for target in &done.targets {
        let _ = write!(text, "{}: {} sent, {} with a receipt", target.target, target.sent, target.receipts);
        if target.failed > 0 {
            let _ = write!(text, "; {} attempts failed", target.failed);
        }
        if target.aside > 0 {
            let _ = write!(text, "; {} put aside", target.aside);
        }
        if let Some(failure) = &target.failure {
            let _ = write!(text, " ({failure})");
        }
        text.push('\n');
        if target.failure.as_ref().is_some_and(|failure| is_about_the_way(failure.as_str())) {
            text.push_str("  why, and how to mend it: glasshouse target test\n");
        }
        if let Some(left) = done.left.iter().find(|left| left.target == target.target) {
            text.push_str(&left_text(left));
        }
    }
    text
}

/// Whether a failure is one that asking for the receiver shows as well: not what it said to a request.
fn is_about_the_way(failure: &str) -> bool {
    !["status-", "answer", "no-receipt", "receipt-"].iter().any(|said| failure.starts_with(said))
}

fn left_text(left: &TargetStatus) -> String {
    let mut text = String::new();
    let waiting = left.of(RequestState::Waiting);
    if waiting > 0 {
        let next = left.next.map_or_else(String::new, |next| format!("; the next attempt is due at {next}"));
        let why: Vec<String> = left.failures.iter().map(|(word, count)| format!("{count} {word}")).collect();
        let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join(", ")) };
        let _ = writeln!(text, "  {waiting} wait{why}{next}");
    }
    let held = left.of(RequestState::Held) + left.of(RequestState::Draft);
    if held > 0 {
        let _ = writeln!(text, "  {held} wait for a person: glasshouse hold list");
    }
    let refused = left.of(RequestState::Refused);
    if refused > 0 {
        let _ = writeln!(text, "  {refused} are aside: glasshouse outbox list --only refused");
    }
    text
}
