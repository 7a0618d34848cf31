use clap::Args;
use glasshouse_contract::{Fault, PluginId};
use glasshouse_control::{Reply, Request};

use super::unexpected;
use crate::{Ended, place::Place, screen};

/// Takes a plugin out: all its versions, its copies in plugins.d, what it carries from run to run
///
/// Calls in flight come to their end. Its grant stays in trust.toml, and that its versions were seen
/// is kept: an older one cannot be let in later. Deleting a file from plugins.d changes nothing;
/// this does.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  glasshouse plugin remove contoso.devices")]
pub struct Remove {
    /// The plugin
    plugin: PluginId,
}

impl Remove {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match place.ask("removing", Request::Remove { plugin: self.plugin })? {
            Reply::Done(words) => {
                screen::print(&screen::line(&words));
                Ok(Ended::Well)
            }
            _ => Err(unexpected()),
        }
    }
}
