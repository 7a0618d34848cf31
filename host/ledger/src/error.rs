use std::path::PathBuf;

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
    /// The SQLite that was linked can lose data.
    #[error("SQLite {found} is linked; before 3.51.3 its write-ahead log can corrupt the ledger")]
    OldSqlite {
        /// The version that was linked.
        found: &'static str,
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
    Sqlite(#[from] rusqlite::Error),
}

impl LedgerError {
    pub(crate) fn damaged(what: &'static str, value: impl Into<String>) -> Self {
        let value = value.into().chars().take(80).flat_map(char::escape_debug).collect();
        Self::Damaged { what, value }
    }
}
