//! From what a query gives to what is kept: rules, then only the columns that may be written at all.

use std::{collections::BTreeMap, sync::Arc};

use glasshouse_contract::{
    Batch, BatchError, ColumnName, Level, LimitName, Name, QuerySpec, Schema, Scope, Table,
};
use glasshouse_ledger::{Ledger, LedgerError, PendingPart, Reason, TableRow};
use glasshouse_registry::Generation;
use glasshouse_sandbox::{CallError, Keys};

use super::format::{Format, hold_to};
use crate::{Occasion, plan::KEPT, steps};

/// A rule with the keys that it uses.
#[derive(Clone, Debug)]
pub struct Rule {
    pub generation: Arc<Generation>,
    pub keys: Keys,
}

/// A table that a rule wants to see whole is held in memory: at most this much of all tables of a plugin.
const WHOLE_BYTES: usize = 256 << 20;

/// Why rows could not be kept.
#[derive(Debug)]
pub enum KeepError {
    /// The plugin or a rule failed: its part is lost, the others go on.
    Lost { reason: Reason, words: String },
    /// The disk failed: the run breaks off.
    Ledger(LedgerError),
}

impl From<LedgerError> for KeepError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
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

    fn of_rule(rule: &Rule, error: &CallError) -> Self {
        let id = &rule.generation.manifest().id;
        Self::Lost { reason: Reason::Rule, words: format!("{id}: {error}") }
    }
}

/// Takes the tables of one plugin as they come and writes what is kept of them.
pub struct Keeper<'a> {
    ledger: &'a Ledger,
    part: PendingPart,
    query: &'a QuerySpec,
    occasion: &'a Occasion,
    /// Rules over batches, which work on rows as they come.
    streaming: &'a [Rule],
    /// From the first rule over whole tables on.
    whole: &'a [Rule],
    held: BTreeMap<Name, Table>,
    held_bytes: usize,
    tables: BTreeMap<Name, KeptTable>,
}

/// What is known of a table that is being written.
struct KeptTable {
    given: Arc<Schema>,
    kept: Arc<Schema>,
    /// The places of the columns that are kept.
    places: Vec<usize>,
    /// How the texts of each of them are written.
    formats: Vec<Option<Format>>,
    left_out: BTreeMap<ColumnName, u64>,
    rows: u64,
}

impl<'a> Keeper<'a> {
    pub fn new(
        ledger: &'a Ledger,
        part: PendingPart,
        query: &'a QuerySpec,
        occasion: &'a Occasion,
        rules: &'a [Rule],
    ) -> Self {
        let is_whole =
            |rule: &Rule| rule.generation.manifest().rule().is_some_and(|rule| rule.scope == Scope::Table);
        let first_whole = rules.iter().position(is_whole).unwrap_or(rules.len());
        let (streaming, whole) = rules.split_at(first_whole);
        Self {
            ledger,
            part,
            query,
            occasion,
            streaming,
            whole,
            held: BTreeMap::new(),
            held_bytes: 0,
            tables: BTreeMap::new(),
        }
    }

    /// Takes what the query gave so far.
    pub fn take(&mut self, tables: Vec<Table>) -> Result<(), KeepError> {
        let tables = redact(self.streaming, self.occasion, tables)?;
        if self.whole.is_empty() {
            return tables.iter().try_for_each(|table| self.keep(table));
        }
        for table in tables {
            self.held_bytes += table.batches.iter().map(Batch::size).sum::<usize>();
            match self.held.get_mut(&table.name) {
                Some(held) => held.batches.extend(table.batches),
                None => drop(self.held.insert(table.name.clone(), table)),
            }
        }
        if self.held_bytes > WHOLE_BYTES {
            let words = format!(
                "a rule wants to see whole tables, and they have more than {} MiB (`{}`)",
                WHOLE_BYTES >> 20,
                LimitName::OutMib,
            );
            return Err(KeepError::Lost { reason: Reason::Limit, words });
        }
        Ok(())
    }

