//! From what a query gives to what is kept: each table through each chain that a route takes it to, and what comes
//! out at the end into the ledger.

use std::collections::BTreeMap;

use glasshouse_contract::{Batch, BatchError, Level, Name, QuerySpec, Table};
use glasshouse_ledger::{Ledger, LedgerError, PartRedaction, PendingPart, Reason, TableRow};
use glasshouse_sandbox::CallError;
use glasshouse_tripwire::Words;

use crate::redact::{
    chain::{Chain, Step},
    table::{About, OnChain, Outcome},
};

/// A table that a rule wants to see whole is held in memory: at most this much of all tables of a plugin.
const WHOLE_BYTES: usize = 256 << 20;

/// Why rows could not be kept.
#[derive(Debug)]
pub enum KeepError {
    /// The plugin failed: its part is lost, the others go on.
    Lost { reason: Reason, words: String },
    /// The disk failed: the run breaks off.
    Ledger(LedgerError),
}

impl From<LedgerError> for KeepError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<BatchError> for KeepError {
    fn from(error: BatchError) -> Self {
        Self::Lost { reason: Reason::Plugin, words: error.to_string() }
    }
}

impl KeepError {
    pub fn of_query(error: &CallError) -> Self {
        let reason = match error {
            CallError::Limit(_) => Reason::Limit,
            CallError::Stopped(_) => Reason::Stopped,
            _ => Reason::Plugin,
        };
        Self::Lost { reason, words: error.to_string() }
    }
}

/// Takes the tables of one plugin as they come and writes what is kept of them.
pub struct Keeper<'a> {
    ledger: &'a Ledger,
    part: PendingPart,
    about: About<'a>,
    chains: Vec<Work<'a>>,
    /// What tables that are seen whole take, on all chains.
    whole_bytes: usize,
}

/// The tables of one plugin on one chain.
struct Work<'a> {
    chain: &'a Chain,
    /// Rules over batches, which work on rows as they come.
    streaming: &'a [Step],
    /// From the first rule over whole tables on.
    whole: &'a [Step],
    /// Words that a category may have: literals of the statements, and settings of the rules.
    own: Words,
    waiting: BTreeMap<Name, Table>,
    tables: BTreeMap<Name, OnChain<'a>>,
}

/// What came of a plugin's tables.
pub struct Kept {
    pub tables: Vec<TableRow>,
    pub redaction: PartRedaction,
}

