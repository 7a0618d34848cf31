use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use glasshouse_contract::shown;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig};

use crate::{
    Change, LedgerError, log,
    repair::{beside, sync_folder, with_suffix},
    schema, sums,
};

/// 3.51.3: before it, a checkpoint that meets a writer at the wrong moment can corrupt the file.
const OLDEST_SQLITE: i32 = 3_051_003;

/// More than the ledger has: none is read by SQLite's parser twice.
const STATEMENTS: usize = 256;

/// The ledger of one state directory. Calls from several threads take turns; who reads sealed requests does not wait
/// for who writes to the disk.
#[derive(Debug)]
pub struct Ledger {
    // Closed before the other, which then writes SQLite's log into the file.
    reader: Mutex<Connection>,
    connection: Mutex<Connection>,
    pub(crate) path: PathBuf,
}

impl Ledger {
    /// Opens the ledger, makes it where there is none, and brings an older one up to date.
    ///
    /// # Errors
    /// When the file is foreign, damaged, newer than this host, or cannot be read and written.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(LedgerError::OldSqlite { found: rusqlite::version() });
        }
        make_where_there_is_none(path)?;
        let lost = log::lost_transactions(path)?;
        if lost > 0 {
            return Err(LedgerError::LogDamaged { path: path.to_owned(), lost });
        }
        let mut connection = connect(path)?;
        let foreign = |error| schema::foreign(error, path);
        connection.pragma_update(None, "synchronous", "FULL").map_err(|error| foreign(error.into()))?;
        // The journal mode is written into the file: only once it is known to be ours.
        schema::bring_up_to_date(&mut connection, path).map_err(foreign)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What is erased is not to be read from the file's free pages.
        connection.pragma_update(None, "secure_delete", true)?;
        // A disk that is full must not keep SQLite from taking something back.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        look_through_indexes(&connection)?;
        sums::teach(&connection)?;
        sums::keep(&connection)?;
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(Self { reader: Mutex::new(reader), connection: Mutex::new(connection), path: path.to_owned() })
    }

    /// Makes one change: everything that `work` does is on disk when this returns `Ok`, and nothing
    /// of it where `work` or the disk fails.
    ///
    /// # Errors
    /// What `work` returns, or why the transaction could not be written.
    pub fn change<T, E: From<LedgerError>>(
        &self,
        work: impl FnOnce(&Change<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(LedgerError::from)?;
        let change = Change::new(transaction);
        let result = work(&change)?;
        change.commit()?;
        Ok(result)
    }

    /// Copies the ledger, whole and consistent, into a file that must not exist yet.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn back_up(&self, to: &Path) -> Result<(), LedgerError> {
        if to.exists() {
            return Err(LedgerError::file(to, std::io::ErrorKind::AlreadyExists.into()));
        }
        schema::back_up(&self.connection(), to)
    }

    /// Closes the ledger, and tells what [`Drop`] could not.
    ///
    /// # Errors
    /// When the log could not be written into the file.
    pub fn close(self) -> Result<(), LedgerError> {
        for connection in [self.reader, self.connection] {
            let connection = connection.into_inner().unwrap_or_else(PoisonError::into_inner);
            connection.close().map_err(|(_, error)| error)?;
        }
        Ok(())
    }

    /// Sees what was on the disk when it was asked, also while a change is at work.
    pub(crate) fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked in a change left an open transaction, which rolled back with it.
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if !connection.is_autocommit() {
            // Its rollback was interrupted. Where this one is as well, the next change says so.
            let _ = connection.execute_batch("ROLLBACK");
        }
        connection
    }
}

/// One bit in an index makes rows vanish without an error: runs, or requests that wait. So each is held against its
/// table, but for tables that only `ledger verify` has the time for.
fn look_through_indexes(connection: &Connection) -> Result<(), LedgerError> {
    const LARGE: [&str; 4] = ["result", "body", "leaf", "journal"];
    let mut tables = connection.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'")?;
    let names: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in names.iter().filter(|name| !LARGE.contains(&name.as_str())) {
        let mut check = connection.prepare("SELECT integrity_check FROM pragma_integrity_check(?1)")?;
        let words: String = check.query_row([name], |row| row.get(0))?;
        if words != "ok" {
            let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
            return Err(rusqlite::Error::SqliteFailure(corrupt, Some(shown(&words))).into());
        }
    }
    Ok(())
}

fn connect(path: &Path) -> Result<Connection, LedgerError> {
    let connection = Connection::open_with_flags(path, OpenFlags::default() - OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without it SQLite plans anew for each value, since an index covers a part of a table: as much work as the rest.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// A new ledger gets its name when it is whole: a file of that name that is empty has lost what was in it.
fn make_where_there_is_none(path: &Path) -> Result<(), LedgerError> {
    let gone = |what| LedgerError::Gone { path: path.to_owned(), what };
    match std::fs::metadata(path) {
        Ok(file) if file.len() == 0 => return Err(gone("is empty")),
        Ok(_) => return Ok(()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(LedgerError::file(path, error));
        }
        Err(_) => {}
    }
    if std::fs::metadata(with_suffix(path, "-wal")).is_ok_and(|log| log.len() > 0) {
        return Err(gone("is not there, though its log is"));
    }
    let new = beside(path, "new")?;
    // SQLite gives its log files the mode of the database: made private here, all are.
    let file = create_private(&new).map_err(|error| LedgerError::file(&new, error))?;
    let mut connection = Connection::open(&new)?;
    schema::make(&mut connection)?;
    connection.close().map_err(|(_, error)| error)?;
    file.sync_all().map_err(|error| LedgerError::file(&new, error))?;
    drop(file);
    std::fs::rename(&new, path).map_err(|error| LedgerError::file(path, error))?;
    sync_folder(path).map_err(|error| LedgerError::file(path, error))
}

/// Waits until what was written into a file is on the disk. Windows does this for who may write alone.
pub fn sync_file(path: &Path) -> Result<(), LedgerError> {
    let file = OpenOptions::new().write(true).open(path);
    file.and_then(|file| file.sync_all()).map_err(|error| LedgerError::file(path, error))
}

/// Makes an empty file that its owner alone reads.
pub fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_ledger_is_durable_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let ledger = Ledger::open(&path).unwrap();
        let connection = ledger.connection();
        let pragma = |name: &str| -> String {
            connection
                .query_row(&format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"), [], |row| row.get(0))
                .unwrap()
        };
        assert_eq!(pragma("journal_mode"), "wal");
        assert_eq!(pragma("synchronous"), "2");
        #[cfg(unix)]
        for name in ["ledger.sqlite", "ledger.sqlite-wal"] {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_file_that_is_no_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        std::fs::write(
            &path,
            "a text that is longer than a database's header, or so it should be ".repeat(20),
        )
        .unwrap();
        let error = Ledger::open(&path).unwrap_err().to_string();
        assert!(error.contains("is no Glasshouse ledger"), "{error}");
    }
}
