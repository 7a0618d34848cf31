use glasshouse_audit::{Checkpoint, Deed, Receipt};
use glasshouse_contract::{Digest, Name};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, TransactionBehavior};

use super::{Store, tenancy, time};
use crate::ReceiveError;

/// A request that came, on its way to the disk.
pub struct Arrival {
    /// Whose.
    pub tenant: i64,
    /// Its id.
    pub id: Digest,
    /// The digest of its bytes.
    pub digest: Digest,
    /// The sender's signed checkpoint.
    pub checkpoint: Option<String>,
    /// Its bytes.
    pub sealed: Vec<u8>,
}

/// What became of a request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// It is kept, since that time, with that checkpoint.
    Kept {
        /// Whether it came for the first time.
        new: bool,
        /// When it came for the first time.
        at: Timestamp,
        /// The checkpoint that came with it then.
        checkpoint: Option<String>,
    },
    /// Another request is kept under this id.
    Other,
    /// There is no room.
    Full,
}

/// A request that is or was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whose.
    pub tenant: Name,
    /// Its id.
    pub id: Digest,
    /// The digest of its bytes.
    pub digest: Digest,
    /// How many bytes.
    pub bytes: u64,
    /// When it came.
    pub received: Timestamp,
    /// When it was deleted.
    pub deleted: Option<Timestamp>,
    checkpoint: Option<String>,
}

impl Kept {
    /// What the receiver says of it: that it was stored, and where that is so, that it was deleted.
    ///
    /// # Errors
    /// When the checkpoint in the database is none.
    pub fn receipts(&self) -> Result<Vec<Receipt>, ReceiveError> {
        let stored = receipt(
            Deed::Stored,
            &self.tenant,
            self.id,
            self.digest,
            self.received,
            self.checkpoint.as_deref(),
        )?;
        let deleted = self.deleted.map(|at| Receipt { deed: Deed::Deleted, at, ..stored.clone() });
        Ok([Some(stored), deleted].into_iter().flatten().collect())
    }
}

/// The receipt of these facts. The same facts give the same receipt, and the same key the same signature.
pub fn receipt(
    deed: Deed,
    tenant: &Name,
    request: Digest,
    digest: Digest,
    at: Timestamp,
    checkpoint: Option<&str>,
) -> Result<Receipt, ReceiveError> {
    let checkpoint = checkpoint
        .map(Checkpoint::read)
        .transpose()
        .map_err(|_| ReceiveError::Damaged { what: "a sender's checkpoint is none" })?;
    Ok(Receipt { deed, tenant: tenant.clone(), request, digest, at, checkpoint })
}

impl Store {
    /// Keeps what came, in one transaction: when this returns, all of it is on disk. `room` is asked for each
    /// request that is new.
    pub(crate) fn keep<'a>(
        &mut self,
        arrivals: impl Iterator<Item = &'a Arrival>,
        now: Timestamp,
        mut room: impl FnMut(u64) -> bool,
    ) -> Result<Vec<Arrived>, ReceiveError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let arrived = arrivals
            .map(|arrival| match known(&transaction, arrival)? {
                Some(arrived) => Ok(arrived),
                None if !room(arrival.sealed.len() as u64) => Ok(Arrived::Full),
                None => insert(&transaction, arrival, now),
            })
            .collect::<Result<_, ReceiveError>>()?;
        transaction.commit()?;
        Ok(arrived)
    }

    /// A request's bytes, as they came.
    ///
    /// # Errors
    /// When there is no such tenant or request, or it was deleted.
    pub fn sealed(&self, tenant: &Name, id: &Digest) -> Result<Vec<u8>, ReceiveError> {
        let number = self.tenant_number(tenant)?;
        let (sealed, deleted): (Option<Vec<u8>>, Option<i64>) = self
            .connection
            .query_row(
                "SELECT sealed, deleted_us FROM request WHERE tenant = ?1 AND id = ?2",
                (number, id.as_bytes()),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?
            .ok_or_else(|| ReceiveError::NoRequest(id.hex()))?;
        match (sealed, deleted) {
            (Some(sealed), _) => Ok(sealed),
            (None, deleted) => Err(ReceiveError::Gone(time(deleted.unwrap_or_default())?)),
        }
    }

    /// When the newest of all requests came, as the clock was then.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn newest(&self) -> Result<Option<Timestamp>, ReceiveError> {
        let newest: Option<i64> =
            self.connection.query_row("SELECT max(received_us) FROM request", [], |row| row.get(0))?;
        newest.map(time).transpose()
    }

    /// Hands over the requests that are or were kept, the newest first, at most `most`: of one tenant, where one is
    /// named.
    ///
    /// # Errors
    /// When there is no such tenant, or the database cannot be read; or what `each` returns.
    pub fn each_request(
        &self,
        tenant: Option<&Name>,
        most: u64,
        mut each: impl FnMut(Kept) -> Result<(), ReceiveError>,
    ) -> Result<(), ReceiveError> {
        let number = tenant.map(|name| self.tenant_number(name)).transpose()?;
        let mut statement = self.connection.prepare(
            "SELECT tenant.name, id, digest, bytes, received_us, deleted_us, checkpoint
             FROM request JOIN tenant ON tenant.number = request.tenant
             WHERE ?1 IS NULL OR request.tenant = ?1 ORDER BY request.number DESC LIMIT ?2",
        )?;
        let mut rows = statement.query((number, i64::try_from(most).unwrap_or(i64::MAX)))?;
        while let Some(row) = rows.next()? {
            each(kept(row)?)?;
        }
        Ok(())
    }
}

fn kept(row: &Row<'_>) -> Result<Kept, ReceiveError> {
    let deleted: Option<i64> = row.get(5)?;
    Ok(Kept {
        tenant: tenancy::name_of(&row.get::<_, String>(0)?)?,
        id: Digest::from_bytes(row.get(1)?),
        digest: Digest::from_bytes(row.get(2)?),
        bytes: tenancy::count(row.get(3)?),
        received: time(row.get(4)?)?,
        deleted: deleted.map(time).transpose()?,
        checkpoint: row.get(6)?,
    })
}

fn known(transaction: &Transaction<'_>, arrival: &Arrival) -> Result<Option<Arrived>, ReceiveError> {
    let mut statement = transaction.prepare_cached(
        "SELECT digest, received_us, checkpoint FROM request WHERE tenant = ?1 AND id = ?2",
    )?;
    let found = statement
        .query_row((arrival.tenant, arrival.id.as_bytes()), |row| {
            Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<String>>(2)?))
        })
        .optional()?;
    let Some((digest, received, checkpoint)) = found else { return Ok(None) };
    if digest != *arrival.digest.as_bytes() {
        return Ok(Some(Arrived::Other));
    }
    Ok(Some(Arrived::Kept { new: false, at: time(received)?, checkpoint }))
}

fn insert(transaction: &Transaction<'_>, arrival: &Arrival, now: Timestamp) -> Result<Arrived, ReceiveError> {
    let received = now.as_microsecond();
    transaction
        .prepare_cached(
            "INSERT INTO request (tenant, id, digest, received_us, checkpoint, bytes, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            arrival.tenant,
            arrival.id.as_bytes(),
            arrival.digest.as_bytes(),
            received,
            &arrival.checkpoint,
            i64::try_from(arrival.sealed.len()).unwrap_or(i64::MAX),
            &arrival.sealed,
        ))?;
    // The time as it will be read again, so that every receipt of this request is the same.
    Ok(Arrived::Kept { new: true, at: time(received)?, checkpoint: arrival.checkpoint.clone() })
}
