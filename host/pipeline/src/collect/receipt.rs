use std::collections::{BTreeMap, BTreeSet};

use glasshouse_contract::{ColumnName, DataClass, Digest, Level, Name, PluginId, PseudonymKeyId};
use glasshouse_ledger::{
    ChainId, HeldRow, HeldWhy, Ledger, LedgerError, PartRow, Reason, RedactionRow, RouteRow, RunState,
    ScanRow, StatementState,
};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::Route;

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
    /// Which ways its results go, and through which rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<RouteRow>,
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
    /// Its tables, by chain and name.
    pub tables: Vec<TableReceipt>,
    /// What each rule did to each column of them: by chain and table, in the rules' order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redaction: Vec<RedactionRow>,
    /// What the tripwire looked through, by chain and table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scans: Vec<ScanRow>,
    /// Tables that were held, and why: those that the tripwire or a rule stopped are not among `tables`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<HeldRow>,
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
    /// What it went through; nothing for the host's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainId>,
    /// Which ways it goes.
    #[serde(default)]
    pub routes: Vec<Name>,
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
    /// Rows that were kept here: those of the route `results`.
    pub rows_kept: u64,
    /// Cells that were cut.
    pub cells_cut: u64,
    /// Values that were left out of them.
    pub values_left_out: u64,
    /// What rules did on all chains together.
    #[serde(default)]
    pub redaction: RedactionTotal,
    /// From the begin of the run to its end.
    pub duration_ms: u64,
}

/// What the rules of a run did, over all chains: a cell that goes through two is counted twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedactionTotal {
    /// Values that were made pseudonyms.
    pub hashed: u64,
    /// Identifiers and texts of which something was replaced, and which are still of their class.
    pub masked: u64,
    /// Values of other columns that are not what they were: made coarser, merged.
    pub coarsened: u64,
    /// Values that were taken out of their rows.
    pub nulled: u64,
    /// Values whose whole column was dropped.
    pub dropped: u64,
    /// Rows that were left out.
    pub suppressed: u64,
    /// Cells that the tripwire looked at.
    pub cells_scanned: u64,
    /// How often it found something for which a table is held.
    pub hits: u64,
    /// How often it found something that an administrator allows.
    pub allowed: u64,
    /// Tables that were held because a rule failed or lied, or the tripwire found something; each once for every
    /// chain.
    pub held: u64,
    /// Tables that a route does not get because a column is above its ceiling, each once for every route. The
    /// plan said so before.
    pub above_ceiling: u64,
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
        for query in &queries {
            match query.digest {
                Some(_) => total.add(query),
                // The host's own part is about the run, not of it; what is held of it is held all the same.
                None => total.redaction.add(query, |_| true, |_| true),
            }
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
            routes: ledger.run_routes(run)?,
            queries,
            total,
        }))
    }

    /// What redaction did on one of the run's routes.
    #[must_use]
    pub fn redaction_on(&self, route: &RouteRow) -> RedactionTotal {
        let mut total = RedactionTotal::default();
        for query in &self.queries {
            total.add(query, |chain| *chain == route.chain, |row| row.is_on(route));
        }
        total
    }

    /// Whether every statement that should have worked did, and every rule: no table was held that the plan did not
    /// name.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.total.failed == 0 && self.total.redaction.held == 0
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
                    chain: row.chain,
                    routes: row.routes,
                    level: row.level,
                    rows: row.rows,
                    left_out: row.left_out,
                })
                .collect(),
            redaction: part.redaction.rules,
            scans: part.redaction.scans,
            held: part.redaction.held,
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
        self.redaction.add(query, |_| true, |_| true);
        let results =
            |table: &&TableReceipt| table.routes.iter().any(|route| route.as_str() == Route::RESULTS);
        for table in query.tables.iter().filter(results) {
            self.rows_kept += table.rows;
            self.values_left_out += table.left_out.values().sum::<u64>();
        }
    }
}

impl RedactionTotal {
    /// Adds what was done to a query's tables, on the chains that are meant and as far as they are held there.
    fn add(
        &mut self,
        query: &QueryReceipt,
        meant: impl Fn(&ChainId) -> bool,
        held: impl Fn(&HeldRow) -> bool,
    ) {
        // Rows that a rule left out are counted with each of the table's columns.
        let mut suppressed: BTreeMap<(&ChainId, &Name, u32), u64> = BTreeMap::new();
        for row in query.redaction.iter().filter(|row| meant(&row.chain)) {
            let became = row.class_out == Some(DataClass::Pseudonym) && row.class_in != DataClass::Pseudonym;
            let changed = match row.class_in {
                _ if became => &mut self.hashed,
                DataClass::Identifier | DataClass::Text | DataClass::Secret => &mut self.masked,
                DataClass::Measure | DataClass::Category | DataClass::Pseudonym => &mut self.coarsened,
            };
            *changed += row.changed;
            self.nulled += row.nulled;
            self.dropped += row.dropped;
            let rows = suppressed.entry((&row.chain, &row.table, row.step)).or_default();
            *rows = row.suppressed.max(*rows);
        }
        self.suppressed += suppressed.values().sum::<u64>();
        for scan in query.scans.iter().filter(|scan| meant(&scan.chain)) {
            self.cells_scanned += scan.cells;
            self.hits += scan.hits;
            self.allowed += scan.allowed;
        }
        let (above, held): (Vec<&HeldRow>, Vec<&HeldRow>) =
            query.held.iter().filter(|row| held(row)).partition(|row| row.why == HeldWhy::ColumnAboveCeiling);
        let tables = |rows: &[&HeldRow]| {
            let tables: BTreeSet<_> = rows.iter().map(|row| (&row.chain, &row.route, &row.table)).collect();
            tables.len() as u64
        };
        self.held += tables(&held);
        self.above_ceiling += tables(&above);
    }
}
