mod delete;
mod export;
mod import;
mod list;
mod new;

use std::{fs::File, io::Read as _, path::Path};

use clap::Subcommand;
use glasshouse_contract::{Fault, FaultKind};
use glasshouse_control::Passphrase;

use super::{Output, confirmed, read_file, unexpected};
use crate::{Ended, place::Place};

/// Manages the keys that pseudonyms are made with
#[derive(Debug, Subcommand)]
#[command(
    arg_required_else_help = true,
    after_help = "\
A pseudonym is made from a value and a key: the same value under the same key is the same pseudonym, and without
the key nobody can tell which value it was. All sites of a hierarchy need the same key, so that a device that
two of them know is one device. The key `default` is made by the first run that needs it.

Give the first site's key to another site of the hierarchy:
  glasshouse key export default --passphrase-file passphrase --out default.key.sealed      there
  glasshouse key import default.key.sealed --passphrase-file passphrase                    here

Who loses a key cannot make its pseudonyms again: later runs cannot be joined with earlier ones. Keep an export,
and its passphrase apart from it. Who gets a key can find out from pseudonyms every value that can be guessed:
take a new one, and tell who has the old rows."
)]
pub enum Key {
    List(list::List),
    New(new::New),
    Delete(delete::Delete),
    Export(export::Export),
    Import(import::Import),
}

impl Key {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match self {
            Self::List(verb) => verb.run(place),
            Self::New(verb) => verb.run(place),
            Self::Delete(verb) => verb.run(place),
            Self::Export(verb) => verb.run(place),
            Self::Import(verb) => verb.run(place),
        }
    }
}

/// Reads a passphrase. One line break at its end is not part of it, for editors write one.
fn read_passphrase(path: &Path) -> Result<Passphrase, Fault> {
    let unreadable = |error: std::io::Error| {
        Fault::new(
            FaultKind::Unreachable,
            path.display(),
            error,
            "check the path and that this account may read it",
        )
    };
    let file = File::open(path).map_err(unreadable)?;
    if let Some(mode) = mode_for_others(&file).map_err(unreadable)? {
        return Err(Fault::new(
            FaultKind::Refused,
            path.display(),
            format!("others than its owner may read the passphrase (mode {mode:04o})"),
            format!(
                "chmod 600 {}, and take another passphrase if somebody could have read it",
                path.display()
            ),
        ));
    }
    // All of the room at once: a text that grows would leave copies behind.
    let mut text = String::with_capacity(Passphrase::MOST + 3);
    let mut limited = file.take(Passphrase::MOST as u64 + 2);
    let read = limited.read_to_string(&mut text);
    if text.ends_with('\n') {
        text.pop();
    }
    if text.ends_with('\r') {
        text.pop();
    }
    let passphrase = Passphrase::new(text);
    read.map_err(unreadable)?;
    passphrase.map_err(|error| error.fault(&path.display().to_string()))
}

/// The mode of a file that others than its owner can read. A pipe is its reader's alone.
#[cfg(unix)]
fn mode_for_others(file: &File) -> std::io::Result<Option<u32>> {
    use std::os::unix::fs::MetadataExt as _;
    let about = file.metadata()?;
    let mode = about.mode() & 0o7777;
    Ok((about.is_file() && mode & 0o077 != 0).then_some(mode))
}

/// On Windows the file's access list decides, which the folder sets.
#[cfg(not(unix))]
fn mode_for_others(_: &File) -> std::io::Result<Option<u32>> {
    Ok(None)
}
