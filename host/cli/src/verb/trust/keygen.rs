use std::path::{Path, PathBuf};

use clap::Args;
use glasshouse_contract::{Fault, FaultKind, Name};
use glasshouse_trust::SigningKey;

use crate::{Ended, place::Place, screen};

/// Makes a key pair for signing plugins or revocation lists
///
/// The private key is written to a file that its owner alone can read, and is never overwritten.
/// The public key is printed: hand it to whoever shall trust it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse trust keygen build-2026                      keys/build-2026.key in the state directory
  glasshouse trust keygen build-2026 --file build.key     on a machine that has no state directory")]
pub struct Keygen {
    /// What to call the key
    name: Name,
    /// Write the private key to this new file instead
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Keygen {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let path = match self.file {
            Some(path) => path,
            None => place.layout.keys().join(format!("{}.key", self.name)),
        };
        let key = make(&path)?;
        screen::print(&key.public().to_string());
        screen::note(&format!(
            "private key: {}\nkey id: {}\nto trust it here: glasshouse trust add {} --public {} --kinds query,rule,target",
            screen::line(&path.display().to_string()),
            key.id(),
            self.name,
            key.public()
        ));
        Ok(Ended::Well)
    }
}

/// Makes a key in a new file, and the folder for it where that is missing.
pub fn make(path: &Path) -> Result<SigningKey, Fault> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|error| {
            Fault::new(FaultKind::Unreachable, folder.display(), error, "choose another place with --file")
        })?;
    }
    let key = SigningKey::generate().map_err(|error| {
        Fault::new(FaultKind::Unreachable, "the system's random numbers", error, "try again")
    })?;
    key.store(path).map_err(|error| error.fault())?;
    Ok(key)
}
