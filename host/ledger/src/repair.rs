//! Saves what can be read of a damaged ledger into a new file, with leaves that somebody else has kept.
//!
//! The damaged file is kept beside it: nothing is thrown away. A request whose bytes are damaged goes aside with
//! that reason; one that cannot be read at all is lost and counted. Values that were changed without breaking
//! anything are taken as they stand, and their tables are named.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use crate::{
    Damage, Decision, Event, Ledger, LedgerError, Verified, backlog,
    mend_schema::mend_schema,
    salvage::{Salvage, copy},
    schema, sealed, sums, verify,
};

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// What was damaged.
    pub damage: Vec<Damage>,
    /// Where the damaged file is now; nothing where there was no damage, and nothing was done.
    pub kept: Option<PathBuf>,
    /// Places in a table that could not be read or not be taken over: how many for each table.
    pub unreadable: BTreeMap<String, u64>,
    /// Requests that are aside now, for their bytes are damaged.
    pub aside: Vec<String>,
    /// How many sealed requests for each target are lost for good.
    pub lost: BTreeMap<String, u64>,
    /// How many leaves of the audit log were lost, or others than they were, and are back.
    pub leaves: u64,
    /// What is left of the damage: only a backup has what was there.
    pub left: Vec<Damage>,
}

const DAMAGED: &str = "its stored bytes are damaged";

impl Ledger {
    /// Repairs the ledger at that path, which nobody may have open. Does nothing where it is whole.
    ///
    /// # Errors
    /// When the file is no ledger of this host's schema, nothing of it can be read, or the disk fails. The file
    /// is then as it was.
    pub fn repair(path: &Path, decision: &Decision<'_>) -> Result<Repaired, LedgerError> {
        Self::repair_with(path, decision, std::iter::empty())
    }

    /// The same, with the first leaves of the audit log as they were signed: `leaves` are believed, and take the place of
    /// those that are lost or are others.
    ///
    /// # Errors
    /// The same.
    pub fn repair_with(
        path: &Path,
        decision: &Decision<'_>,
        mut leaves: impl Iterator<Item = Vec<u8>>,
    ) -> Result<Repaired, LedgerError> {
        let Verified { damage, .. } = Self::verify_at(path)?;
        if damage.is_empty() {
            return Ok(Repaired::default());
        }
        let mut repaired = Repaired { damage, ..Repaired::default() };
        let new = beside(path, "repairing")?;
        let result = rebuild(path, &new, decision, &mut leaves, &mut repaired).and_then(|()| {
            let kept = free_name(path, "damaged")?;
            put_in_place(&new, path, &kept)?;
            Ok(kept)
        });
        match result {
            Ok(kept) => repaired.kept = Some(kept),
            Err(error) => {
                // The half-made copy is of no use, and the error is what matters.
                let _ = std::fs::remove_file(&new);
                return Err(error);
            }
        }
        repaired.left = Self::verify_at(path)?.damage;
        let ledger = Self::open(path)?;
        for unreadable in [
            ledger.runs(None, u32::MAX).err(),
            ledger.sites().err(),
            ledger.plugins().err(),
            ledger.holds(None, u32::MAX).err(),
            ledger.journal(0, u32::MAX).err(),
        ] {
            repaired.left.extend(unreadable.as_ref().map(verify::unreadable));
        }
        Ok(repaired)
    }
}

/// Makes the file at `new` the ledger, and keeps the old one with its logs under another name.
pub fn put_in_place(new: &Path, path: &Path, kept: &Path) -> Result<(), LedgerError> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| LedgerError::file(&path, source)
    };
    // The file before its logs: a file without its log would be a shorter past, and a log without its file is noticed.
    if path.exists() {
        std::fs::rename(path, kept).map_err(file(path))?;
    }
    for log in ["-wal", "-shm"] {
        let (from, to) = (with_suffix(path, log), with_suffix(kept, log));
        if from.exists() {
            std::fs::rename(&from, to).map_err(file(&from))?;
        }
    }
    std::fs::rename(new, path).map_err(file(new))?;
    sync_folder(path).map_err(file(path))
}

