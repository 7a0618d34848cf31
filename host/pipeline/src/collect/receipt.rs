use std::collections::BTreeMap;

use glasshouse_contract::{ColumnName, Digest, Level, Name, PluginId, PseudonymKeyId};
use glasshouse_ledger::{Ledger, LedgerError, PartRow, Reason, RunState, StatementState};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

/// What a run did. Names, numbers and the host's own words: nothing in it is of the data, and nothing is
/// what SQL Server or a plugin said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The run.
    pub run: String,
    /// The site.
    pub site: Name,
    /// The level that was in force.
    pub level: Level,
    /// Which of the site's weeks it is for.
    pub slot: i64,
    /// How often that week was begun.
    pub attempt: u32,
    /// When it was due.
    pub scheduled: Timestamp,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How far it is.
    pub state: RunState,
    /// Which key of each name its pseudonyms were made with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<Name, PseudonymKeyId>,
    /// What each plugin did, in the order in which they began.
    pub queries: Vec<QueryReceipt>,
    /// The sums over all of them.
    pub total: Total,
}

/// What one plugin did in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryReceipt {
    /// The plugin.
    pub query: PluginId,
    /// Its version.
    pub version: Version,
    /// The plugin file; none where the host itself wrote the rows.
    pub digest: Option<Digest>,
    /// Whether its rows were kept; else the plugin failed.
    pub done: bool,
    /// Its statements, in the manifest's order.
    pub statements: Vec<StatementReceipt>,
    /// Its tables, by name.
    pub tables: Vec<TableReceipt>,
}

/// What became of one statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementReceipt {
    /// The statement.
    pub statement: Name,
    /// From which level on it runs.
    pub level: Level,
    /// What became of it.
    pub state: StatementState,
    /// Why it was skipped or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// SQL Server's error number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// When it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// How long it took.
    pub duration_ms: u64,
    /// How many rows it returned.
    pub rows_read: u64,
    /// How many cells were longer than a cell may be, and were cut.
    pub cells_cut: u64,
}

/// A table of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableReceipt {
    /// The table.
    pub table: Name,
    /// The lowest level at which its rows may be seen.
    pub level: Level,
    /// How many rows were kept.
    pub rows: u64,
    /// How many values were left out: of columns above what may be kept all of them, of columns with a format
    /// those that are not written so.
    pub left_out: BTreeMap<ColumnName, u64>,
}

/// Sums over a run, without the host's own rows about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Statements that returned their rows.
    pub done: u64,
    /// Statements that are not for this level or this site.
    pub skipped: u64,
    /// Statements that should have worked.
    pub failed: u64,
    /// Rows that the site returned.
    pub rows_read: u64,
    /// Rows that were kept.
    pub rows_kept: u64,
    /// Cells that were cut.
    pub cells_cut: u64,
    /// Values that were left out.
    pub values_left_out: u64,
    /// From the begin of the run to its end.
    pub duration_ms: u64,
}

impl Receipt {
    /// The receipt of a run that the ledger knows.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn of(ledger: &Ledger, run: &str) -> Result<Option<Self>, LedgerError> {
        let Some(row) = ledger.run(run)? else { return Ok(None) };
        let queries: Vec<QueryReceipt> = ledger.parts(run)?.into_iter().map(QueryReceipt::of).collect();
        let mut total = Total::default();
        // The host's own part is about the run, not of it.
        for query in queries.iter().filter(|query| query.digest.is_some()) {
            total.add(query);
        }
        let took = row.ended.map(|ended| ended.duration_since(row.started).as_millis());
        total.duration_ms = took.and_then(|took| u64::try_from(took).ok()).unwrap_or_default();
        Ok(Some(Self {
            run: row.id,
            site: row.site,
            level: row.level,
            slot: row.slot,
            attempt: row.attempt,
            scheduled: row.scheduled,
            started: row.started,
            ended: row.ended,
            state: row.state,
            keys: row.keys,
            queries,
            total,
        }))
    }

    /// Whether every statement that should have worked did.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.total.failed == 0
    }
}

impl QueryReceipt {
    fn of(part: PartRow) -> Self {
        Self {
            query: part.plugin,
            version: part.version,
            digest: part.digest,
            done: part.done,
            statements: part
                .statements
                .into_iter()
                .map(|row| StatementReceipt {
                    statement: row.statement,
                    level: row.level,
                    state: row.state,
                    reason: row.reason,
                    number: row.number,
                    started: row.started,
                    duration_ms: row.duration_ms,
                    rows_read: row.rows_read,
                    cells_cut: row.cells_cut,
                })
                .collect(),
            tables: part
                .tables
                .into_iter()
                .map(|row| TableReceipt {
                    table: row.name,
                    level: row.level,
                    rows: row.rows,
                    left_out: row.left_out,
                })
                .collect(),
        }
    }
}

impl Total {
    fn add(&mut self, query: &QueryReceipt) {
        for statement in &query.statements {
            match statement.state {
                StatementState::Done => self.done += 1,
                StatementState::Skipped => self.skipped += 1,
                StatementState::Failed => self.failed += 1,
            }
            self.rows_read += statement.rows_read;
            self.cells_cut += statement.cells_cut;
        }
        for table in &query.tables {
            self.rows_kept += table.rows;
            self.values_left_out += table.left_out.values().sum::<u64>();
        }
    }
}
