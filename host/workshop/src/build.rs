//! From an author's source to an unsigned plugin file.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use glasshouse_contract::Manifest;
use glasshouse_trust::PluginFile;
use serde_json::Value;

use crate::{
    Toolchain, WorkshopError, check_component, componentize,
    crates::Crates,
    load::hold,
    pass_through,
    source::{Code, Source, read_manifest},
};

/// How to build.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// Where compiled code is kept between builds; cargo's own choice where none is said.
    pub target_dir: Option<PathBuf>,
    /// Whether the compiler's words go into the error rather than on the screen.
    pub quiet: bool,
}

/// A plugin that nobody signed yet.
#[derive(Debug)]
pub struct Built {
    /// The plugin file.
    pub bytes: Vec<u8>,
    /// What it says about itself.
    pub manifest: Manifest,
    /// What made its code.
    pub made_by: Maker,
}

/// What made a plugin's code.
#[derive(Debug)]
pub enum Maker {
    /// The ready-made pass-through: no compiler took part.
    PassThrough,
    /// A Rust compiler.
    Rust(Toolchain),
    /// Some other toolchain, earlier.
    Other,
}

/// Builds a folder with a `plugin.toml` (and a `Cargo.toml` where it has code), or a single TOML
/// file with a query in it.
///
/// # Errors
/// When the source is no plugin, has SQL that no host runs, does not compile, or does not fit its kind's world.
pub fn build(source: &Path, options: &BuildOptions) -> Result<Built, WorkshopError> {
    let Source { manifest_text, manifest, code } = Source::read(source)?;
    hold(&manifest, &source.display().to_string())?;
    let (component, made_by) = match code {
        Code::PassThrough => (pass_through()?, Maker::PassThrough),
        Code::Rust(folder) => {
            let toolchain = Toolchain::find()?;
            let component = build_rust(&folder, &manifest, &toolchain, options)?;
            (component, Maker::Rust(toolchain))
        }
    };
    let bytes = PluginFile::unsigned(&component, &manifest_text)?;
    Ok(Built { bytes, manifest, made_by })
}

/// Makes a plugin of a component that any other toolchain built, and a manifest.
///
/// # Errors
/// When the component does not fit the world of the manifest's kind, or the manifest has SQL that no host runs.
pub fn build_from_component(component: &Path, manifest: &Path) -> Result<Built, WorkshopError> {
    let path = manifest;
    let (manifest_text, manifest) = read_manifest(path)?;
    hold(&manifest, &path.display().to_string())?;
    let component = fs::read(component).map_err(WorkshopError::read(component))?;
    check_component(&component, manifest.kind())?;
    let bytes = PluginFile::unsigned(&component, &manifest_text)?;
    Ok(Built { bytes, manifest, made_by: Maker::Other })
}

/// What a plugin needs to be fast and small, whatever its own Cargo.toml says: masking text takes a
/// third less time with SIMD than without.
const PROFILE: [&str; 5] = [
    "profile.release.opt-level=3",
    "profile.release.lto=true",
    "profile.release.codegen-units=1",
    "profile.release.panic=\"abort\"",
    "profile.release.strip=true",
];

/// Vectors, and room for a batch from the start: an instance that lives for one batch would else
/// spend more time on growing its memory than on its work (the SDK's allocator uses that room). 128 KiB
/// are stack: what is cleared after each batch should be small.
const FLAGS: [&str; 3] =
    ["-Ctarget-feature=+simd128", "-Clink-arg=-zstack-size=131072", "-Clink-arg=--initial-memory=786432"];

fn build_rust(
    folder: &Path,
    manifest: &Manifest,
    toolchain: &Toolchain,
    options: &BuildOptions,
) -> Result<Vec<u8>, WorkshopError> {
    let cargo_toml = folder.join("Cargo.toml");
    let crates = Crates::of(&cargo_toml, toolchain)?;
    let mut flags: Vec<String> = FLAGS.map(str::to_owned).into();
    flags.extend(crates.remappings(toolchain));
    let mut cargo = toolchain.cargo(&flags);
    cargo.args(["build", "--release", "--lib", "--message-format=json-render-diagnostics"]);
    cargo.arg("--manifest-path").arg(&cargo_toml);
    cargo.args(toolchain.build_arguments());
    for setting in PROFILE {
        cargo.args(["--config", setting]);
    }
    if let Some(target_dir) = &options.target_dir {
        cargo.arg("--target-dir").arg(target_dir);
    }
    cargo.stdin(Stdio::null()).stdout(Stdio::piped());
    cargo.stderr(if options.quiet { Stdio::piped() } else { Stdio::inherit() });
    let output =
        cargo.spawn().and_then(std::process::Child::wait_with_output).map_err(WorkshopError::read(folder))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(WorkshopError::Compile { path: folder.to_owned(), words });
    }
    let module = wasm_of(&output.stdout, crates.root_manifest()).ok_or_else(|| WorkshopError::NoSource {
        path: cargo_toml.clone(),
        why: "gives no wasm file: a plugin's crate has `[lib] crate-type = [\"cdylib\"]`",
    })?;
    let module = fs::read(&module).map_err(WorkshopError::read(&module))?;
    let mut component = componentize(&module, manifest.kind())?;
    crates.append_to(&mut component);
    Ok(component)
}

/// The wasm file that cargo's messages say this package gave.
fn wasm_of(messages: &[u8], cargo_toml: &Path) -> Option<PathBuf> {
    String::from_utf8_lossy(messages)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.get("reason").and_then(Value::as_str) == Some("compiler-artifact"))
        .filter(|message| {
            message.get("manifest_path").and_then(Value::as_str).map(Path::new) == Some(cargo_toml)
        })
        .flat_map(|message| message.get("filenames").and_then(Value::as_array).cloned().unwrap_or_default())
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(sql: &str, class: &str) -> Result<Built, WorkshopError> {
        let folder = tempfile::tempdir().unwrap();
        let toml = format!(
            "id = 'contoso.devices'\nversion = '1.0.0'\napi = '1.0'\nkind = 'query'\ntitle = 'x'\n\
             purpose = 'x'\nauthor = 'x'\n[[query.statement]]\nname = 'devices'\nlevel = 'basic'\n\
             sql = '{sql}'\n[[query.statement.column]]\nname = 'Device'\ntype = 'text'\n{class}\ndescription = 'x'\n"
        );
        fs::write(folder.path().join("plugin.toml"), toml).unwrap();
        build(folder.path(), &BuildOptions::default())
    }

    #[test]
    fn what_no_host_would_run_is_not_built() {
        let name = "SELECT Name0 AS Device FROM v_R_System";
        assert!(built(name, "class = 'identifier'").is_ok());
        assert!(built(name, "class = 'category'\nlowers = 'names of colours'").is_ok());
        let fault = |sql: &str, class: &str| built(sql, class).unwrap_err().fault();
        let below = fault(name, "class = 'category'");
        assert!(below.cause.starts_with("column `devices.Device` is declared category"), "{below}");
        assert!(below.mend.contains("`lowers`"), "{below}");
        let evil = fault("SELECT Name0 AS Device FROM v_R_System; DROP TABLE x", "class = 'identifier'");
        assert!(evil.cause.starts_with("statement `devices`: line 1 column"), "{evil}");
    }
}
