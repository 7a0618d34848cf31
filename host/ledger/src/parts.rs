//! What one plugin did in a run, from its first pending row to the moment when all of it can be seen.

use std::{collections::BTreeMap, fmt};

use glasshouse_contract::{Batch, ColumnName, Digest, Level, Name, PluginId, Schema};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    ChainId, Change, Ledger, LedgerError, PartRedaction, Reason,
    plugins::{digest, parse},
    redaction,
    results::{first_key, last_key},
};

/// A plugin's part of a run that is being written. Nobody sees its rows before it is done.
#[derive(Debug)]
pub struct PendingPart {
    id: i64,
    tables: BTreeMap<TableKey, PendingTable>,
}

/// A table of a part: the chain that it went through, and its name.
type TableKey = (Option<ChainId>, Name);

#[derive(Clone, Debug)]
struct PendingTable {
    id: i64,
    rows: u32,
    digest: RowsDigest,
}

/// The digest of a table's rows, one after the other.
#[derive(Clone, Debug, Default)]
struct RowsDigest(Sha256);

impl RowsDigest {
    fn take(&mut self, row: &str) {
        // With the length, no two lists of rows have the same bytes.
        self.0.update((row.len() as u64).to_be_bytes());
        self.0.update(row);
    }

    fn finish(self) -> Digest {
        Digest::from_bytes(self.0.finalize().into())
    }
}

/// Whose part of which run it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartOf<'a> {
    /// The run.
    pub run: &'a str,
    /// The plugin, or the host's own name for what it writes itself.
    pub plugin: &'a PluginId,
    /// Its version.
    pub version: &'a Version,
    /// The plugin file; none for the host's own part.
    pub digest: Option<Digest>,
    /// When it begins.
    pub started: Timestamp,
}

/// A part of a run that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRow {
    /// The plugin.
    pub plugin: PluginId,
    /// Its version.
    pub version: Version,
    /// The plugin file.
    pub digest: Option<Digest>,
    /// When it began.
    pub started: Timestamp,
    /// Whether its rows are there; else the plugin failed, and there are none.
    pub done: bool,
    /// What became of its statements, in the manifest's order.
    pub statements: Vec<StatementRow>,
    /// Its tables, by chain and name.
    pub tables: Vec<TableRow>,
    /// What they went through.
    pub redaction: PartRedaction,
}

/// What became of one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRow {
    /// The statement.
    pub statement: Name,
    /// From which level on it runs.
    pub level: Level,
    /// When it was begun; none where it was not.
    pub started: Option<Timestamp>,
    /// How long it took.
    pub duration_ms: u64,
    /// How many rows the site returned.
    pub rows_read: u64,
    /// How many cells were longer than a cell may be, and were cut.
    pub cells_cut: u64,
    /// What became of it.
    pub state: StatementState,
    /// Why it was skipped or failed.
    pub reason: Option<Reason>,
    /// SQL Server's error number.
    pub number: Option<u32>,
    /// What SQL Server or the plugin said. It may quote data: it is shown on this machine alone.
    pub words: Option<String>,
}

/// What became of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatementState {
    /// It returned its rows.
    Done,
    /// It is not for this run or this site.
    Skipped,
    /// It should have worked.
    Failed,
}

/// A table of a part, besides its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// What it went through; nothing for the host's own rows.
    pub chain: Option<ChainId>,
    /// The table.
    pub name: Name,
    /// The ways that it goes.
    pub routes: Vec<Name>,
    /// The lowest level at which a row of it may be seen.
    pub level: Level,
    /// The columns that were kept.
    pub columns: Schema,
    /// How many values of which columns were left out.
    pub left_out: BTreeMap<ColumnName, u64>,
    /// How many rows there are. The ledger counts them itself.
    pub rows: u64,
}

impl PendingPart {
    pub(crate) const fn id(&self) -> i64 {
        self.id
    }

