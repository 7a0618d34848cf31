use clap::Args;
use glasshouse_contract::{Fault, Name};
use glasshouse_control::{Reply, Request};

use super::unexpected;
use crate::{Ended, place::Place, screen};

/// Trusts a key no longer: plugins that need it stop
///
/// For a key that fell into wrong hands use `glasshouse trust revoke`: a revocation also reaches
/// other hosts and holds where somebody adds the key again.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  glasshouse trust remove build-2025")]
pub struct Remove {
    /// The key's name in trust.toml
    name: Name,
}

impl Remove {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match place.ask("writing trust.toml", Request::TrustRemove { name: self.name })? {
            Reply::Done(words) => {
                screen::print(&screen::line(&words));
                Ok(Ended::Well)
            }
            _ => Err(unexpected()),
        }
    }
}
