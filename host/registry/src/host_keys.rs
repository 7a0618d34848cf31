use std::{
    fs,
    io::{self, Read as _},
    path::PathBuf,
};

use glasshouse_contract::{Fault, FaultKind, Manifest, Name};
use glasshouse_sandbox::Keys;
use glasshouse_trust::replace_file;
use zeroize::Zeroizing;

use crate::{Layout, private};

/// The host's own secret keys, each 32 random bytes in a file that its owner alone reads.
#[derive(Clone, Debug)]
pub struct HostKeys {
    folder: PathBuf,
}

/// Why a key of the host cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HostKeyError {
    /// There is none of that name.
    #[error("{}: there is no such key", .path.display())]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// Others know it, or could change it.
    #[error("{}: {why}", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Who could read or write it.
        why: String,
    },
    /// Not 32 bytes.
    #[error("{}: a key has 32 bytes, and this file has another number", .path.display())]
    Length {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be made or read.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
}

impl HostKeyError {
    /// The error for the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Missing { path } => Fault::new(
                FaultKind::Unreachable,
                path.display(),
                "there is no such key",
                "make one with 32 random bytes and mode 0600, or leave the rule out",
            ),
            Self::Open { path, why } => Fault::new(
                FaultKind::Refused,
                path.display(),
                why,
                "put a new key in its place, with mode 0600; this one may be known",
            ),
            Self::Length { path } => Fault::new(
                FaultKind::Malformed,
                path.display(),
                "a key has 32 bytes, and this file has another number",
                "restore it from a backup",
            ),
            Self::File { path, source } => {
                Fault::new(FaultKind::Unreachable, path.display(), source, "let the host's account read it")
            }
        }
    }
}

impl HostKeys {
    /// The keys of a state directory.
    #[must_use]
    pub fn of(layout: &Layout) -> Self {
        Self { folder: layout.keys() }
    }

    /// The key that compiled code is authenticated with; made where there is none. To lose it
    /// means to compile again.
    ///
    /// # Errors
    /// When it cannot be made or read, or others can.
    pub fn cache(&self) -> Result<Zeroizing<[u8; 32]>, HostKeyError> {
        self.make_or_read(self.folder.join("cache.key"))
    }

    /// A key that rules make pseudonyms with. The one called `default` is made where there is
    /// none; of others it is not known what they were, so they are never made up.
    ///
    /// # Errors
    /// When there is none, it cannot be made or read, or others can.
    pub fn pseudonym(&self, name: &Name) -> Result<Zeroizing<[u8; 32]>, HostKeyError> {
        let path = self.folder.join("pseudonym").join(format!("{name}.key"));
        if name.as_str() == "default" { self.make_or_read(path) } else { read(path) }
    }

    /// All the keys that a plugin's manifest names.
    ///
    /// # Errors
    /// As for [`Self::pseudonym`].
    pub fn named_by(&self, manifest: &Manifest) -> Result<Keys, HostKeyError> {
        let names: &[Name] = manifest.rule().map_or(&[], |rule| &rule.keys);
        names.iter().try_fold(Keys::new(), |keys, name| Ok(keys.with(name.clone(), &*self.pseudonym(name)?)))
    }

    fn make_or_read(&self, path: PathBuf) -> Result<Zeroizing<[u8; 32]>, HostKeyError> {
        match read(path) {
            Err(HostKeyError::Missing { path }) => {
                let file = |source| HostKeyError::File { path: path.clone(), source };
                let mut key = Zeroizing::new([0; 32]);
                getrandom::fill(&mut *key).map_err(|error| file(io::Error::other(error)))?;
                if let Some(folder) = path.parent() {
                    private::create_folder(folder).map_err(file)?;
                }
                replace_file(&path, &*key, 0o600).map_err(file)?;
                Ok(key)
            }
            other => other,
        }
    }
}

fn read(path: PathBuf) -> Result<Zeroizing<[u8; 32]>, HostKeyError> {
    let file = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => HostKeyError::Missing { path: path.clone() },
        _ => HostKeyError::File { path: path.clone(), source },
    };
    let mut open = fs::File::open(&path).map_err(file)?;
    if let Some(why) = private::readable_by_others(&open.metadata().map_err(file)?) {
        return Err(HostKeyError::Open { path, why });
    }
    let mut key = Zeroizing::new([0; 32]);
    let mut rest = [0; 1];
    let whole = open.read_exact(&mut *key).and_then(|()| open.read(&mut rest));
    if whole.is_ok_and(|more| more == 0) { Ok(key) } else { Err(HostKeyError::Length { path }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (tempfile::TempDir, HostKeys) {
        let folder = tempfile::tempdir().unwrap();
        let keys = HostKeys::of(&Layout::at(folder.path()));
        fs::create_dir(folder.path().join("keys")).unwrap();
        (folder, keys)
    }

    #[test]
    fn the_default_key_is_made_once_and_others_never() {
        let (_folder, keys) = keys();
        let default = Name::new("default").unwrap();
        let first = keys.pseudonym(&default).unwrap();
        assert_eq!(first, keys.pseudonym(&default).unwrap());
        assert_ne!(first, keys.cache().unwrap());
        let error = keys.pseudonym(&Name::new("hierarchy-a").unwrap()).unwrap_err();
        assert!(matches!(error, HostKeyError::Missing { .. }), "{error}");
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        let (folder, keys) = keys();
        for length in [0, 31, 33] {
            replace_file(&folder.path().join("keys/cache.key"), &vec![7; length], 0o600).unwrap();
            let error = keys.cache().unwrap_err();
            assert!(matches!(error, HostKeyError::Length { .. }), "{length}: {error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let (folder, keys) = keys();
        replace_file(&folder.path().join("keys/cache.key"), &[7; 32], 0o640).unwrap();
        let error = keys.cache().unwrap_err().to_string();
        assert!(error.contains("others than its owner may read it (mode 0640)"), "{error}");
    }
}
