//! The guest SDK as text, to lie beside a new plugin: an author needs nothing but the `glasshouse`
//! program and a compiler.

use crate::world::WIT;

macro_rules! sdk {
    ($($file:literal),* $(,)?) => {
        [$(($file, include_str!(concat!("../../../plugins/sdk/", $file)))),*]
    };
}

const FILES: [(&str, &str); 14] = sdk![
    "Cargo.toml",
    "src/bindings.rs",
    "src/build.rs",
    "src/context.rs",
    "src/error.rs",
    "src/http.rs",
    "src/lib.rs",
    "src/memory.rs",
    "src/panic.rs",
    "src/plugin.rs",
    "src/plugin/adapters.rs",
    "src/read.rs",
    "src/table.rs",
    "README.md",
];

/// The SDK's files; its copy of the contract lies inside it rather than above.
pub(crate) fn files() -> impl Iterator<Item = (&'static str, String)> {
    FILES
        .into_iter()
        .map(|(file, text)| (file, text.replace("\"../../wit\"", "\"wit\"")))
        .chain([("wit/glasshouse.wit", WIT.to_owned())])
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use super::*;

    fn files_below(folder: &Path, all: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { files_below(&path, all) } else { all.push(path) }
        }
    }

    #[test]
    fn every_file_of_the_sdk_goes_along() {
        let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/sdk");
        let mut there = Vec::new();
        files_below(&sdk, &mut there);
        there.sort();
        let mut known: Vec<PathBuf> = FILES.iter().map(|(file, _)| sdk.join(file)).collect();
        known.sort();
        assert_eq!(there, known);
    }

    #[test]
    fn the_copy_looks_for_the_contract_beside_itself() {
        let (_, bindings) = files().find(|(file, _)| *file == "src/bindings.rs").unwrap();
        assert!(!bindings.contains("../../wit"));
        assert_eq!(bindings.matches("path: \"wit\"").count(), 4);
    }
}