    pub(crate) fn table_id(&self, chain: Option<&ChainId>, table: &Name) -> Option<i64> {
        self.tables.get(&(chain.cloned(), table.clone())).map(|table| table.id)
    }

    /// The digest of the rows that a table has so far.
    pub(crate) fn rows_digest(&self, chain: Option<&ChainId>, table: &Name) -> Option<Digest> {
        self.tables.get(&(chain.cloned(), table.clone())).map(|table| table.digest.clone().finish())
    }
}

impl StatementState {
    const ALL: [Self; 3] = [Self::Done, Self::Skipped, Self::Failed];

    /// The state's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for StatementState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Ledger {
    /// Begins a plugin's part of a run. What an earlier, broken attempt at it left behind is thrown away.
    ///
    /// # Errors
    /// When the part is over already, or the disk fails.
    pub fn begin_part(&self, of: &PartOf<'_>) -> Result<PendingPart, LedgerError> {
        self.throw_away(Some(of.run), Some(of.plugin))?;
        self.change(|change| {
            change.execute(
                "INSERT INTO part (run, plugin, version, digest, started, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, 'pending')",
                &[
                    &of.run,
                    &of.plugin.as_str(),
                    &of.version.to_string(),
                    &of.digest.map(|digest| digest.hex()),
                    &of.started.to_string(),
                ],
            )?;
            Ok(PendingPart { id: change.last_id(), tables: BTreeMap::new() })
        })
    }

    /// Adds rows to a table of a part, on disk but not to be seen yet.
    ///
    /// # Errors
    /// When the table has more rows than are counted, or the disk fails.
    pub fn add_rows(
        &self,
        part: &mut PendingPart,
        chain: Option<&ChainId>,
        table: &Name,
        batch: &Batch,
    ) -> Result<(), LedgerError> {
        let key = (chain.cloned(), table.clone());
        let known = part.tables.get(&key).cloned();
        let next: PendingTable = self.change(|change| {
            change.must_be_pending(part.id)?;
            let mut table = match known {
                Some(table) => table,
                None => PendingTable {
                    id: change.begin_table(part.id, &key)?,
                    rows: 0,
                    digest: RowsDigest::default(),
                },
            };
            change.insert_rows(&mut table, batch)?;
            Ok::<_, LedgerError>(table)
        })?;
        part.tables.insert(key, next);
        Ok(())
    }

