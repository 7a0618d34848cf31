use clap::Args;
use glasshouse_contract::{Digest, Fault, FaultKind, PluginId};
use glasshouse_control::{Reply, Request};
use glasshouse_registry::{PluginState, PluginStatus};

use super::{list, unexpected};
use crate::{Ended, place::Place, screen, verb::confirmed};

/// Grants a waiting plugin what it asks for; from then on it runs
///
/// Shows what is asked beyond what was granted before, and asks whether that is meant. The grant
/// is written to trust.toml and holds for later versions of the plugin that ask for no more.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse plugin approve contoso.devices
  glasshouse plugin approve contoso.devices --yes      in a script, after reading `plugin inspect`")]
pub struct Approve {
    /// The plugin
    plugin: PluginId,
    /// The very file, by its digest: also one that was taken back, which may serve again
    #[arg(long, value_name = "sha256:...")]
    digest: Option<Digest>,
    /// Grant without asking
    #[arg(long)]
    yes: bool,
}

impl Approve {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let Reply::List(listing) = place.ask("reading the state", Request::List)? else {
            return Err(unexpected());
        };
        let waits = |plugin: &&PluginStatus| {
            plugin.id == self.plugin
                && match self.digest {
                    Some(digest) => plugin.digest == digest,
                    None => plugin.state == PluginState::Waiting,
                }
        };
        let Some(waiting) = listing.plugins.iter().find(waits) else {
            return Err(Fault::new(
                FaultKind::Malformed,
                &self.plugin,
                "no version of it waits for approval",
                "see `glasshouse plugin list`; a file in plugins.d/ is taken in within two seconds, where a host runs",
            ));
        };
        let digest = waiting.digest;
        let mut text = format!("{} {} asks for:\n", self.plugin, waiting.version);
        for ask in waiting.beyond.iter() {
            text.push_str(&format!("  {}\n", screen::line(&ask.to_string())));
        }
        if waiting.beyond.is_empty() {
            text.push_str("  nothing beyond what every plugin of its kind gets\n");
        }
        screen::note(text.trim_end());
        if !self.yes && !confirmed("plugin approve", "grant this?")? {
            screen::note("nothing was granted");
            return Ok(Ended::WithFindings);
        }
        match place.ask("starting the plugin", Request::Approve { plugin: self.plugin, digest })? {
            Reply::Installed(installed) => {
                list::print_installed(&installed);
                Ok(Ended::Well)
            }
            _ => Err(unexpected()),
        }
    }
}
