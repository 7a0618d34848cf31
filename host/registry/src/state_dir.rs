use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    ops::Deref,
    path::PathBuf,
};

use glasshouse_contract::{Fault, FaultKind};

use crate::{Layout, private};

/// A state directory that this process owns, until this value is dropped.
#[derive(Debug)]
pub struct StateDir {
    layout: Layout,
    // Held for its lock, which the operating system lets go with the process, however it ends.
    _lock: File,
}

/// Why a state directory cannot be owned.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Some process owns it already.
    #[error("{}: it is in use by {}", .path.display(), holder(*.pid))]
    Held {
        /// The directory.
        path: PathBuf,
        /// Its owner, where it said so.
        pid: Option<u32>,
    },
    /// Others could change what is in it.
    #[error("{}: {why}", .path.display())]
    Open {
        /// The directory.
        path: PathBuf,
        /// Who could.
        why: String,
    },
    /// It cannot be made or read.
    #[error("{}: {source}", .path.display())]
    File {
        /// What could not be made or read.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
}

impl StateError {
    /// Whether it is over as soon as the disk has room.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::File { source, .. } if has_no_room(source))
    }

    /// The error for the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Held { path, pid } => Fault::new(
                FaultKind::Refused,
                path.display(),
                format!("it is in use by {}", holder(*pid)),
                "stop that process, or let it do the work: commands reach a running host by themselves",
            ),
            Self::Open { path, why } => Fault::new(
                FaultKind::Refused,
                path.display(),
                why,
                "give it to the account that the host runs as, and take write access from group and others",
            ),
            Self::File { path, source } => Fault::new(
                FaultKind::Unreachable,
                path.display(),
                source,
                "name a state directory that this account may use: --state DIR",
            ),
        }
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl StateDir {
    /// Takes a state directory, and makes what is missing in it.
    ///
    /// # Errors
    /// When another process owns it, others may write to it or to what is in it, or it cannot be made.
    pub fn own(layout: Layout) -> Result<Self, StateError> {
        let file = |path: PathBuf| move |source| StateError::File { path, source };
        let root = layout.root().to_owned();
        private::create_folder(&root).map_err(file(root.clone()))?;
        let metadata = fs::metadata(&root).map_err(file(root.clone()))?;
        if let Some(why) = private::open_to_others(&metadata) {
            return Err(StateError::Open { path: root, why });
        }
        let lock = lock(&layout)?;
        for folder in [
            layout.keys(),
            layout.inbox(),
            layout.store(),
            layout.quarantine(),
            layout.cache(),
            layout.spill(),
            layout.tiles(),
        ] {
            private::create_folder(&folder).map_err(file(folder))?;
        }
        // The inbox is looked at each time that it is read, the trust file and keys likewise.
        for path in [
            layout.keys(),
            layout.store(),
            layout.quarantine(),
            layout.cache(),
            layout.spill(),
            layout.tiles(),
            layout.ledger(),
            layout.config(),
        ] {
            let found = match fs::metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other.map_err(file(path.clone()))?,
            };
            if let Some(why) = private::open_to_others(&found) {
                return Err(StateError::Open { path, why });
            }
        }
        for folder in [root, layout.store(), layout.keys(), layout.tiles()] {
            private::sweep(&folder).map_err(file(folder))?;
        }
        // What a run that was killed left there has no key any more.
        private::empty(&layout.spill()).map_err(file(layout.spill()))?;
        Ok(Self { layout, _lock: lock })
    }

    /// An empty file for what a run has no memory for. It goes away with its handle, at the latest when the
    /// directory is taken the next time.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn spill_file(&self) -> Result<File, StateError> {
        let folder = self.layout.spill();
        private::create_passing(&folder).map_err(|source| StateError::File { path: folder, source })
    }
}

impl Deref for StateDir {
    type Target = Layout;

    fn deref(&self) -> &Layout {
        &self.layout
    }
}

/// Whether the disk, or what the account may have of it, is full.
pub(crate) fn has_no_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn lock(layout: &Layout) -> Result<File, StateError> {
    let path = layout.lock();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let error = |source| StateError::File { path: path.clone(), source };
    let mut file = options.open(&path).map_err(error)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).map_err(error)?;
            writeln!(file, "{}", std::process::id()).map_err(error)?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // Only to name it: where the system keeps a locked file from being read, no pid is named.
            let _ = file.take(20).read_to_string(&mut pid);
            Err(StateError::Held { path: layout.root().to_owned(), pid: pid.trim().parse().ok() })
        }
        Err(TryLockError::Error(source)) => Err(error(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_refused_by_name_and_the_next_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::at(folder.path().join("state"));
        let first = StateDir::own(layout.clone()).unwrap();
        let error = StateDir::own(layout.clone()).unwrap_err();
        assert!(matches!(error, StateError::Held { pid, .. } if pid == Some(std::process::id())), "{error}");
        drop(first);
        StateDir::own(layout).unwrap();
    }

    #[test]
    fn what_a_cut_short_writer_left_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::at(folder.path());
        drop(StateDir::own(layout.clone()).unwrap());
        let left = layout.store().join(".x.wasm.0123456789abcdef");
        fs::write(&left, "half").unwrap();
        let _state = StateDir::own(layout).unwrap();
        assert!(!left.exists());
    }

    #[test]
    fn what_a_killed_run_spilt_is_gone_at_the_next_start_and_of_one_that_ended_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::own(Layout::at(folder.path())).unwrap();
        let (mut one, mut other) = (state.spill_file().unwrap(), state.spill_file().unwrap());
        one.write_all(b"sealed").unwrap();
        other.write_all(b"sealed too").unwrap();
        drop((one, other));
        assert_eq!(fs::read_dir(state.spill()).unwrap().count(), 0);
        let left = state.spill().join("0123456789abcdef");
        fs::write(&left, "sealed").unwrap();
        drop(state);
        let _state = StateDir::own(Layout::at(folder.path())).unwrap();
        assert!(!left.exists());
    }

    #[cfg(unix)]
    #[test]
    fn all_that_is_made_is_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::own(Layout::at(folder.path().join("deep/state"))).unwrap();

        for (path, mode) in [
            (state.root().to_owned(), 0o700),
            (state.keys(), 0o700),
            (state.inbox(), 0o700),
            (state.lock(), 0o600),
        ] {
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{path:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_that_others_may_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o770)).unwrap();
        let error = StateDir::own(Layout::at(folder.path())).unwrap_err().to_string();
        assert!(error.contains("others than its owner may write to it (mode 0770)"), "{error}");
    }

    /// A directory that others may enter, for the socket's sake, must not have a ledger, and with it
    /// ratchets and bars, that they can write.
    #[cfg(unix)]
    #[test]
    fn what_others_may_write_to_in_it_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::at(folder.path());
        drop(StateDir::own(layout.clone()).unwrap());
        fs::write(layout.ledger(), "").unwrap();
        fs::write(layout.config(), "").unwrap();
        for (path, mode) in [
            (layout.ledger(), 0o660),
            (layout.config(), 0o666),
            (layout.store(), 0o770),
            (layout.keys(), 0o720),
        ] {
            let before = fs::metadata(&path).unwrap().permissions();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = StateDir::own(layout.clone()).unwrap_err();
            assert!(matches!(&error, StateError::Open { path: open, .. } if *open == path), "{error}");
            fs::set_permissions(&path, before).unwrap();
        }
        StateDir::own(layout).unwrap();
    }
}
