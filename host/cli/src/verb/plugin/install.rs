use std::path::PathBuf;

use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{Blob, Reply, Request};

use super::{list, name_of, read_file, unexpected};
use crate::{Ended, place::Place};

/// Lets a signed plugin file in, as dropping it into `plugins.d` does
///
/// The file is checked first: who signed it, whether the trust store allows that, whether it is
/// newer than what was let in before. A plugin that asks for more than was granted waits for
/// `glasshouse plugin approve`. Nothing of it is compiled before that is settled.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse plugin install devices.wasm
  glasshouse plugin install devices.wasm && glasshouse plugin approve contoso.devices")]
pub struct Install {
    /// The plugin file
    file: PathBuf,
}

impl Install {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let file = Blob(read_file(&self.file, glasshouse_trust::PluginFile::MAX_BYTES as u64)?);
        let name = name_of(&self.file);
        let request = Request::Install { name: name.clone(), file };
        match place.ask(&format!("checking {name}"), request)? {
            Reply::Installed(installed) => {
                list::print_installed(&installed);
                Ok(Ended::Well)
            }
            _ => Err(unexpected()),
        }
    }
}
