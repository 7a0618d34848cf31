mod add;
mod keygen;
mod remove;
mod revoke;
mod show;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use glasshouse_contract::{Fault, FaultKind, Name};
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
    let path = key_path(layout, key);
    if !path.exists() {
        return Err(Fault::new(
            FaultKind::Unreachable,
            format!("the key {key}"),
            format!("{}: there is no such file", path.display()),
            "name a key of the state directory's keys/, or the path of a key's file; \
             `glasshouse trust keygen` makes one",
        ));
    }
    SigningKey::load(&path).map_err(|error| error.fault())
}

/// The signing key of that name in the state directory, which is made where there is none.
pub fn key_of(layout: &Layout, name: &Name) -> Result<SigningKey, Fault> {
    let path = layout.keys().join(format!("{name}.key"));
    if path.exists() { SigningKey::load(&path).map_err(|error| error.fault()) } else { keygen::make(&path) }
}