/// The names in a folder are on disk when its own entry is.
pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// A name beside the ledger, without a file that was left there.
pub fn beside(path: &Path, word: &str) -> Result<PathBuf, LedgerError> {
    let new = with_suffix(path, &format!(".{word}"));
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(LedgerError::file(&new, error)),
        _ => Ok(new),
    }
}

/// A name beside the ledger that nothing has yet.
pub fn free_name(path: &Path, word: &str) -> Result<PathBuf, LedgerError> {
    let mut names = (1..1000).map(|number| with_suffix(path, &format!(".{word}-{number}")));
    names
        .find(|name| !name.exists())
        .ok_or_else(|| LedgerError::file(path, std::io::Error::from(std::io::ErrorKind::AlreadyExists)))
}

pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

fn rebuild(
    path: &Path,
    new: &Path,
    decision: &Decision<'_>,
    leaves: &mut dyn Iterator<Item = Vec<u8>>,
    repaired: &mut Repaired,
) -> Result<(), LedgerError> {
    let salvage = Salvage::of(path)?;
    mend_schema(salvage.path())?;
    let old = verify::open(salvage.path())?;
    crate::ledger::create_private(new).map_err(|source| LedgerError::file(new, source))?;
    let mut saved = Connection::open(new)?;
    schema::make(&mut saved)?;
    sums::teach(&saved)?;
    // Rows come in no order that their references would like, and leaves with gaps.
    saved.pragma_update(None, "foreign_keys", false)?;
    let triggers = lift_triggers(&saved)?;
    for table in tables(&saved)?.into_iter().filter(|table| table != "content") {
        let unreadable = copy(&old, &saved, &table)?;
        if unreadable > 0 {
            repaired.unreadable.insert(table, unreadable);
        }
    }
    drop(old);
    // Before requests are held against their leaves.
    repaired.leaves = put_back(&saved, leaves)?;
    delete_orphans(&saved)?;
    set_damaged_aside(&saved, repaired)?;
    let lost = sealed::delete_unreadable(&saved)?;
    if lost > 0 {
        *repaired.unreadable.entry("request".to_owned()).or_default() += lost;
    }
    count_lost(&saved, repaired)?;
    triggers.iter().try_for_each(|trigger| saved.execute_batch(trigger))?;
    sums::renew(&saved)?;
    saved.pragma_update(None, "foreign_keys", true)?;
    saved.close().map_err(|(_, error)| error)?;
    let saved = Ledger::open(new)?;
    let detail = serde_json::json!({
        "damage": repaired.damage.iter().map(Damage::to_string).take(100).collect::<Vec<_>>(),
        "unreadable": repaired.unreadable,
        "aside": repaired.aside.len(),
        "lost": repaired.lost,
        "leaves": repaired.leaves,
        "reason": decision.reason,
    });
    let event = Event { event: "ledger repaired", object: "ledger".to_owned(), detail };
    saved.change(|change| change.note(decision.at, decision.actor, &event))?;
    saved.close()?;
    crate::ledger::sync_file(new)
}

/// Puts leaves back, from the first one on; how many were not there or others.
fn put_back(saved: &Connection, leaves: &mut dyn Iterator<Item = Vec<u8>>) -> Result<u64, LedgerError> {
    saved.execute_batch("BEGIN")?;
    let mut put = saved.prepare(
        "INSERT INTO leaf (seq, bytes) VALUES (?1, ?2)
         ON CONFLICT (seq) DO UPDATE SET bytes = excluded.bytes WHERE bytes IS NOT excluded.bytes",
    )?;
    let mut back = 0;
    for (seq, leaf) in (0_i64..).zip(leaves) {
        back += put.execute((seq, leaf))? as u64;
    }
    drop(put);
    saved.execute_batch("COMMIT")?;
    Ok(back)
}

