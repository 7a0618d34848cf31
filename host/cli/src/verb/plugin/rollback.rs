use clap::Args;
use glasshouse_contract::{Fault, PluginId};
use glasshouse_control::{Reply, Request};

use super::{list, unexpected};
use crate::{Ended, place::Place};

/// Goes back to the version that ran before; the newer one goes into quarantine
///
/// The version from before must still be admitted: a revoked or expired one is not brought back.
/// `glasshouse journal` shows who did it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  glasshouse plugin rollback contoso.devices")]
pub struct Rollback {
    /// The plugin
    plugin: PluginId,
}

impl Rollback {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match place.ask("going back", Request::Rollback { plugin: self.plugin })? {
            Reply::Installed(installed) => {
                list::print_installed(&installed);
                Ok(Ended::Well)
            }
            _ => Err(unexpected()),
        }
    }
}
