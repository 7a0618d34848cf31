//! The dependency list that `cargo auditable` leaves in a binary: JSON under zlib.

use glasshouse_contract::shown;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};
use serde::{Deserialize, Serialize};

/// A list of 500 crates takes about 15 KB compressed.
const MAX_COMPRESSED: usize = 1 << 20;
const MAX_BYTES: usize = 8 << 20;
const MAX_PACKAGES: usize = 10_000;

/// One package that a plugin was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// The package's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it came from: `crates.io`, `git`, `local`, `registry` or another word.
    pub source: String,
    /// What it was used for.
    #[serde(rename = "use")]
    pub used: DependencyUse,
}

/// What a dependency was used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DependencyUse {
    /// It is in the plugin.
    #[default]
    Runtime,
    /// It ran on the author's machine while the plugin was built.
    Build,
}

/// Why a dependency list cannot be read.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum DependencyError {
    /// More than is read.
    #[error("the embedded dependency list is too big")]
    TooBig,
    /// Not compressed as such a list is.
    #[error("the embedded dependency list is no zlib stream")]
    Compression,
    /// Not the fields of such a list.
    #[error("the embedded dependency list cannot be read: {0}")]
    Syntax(String),
}

/// Fields that are not used here may come and go: the format is another project's.
#[derive(Deserialize)]
struct Wire {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    source: String,
    #[serde(default)]
    kind: DependencyUse,
}

pub(super) fn read(compressed: &[u8]) -> Result<Vec<Dependency>, DependencyError> {
    if compressed.len() > MAX_COMPRESSED {
        return Err(DependencyError::TooBig);
    }
    let json =
        decompress_to_vec_zlib_with_limit(compressed, MAX_BYTES).map_err(|error| match error.status {
            TINFLStatus::HasMoreOutput => DependencyError::TooBig,
            _ => DependencyError::Compression,
        })?;
    let syntax = |why: &str| DependencyError::Syntax(shown(why));
    let wire: Wire = serde_json::from_slice(&json).map_err(|error| syntax(&error.to_string()))?;
    if wire.packages.len() > MAX_PACKAGES {
        return Err(DependencyError::TooBig);
    }
    wire.packages
        .into_iter()
        .map(|package| {
            for text in [&package.name, &package.version, &package.source] {
                if text.len() > 200 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(syntax(&format!("`{text}` is no name or version of a package")));
                }
            }
            Ok(Dependency {
                name: package.name,
                version: package.version,
                source: package.source,
                used: package.kind,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use miniz_oxide::deflate::compress_to_vec_zlib;

    use super::*;

    fn read_json(json: &str) -> Result<Vec<Dependency>, DependencyError> {
        read(&compress_to_vec_zlib(json.as_bytes(), 6))
    }

    #[test]
    fn a_list_is_read_and_unknown_fields_are_passed_over() {
        let list = read_json(
            r#"{"packages":[{"name":"adler2","version":"2.0.1","source":"crates.io","kind":"build","features":[]},
                {"name":"plugin","version":"0.1.0","source":"local","dependencies":[0],"root":true}]}"#,
        )
        .unwrap();
        assert_eq!(list[0].used, DependencyUse::Build);
        assert_eq!((list[1].name.as_str(), list[1].used), ("plugin", DependencyUse::Runtime));
    }

    #[test]
    fn a_list_that_inflates_without_end_is_refused() {
        let bomb = compress_to_vec_zlib(&vec![b' '; MAX_BYTES + 1], 9);
        assert!(bomb.len() < 64 << 10);
        assert_eq!(read(&bomb), Err(DependencyError::TooBig));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert_eq!(read(b"glass"), Err(DependencyError::Compression));
        assert!(matches!(read_json("{}"), Err(DependencyError::Syntax(_))));
        let hidden = r#"{"packages":[{"name":"a\u001b[2J","version":"1","source":"local"}]}"#;
        let error = read_json(hidden).unwrap_err().to_string();
        assert!(!error.contains('\u{1b}'), "{error}");
    }
}
