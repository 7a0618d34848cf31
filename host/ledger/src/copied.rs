//! A backup by a process that does not own the ledger: with the rights of whoever asks for it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::{Ledger, LedgerError, schema};

impl Ledger {
    /// Copies the ledger at `path`, whole and consistent, into a file that must not exist yet; beside those who work
    /// with it, and without changing it.
    ///
    /// # Errors
    /// When there is no ledger of this host's schema, or the file cannot be written.
    pub fn back_up_of(path: &Path, to: &Path) -> Result<(), LedgerError> {
        if to.exists() {
            return Err(LedgerError::file(to, std::io::ErrorKind::AlreadyExists.into()));
        }
        // To read its log SQLite wants to write.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        schema::check_ours(&connection, path)?;
        schema::back_up(&connection, to)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{Actor, Event};

    #[test]
    fn a_backup_is_taken_beside_the_one_who_works_and_never_over_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let (path, to) = (folder.path().join("ledger.sqlite"), folder.path().join("backup"));
        let ledger = Ledger::open(&path).unwrap();
        let event = Event { event: "key added", object: "a".to_owned(), detail: serde_json::Value::Null };
        ledger.change(|change| change.note(Timestamp::UNIX_EPOCH, &Actor::host(), &event)).unwrap();
        Ledger::back_up_of(&path, &to).unwrap();
        assert_eq!(Ledger::open(&to).unwrap().journal(0, 9).unwrap(), ledger.journal(0, 9).unwrap());
        assert!(matches!(Ledger::back_up_of(&path, &to), Err(LedgerError::File { .. })));
    }
}
