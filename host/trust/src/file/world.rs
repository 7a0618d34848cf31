//! Whether a component fits the world of its kind: read from the component itself, never from
//! what the manifest says about it.

use glasshouse_contract::{Api, Kind};

use super::{FileError, anatomy::Import};

const PACKAGE: &str = "glasshouse:plugin/";

/// The names of imports and exports, if the kind's world has all of the one and at least its own
/// of the other.
pub(super) fn check(
    kind: Kind,
    imports: Vec<Import>,
    exports: Vec<String>,
) -> Result<(Vec<String>, Vec<String>), FileError> {
    for import in &imports {
        let known = import.is_interface && kind.imports().iter().any(|name| is(&import.name, name).is_some());
        if !known {
            return Err(FileError::ForeignImport { name: import.name.clone(), kind });
        }
    }
    if !exports.iter().any(|name| is(name, kind.export()).is_some()) {
        return Err(FileError::NoExport { kind });
    }
    for name in imports.iter().map(|import| &import.name).chain(&exports) {
        if let Some(version) = version_of(name) {
            version.check().map_err(|mismatch| FileError::OtherContract { name: name.clone(), mismatch })?;
        }
    }
    Ok((imports.into_iter().map(|import| import.name).collect(), exports))
}

/// The version, where the name is that interface of the contract in some version.
fn is(name: &str, interface: &str) -> Option<Api> {
    let (found, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    (found == interface).then(|| full_version(version)).flatten()
}

/// The contract's version in a name of the contract's package.
fn version_of(name: &str) -> Option<Api> {
    full_version(name.strip_prefix(PACKAGE)?.split_once('@')?.1)
}

/// Component names carry all three numbers. A pre-release is no version of the contract.
fn full_version(text: &str) -> Option<Api> {
    let version = semver::Version::parse(text).ok()?;
    (version.pre.is_empty() && version.build.is_empty()).then(|| Api::parse(text)).flatten()
}
