use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{HoldId, SendingRequest};

use crate::{Ended, place::Place, verb::sealed};

/// Approves what a hold holds: those very requests are sent, and a plan becomes the approved one
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse hold show 3 && glasshouse hold approve 3 --reason \"the new column is a count\"")]
pub struct Approve {
    #[command(flatten)]
    decision: Decision,
}

/// Denies what a hold holds: it is never sent, and its bytes are erased
///
/// The next run collects it again, and holds it again where the plan is still another one than the approved. A draft that
/// is denied is no run of its week: a host makes up for it at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse hold deny 3 --reason \"no serial numbers\"")]
pub struct Deny {
    #[command(flatten)]
    decision: Decision,
}

#[derive(Debug, Args)]
struct Decision {
    /// Its number, as `hold list` shows it
    hold: HoldId,
    /// Why; for the journal
    #[arg(long, value_name = "WORDS")]
    reason: String,
}

impl Approve {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        self.decision.decide(place, true)
    }
}

impl Deny {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        self.decision.decide(place, false)
    }
}

impl Decision {
    fn decide(self, place: &Place, approve: bool) -> Result<Ended, Fault> {
        let request = SendingRequest::Decide { hold: self.hold, approve, reason: self.reason };
        sealed::change(place, "deciding", request)
    }
}
