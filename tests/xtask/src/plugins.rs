//! The example plugins: built, and their cases run.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    Failed,
    shell::{command, glasshouse, root, run as shell_run, step, target},
    wasm,
};

/// A plugin of this repository, built but not signed.
pub struct Built {
    /// Its folder's name.
    pub name: String,
    /// Where it is kept in the repository.
    pub folder: PathBuf,
    /// The file.
    pub file: PathBuf,
}

pub fn run() -> Result<(), Failed> {
    let glasshouse = glasshouse()?;
    for plugin in build(&glasshouse)? {
        step(&format!("cases of {}", plugin.name), || {
            shell_run(command(&glasshouse).args(["plugin", "test"]).arg(&plugin.folder))
        })?;
    }
    Ok(())
}

/// Builds every folder below `plugins/` that has a `plugin.toml`.
pub fn build(glasshouse: &Path) -> Result<Vec<Built>, Failed> {
    wasm::ensure()?;
    let out = target().join("plugins");
    let mut folders = Vec::new();
    find(&root().join("plugins"), &mut folders)?;
    folders.sort();
    folders
        .into_iter()
        .map(|folder| {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let file = out.join(format!("{name}.wasm"));
            step(&format!("plugin {name}"), || build_one(glasshouse, &folder, &file))?;
            Ok(Built { name, folder, file })
        })
        .collect()
}

/// Builds one plugin. What is said about it goes to stderr: stdout is for what was asked for.
pub fn build_one(glasshouse: &Path, folder: &Path, file: &Path) -> Result<(), Failed> {
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    }
    let mut build = command(glasshouse);
    build.args(["plugin", "build"]).arg(folder).arg("--out").arg(file);
    shell_run(build.stdout(io::stderr()))
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failed> {
    if folder.join("plugin.toml").is_file() {
        found.push(folder.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && name != "sdk" {
            find(&path, found)?;
        }
    }
    Ok(())
}