    /// Throws the rows of one table away: it is held.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn discard_table(
        &self,
        part: &mut PendingPart,
        chain: Option<&ChainId>,
        table: &Name,
    ) -> Result<(), LedgerError> {
        match part.tables.remove(&(chain.cloned(), table.clone())) {
            Some(pending) => self.delete_table(pending.id),
            None => Ok(()),
        }
    }

    /// Throws a part's rows away, so that it can begin again.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn discard_rows(&self, part: &mut PendingPart) -> Result<(), LedgerError> {
        part.tables.clear();
        self.delete_tables(part.id)
    }

    /// Throws away what unfinished parts left behind: of one run, or of all.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn throw_away_pending(&self, run: Option<&str>) -> Result<(), LedgerError> {
        self.throw_away(run, None)
    }

    fn throw_away(&self, run: Option<&str>, plugin: Option<&PluginId>) -> Result<(), LedgerError> {
        let pending: Vec<i64> = {
            let connection = self.connection();
            let mut statement = connection.prepare_cached(
                "SELECT id FROM part WHERE state = 'pending'
                 AND (?1 IS NULL OR run = ?1) AND (?2 IS NULL OR plugin = ?2)",
            )?;
            statement
                .query_map((run, plugin.map(PluginId::as_str)), |row| row.get(0))?
                .collect::<Result<_, _>>()?
        };
        for part in pending {
            self.delete_tables(part)?;
            self.change(|change| change.execute("DELETE FROM part WHERE id = ?1", &[&part]))?;
        }
        Ok(())
    }

    /// Deletes what a part wrote: the requests that it sealed, and its tables.
    fn delete_tables(&self, part: i64) -> Result<(), LedgerError> {
        self.delete_requests(part)?;
        let tables: Vec<i64> = {
            let connection = self.connection();
            let mut statement = connection.prepare_cached("SELECT id FROM result_table WHERE part = ?1")?;
            statement.query_map([part], |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        tables.into_iter().try_for_each(|table| self.delete_table(table))
    }

    fn delete_table(&self, table: i64) -> Result<(), LedgerError> {
        self.delete_rows(table)?;
        self.change(|change| change.execute("DELETE FROM result_table WHERE id = ?1", &[&table]))?;
        Ok(())
    }

    /// Deletes the rows of a table, in pieces, so that others can write in between.
    pub(crate) fn delete_rows(&self, table: i64) -> Result<(), LedgerError> {
        // About as many rows as a transaction writes. Counted, and not by their keys: who was cut short in this left
        // a table without its first rows.
        const PIECE: u32 = 65_536;
        while self.change(|change| {
            change.execute(
                "DELETE FROM result
                 WHERE key IN (SELECT key FROM result WHERE key BETWEEN ?1 AND ?2 LIMIT ?3)",
                &[&first_key(table), &last_key(table), &PIECE],
            )
        })? > 0
        {}
        Ok(())
    }

    /// The parts of a run that are over, in the order in which they began.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn parts(&self, run: &str) -> Result<Vec<PartRow>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT id, plugin, version, digest, started, state FROM part
             WHERE run = ?1 AND state <> 'pending' ORDER BY id",
        )?;
        let mut rows = statement.query([run])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let id: i64 = row.get("id")?;
            let file: Option<String> = row.get("digest")?;
            found.push(PartRow {
                plugin: parse("a plugin id", &row.get::<_, String>("plugin")?)?,
                version: parse("a version", &row.get::<_, String>("version")?)?,
                digest: file.map(|hex| digest(&hex)).transpose()?,
                started: parse("a time", &row.get::<_, String>("started")?)?,
                done: row.get::<_, String>("state")? == "done",
                statements: statements(&connection, id)?,
                tables: tables(&connection, id)?,
                redaction: redaction::of_part(&connection, id)?,
            });
        }
        Ok(found)
    }

    /// What became of each statement when it was last begun at a site: of which plugin it is, and how it went.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_statements(&self, site: &Name) -> Result<Vec<(PluginId, StatementRow)>, LedgerError> {
        let connection = self.connection();
        // With max(), SQLite takes the other columns from the row that has it.
        let mut statement = connection.prepare_cached(
            "SELECT part.plugin, max(run.seq), statement_run.* FROM statement_run
             JOIN part ON part.id = statement_run.part
             JOIN run ON run.id = part.run
             WHERE run.site = ?1 AND statement_run.started IS NOT NULL AND part.state <> 'pending'
             GROUP BY part.plugin, statement_run.statement",
        )?;
        let mut rows = statement.query([site.as_str()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((parse("a plugin id", &row.get::<_, String>("plugin")?)?, read_statement(row)?));
        }
        Ok(found)
    }
}

