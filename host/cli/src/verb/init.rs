mod packs;

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use glasshouse_contract::{Fault, FaultKind, Kind, Name};
use glasshouse_control::{NewKey, Reply, Request};
use glasshouse_registry::{StateDir, StateError};
use glasshouse_trust::SigningKey;

use super::{trust, unexpected};
use crate::{Ended, place::Place, screen};

/// Makes a state directory with a commented configuration
///
/// Nobody is trusted yet, so that nothing is let in. With --with-key a signing key is made and
/// trusted for every kind of plugin: for a machine on which plugins are written and tried, or that
/// builds its own. With --packs too, each plugin file of a folder is signed with that key, taken in and
/// granted what it asks for. What is there already is left as it is: a key of that name is used again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse init
  glasshouse --state ./state init --with-key mine
  glasshouse init --with-key mine --packs target/plugins")]
pub struct Init {
    /// Make a signing key of this name and trust it; one that is there is used
    #[arg(long, value_name = "NAME")]
    with_key: Option<Name>,

    /// Sign, take in and grant every plugin file of this folder
    #[arg(long, value_name = "DIR", requires = "with_key")]
    packs: Option<PathBuf>,
}

impl Init {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        // Given back at once: the key below is added the way that `trust add` does it.
        match StateDir::own(place.layout.clone()) {
            // A host that runs made it.
            Ok(_) | Err(StateError::Held { .. }) => {}
            Err(error) => return Err(error.fault()),
        }
        let path = place.layout.config();
        let shown = |path: &Path| screen::line(&path.display().to_string());
        if write_new(&path)? {
            screen::print(&format!("wrote {}", shown(&path)));
        } else {
            screen::print(&format!("kept {}", shown(&path)));
        }
        let Some(name) = self.with_key else {
            screen::note("nobody is trusted yet; next: glasshouse trust add --help");
            return Ok(Ended::Well);
        };
        // Looked at before anything is made: a folder that is not there changes nothing.
        let files = self.packs.as_deref().map(packs::files).transpose()?;
        let signing = trust::key_of(&place.layout, &name)?;
        let Reply::Trust(trusted) = place.ask("reading the state", Request::TrustShow)? else {
            return Err(unexpected());
        };
        if trusted.keys.iter().any(|key| key.revoked && key.id == signing.id()) {
            return Err(Fault::new(
                FaultKind::Refused,
                format!("the key {name}"),
                "it was revoked, and what it signs is not let in",
                "choose another name: a new key is made",
            ));
        }
        if trusted.keys.iter().any(|key| key.name == name.as_str() && key.id == signing.id()) {
            screen::print(&format!("kept the key {name} ({})", signing.id().short()));
        } else {
            trust_for_all(place, name, &signing)?;
        }
        if let Some(files) = files {
            packs::admit(place, &signing, &files)?;
        }
        Ok(Ended::Well)
    }
}

fn trust_for_all(place: &Place, name: Name, signing: &SigningKey) -> Result<(), Fault> {
    let kinds = vec![Kind::Query, Kind::Rule, Kind::Target];
    let key = NewKey { name, public: signing.public(), kinds, expires: None, revoke: true };
    match place.ask("writing trust.toml", Request::TrustAdd { key })? {
        Reply::Done(words) => {
            screen::print(&screen::line(&words));
            Ok(())
        }
        _ => Err(unexpected()),
    }
}

/// Writes the commented configuration where there is none.
fn write_new(path: &Path) -> Result<bool, Fault> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(glasshouse_control::COMMENTED.as_bytes())?;
        file.sync_all()
    });
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => {
            Err(Fault::new(FaultKind::Unreachable, path.display(), error, "choose another state directory"))
        }
    }
}
