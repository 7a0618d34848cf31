//! What was taken back since a backup was made stays taken back.
//!
//! A backup knows nothing of what was decided after it. A restore that knew no more would send requests of which somebody
//! was told that they are never sent, and let in files that were barred or revoked since.

use std::{collections::BTreeSet, path::Path};

use glasshouse_contract::PluginId;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{
    Barred, Change, Decision, Ledger, LedgerError, RequestId, RevocationList,
    outbox::PASSED_OVER,
    plugins::{digest, parse},
    schema,
};

/// What a restored ledger has from the one that was there before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOver {
    /// Requests that were withdrawn or denied since the backup.
    pub withdrawn: u64,
    /// Plugin files that were taken back.
    pub barred: u64,
    /// Plugins of which a higher version was admitted.
    pub ratchets: u64,
    /// Whether there was a newer revocation list.
    pub list: bool,
}

/// What was taken back in the ledger that is to be replaced.
pub struct TakenBack {
    withdrawn: Vec<RequestId>,
    barred: Vec<Barred>,
    ratchets: Vec<(PluginId, Version)>,
    list: Option<RevocationList>,
}

impl TakenBack {
    /// Reads it, and leaves the file and its log as they are: a repair may still find something in them.
    pub fn read(path: &Path) -> Result<Self, LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        schema::check_ours(&connection, path)?;
        Ok(Self {
            withdrawn: withdrawn(&connection)?,
            barred: barred(&connection)?,
            ratchets: ratchets(&connection)?,
            list: list(&connection)?,
        })
    }

    /// Takes it back in the restored ledger as well.
    pub fn take_over(&self, ledger: &Ledger, decision: &Decision<'_>) -> Result<TakenOver, LedgerError> {
        let taken = ledger.change(|change| {
            Ok::<_, LedgerError>(TakenOver {
                withdrawn: self.withdraw(change, decision)?,
                barred: self.bar(change)?,
                ratchets: self.raise(change)?,
                list: self.renew(change, decision)?,
            })
        })?;
        ledger.erase_leaving()?;
        Ok(taken)
    }

    fn withdraw(&self, change: &Change<'_>, decision: &Decision<'_>) -> Result<u64, LedgerError> {
        let mut count = 0;
        let mut calls: BTreeSet<i64> = BTreeSet::new();
        {
            let mut statement = change.prepare(
                "SELECT delivery FROM request WHERE id = ?1 AND state IN ('waiting', 'held', 'draft', 'refused')",
            )?;
            for id in &self.withdrawn {
                let call: Option<i64> = statement.query_row([id.to_string()], |row| row.get(0)).optional()?;
                count += u64::from(call.is_some());
                calls.extend(call);
            }
        }
        for call in calls {
            change.execute(
                "DELETE FROM carried_pending WHERE part = (SELECT part FROM delivery WHERE id = ?1)
                 AND (SELECT state FROM delivery WHERE id = ?1) IN ('held', 'draft')",
                &[&call],
            )?;
            change.withdraw_rest(call, "withdrawn after the backup", decision.at)?;
        }
        Ok(count)
    }

    fn bar(&self, change: &Change<'_>) -> Result<u64, LedgerError> {
        let mut count = 0;
        for barred in &self.barred {
            let known = change
                .prepare("SELECT 1 FROM barred WHERE digest = ?1")?
                .query_row([barred.digest.hex()], |_| Ok(()))
                .optional()?;
            if known.is_none() {
                change.bar(barred)?;
                count += 1;
            }
        }
        Ok(count)
    }

    fn raise(&self, change: &Change<'_>) -> Result<u64, LedgerError> {
        let mut count = 0;
        for (id, version) in &self.ratchets {
            let known: Option<String> = change
                .prepare("SELECT version FROM ratchet WHERE id = ?1")?
                .query_row([id.as_str()], |row| row.get(0))
                .optional()?;
            let known: Option<Version> = known.map(|version| parse("a version", &version)).transpose()?;
            if known.is_none_or(|known| known < *version) {
                change.set_ratchet(id, version)?;
                count += 1;
            }
        }
        Ok(count)
    }

    fn renew(&self, change: &Change<'_>, decision: &Decision<'_>) -> Result<bool, LedgerError> {
        let Some(list) = &self.list else { return Ok(false) };
        let known: Option<i64> = change
            .prepare("SELECT version FROM revocation_list")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let newer = known.is_none_or(|known| known.unsigned_abs() < list.version);
        if newer {
            change.keep_revocation_list(list, decision.at)?;
        }
        Ok(newer)
    }
}

/// What its plugin passed over was not taken back by anybody.
fn withdrawn(connection: &Connection) -> Result<Vec<RequestId>, LedgerError> {
    let mut statement =
        connection.prepare("SELECT id FROM request WHERE state = 'withdrawn' AND reason IS NOT ?1")?;
    let mut rows = statement.query([PASSED_OVER])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(parse("a request's id", &row.get::<_, String>(0)?)?);
    }
    Ok(found)
}

fn barred(connection: &Connection) -> Result<Vec<Barred>, LedgerError> {
    let mut statement = connection.prepare("SELECT digest, id, why, since FROM barred")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Barred {
            digest: digest(&row.get::<_, String>(0)?)?,
            id: parse("a plugin id", &row.get::<_, String>(1)?)?,
            why: row.get(2)?,
            since: parse("a time", &row.get::<_, String>(3)?)?,
        });
    }
    Ok(found)
}

fn ratchets(connection: &Connection) -> Result<Vec<(PluginId, Version)>, LedgerError> {
    let mut statement = connection.prepare("SELECT id, version FROM ratchet")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, version): (String, String) = (row.get(0)?, row.get(1)?);
        found.push((parse("a plugin id", &id)?, parse("a version", &version)?));
    }
    Ok(found)
}

fn list(connection: &Connection) -> Result<Option<RevocationList>, LedgerError> {
    let mut statement = connection.prepare("SELECT version, bytes FROM revocation_list")?;
    let found: Option<(i64, Vec<u8>)> =
        statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.map(|(version, bytes)| RevocationList { version: version.unsigned_abs(), bytes }))
}
