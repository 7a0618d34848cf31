use std::sync::Arc;

use glasshouse_sandbox::{Plugin, Sandbox};
use glasshouse_trust::PluginFile;

use crate::WorkshopError;

/// Makes a plugin file ready to run on this machine for its author: signed or not, with everything
/// granted that it asks for. The host never loads a plugin this way.
///
/// # Errors
/// When the file is no plugin, or the sandbox refuses it.
pub fn load(sandbox: &Sandbox, bytes: Vec<u8>) -> Result<Plugin, WorkshopError> {
    let file = PluginFile::parse(bytes)?;
    let manifest = Arc::clone(file.manifest());
    let granted = manifest.asks();
    Ok(sandbox.load(manifest, &granted, file.digest(), file.signed_bytes())?)
}
