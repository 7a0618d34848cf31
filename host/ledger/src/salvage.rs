//! Reads what can be read of a damaged file.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, types::Value};

use crate::{
    LedgerError,
    repair::{beside, with_suffix},
};

/// A copy of the damaged file and its log, which is gone at the end.
pub struct Salvage(PathBuf);

impl Salvage {
    pub fn of(path: &Path) -> Result<Self, LedgerError> {
        let copy = Self(beside(path, "salvage")?);
        crate::ledger::create_private(&copy.0).map_err(|source| LedgerError::file(&copy.0, source))?;
        for log in ["", "-wal"] {
            let (from, to) = (with_suffix(path, log), with_suffix(&copy.0, log));
            if from.exists() {
                std::fs::copy(&from, &to).map_err(|source| LedgerError::file(&to, source))?;
            }
        }
        Ok(copy)
    }
}

impl Salvage {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Salvage {
    fn drop(&mut self) {
        for log in ["", "-wal", "-shm", "-journal"] {
            // Nothing else has this name, and what is left of it is harmless.
            let _ = std::fs::remove_file(with_suffix(&self.0, log));
        }
    }
}

/// Copies the rows of a table that can be read and fit; returns how many places could not be taken over.
pub fn copy(old: &Connection, saved: &Connection, table: &str) -> Result<u64, LedgerError> {
    let columns = saved.prepare(&format!("SELECT * FROM \"{table}\""))?.column_count();
    let marks = (1..=columns).map(|mark| format!("?{mark}")).collect::<Vec<_>>().join(", ");
    saved.execute_batch("BEGIN")?;
    let mut insert = saved.prepare(&format!("INSERT OR IGNORE INTO \"{table}\" VALUES ({marks})"))?;
    let mut taken_over = |row: &rusqlite::Row<'_>, from: usize| -> Result<bool, LedgerError> {
        let values: Result<Vec<Value>, _> = (from..from + columns).map(|column| row.get(column)).collect();
        let Ok(values) = values else { return Ok(false) };
        match insert.execute(rusqlite::params_from_iter(values)) {
            Ok(written) => Ok(written > 0),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    };
    let mut unreadable = 0;
    let by_row = format!("SELECT rowid, * FROM \"{table}\" WHERE rowid > ?1 ORDER BY rowid");
    if let Ok(mut rows_after) = old.prepare(&by_row)
        && rows_after.column_count() == columns + 1
    {
        let mut last = i64::MIN;
        loop {
            let mut rows = rows_after.query([last])?;
            let broken = loop {
                match rows.next() {
                    Ok(Some(row)) if row.get::<_, i64>(0)? > last => {
                        last = row.get(0)?;
                        unreadable += u64::from(!taken_over(row, 1)?);
                    }
                    // What is out of order would be met again and again.
                    Ok(Some(_)) => break true,
                    Ok(None) => break false,
                    Err(_) => break true,
                }
            };
            drop(rows);
            if !broken {
                break;
            }
            unreadable += 1;
            match first_readable(&mut rows_after, last)? {
                Some(before) => last = before,
                None => break,
            }
        }
    } else {
        // Without row numbers one cannot step over a place: from the front, then from the back.
        let order = |direction: &str| format!("SELECT * FROM \"{table}\" ORDER BY 1 {direction}");
        let mut broken = false;
        for direction in ["ASC", "DESC"] {
            let Ok(mut statement) = old.prepare(&order(direction)) else {
                unreadable += 1;
                break;
            };
            if statement.column_count() != columns {
                unreadable += 1;
                break;
            }
            let mut rows = statement.query([])?;
            let again = broken;
            broken = loop {
                match rows.next() {
                    Ok(Some(row)) => unreadable += u64::from(!taken_over(row, 0)? && !again),
                    Ok(None) => break false,
                    Err(_) => break true,
                }
            };
            if !broken {
                break;
            }
            unreadable += u64::from(!again);
        }
    }
    drop(insert);
    saved.execute_batch("COMMIT")?;
    Ok(unreadable)
}

/// The smallest place after `last` from which rows can be read again.
fn first_readable(rows_after: &mut rusqlite::Statement<'_>, last: i64) -> Result<Option<i64>, LedgerError> {
    let mut readable = |place: i64| {
        let Ok(mut rows) = rows_after.query([place]) else { return false };
        match rows.next() {
            Ok(Some(row)) => row.get::<_, i64>(0).is_ok_and(|row| row > place),
            Ok(None) => true,
            Err(_) => false,
        }
    };
    const LAST: i64 = i64::MAX - 1;
    let mut step: u64 = 1;
    let mut unread = last;
    let found = loop {
        let place = last.checked_add_unsigned(step).map_or(LAST, |place| place.min(LAST));
        if readable(place) {
            break place;
        }
        if place == LAST {
            return Ok(None);
        }
        unread = place;
        step = step.saturating_mul(2);
    };
    let (mut unread, mut found) = (unread, found);
    while found.abs_diff(unread) > 1 {
        let middle = unread.midpoint(found);
        if readable(middle) { found = middle } else { unread = middle }
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 4096;

    /// Five rows in a table of one page, which `damage` changes; and an empty table beside it.
    fn damaged(damage: impl FnOnce(&mut [u8])) -> (tempfile::TempDir, Connection, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("damaged");
        let make = |connection: &Connection| {
            connection
                .execute_batch("CREATE TABLE numbers (id INTEGER PRIMARY KEY, word TEXT) STRICT")
                .unwrap();
        };
        let whole = Connection::open(&path).unwrap();
        make(&whole);
        whole
            .execute_batch("INSERT INTO numbers VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e')")
            .unwrap();
        whole.close().unwrap();
        let mut file = std::fs::read(&path).unwrap();
        damage(&mut file[PAGE..2 * PAGE]);
        std::fs::write(&path, file).unwrap();
        let saved = Connection::open_in_memory().unwrap();
        make(&saved);
        (folder, Connection::open(&path).unwrap(), saved)
    }

    fn rows(saved: &Connection) -> Vec<i64> {
        let mut statement = saved.prepare("SELECT id FROM numbers ORDER BY id").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// Where the cell of a row begins: the length of its values, then its number, a byte each.
    fn cell(page: &[u8], row: usize) -> usize {
        const POINTERS: usize = 8;
        let pointer = POINTERS + 2 * (row - 1);
        usize::from(u16::from_be_bytes([page[pointer], page[pointer + 1]]))
    }

    #[test]
    fn a_table_of_which_nothing_can_be_read_comes_to_an_end() {
        let (_folder, old, saved) = damaged(|page| page[0] ^= 0x20);
        assert_eq!(copy(&old, &saved, "numbers").unwrap(), 1);
        assert!(rows(&saved).is_empty());
    }

    #[test]
    fn rows_that_are_out_of_order_are_met_once() {
        let (_folder, old, saved) = damaged(|page| {
            let (third, fourth) = (cell(page, 3), cell(page, 4));
            page[third + 1] = 1;
            page[fourth] = 0x7f;
        });
        assert!(copy(&old, &saved, "numbers").unwrap() > 0);
        assert_eq!(rows(&saved), [1, 2, 5]);
    }
}