    /// Takes the last tables, the empty ones among them, and tells what each table is.
    pub fn finish(
        &mut self,
        tables: Vec<Table>,
        level: impl Fn(&Name) -> Level,
    ) -> Result<Vec<TableRow>, KeepError> {
        // What a rule makes of the columns is known of tables that had rows; of the others it is asked now.
        let (known, held) = (&self.tables, &self.held);
        let seen = |name: &Name| known.contains_key(name) || held.contains_key(name);
        let tables =
            tables.into_iter().filter(|table| !table.batches.is_empty() || !seen(&table.name)).collect();
        self.take(tables)?;
        let held = std::mem::take(&mut self.held).into_values().collect();
        for table in redact(self.whole, self.occasion, held)? {
            self.keep(&table)?;
        }
        Ok(self
            .tables
            .iter()
            .map(|(name, table)| TableRow {
                name: name.clone(),
                level: level(name),
                columns: Schema::clone(&table.kept),
                left_out: table.left_out.clone(),
                rows: table.rows,
            })
            .collect())
    }

    pub const fn part(&self) -> &PendingPart {
        &self.part
    }

    pub fn into_part(self) -> PendingPart {
        self.part
    }

    fn keep(&mut self, table: &Table) -> Result<(), KeepError> {
        let wrong = |error: BatchError| KeepError::Lost { reason: Reason::Plugin, words: error.to_string() };
        let kept = match self.tables.entry(table.name.clone()) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(KeptTable::of(self.query, table).map_err(wrong)?)
            }
        };
        if *kept.given != *table.schema {
            let words =
                format!("the rules made other columns of some rows of `{}` than of others", table.name);
            return Err(KeepError::Lost { reason: Reason::Rule, words });
        }
        // A rule leaves an empty batch of a table without rows, for its columns' sake.
        for batch in table.batches.iter().filter(|batch| batch.rows() > 0) {
            let batch = kept.kept_of(batch).map_err(wrong)?;
            // Rows that have nothing to say are not counted as kept.
            if !kept.places.is_empty() {
                self.ledger.add_rows(&mut self.part, &table.name, &batch)?;
                kept.rows += u64::from(batch.rows());
            }
        }
        Ok(())
    }
}

impl KeptTable {
    fn of(query: &QuerySpec, table: &Table) -> Result<Self, BatchError> {
        let given = &table.schema;
        let (mut fields, mut places, mut left_out) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (place, field) in given.fields().iter().enumerate() {
            if field.class <= KEPT {
                fields.push(field.clone());
                places.push(place);
            } else {
                left_out.insert(field.name.clone(), 0);
            }
        }
        let formats = Format::of_table(query, &table.name, &Schema::new(fields.clone())?);
        for (field, format) in fields.iter_mut().zip(&formats) {
            // A text that is not written as was promised is left out.
            field.nullable |= format.is_some();
        }
        Ok(Self {
            given: Arc::clone(given),
            kept: Arc::new(Schema::new(fields)?),
            places,
            formats,
            left_out,
            rows: 0,
        })
    }

    /// What is kept of some rows; what is not is counted.
    fn kept_of(&mut self, batch: &Batch) -> Result<Batch, BatchError> {
        for field in self.given.fields().iter().filter(|field| field.class > KEPT) {
            *self.left_out.entry(field.name.clone()).or_default() += u64::from(batch.rows());
        }
        let columns = self.places.iter().filter_map(|place| batch.columns().get(*place)).cloned().collect();
        let batch = Batch::new(Arc::clone(&self.kept), batch.rows(), columns)?;
        let (batch, wrong) = hold_to(&self.formats, &batch)?;
        for (field, wrong) in self.kept.fields().iter().zip(wrong).filter(|(_, wrong)| *wrong > 0) {
            *self.left_out.entry(field.name.clone()).or_default() += wrong;
        }
        Ok(batch)
    }
}

fn redact(rules: &[Rule], occasion: &Occasion, tables: Vec<Table>) -> Result<Vec<Table>, KeepError> {
    rules.iter().try_fold(tables, |tables, rule| {
        steps::redact(rule.generation.plugin(), occasion, &rule.keys, &tables)
            .map(|(tables, _)| tables)
            .map_err(|error| KeepError::of_rule(rule, &error))
    })
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