impl Change<'_> {
    /// Ends a part: its rows, tables, statements' records and sealed requests are seen from this change on, and
    /// the audit log tells of each request.
    ///
    /// # Errors
    /// When a table has rows and is not among those given, or the disk fails.
    pub fn finish_part(
        &self,
        part: &PendingPart,
        statements: &[StatementRow],
        tables: &[TableRow],
    ) -> Result<(), LedgerError> {
        let known = |(chain, name): &TableKey| {
            tables.iter().any(|table| table.chain == *chain && table.name == *name)
        };
        if let Some((_, name)) = part.tables.keys().find(|key| !known(key)) {
            return Err(LedgerError::damaged("a declared table", name.as_str()));
        }
        for table in tables {
            let key = (table.chain.clone(), table.name.clone());
            let id = match part.tables.get(&key) {
                Some(pending) => pending.id,
                None => self.begin_table(part.id, &key)?,
            };
            let pending = part.tables.get(&key);
            let rows = pending.map_or(0, |pending| pending.rows);
            let digest = pending.map(|pending| pending.digest.clone()).unwrap_or_default().finish();
            self.execute("INSERT INTO result_digest (id, digest) VALUES (?1, ?2)", &[&id, &digest.hex()])?;
            self.execute(
                "UPDATE result_table SET level = ?2, columns = ?3, left_out = ?4, rows = ?5 WHERE id = ?1",
                &[&id, &table.level.as_str(), &json(&table.columns), &json(&table.left_out), &rows],
            )?;
            for route in &table.routes {
                self.execute(
                    "INSERT INTO result_route (result_table, route) VALUES (?1, ?2)",
                    &[&id, &route.as_str()],
                )?;
            }
        }
        self.put_statements(part, statements)?;
        self.seal(part.id)?;
        self.end_part(part, "done")
    }

    /// Ends a part whose plugin failed. Its rows must be discarded before.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn fail_part(&self, part: &PendingPart, statements: &[StatementRow]) -> Result<(), LedgerError> {
        self.put_statements(part, statements)?;
        self.end_part(part, "failed")
    }

    fn end_part(&self, part: &PendingPart, state: &str) -> Result<(), LedgerError> {
        let ended = self
            .execute("UPDATE part SET state = ?2 WHERE id = ?1 AND state = 'pending'", &[&part.id, &state])?;
        if ended == 1 { Ok(()) } else { Err(LedgerError::PartOver) }
    }

    /// A run that broke off can have begun again while a thread of it still works.
    pub(crate) fn must_be_pending(&self, part: i64) -> Result<(), LedgerError> {
        let mut pending = self.prepare("SELECT 1 FROM part WHERE id = ?1 AND state = 'pending'")?;
        if pending.exists([part])? { Ok(()) } else { Err(LedgerError::PartOver) }
    }

    fn put_statements(&self, part: &PendingPart, statements: &[StatementRow]) -> Result<(), LedgerError> {
        for (row, position) in statements.iter().zip(0i64..) {
            self.execute(
                "INSERT INTO statement_run (part, position, statement, level, started, duration_ms, rows_read,
                     cells_cut, state, reason, number, words)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                &[
                    &part.id,
                    &position,
                    &row.statement.as_str(),
                    &row.level.as_str(),
                    &row.started.map(|at| at.to_string()),
                    &row.duration_ms.cast_signed(),
                    &row.rows_read.cast_signed(),
                    &row.cells_cut.cast_signed(),
                    &row.state.as_str(),
                    &row.reason.map(Reason::as_str),
                    &row.number,
                    &row.words.as_deref().map(glasshouse_contract::shown),
                ],
            )?;
        }
        Ok(())
    }

    /// What the table is besides its name is known when the part ends.
    fn begin_table(&self, part: i64, (chain, name): &TableKey) -> Result<i64, LedgerError> {
        self.execute(
            "INSERT INTO result_table (part, chain, name, level, columns, left_out, rows)
             VALUES (?1, ?2, ?3, 'basic', '[]', '{}', 0)",
            &[&part, &chain.as_ref().map_or("", ChainId::as_str), &name.as_str()],
        )?;
        Ok(self.last_id())
    }

    fn insert_rows(&self, table: &mut PendingTable, batch: &Batch) -> Result<(), LedgerError> {
        let first = first_key(table.id) + i64::from(table.rows);
        let rows = table.rows.checked_add(batch.rows()).ok_or(LedgerError::TooManyRows)?;
        let mut insert = self.prepare("INSERT INTO result (key, row) VALUES (?1, ?2)")?;
        let mut text = String::new();
        for (row, key) in (0..batch.rows() as usize).zip(first..) {
            text.clear();
            batch.write_row(row, &mut text);
            insert.execute((key, &text))?;
            table.digest.take(&text);
        }
        table.rows = rows;
        Ok(())
    }
}

