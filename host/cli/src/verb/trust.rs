mod add;
mod keygen;
mod remove;
mod revoke;
mod show;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use glasshouse_contract::{Fault, Name};
use glasshouse_registry::Layout;
use glasshouse_trust::SigningKey;

use super::{Output, read_file, unexpected};
use crate::{Ended, place::Place};

/// Decide whose plugins may run: keys, and what is revoked
#[derive(Debug, Subcommand)]
#[command(
    arg_required_else_help = true,
    after_help = "\
A new host trusts nobody, and loads nothing. To trust yourself:
  glasshouse trust keygen mine
  glasshouse trust add mine --kinds query,rule,target"
)]
pub enum Trust {
    Keygen(keygen::Keygen),
    Add(add::Add),
    Remove(remove::Remove),
    Revoke(revoke::Revoke),
    Show(show::Show),
}

impl Trust {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match self {
            Self::Keygen(verb) => verb.run(place),
            Self::Add(verb) => verb.run(place),
            Self::Remove(verb) => verb.run(place),
            Self::Revoke(verb) => verb.run(place),
            Self::Show(verb) => verb.run(place),
        }
    }
}

/// The file of a signing key: named by its path, or by its name in the state directory.
pub fn key_path(layout: &Layout, key: &str) -> PathBuf {
    if key.contains(['/', '\\']) || Path::new(key).extension().is_some() {
        PathBuf::from(key)
    } else {
        layout.keys().join(format!("{key}.key"))
    }
}

/// Loads a signing key, named as [`key_path`] says.
pub fn load_key(layout: &Layout, key: &str) -> Result<SigningKey, Fault> {
    SigningKey::load(&key_path(layout, key)).map_err(|error| error.fault())
}

/// Makes a signing key of that name in the state directory.
pub fn make_key(layout: &Layout, name: &Name) -> Result<SigningKey, Fault> {
    keygen::make(&layout.keys().join(format!("{name}.key")))
}
