use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use glasshouse_contract::{Fault, FaultKind, Name};
use glasshouse_control::{Reply, Request};

use super::{read_passphrase, unexpected};
use crate::{Ended, place::Place, screen};

/// Seals the key in use by a passphrase, for another site of the hierarchy or for safe keeping
///
/// The passphrase is read from a file that its owner alone can read (or a pipe), at least 12 characters
/// on one line. The sealed key is written to a new file; whoever has it and the passphrase has the
/// key, so carry them on different ways.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse key export default --passphrase-file passphrase --out default.key.sealed")]
pub struct Export {
    /// The key's name
    #[arg(default_value = "default")]
    name: Name,
    /// The file with the passphrase
    #[arg(long, value_name = "FILE")]
    passphrase_file: PathBuf,
    /// The new file for the sealed key
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Export {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let passphrase = read_passphrase(&self.passphrase_file)?;
        if self.out.exists() {
            return Err(not_written(&self.out, &"it is there already"));
        }
        let request = Request::KeyExport { name: self.name, passphrase };
        let Reply::SealedKey(report) = place.ask("sealing the key", request)? else {
            return Err(unexpected());
        };
        write_new(&self.out, report.sealed.as_bytes()).map_err(|error| not_written(&self.out, &error))?;
        let out = screen::line(&self.out.display().to_string());
        screen::print(&format!("the key {}/{} is sealed in {out}", report.name, report.id));
        Ok(Ended::Well)
    }
}

fn not_written(path: &Path, why: &dyn std::fmt::Display) -> Fault {
    Fault::new(FaultKind::Unreachable, path.display(), why, "choose another file with --out")
}

/// Whole or not at all, and for its owner alone.
fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(path);
    }
    written
}