/// How many rows a table has, one number after the other, and their digest.
pub fn digest_of_rows(connection: &rusqlite::Connection, table: i64) -> Result<(u64, Digest), LedgerError> {
    let mut statement =
        connection.prepare_cached("SELECT row, key FROM result WHERE key BETWEEN ?1 AND ?2 ORDER BY key")?;
    let mut rows = statement.query((first_key(table), last_key(table)))?;
    let (mut count, mut digest) = (0u32, RowsDigest::default());
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(1)? != first_key(table) + i64::from(count) {
            return Err(LedgerError::damaged("the next row", "another"));
        }
        count += 1;
        digest.take(row.get_ref(0)?.as_str().map_err(|_| LedgerError::damaged("a row", "no text"))?);
    }
    Ok((count.into(), digest.finish()))
}

pub fn json(value: &impl Serialize) -> String {
    // Names and numbers, which JSON can always say.
    serde_json::to_string(value).unwrap_or_default()
}

fn statements(connection: &rusqlite::Connection, part: i64) -> Result<Vec<StatementRow>, LedgerError> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM statement_run WHERE part = ?1 ORDER BY position")?;
    let mut rows = statement.query([part])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read_statement(row)?);
    }
    Ok(found)
}

fn read_statement(row: &rusqlite::Row<'_>) -> Result<StatementRow, LedgerError> {
    let state: String = row.get("state")?;
    let started: Option<String> = row.get("started")?;
    let reason: Option<String> = row.get("reason")?;
    let count = |column: &str| Ok::<_, LedgerError>(row.get::<_, i64>(column)?.unsigned_abs());
    Ok(StatementRow {
        statement: parse("a statement", &row.get::<_, String>("statement")?)?,
        level: parse("a level", &row.get::<_, String>("level")?)?,
        started: started.map(|at| parse("a time", &at)).transpose()?,
        duration_ms: count("duration_ms")?,
        rows_read: count("rows_read")?,
        cells_cut: count("cells_cut")?,
        state: StatementState::ALL
            .into_iter()
            .find(|known| known.as_str() == state)
            .ok_or_else(|| LedgerError::damaged("a statement's state", state))?,
        reason: reason.map(|reason| parse("a reason", &reason)).transpose()?,
        number: row.get("number")?,
        words: row.get("words")?,
    })
}

fn tables(connection: &rusqlite::Connection, part: i64) -> Result<Vec<TableRow>, LedgerError> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM result_table WHERE part = ?1 ORDER BY chain, name")?;
    let mut rows = statement.query([part])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read_table(connection, row)?);
    }
    Ok(found)
}

pub fn read_table(
    connection: &rusqlite::Connection,
    row: &rusqlite::Row<'_>,
) -> Result<TableRow, LedgerError> {
    let columns: String = row.get("columns")?;
    let left_out: String = row.get("left_out")?;
    let chain: String = row.get("chain")?;
    Ok(TableRow {
        chain: (!chain.is_empty()).then(|| parse("a chain", &chain)).transpose()?,
        routes: routes(connection, row.get("id")?)?,
        name: parse("a table's name", &row.get::<_, String>("name")?)?,
        level: parse("a level", &row.get::<_, String>("level")?)?,
        columns: serde_json::from_str(&columns).map_err(|_| LedgerError::damaged("columns", columns))?,
        left_out: serde_json::from_str(&left_out).map_err(|_| LedgerError::damaged("columns", left_out))?,
        rows: row.get::<_, i64>("rows")?.unsigned_abs(),
    })
}

fn routes(connection: &rusqlite::Connection, table: i64) -> Result<Vec<Name>, LedgerError> {
    let mut statement =
        connection.prepare_cached("SELECT route FROM result_route WHERE result_table = ?1 ORDER BY route")?;
    let mut rows = statement.query([table])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(parse("a route", &row.get::<_, String>("route")?)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
