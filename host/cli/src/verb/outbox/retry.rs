use clap::Args;
use glasshouse_contract::{Fault, PluginId};
use glasshouse_control::{RequestId, SendingRequest};

use crate::{Ended, place::Place, verb::sealed};

/// Sends a request that was put aside once more, with those of its call that went aside with it; or all of them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse outbox retry REQUEST --reason \"the receiver takes larger bodies now\"
  glasshouse outbox retry --all --target glasshouse.targets.glasshouse --reason \"it knows our tables now\"")]
pub struct Retry {
    /// The request's id
    #[arg(required_unless_present = "all")]
    id: Option<RequestId>,
    /// All that are aside
    #[arg(long, conflicts_with = "id")]
    all: bool,
    /// Of all, only those for this target
    #[arg(long, value_name = "ID", requires = "all")]
    target: Option<PluginId>,
    /// Why they will be taken now; for the journal
    #[arg(long, value_name = "WORDS")]
    reason: String,
}

impl Retry {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let Self { id, target, reason, .. } = self;
        let request = match id {
            Some(id) => SendingRequest::Retry { id, reason },
            None => SendingRequest::RetryAll { target, reason },
        };
        sealed::change(place, "putting it back", request)
    }
}
