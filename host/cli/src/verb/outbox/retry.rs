use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{RequestId, SendingRequest};

use crate::{Ended, place::Place, verb::sealed};

/// Sends a request that was put aside once more, with those of its call that went aside with it
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse outbox retry REQUEST --reason \"the receiver takes larger bodies now\"")]
pub struct Retry {
    /// The request's id
    id: RequestId,
    /// Why it will be taken now; for the journal
    #[arg(long, value_name = "WORDS")]
    reason: String,
}

impl Retry {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        sealed::change(place, "putting it back", SendingRequest::Retry { id: self.id, reason: self.reason })
    }
}
