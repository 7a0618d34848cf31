//! The interfaces of `wit/` as the host implements them, one file each.
//!
//! Every function begins by counting itself. A refusal goes to the guest as `error` and changes
//! nothing; a limit ends the instance.

mod diagnostics;
mod kernels;
mod output;
mod payload;
mod table;

use glasshouse_contract::Kind;
use wasmtime::component::Linker;

use crate::guest::Guest;

/// A plugin's own words, short and without what rewrites a screen.
pub fn diagnostics_cut(text: String) -> String {
    diagnostics::cut(text, 4096)
}

/// The package and version that the interfaces are linked under. Wasmtime matches any plugin of
/// the same major version whose minor is not newer.
const PACKAGE: &str = "glasshouse:plugin";
const VERSION: &str = "1.1.0";

/// The full name of an interface.
pub fn interface(name: &str) -> String {
    format!("{PACKAGE}/{name}@{VERSION}")
}

/// Links what a plugin of that kind may import, and nothing else.
pub fn link(linker: &mut Linker<Guest>, kind: Kind) -> wasmtime::Result<()> {
    for name in kind.imports() {
        let mut instance = linker.instance(&interface(name))?;
        match *name {
            "table" => table::link(&mut instance)?,
            "output" => output::link(&mut instance)?,
            "diagnostics" => diagnostics::link(&mut instance)?,
            "kernels" => kernels::link(&mut instance)?,
            "payload" => payload::link(&mut instance)?,
            // `run` has types only.
            _ => {}
        }
    }
    Ok(())
}
