use std::path::PathBuf;

use clap::Args;
use glasshouse_contract::{Fault, FaultKind};
use glasshouse_control::{Reply, Request};

use super::{read_file, read_passphrase, unexpected};
use crate::{Ended, place::Place, screen};

/// A sealed key has about 300 bytes.
const MOST_BYTES: u64 = 4096;

/// Takes a key into use that another site of the hierarchy exported
///
/// Runs that begin from now on use it. The key that was in use is kept until `glasshouse key delete`.
/// Where the passphrase is wrong or the file was changed, nothing is changed here.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse key import default.key.sealed --passphrase-file passphrase")]
pub struct Import {
    /// The file that `glasshouse key export` wrote
    file: PathBuf,
    /// The file with the passphrase
    #[arg(long, value_name = "FILE")]
    passphrase_file: PathBuf,
}

impl Import {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let passphrase = read_passphrase(&self.passphrase_file)?;
        let object = self.file.display().to_string();
        let sealed = String::from_utf8(read_file(&self.file, MOST_BYTES)?).map_err(|_| {
            Fault::new(
                FaultKind::Malformed,
                &object,
                "it is no sealed key: it is not text",
                "name the right file",
            )
        })?;
        let asked = place.ask("opening the key", Request::KeyImport { sealed, passphrase });
        match asked? {
            Reply::Done(words) => {
                screen::print(&screen::line(&words));
                Ok(Ended::Well)
            }
            _ => Err(unexpected()),
        }
    }
}
