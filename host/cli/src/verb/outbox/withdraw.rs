use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{RequestId, SendingRequest};

use crate::{Ended, place::Place, verb::sealed};

/// Takes a request back that was not sent: it never leaves, and its bytes are erased
///
/// So are the other requests of the same call that were not sent. The digests stay in the audit log.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse outbox withdraw REQUEST --reason \"the receiver is gone for good\"")]
pub struct Withdraw {
    /// The request's id
    id: RequestId,
    /// Why it is to be lost; for the journal
    #[arg(long, value_name = "WORDS")]
    reason: String,
}

impl Withdraw {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        sealed::change(place, "taking it back", SendingRequest::Withdraw { id: self.id, reason: self.reason })
    }
}
