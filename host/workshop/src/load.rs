use std::sync::Arc;

use glasshouse_contract::Manifest;
use glasshouse_guard::Floors;
use glasshouse_sandbox::{Plugin, Sandbox};
use glasshouse_trust::PluginFile;

use crate::WorkshopError;

/// Makes a plugin file ready to run on this machine for its author: signed or not, with everything
/// granted that it asks for. The host never loads a plugin this way.
///
/// # Errors
/// When the file is no plugin, its SQL is none that a host runs, or the sandbox refuses it.
pub fn load(sandbox: &Sandbox, bytes: Vec<u8>) -> Result<Plugin, WorkshopError> {
    let file = PluginFile::parse(bytes)?;
    let manifest = Arc::clone(file.manifest());
    hold(&manifest, manifest.id.as_str())?;
    let granted = manifest.asks();
    Ok(sandbox.load(manifest, &granted, file.digest(), file.signed_bytes())?)
}

/// Holds a manifest to the guard and to the floors that are shipped. A site may have floors of its own, which
/// its host knows.
pub(crate) fn hold(manifest: &Manifest, object: &str) -> Result<(), WorkshopError> {
    glasshouse_guard::check(manifest, Floors::shipped())
        .map(drop)
        .map_err(|why| WorkshopError::Guard { object: object.to_owned(), why })
}
