use std::{
    collections::BTreeMap,
    fmt, fs,
    io::{self, Read as _},
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use glasshouse_contract::{Digest, Fault, FaultKind, Manifest, Name, PseudonymKeyId};
use glasshouse_sandbox::Keys;
use glasshouse_trust::replace_file;
use zeroize::Zeroizing;

use crate::{Layout, private, state_dir::has_no_room};

/// 32 random bytes; wiped when they are let go.
pub(crate) type KeyBytes = Zeroizing<[u8; 32]>;

/// Which key of each name is meant: what a run began with.
pub type KeyIds = BTreeMap<Name, PseudonymKeyId>;

/// The key that signs the audit log, as its seed, and what the log is called.
#[derive(Clone)]
pub struct AuditKey {
    /// The log's name, which goes to every receiver: it says nothing of the machine, and another key's log has
    /// another one.
    pub log: String,
    /// The seed.
    pub seed: KeyBytes,
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditKey").field("log", &self.log).finish_non_exhaustive()
    }
}

/// Held by who makes, changes or deletes keys. One process owns a state directory, so that its own threads
/// are all that could get in each other's way.
static TURN: Mutex<()> = Mutex::new(());

pub(crate) fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The host's own secret keys, each 32 random bytes in a file that its owner alone reads.
#[derive(Clone, Debug)]
pub struct HostKeys {
    pub(crate) folder: PathBuf,
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
    /// There is no key of that name and id.
    #[error("the key {name}/{id} is not held here")]
    NotHeld {
        /// The key's name.
        name: Name,
        /// The id that was asked for.
        id: PseudonymKeyId,
    },
    /// It is in use, and so cannot be deleted.
    #[error("the key {name}/{id} is the one in use")]
    InUse {
        /// The key's name.
        name: Name,
        /// Its id.
        id: PseudonymKeyId,
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
    /// Whether it is over as soon as the disk has room.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::File { source, .. } if has_no_room(source))
    }

