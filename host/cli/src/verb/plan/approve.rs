use clap::Args;
use glasshouse_contract::{Fault, Name};
use glasshouse_control::{SendingReply, SendingRequest};

use super::diff;
use crate::{
    Ended,
    place::Place,
    screen,
    verb::{sealed, unexpected},
};

/// Approves what would leave now, as `plan diff` shows it; what is held for just this plan is sent
///
/// Shows the difference once more and approves that and no other: where the plan changes meanwhile it is refused.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse plan diff
  glasshouse plan approve --reason \"counts and versions, agreed on 2026-03-01\"")]
pub struct Approve {
    /// Only for this site; may be given several times
    #[arg(long, value_name = "NAME")]
    site: Vec<Name>,
    /// Why this may leave; for the journal
    #[arg(long, value_name = "WORDS")]
    reason: String,
}

impl Approve {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        for plan in diff::ask(place, self.site)? {
            screen::note(diff::text(&plan).trim_end());
            let (site, digest, reason) = (plan.site, plan.digest, self.reason.clone());
            let request = SendingRequest::PlanApprove { site, digest, reason };
            let SendingReply::Done(words) = sealed::ask(place, "approving", request)? else {
                return Err(unexpected());
            };
            screen::print(&screen::line(&words));
        }
        Ok(Ended::Well)
    }
}
