//! `init --packs`: a folder of built plugins is signed with the new key, taken in and granted.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use glasshouse_contract::{Fault, FaultKind};
use glasshouse_control::{Blob, Reply, Request};
use glasshouse_registry::{Installed, host_version};
use glasshouse_trust::{PluginFile, SigningKey, Validity};
use jiff::Timestamp;

use crate::{
    place::Place,
    screen,
    verb::{SIGNED_FOR, read_file, unexpected},
};

/// The plugin files of a folder, by name.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let unreadable = |error: io::Error| {
        let mend = "name a folder with built plugins; `cargo xtask plugins` leaves the shipped ones in target/plugins";
        Fault::new(FaultKind::Unreachable, folder.display(), error, mend)
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") && path.is_file() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(unreadable(io::Error::other("there is no .wasm file in it")));
    }
    files.sort();
    Ok(files)
}

/// Signs and takes in each of them, and grants it what it asks for.
pub fn admit(place: &Place, key: &SigningKey, files: &[PathBuf]) -> Result<(), Fault> {
    let now = Timestamp::now();
    // Whole seconds, and a moment ago: what is signed now is valid now.
    let not_before = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let not_after = not_before.checked_add(SIGNED_FOR).unwrap_or(Timestamp::MAX);
    let validity = Validity { not_before, not_after, minimum_host: host_version() };
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = PluginFile::parse(read_file(path, PluginFile::MAX_BYTES as u64)?)
            .map_err(|error| error.fault(&name))?;
        let signed = file.signed_with(&[key], validity.clone()).map_err(|error| error.fault(&name))?;
        let request = Request::Install { name: name.clone(), file: Blob(signed) };
        let Reply::Installed(installed) = place.ask(&format!("taking in {name}"), request)? else {
            return Err(unexpected());
        };
        if let Installed::Waiting { id, version, digest, beyond } = installed {
            let request = Request::Approve { plugin: id.clone(), digest };
            place.ask(&format!("starting {id}"), request)?;
            screen::print(&format!(
                "{id} {version} runs; granted: {} things it asks for",
                beyond.iter().count()
            ));
        }
    }
    screen::note("`glasshouse trust show` has every grant, `glasshouse plan` what will run");
    Ok(())
}