/// Takes the triggers away, and returns how to put them back.
fn lift_triggers(saved: &Connection) -> Result<Vec<String>, LedgerError> {
    let mut statement = saved.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")?;
    let triggers: Vec<(String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    triggers
        .into_iter()
        .map(|(name, sql)| {
            saved.execute_batch(&format!("DROP TRIGGER \"{name}\""))?;
            Ok(sql)
        })
        .collect()
}

fn tables(saved: &Connection) -> Result<Vec<String>, LedgerError> {
    let mut statement = saved.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table'
         AND (name NOT LIKE 'sqlite\\_%' ESCAPE '\\' OR name = 'sqlite_sequence')
         -- First, for what is written afterwards brings it up to date.
         ORDER BY name <> 'sqlite_sequence', name",
    )?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// A row without what it belongs to can be understood by nobody.
fn delete_orphans(saved: &Connection) -> Result<(), LedgerError> {
    let references: Vec<(String, String, String, String)> = {
        let mut statement = saved.prepare(
            "SELECT sqlite_schema.name, key.\"from\", key.\"table\", key.\"to\"
             FROM sqlite_schema JOIN pragma_foreign_key_list(sqlite_schema.name) AS key
             WHERE sqlite_schema.type = 'table'",
        )?;
        statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<Result<_, _>>()?
    };
    loop {
        let mut deleted = 0;
        for (table, from, parent, to) in &references {
            deleted += saved.execute(
                &format!(
                    "DELETE FROM \"{table}\" WHERE \"{from}\" IS NOT NULL
                     AND \"{from}\" NOT IN (SELECT \"{to}\" FROM \"{parent}\")"
                ),
                [],
            )?;
        }
        if deleted == 0 {
            return Ok(());
        }
    }
}

fn set_damaged_aside(saved: &Connection, repaired: &mut Repaired) -> Result<(), LedgerError> {
    let damaged: Vec<(i64, String)> = verify::damaged_requests(saved)?;
    for (seq, id) in &damaged {
        saved.execute(
            "UPDATE request SET state = iif(state = 'sent', 'sent', 'refused'), reason = ?2, body = 'gone'
             WHERE seq = ?1",
            (seq, DAMAGED),
        )?;
        saved.execute("DELETE FROM body WHERE request = ?1", [seq])?;
        // What comes after it in its call cannot go without it.
        saved.execute(
            "UPDATE request SET state = 'refused', reason = 'a request before it is damaged'
             WHERE state IN ('waiting', 'held', 'draft')
             AND delivery = (SELECT delivery FROM request WHERE seq = ?1)
             AND (SELECT state FROM request WHERE seq = ?1) = 'refused'",
            [seq],
        )?;
        repaired.aside.push(glasshouse_contract::shown(id));
    }
    // A call whose next request is not there, or is aside, has nothing to send.
    saved.execute(
        "UPDATE delivery SET state = 'over' WHERE state IN ('waiting', 'held', 'draft') AND NOT EXISTS (
             SELECT 1 FROM request WHERE request.delivery = delivery.id AND request.step = delivery.step
             AND request.state = delivery.state)",
        [],
    )?;
    saved.execute(
        "UPDATE request SET state = 'refused', reason = 'a request of its call is lost'
         WHERE state IN ('waiting', 'held', 'draft')
         AND (SELECT state FROM delivery WHERE delivery.id = request.delivery) = 'over'",
        [],
    )?;
    Ok(())
}

/// From here on the counters say what is there; what is not is told now.
fn count_lost(saved: &Connection, repaired: &mut Repaired) -> Result<(), LedgerError> {
    let targets = backlog::read(saved)?;
    let known: BTreeSet<String> = targets.iter().map(|target| target.target.to_string()).collect();
    for target in targets {
        let there: u64 = target.by_state.values().map(|amount| amount.requests).sum();
        if let Some(lost) = target.sealed.checked_sub(there).filter(|lost| *lost > 0) {
            repaired.lost.insert(target.target.to_string(), lost);
        }
    }
    saved.execute("DELETE FROM sealed_count", [])?;
    for target in known {
        saved.execute(
            "INSERT INTO sealed_count (target, requests)
             SELECT ?1, count(*) FROM request WHERE target = ?1 AND state <> 'pending'",
            [target],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
