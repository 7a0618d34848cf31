use std::time::Duration;

use glasshouse_contract::Name;
use jiff::Timestamp;
use rusqlite::TransactionBehavior;

use super::{PATIENCE, Store};
use crate::ReceiveError;

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Requests.
    pub requests: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Requests and bytes of one transaction. What arrives meanwhile waits for a moment only; and what is overwritten
/// goes through the log, for which a disk that is nearly full has to have room.
const AT_ONCE: i64 = 200;
const BYTES_AT_ONCE: i64 = 2 << 20;
/// Pages that are moved together when free ones are given back, for the same reason.
const PAGES_AT_ONCE: i64 = 500;

impl Store {
    /// Deletes what came before a time, of one tenant or of all. The bytes are overwritten, and given back to the
    /// disk; that they were kept and when they were deleted stays, for the receipts.
    ///
    /// # Errors
    /// When there is no such tenant, or the database cannot be written.
    pub fn purge(
        &mut self,
        before: Timestamp,
        tenant: Option<&Name>,
        now: Timestamp,
    ) -> Result<Purged, ReceiveError> {
        let tenant = tenant.map(|name| self.tenant_number(name)).transpose()?;
        let mut purged = Purged::default();
        loop {
            let some = self.purge_some(before, tenant, now)?;
            if some.requests == 0 {
                return Ok(purged);
            }
            purged.requests += some.requests;
            purged.bytes += some.bytes;
            self.give_back(PATIENCE)?;
        }
    }

    /// Deletes the oldest of it, as much as is done in one transaction. Nothing is left when nothing was done.
    pub(crate) fn purge_some(
        &mut self,
        before: Timestamp,
        tenant: Option<i64>,
        now: Timestamp,
    ) -> Result<Purged, ReceiveError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut purged = Purged::default();
        {
            let mut statement = transaction.prepare_cached(
                "UPDATE request SET sealed = NULL, deleted_us = ?2 WHERE number IN (
                     SELECT number FROM (
                         SELECT number, sum(bytes) OVER (ORDER BY received_us, number) - bytes AS before
                         FROM (SELECT number, bytes, received_us FROM request
                               WHERE sealed IS NOT NULL AND received_us < ?1 AND (?3 IS NULL OR tenant = ?3)
                               ORDER BY received_us, number LIMIT ?4))
                     WHERE before < ?5)
                 RETURNING bytes",
            )?;
            let mut rows = statement.query((
                before.as_microsecond(),
                now.as_microsecond(),
                tenant,
                AT_ONCE,
                BYTES_AT_ONCE,
            ))?;
            while let Some(row) = rows.next()? {
                purged.requests += 1;
                purged.bytes += u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
            }
        }
        transaction.commit()?;
        Ok(purged)
    }

    /// Gives what was freed back to the disk, and empties the log, in which deleted bytes still are. Where somebody
    /// reads for longer than `patience`, the log is emptied by a later call.
    pub(crate) fn give_back(&mut self, patience: Duration) -> Result<(), ReceiveError> {
        self.empty_log(patience)?;
        loop {
            let free: i64 = self.connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
            if free == 0 {
                return Ok(());
            }
            let mut statement =
                self.connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            drop(rows);
            drop(statement);
            self.empty_log(patience)?;
        }
    }

    /// Copies what is in the log into the file, and empties it where nobody reads.
    pub(crate) fn empty_log(&mut self, patience: Duration) -> Result<(), ReceiveError> {
        self.connection.busy_timeout(patience)?;
        let emptied = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        self.connection.busy_timeout(PATIENCE)?;
        Ok(emptied?)
    }
}
