use std::path::PathBuf;

use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::export;

use crate::{Ended, place::Place, screen};

/// Copies the log to a folder, for the tools of others
///
/// `checkpoint` and `tile/` are as C2SP's tlog-tiles has them, so that any web server can serve the folder; `key` has the
/// log's key, `leaves.ndjson` each leaf in words. There is no data in it, and no name.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse audit export ./log
  glasshouse audit verify --folder ./log --key ./log/key      where the key is believed")]
pub struct Export {
    /// A folder that is new or empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Export {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let exported = export(&self.folder, |request| place.ask("copying the audit log", request))?;
        let folder = screen::line(&self.folder.display().to_string());
        screen::print(&format!("{} leaves of {} are in {folder}", exported.leaves, exported.log));
        Ok(Ended::Well)
    }
}
