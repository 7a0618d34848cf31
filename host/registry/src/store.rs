use std::{
    fs,
    io::{self, Read as _},
    path::PathBuf,
};

use glasshouse_contract::Digest;
use glasshouse_trust::{FileError, PluginFile, replace_file};

use crate::Layout;

/// The host's own copies of the plugin files that it admitted or that wait for approval, each
/// under its digest. Believed no more than any other file: what is read is parsed and judged anew.
#[derive(Clone, Debug)]
pub struct Store {
    layout: Layout,
}

/// Why a stored file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is gone or cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// It is no plugin file any more.
    #[error("{} is damaged: {source}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: FileError,
    },
    /// It is some other plugin file.
    #[error("{} holds another plugin: {found}", .path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: Digest,
    },
}

impl Store {
    /// The store of a state directory.
    #[must_use]
    pub fn of(layout: &Layout) -> Self {
        Self { layout: layout.clone() }
    }

    /// Keeps a file. When this returns it is on disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put(&self, file: &PluginFile) -> Result<(), StoreError> {
        let path = self.layout.stored(file.digest());
        replace_file(&path, file.bytes(), 0o600).map_err(|source| StoreError::File { path, source })
    }

    /// The file of that digest, whole and unchanged.
    ///
    /// # Errors
    /// When it is gone, damaged, or another one.
    pub fn get(&self, digest: Digest) -> Result<PluginFile, StoreError> {
        let path = self.layout.stored(digest);
        let mut bytes = Vec::new();
        let read = crate::inbox::open_plain(&path)
            .and_then(|file| file.take(PluginFile::MAX_BYTES as u64 + 1).read_to_end(&mut bytes));
        if let Err(source) = read {
            return Err(StoreError::File { path, source });
        }
        match PluginFile::parse(bytes) {
            Ok(file) if file.digest() == digest => Ok(file),
            Ok(file) => Err(StoreError::Other { path, found: file.digest() }),
            Err(source) => Err(StoreError::Damaged { path, source }),
        }
    }

    /// Forgets a file; one that is not there is forgotten already.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn remove(&self, digest: Digest) -> Result<(), StoreError> {
        let path = self.layout.stored(digest);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(StoreError::File { path, source }),
            _ => Ok(()),
        }
    }
}
