//! What an author names: a folder, a TOML file, or a plugin file that is built already.

use std::path::{Path, PathBuf};

use glasshouse_contract::{Fault, FaultKind};
use glasshouse_sandbox::{Plugin, Sandbox, Settings};
use glasshouse_trust::PluginFile;
use glasshouse_workshop::{BuildOptions, WorkshopError};

use super::read_file;
use crate::{place, screen::Progress};

/// A plugin that is ready to be tried on its author's machine.
pub struct Ready {
    /// The plugin, with everything granted that it asks for.
    pub plugin: Plugin,
    /// Where its recorded cases are.
    pub cases: PathBuf,
}

/// Builds what is named, or reads it where it is built already, and makes it ready as a host would:
/// compiled in a process of its own, under the same limits.
pub fn make_ready(source: &Path, cases: Option<&Path>) -> Result<Ready, Fault> {
    let built_already = source.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wasm"));
    let bytes = if built_already {
        read_file(source, PluginFile::MAX_BYTES as u64)?
    } else {
        // The compiler says by itself how far it is.
        glasshouse_workshop::build(source, &BuildOptions::default()).map_err(fault)?.bytes
    };
    let progress = Progress::start("making the plugin ready");
    let compiler = place::compiler();
    let sandbox =
        Sandbox::new(Settings { compiler, cache: None }).map_err(|error| error.fault("the sandbox"))?;
    let plugin = glasshouse_workshop::load(&sandbox, bytes).map_err(fault)?;
    drop(progress);
    let folder = if source.is_dir() { source } else { source.parent().unwrap_or(Path::new("")) };
    let cases = cases.map_or_else(|| folder.join("cases"), Path::to_owned);
    if cases.is_dir() {
        return Ok(Ready { plugin, cases });
    }
    Err(Fault::new(
        FaultKind::Unreachable,
        cases.display(),
        "there are no recorded cases",
        "name their folder with --cases, or record one: cases/NAME/input/TABLE.ndjson, then `plugin test --record`",
    ))
}

/// The workshop's error for the person who reads it.
pub fn fault(error: WorkshopError) -> Fault {
    error.fault()
}
