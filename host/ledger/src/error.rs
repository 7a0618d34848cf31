use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the ledger cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file is some other program's database.
    #[error("{} is no Glasshouse ledger\n  mend: move it away, or name another state directory", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer host.
    #[error(
        "{} has schema {found}; this host knows schemas up to {known}\n  mend: run the host that wrote it, or restore the backup that was made before its upgrade",
        .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that this host knows.
        known: i64,
    },
    /// The file was written by an older host, and what is asked for does not bring it up to date.
    #[error("{} has schema {found}, and this host's is {known}\n  mend: start the host once: it brings the ledger up to date", .path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// This host's schema.
        known: i64,
    },
    /// The SQLite that was linked can lose data.
    #[error("SQLite {found} is linked; before 3.51.3 its write-ahead log can corrupt the ledger")]
    OldSqlite {
        /// The version that was linked.
        found: &'static str,
    },
    /// The file is there and empty, or it is gone and what belongs to it is there.
    #[error(
        "{} {what}: what the host remembers is lost\n  mend: `glasshouse restore` takes a backup; to begin anew, move away what is left of it",
        .path.display()
    )]
    Gone {
        /// The file.
        path: PathBuf,
        /// What was found.
        what: &'static str,
    },
    /// The disk is full. Nothing of the change was written; it can be made again when there is room.
    #[error(
        "the disk with the ledger is full; nothing is lost\n  mend: make room; the host goes on by itself"
    )]
    DiskFull,
    /// The ledger's write-ahead log is damaged: SQLite would leave out what stands after the damage.
    #[error(
        "the log of {} is damaged, and its last {lost} changes with it\n  mend: `glasshouse restore` takes a backup, `glasshouse ledger repair` goes on without them",
        .path.display()
    )]
    LogDamaged {
        /// The ledger.
        path: PathBuf,
        /// How many changes would be left out.
        lost: u64,
    },
    /// SQLite found that the file is damaged.
    #[error(
        "the ledger's file is damaged: {0}\n  mend: `glasshouse ledger verify` says what is damaged, `glasshouse ledger repair` saves the rest"
    )]
    Corrupt(#[source] rusqlite::Error),
    /// The bytes of a request are not those that were sealed.
    #[error(
        "the stored bytes of request {id} are not those that were sealed\n  mend: `glasshouse ledger repair` puts it aside"
    )]
    NotAsSealed {
        /// The request.
        id: String,
    },
    /// There is no such thing.
    #[error("there is no {what} `{name}`")]
    NoSuch {
        /// What was asked for.
        what: &'static str,
        /// What it was called.
        name: String,
    },
    /// It is not in the state in which this can be done.
    #[error("{what} {name} is {state}: {rule}")]
    NotNow {
        /// What it is.
        what: &'static str,
        /// What it is called.
        name: String,
        /// In which state it is.
        state: String,
        /// When it can be done.
        rule: &'static str,
    },
    /// A request of that id was sealed before.
    #[error("request {id} was sealed before")]
    SealedBefore {
        /// The request.
        id: String,
    },
    /// A stored value is not what this crate writes.
    #[error("the ledger holds `{value}` where {what} belongs\n  mend: restore the ledger from a backup")]
    Damaged {
        /// What should stand there.
        what: &'static str,
        /// What stands there.
        value: String,
    },
    /// A table has as many rows as can be numbered.
    #[error("a table of results has at most {} rows", u32::MAX)]
    TooManyRows,
    /// A part of a run was thrown away, or ended, while somebody still wrote to it.
    #[error("the part of the run that this belongs to is over")]
    PartOver,
    /// The file could not be made or copied.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("the ledger could not be read or written: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        // The log's index cannot grow: SQLite has a word of its own for a full disk there.
        let no_index = error
            .sqlite_error()
            .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE);
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            _ if no_index => Self::DiskFull,
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt(error),
            _ => Self::Sqlite(error),
        }
    }
}

impl LedgerError {
    /// Whether the same can succeed later without anybody mending anything but room on the disk.
    #[must_use]
    pub const fn is_disk_full(&self) -> bool {
        matches!(self, Self::DiskFull)
    }

    pub(crate) fn file(path: &Path, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::File { path: path.to_owned(), source },
        }
    }

    pub(crate) fn damaged(what: &'static str, value: impl Into<String>) -> Self {
        let value = value.into().chars().take(80).flat_map(char::escape_debug).collect();
        Self::Damaged { what, value }
    }
}