impl<'a> Keeper<'a> {
    pub fn new(
        ledger: &'a Ledger,
        part: PendingPart,
        about: About<'a>,
        chains: &'a [Chain],
        literals: &[String],
    ) -> Self {
        let work = |chain: &'a Chain| {
            let (streaming, whole) = chain.split();
            let settings = chain.rules.iter().flat_map(|step| step.rule.words());
            let own = Words::new(literals.iter().map(String::as_str).chain(settings));
            Work { chain, streaming, whole, own, waiting: BTreeMap::new(), tables: BTreeMap::new() }
        };
        Self { ledger, part, about, chains: chains.iter().map(work).collect(), whole_bytes: 0 }
    }

    /// Takes what the query gave so far; `level` is how high the statements are that a table comes from.
    pub fn take(&mut self, tables: &[Table], level: impl Fn(&Name) -> Level) -> Result<(), KeepError> {
        for table in tables {
            for index in 0..self.chains.len() {
                self.take_on(index, table, level(&table.name))?;
            }
        }
        Ok(())
    }

    fn take_on(&mut self, index: usize, table: &Table, level: Level) -> Result<(), KeepError> {
        let Some(work) = self.chains.get_mut(index) else { return Ok(()) };
        let on = match work.tables.get_mut(&table.name) {
            Some(on) => on,
            None => {
                let chain = work.chain;
                let routes: Vec<_> = chain
                    .routes
                    .iter()
                    .filter(|route| chain.goes(route, self.about.id, &table.name, level))
                    .collect();
                if routes.is_empty() {
                    return Ok(());
                }
                work.tables
                    .entry(table.name.clone())
                    .or_insert_with(|| OnChain::new(chain, table.name.clone(), level, routes))
            }
        };
        on.rows_in += table.rows();
        if on.is_spoilt() {
            return Ok(());
        }
        let Some(through) = on.through(&self.about, work.streaming, table.clone()) else {
            self.whole_bytes -= work.waiting.remove(&table.name).map_or(0, |waiting| size(&waiting));
            return Ok(self.ledger.discard_table(&mut self.part, Some(&work.chain.id), &table.name)?);
        };
        if work.whole.is_empty() {
            return keep(self.ledger, &mut self.part, &self.about, work, &through);
        }
        self.whole_bytes += size(&through);
        match work.waiting.get_mut(&through.name) {
            Some(waiting) => waiting.batches.extend(through.batches),
            None => drop(work.waiting.insert(through.name.clone(), through)),
        }
        if self.whole_bytes > WHOLE_BYTES
            && let Some(waiting) = work.waiting.remove(&table.name)
        {
            self.whole_bytes -= size(&waiting);
            on.too_large(&self.about);
        }
        Ok(())
    }

    /// Takes the last tables, the empty ones among them, and tells what each table is. `from` is how high the
    /// statements may be that a table comes from, `level` how high those are that it came from, `ran` whether it is
    /// of a statement that ran at all.
    pub fn finish(
        &mut self,
        tables: Vec<Table>,
        from: impl Fn(&Name) -> Level,
        level: impl Fn(&Name) -> Level,
        ran: impl Fn(&Name) -> bool,
    ) -> Result<Kept, KeepError> {
        // What a rule makes of the columns is known of tables that had rows; of the others it is asked now.
        let seen = |name: &Name| self.chains.iter().any(|work| work.tables.contains_key(name));
        let tables: Vec<Table> =
            tables.into_iter().filter(|table| !table.batches.is_empty() || !seen(&table.name)).collect();
        self.take(&tables, from)?;
        let mut kept = Kept { tables: Vec::new(), redaction: PartRedaction::default() };
        for work in &mut self.chains {
            for (name, table) in std::mem::take(&mut work.waiting) {
                let Some(on) = work.tables.get_mut(&name) else { continue };
                match on.through(&self.about, work.whole, table) {
                    Some(table) => keep(self.ledger, &mut self.part, &self.about, work, &table)?,
                    None => self.ledger.discard_table(&mut self.part, Some(&work.chain.id), &name)?,
                }
            }
            // Of a statement that did not run there is no table, not an empty one.
            let there = work.tables.iter().filter(|(name, on)| on.rows_in > 0 || ran(name));
            for (name, on) in there {
                kept.redaction.rules.extend(on.report());
                kept.redaction.scans.push(on.scanned());
                kept.redaction.held.extend(on.held());
                if let Some((columns, left_out, routes)) = on.kept() {
                    kept.tables.push(TableRow {
                        chain: Some(work.chain.id.clone()),
                        name: name.clone(),
                        routes,
                        level: level(name),
                        columns,
                        left_out,
                        rows: on.rows,
                    });
                }
            }
        }
        Ok(kept)
    }

    /// Throws away a table that goes no way after all.
    pub fn discard(&mut self, table: &TableRow) -> Result<(), LedgerError> {
        self.ledger.discard_table(&mut self.part, table.chain.as_ref(), &table.name)
    }

    pub const fn part(&self) -> &PendingPart {
        &self.part
    }

    pub fn into_part(self) -> PendingPart {
        self.part
    }
}

/// Writes what a table is at the end of a chain, or throws away what was written of it.
fn keep(
    ledger: &Ledger,
    part: &mut PendingPart,
    about: &About<'_>,
    work: &mut Work<'_>,
    table: &Table,
) -> Result<(), KeepError> {
    let Some(on) = work.tables.get_mut(&table.name) else { return Ok(()) };
    match on.end(about, &work.own, table)? {
        Outcome::Write(batches) => {
            for batch in batches {
                ledger.add_rows(part, Some(&work.chain.id), &table.name, &batch)?;
                on.rows += u64::from(batch.rows());
            }
        }
        Outcome::Discard => ledger.discard_table(part, Some(&work.chain.id), &table.name)?,
        Outcome::Nothing => {}
    }
    Ok(())
}

fn size(table: &Table) -> usize {
    table.batches.iter().map(Batch::size).sum()
}

/// The level that a table's rows belong to: that of its statement where the rows are a statement's own, else
/// the highest of all statements that went into it.
pub fn level_of(query: &QuerySpec, ran: &[(Name, Level)], table: &Name) -> Level {
    let own = query.outputs.is_empty().then(|| query.statement(table.as_str())).flatten();
    match own {
        Some(statement) => statement.level,
        None => ran.iter().map(|(_, level)| *level).max().unwrap_or(Level::Basic),
    }
}
