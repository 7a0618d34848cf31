use std::path::PathBuf;

use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::back_up;

use crate::{
    Ended,
    place::{Place, compiler},
    screen::{self, Progress},
};

/// Copies the ledger, whole, while the host works
///
/// In it is all that the host remembers: the journal, results, sealed requests. Not in it are keys, plugins and
/// configuration. It holds what the results hold: keep it as closed as the state directory. That it was made is in the
/// journal.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse backup /backups/ledger-2026-03-01
  glasshouse restore /backups/ledger-2026-03-01 --force --reason \"the disk failed\"")]
pub struct Backup {
    /// A file that is not there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Backup {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let progress = Progress::start("copying the ledger");
        back_up(&place.layout, compiler(), &self.file, &|text| progress.at(text))?;
        drop(progress);
        screen::print(&format!("the ledger is copied to {}", screen::line(&self.file.display().to_string())));
        Ok(Ended::Well)
    }
}
