use std::path::{Path, PathBuf};

use clap::Args;
use glasshouse_contract::{Fault, FaultKind, PluginId};
use glasshouse_trust::replace_file;
use glasshouse_workshop::{BuildOptions, Maker};

use super::source;
use crate::{Ended, screen};

/// Builds a plugin file, not signed yet
///
/// A query that is SQL and nothing else needs no compiler: its TOML goes into a ready-made component.
/// Rust plugins are built for wasm32 with whatever toolchain on this machine can do that. A
/// component that any other toolchain made is taken with --component and --manifest; it is checked
/// against the world of its kind, and what does not fit is said.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse plugin build                                     the plugin in this folder
  glasshouse plugin build devices --out devices-1.2.0.wasm
  glasshouse plugin build devices.toml                        a query in a single file
  glasshouse plugin build --component guest.wasm --manifest plugin.toml")]
pub struct Build {
    /// A folder with a plugin.toml (and a Cargo.toml where it has code), or a TOML file with a query
    #[arg(default_value = ".")]
    source: PathBuf,
    /// A component that another toolchain made
    #[arg(long, value_name = "FILE", requires = "manifest", conflicts_with = "source")]
    component: Option<PathBuf>,
    /// The manifest for it
    #[arg(long, value_name = "FILE", requires = "component")]
    manifest: Option<PathBuf>,
    /// Where to write the plugin file [default: in this folder, named after the last part of the id]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Build {
    pub fn run(self) -> Result<Ended, Fault> {
        let built = match (&self.component, &self.manifest) {
            (Some(component), Some(manifest)) => {
                glasshouse_workshop::build_from_component(component, manifest)
            }
            // The compiler says by itself how far it is.
            _ => glasshouse_workshop::build(&self.source, &BuildOptions::default()),
        }
        .map_err(source::fault)?;
        let manifest = &built.manifest;
        let out = self.out.unwrap_or_else(|| PathBuf::from(file_name(&manifest.id)));
        replace_file(&out, &built.bytes, 0o644).map_err(|error| {
            Fault::new(FaultKind::Unreachable, out.display(), error, "choose another file with --out")
        })?;
        screen::print(&format!(
            "{}: {} {} ({}), {} bytes, {}",
            shown(&out),
            manifest.id,
            manifest.version,
            manifest.kind(),
            built.bytes.len(),
            match &built.made_by {
                Maker::PassThrough => "SQL in the ready-made component".to_owned(),
                Maker::Rust(toolchain) => format!("by {}", screen::line(&toolchain.to_string())),
                Maker::Other => "from the component that was given".to_owned(),
            }
        ));
        screen::note(&format!("next: glasshouse plugin sign {} --key NAME", shown(&out)));
        Ok(Ended::Well)
    }
}

/// `contoso.devices` is built as `devices.wasm`.
fn file_name(id: &PluginId) -> String {
    let name = id.as_str().rsplit('.').next().unwrap_or_else(|| id.as_str());
    format!("{name}.wasm")
}

fn shown(path: &Path) -> String {
    screen::line(&path.display().to_string())
}