    /// The error for the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Missing { path } => Fault::new(
                FaultKind::Unreachable,
                path.display(),
                "there is no such key",
                "`glasshouse key import` takes the one of another site, `glasshouse key new` makes one",
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
            Self::NotHeld { name, id } => Fault::new(
                FaultKind::Malformed,
                format!("the key {name}/{id}"),
                "it is not held here",
                "`glasshouse key list` shows the keys that are",
            ),
            Self::InUse { name, id } => Fault::new(
                FaultKind::Refused,
                format!("the key {name}/{id}"),
                "it is the one in use: without it the next run could make no pseudonyms",
                format!(
                    "let another take its place first: glasshouse key new {name}, or glasshouse key import"
                ),
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

    /// The key that signs the audit log; made where there is none. To lose it means to begin a new log.
    ///
    /// # Errors
    /// When it cannot be made or read, or others can.
    pub fn audit(&self) -> Result<AuditKey, HostKeyError> {
        let seed = self.make_or_read(self.folder.join("audit.key"))?;
        let name = one_way(b"glasshouse name of an audit log\0", &seed).hex();
        Ok(AuditKey { log: format!("glasshouse/{}", name.get(..8).unwrap_or_default()), seed })
    }

    /// The key of that name that is in use: rules make pseudonyms with it. The one called `default` is made
    /// where there is none; of others it is not known what they were, so they are never made up.
    ///
    /// # Errors
    /// When there is none, it cannot be made or read, or others can.
    pub fn pseudonym(&self, name: &Name) -> Result<Zeroizing<[u8; 32]>, HostKeyError> {
        let path = self.in_use_at(name);
        if name.as_str() == "default" { self.make_or_read(path) } else { read(path) }
    }

    /// A key by name and id: the one in use, or an earlier one that is kept.
    ///
    /// # Errors
    /// When it is not held, cannot be read, or others can read it.
    pub fn pseudonym_of(&self, name: &Name, id: &PseudonymKeyId) -> Result<KeyBytes, HostKeyError> {
        for path in [self.in_use_at(name), self.kept_at(name, id)] {
            match read(path) {
                Ok(key) if key_id(&key) == *id => return Ok(key),
                Ok(_) | Err(HostKeyError::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(HostKeyError::NotHeld { name: name.clone(), id: id.clone() })
    }

    /// Which keys are in use now, of those that a plugin's manifest names.
    ///
    /// # Errors
    /// As for [`Self::pseudonym`].
    pub fn in_use_by(&self, manifest: &Manifest) -> Result<KeyIds, HostKeyError> {
        let names: &[Name] = manifest.rule().map_or(&[], |rule| &rule.keys);
        names.iter().map(|name| Ok((name.clone(), key_id(&*self.pseudonym(name)?)))).collect()
    }

    /// All the keys that a plugin's manifest names, each the one of the id that is given for it.
    ///
    /// # Errors
    /// When one of them is not held, cannot be read, or others can read it.
    pub fn named_by(&self, manifest: &Manifest, ids: &KeyIds) -> Result<Keys, HostKeyError> {
        let names: &[Name] = manifest.rule().map_or(&[], |rule| &rule.keys);
        names.iter().try_fold(Keys::new(), |keys, name| {
            let key = match ids.get(name) {
                Some(id) => self.pseudonym_of(name, id)?,
                None => self.pseudonym(name)?,
            };
            Ok(keys.with(name.clone(), &key))
        })
    }

    /// Where the key of that name is that is in use.
    pub(crate) fn in_use_at(&self, name: &Name) -> PathBuf {
        self.pseudonyms().join(format!("{name}.key"))
    }

    /// Where an earlier key of that name is kept. A name has no dot, so that no other key is there.
    pub(crate) fn kept_at(&self, name: &Name, id: &PseudonymKeyId) -> PathBuf {
        self.pseudonyms().join(format!("{name}.{id}.key"))
    }

    pub(crate) fn pseudonyms(&self) -> PathBuf {
        self.folder.join("pseudonym")
    }

    fn make_or_read(&self, path: PathBuf) -> Result<KeyBytes, HostKeyError> {
        let _turn = turn();
        match read(path) {
            Err(HostKeyError::Missing { path }) => {
                let file = |source| HostKeyError::File { path: path.clone(), source };
                let key = random().map_err(file)?;
                write(&path, &key)?;
                Ok(key)
            }
            other => other,
        }
    }
}

/// What a key is called. The prefix keeps it apart from every other use of a hash, and it is no HMAC: a
/// pseudonym can never look like an id.
pub(crate) fn key_id(key: &[u8; 32]) -> PseudonymKeyId {
    PseudonymKeyId::of(&one_way(b"glasshouse pseudonym key\0", key))
}

/// The digest of a key behind the words that it is made for.
fn one_way(prefix: &[u8], key: &[u8; 32]) -> Digest {
    // All of the room at once: a buffer that grows would leave copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(prefix.len() + key.len()));
    text.extend_from_slice(prefix);
    text.extend_from_slice(key);
    Digest::of(&text)
}

pub(crate) fn random() -> io::Result<KeyBytes> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *key).map_err(io::Error::other)?;
    Ok(key)
}

/// Puts a key into a file that its owner alone reads, whole or not at all.
pub(crate) fn write(path: &std::path::Path, key: &KeyBytes) -> Result<(), HostKeyError> {
    let file = |source| HostKeyError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        private::create_folder(folder).map_err(file)?;
    }
    replace_file(path, &**key, 0o600).map_err(file)
}

pub(crate) fn read(path: PathBuf) -> Result<KeyBytes, HostKeyError> {
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
    fn the_key_of_the_audit_log_is_made_once_and_its_name_tells_nothing_of_it() {
        let (folder, keys) = keys();
        let (first, again) = (keys.audit().unwrap(), keys.audit().unwrap());
        assert_eq!((&first.log, &first.seed), (&again.log, &again.seed));
        let name = first.log.strip_prefix("glasshouse/").unwrap();
        assert!(name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
        assert!(!Digest::of(&*first.seed).hex().starts_with(name));
        fs::remove_file(folder.path().join("keys/audit.key")).unwrap();
        assert_ne!(keys.audit().unwrap().log, first.log, "another key is another log");
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
