//! The database of one receiver.

mod requests;
mod retention;
mod tenancy;

use std::{io, path::Path, time::Duration};

use rusqlite::{Connection, TransactionBehavior};

use crate::{Folder, ReceiveError, folder::write_private};

pub use requests::{Arrival, Arrived, Kept, receipt};
pub use retention::Purged;
pub use tenancy::TenantState;

/// Marks the file as ours: the bytes `GLSR`.
const APPLICATION_ID: i64 = 0x474c_5352;
/// The schema in `schema.sql`.
const SCHEMA: i64 = 1;
/// A receiver that runs and a command write to the same file, each for a moment.
const PATIENCE: Duration = Duration::from_secs(10);
/// In pages of 4 KiB. Fewer copies from the log into the file than SQLite's own 1,000, and still a log that is read
/// in a moment after a crash.
const LOG_PAGES: i64 = 4_000;

/// The requests and tenants of one receiver.
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens the database of a folder, and makes it where there is none.
    ///
    /// # Errors
    /// When there is no receiver in the folder, or the file is foreign, newer or cannot be written.
    pub fn open(folder: &Folder) -> Result<Self, ReceiveError> {
        if !folder.config_path().exists() {
            return Err(ReceiveError::NoReceiver { path: folder.path().to_owned() });
        }
        let path = folder.database_path();
        // SQLite gives its log files the mode of the database: made private here, all are.
        match write_private(&path, b"") {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(ReceiveError::File { path, source: error });
            }
            _ => {}
        }
        let mut connection = Connection::open(&path)?;
        connection.busy_timeout(PATIENCE)?;
        bring_up_to_date(&mut connection, &path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A commit is on disk when it returns.
        connection.pragma_update(None, "synchronous", "FULL")?;
        // What is deleted is overwritten.
        connection.pragma_update(None, "secure_delete", "ON")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        Ok(Self { connection })
    }
}

fn bring_up_to_date(connection: &mut Connection, path: &Path) -> Result<(), ReceiveError> {
    let foreign = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => ReceiveError::Foreign { path: path.to_owned() },
        _ => error.into(),
    };
    // Before the first table, or it has no effect: deleted pages go back to the disk.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(foreign)?;
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(foreign)?;
    let application: i64 = transaction.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if application != APPLICATION_ID && tables > 0 {
        return Err(ReceiveError::Foreign { path: path.to_owned() });
    }
    if found > SCHEMA {
        return Err(ReceiveError::Newer { path: path.to_owned(), found, known: SCHEMA });
    }
    if tables == 0 {
        transaction.execute_batch(include_str!("store/schema.sql"))?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA)?;
    }
    transaction.commit()?;
    Ok(())
}

/// A time as the database has it.
fn time(microseconds: i64) -> Result<jiff::Timestamp, ReceiveError> {
    jiff::Timestamp::from_microsecond(microseconds)
        .map_err(|_| ReceiveError::Damaged { what: "a time is none" })
}
