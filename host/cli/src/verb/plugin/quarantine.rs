use clap::Args;
use glasshouse_contract::{Fault, PluginId};
use glasshouse_control::{Reply, Request};

use super::unexpected;
use crate::{Ended, place::Place, screen};

/// Stops a plugin at once and keeps this version from coming back
///
/// A call that is running ends within a moment with the reason. A newer version can be let in.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  glasshouse plugin quarantine contoso.devices --reason \"odd numbers, looking into it\""
)]
pub struct Quarantine {
    /// The plugin
    plugin: PluginId,
    /// Why, for the list and the journal
    #[arg(long, default_value = "an administrator stopped it")]
    reason: String,
}

impl Quarantine {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let request = Request::Quarantine { plugin: self.plugin, reason: self.reason };
        match place.ask("stopping", request)? {
            Reply::Done(words) => {
                screen::print(&screen::line(&words));
                Ok(Ended::Well)
            }
            _ => Err(unexpected()),
        }
    }
}
