//! One table on one chain: what the rules made of it so far, what of it may stay, and whether it is held.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use glasshouse_contract::{
    Batch, BatchError, ColumnName, DataClass, Field, Level, Name, PluginId, QuerySpec, Schema, Table,
};
use glasshouse_ledger::{HeldRow, HeldWhy, ScanRow};
use glasshouse_sandbox::CallError;
use glasshouse_tripwire::Words;

use super::{
    ceiling::Split,
    chain::{Chain, Step},
    check::{Before, Lie, check},
    format::{Format, hold_to},
    report::Report,
    scan::{Looked, Scan, column_rules, may_be_known},
};
use crate::{Occasion, Route, route::ceiling_of};

/// What all tables of a query have in common.
#[derive(Clone, Copy)]
pub struct About<'a> {
    pub id: &'a PluginId,
    pub query: &'a QuerySpec,
    pub occasion: &'a Occasion,
    pub scan: &'a Scan,
    /// All words of the query's own text.
    pub words: &'a Words,
}

/// A table while it goes through a chain.
pub struct OnChain<'a> {
    chain: &'a Chain,
    ceiling: DataClass,
    table: Name,
    /// The routes that take it.
    routes: Vec<&'a Route>,
    report: Report,
    end: Option<End>,
    looked: Looked,
    allowed: u64,
    /// Rows that came in.
    pub rows_in: u64,
    /// Rows that were written.
    pub rows: u64,
    held: Option<Hold>,
}

/// What is known of a table once it has come to the chain's end.
struct End {
    given: Arc<Schema>,
    kept: Arc<Schema>,
    split: Split,
    /// How the texts of each column that stays are written.
    formats: Vec<Option<Format>>,
    left_out: BTreeMap<ColumnName, u64>,
}

/// Why a table goes no way that has the chain.
#[derive(Clone, Debug)]
enum Hold {
    /// A rule failed or lied. Nothing is known of the rest of the table.
    Rule { why: HeldWhy, rule: Option<PluginId>, column: Option<ColumnName>, kind: String, count: u64 },
    /// The tripwire found something: the rest is looked through too, so that the count is of the whole.
    Found(BTreeMap<(ColumnName, String), (Option<PluginId>, u64)>),
    /// There was no room to remember what identifies.
    Full,
}

/// What there is to write of some rows.
pub enum Outcome {
    /// These rows are to be written.
    Write(Vec<Batch>),
    /// Nothing: no route gets the table.
    Nothing,
    /// The table is held from now on: what was written of it is to be thrown away.
    Discard,
}

impl<'a> OnChain<'a> {
    /// A table that comes from statements up to this level.
    pub fn new(chain: &'a Chain, table: Name, level: Level, routes: Vec<&'a Route>) -> Self {
        Self {
            chain,
            ceiling: ceiling_of(chain.ceiling, level),
            table,
            routes,
            report: Report::default(),
            end: None,
            looked: Looked::default(),
            allowed: 0,
            rows_in: 0,
            rows: 0,
            held: None,
        }
    }

    /// Whether a rule spoilt it: there is nothing to do about it any more.
    pub const fn is_spoilt(&self) -> bool {
        matches!(self.held, Some(Hold::Rule { .. } | Hold::Full))
    }

    /// Has rules work on some batches of it. None where one of them failed or lied.
    pub fn through(&mut self, about: &About<'_>, steps: &[Step], table: Table) -> Option<Table> {
        steps.iter().try_fold(table, |table, step| match self.step(about, step, &table) {
            Ok(table) => Some(table),
            Err(hold) => {
                self.spoil(about, hold);
                None
            }
        })
    }

    fn step(&mut self, about: &About<'_>, step: &Step, table: &Table) -> Result<Table, Hold> {
        let manifest = step.rule.generation.manifest();
        let failed = |kind: String| Hold::Rule {
            why: HeldWhy::RuleFailed,
            rule: Some(manifest.id.clone()),
            column: None,
            kind,
            count: 1,
        };
        let rule = manifest.rule().ok_or_else(|| failed("no-rule".to_owned()))?;
        let stepped = step.apply(about.occasion, table).map_err(|error| failed(how(&error)))?;
        let formats = Format::of_table(about.query, &table.name, &table.schema);
        let words: HashSet<&str> = step.rule.words().collect();
        let before = Before { rule, table, formats: &formats, words: &words };
        let counts = check(&before, &stepped).map_err(|Lie { what, column, count }| Hold::Rule {
            why: HeldWhy::RuleLied,
            rule: Some(manifest.id.clone()),
            column,
            kind: what.to_string(),
            count,
        })?;
        self.report.add(step, counts);
        Ok(stepped.table)
    }

    /// Holds the table for good: too much of it would have to be in memory.
    pub fn too_large(&mut self, about: &About<'_>) {
        let whole = self.chain.split().1.first();
        let rule = whole.map(|step| step.rule.id().clone());
        let kind = "whole-table-bytes".to_owned();
        self.spoil(about, Hold::Rule { why: HeldWhy::RuleFailed, rule, column: None, kind, count: 1 });
    }

    fn spoil(&mut self, about: &About<'_>, hold: Hold) {
        if let Hold::Rule { why, rule, kind, .. } = &hold {
            let rule = rule.as_ref().map(ToString::to_string).unwrap_or_default();
            tracing::warn!(query = %about.id, table = %self.table, rule, kind, "a table is held: {}", why.words());
        }
        self.held = Some(hold);
    }

    /// What is to be written of rows that came through all rules.
    pub fn end(&mut self, about: &About<'_>, own: &Words, table: &Table) -> Result<Outcome, BatchError> {
        let end = match &mut self.end {
            Some(end) => end,
            None => self.end.insert(End::of(about.query, self.ceiling, table)?),
        };
        if *end.given != *table.schema {
            let kind = "other-columns".to_owned();
            let rule = self.chain.rules.last().map(|step| step.rule.id().clone());
            self.spoil(about, Hold::Rule { why: HeldWhy::RuleFailed, rule, column: None, kind, count: 1 });
            return Ok(Outcome::Discard);
        }
        let words: HashSet<&str> = self.chain.rules.iter().flat_map(|step| step.rule.words()).collect();
        let goes = self.routes.iter().any(|route| route.is_results()) || end.split.above.is_empty();
        let mut write = Vec::new();
        // A rule leaves an empty batch of a table without rows, for its columns' sake.
        for batch in table.batches.iter().filter(|batch| batch.rows() > 0) {
            let batch = end.kept_of(&words, batch)?;
            // Rows that have nothing to say are not counted as kept.
            if end.split.places.is_empty() || !goes {
                continue;
            }
            if !about.scan.is_complete() {
                self.held = Some(Hold::Full);
                tracing::warn!(query = %about.id, table = %self.table, "a table is held: more values identify than can be looked for");
                return Ok(Outcome::Discard);
            }
            let (looked, found) = look(about, own, &self.report, end, &self.table, &batch)?;
            self.looked.add(looked);
            for (column, kind, count, allowed) in found {
                if allowed {
                    // What is let by as a pattern is no leave for values that the run knows.
                    if may_be_known(&kind) {
                        self.allowed += count;
                    }
                    continue;
                }
                let rule = self.report.last_rule(self.chain, &column);
                let mut hits = match self.held.take() {
                    Some(Hold::Found(hits)) => hits,
                    _ => {
                        tracing::warn!(query = %about.id, table = %self.table, %column, kind, "a table is held: the tripwire found what identifies");
                        BTreeMap::new()
                    }
                };
                hits.entry((column, kind)).or_insert((rule, 0)).1 += count;
                self.held = Some(Hold::Found(hits));
            }
            write.push(batch);
        }
        Ok(match (&self.held, goes) {
            (Some(_), _) => Outcome::Discard,
            (None, false) => Outcome::Nothing,
            (None, true) => Outcome::Write(write),
        })
    }

    /// What is left of the table and its schema, and what of which columns was left out; none where it is held on all
    /// routes.
    pub fn kept(&self) -> Option<(Schema, BTreeMap<ColumnName, u64>, Vec<Name>)> {
        let end = self.end.as_ref().filter(|_| self.held.is_none())?;
        let goes = |route: &&&Route| route.is_results() || end.split.above.is_empty();
        let routes: Vec<Name> = self.routes.iter().filter(goes).map(|route| route.name.clone()).collect();
        (!routes.is_empty()).then(|| (Schema::clone(&end.kept), end.left_out.clone(), routes))
    }

    pub fn report(&self) -> Vec<glasshouse_ledger::RedactionRow> {
        self.report.rows(self.chain, &self.chain.id, &self.table)
    }

    pub fn scanned(&self) -> ScanRow {
        let hits = match &self.held {
            Some(Hold::Found(hits)) => hits.values().map(|(_, count)| count).sum(),
            _ => 0,
        };
        ScanRow {
            chain: self.chain.id.clone(),
            table: self.table.clone(),
            cells: self.looked.cells,
            bytes: self.looked.bytes,
            hits,
            allowed: self.allowed,
        }
    }

    /// Why which routes do not get it.
    pub fn held(&self) -> Vec<HeldRow> {
        let row = |why| HeldRow {
            chain: self.chain.id.clone(),
            route: None,
            table: self.table.clone(),
            why,
            column: None,
            rule: None,
            kind: None,
            class: None,
            ceiling: None,
            count: 1,
        };
        match &self.held {
            Some(Hold::Rule { why, rule, column, kind, count }) => vec![HeldRow {
                rule: rule.clone(),
                column: column.clone(),
                kind: Some(kind.clone()),
                count: *count,
                ..row(*why)
            }],
            Some(Hold::Found(hits)) => hits
                .iter()
                .map(|((column, kind), (rule, count))| HeldRow {
                    rule: rule.clone(),
                    column: Some(column.clone()),
                    kind: Some(kind.clone()),
                    count: *count,
                    ..row(HeldWhy::Tripwire)
                })
                .collect(),
            Some(Hold::Full) => vec![row(HeldWhy::KnownValuesFull)],
            None => {
                let Some(end) = &self.end else { return Vec::new() };
                let stopped = self.routes.iter().filter(|route| !route.is_results());
                let above = |route: &&Route| {
                    let route = route.name.clone();
                    end.split.above.iter().map(move |field| HeldRow {
                        route: Some(route.clone()),
                        column: Some(field.name.clone()),
                        class: Some(field.class),
                        ceiling: Some(self.ceiling),
                        count: end.left_out.get(&field.name).copied().unwrap_or_default(),
                        ..row(HeldWhy::ColumnAboveCeiling)
                    })
                };
                stopped.flat_map(|route| above(route).collect::<Vec<_>>()).collect()
            }
        }
    }
}

impl End {
    fn of(query: &QuerySpec, ceiling: DataClass, table: &Table) -> Result<Self, BatchError> {
        let split = Split::at(ceiling, &table.schema);
        let mut fields: Vec<Field> = split.stays.clone();
        let formats = Format::of_table(query, &table.name, &Schema::new(fields.clone())?);
        for (field, format) in fields.iter_mut().zip(&formats) {
            // A text that is not written as was promised is left out.
            field.nullable |= format.is_some();
        }
        let left_out = split.above.iter().map(|field| (field.name.clone(), 0)).collect();
        let (given, kept) = (Arc::clone(&table.schema), Arc::new(Schema::new(fields)?));
        Ok(Self { given, kept, split, formats, left_out })
    }

    /// What is kept of some rows; what is not is counted.
    fn kept_of(&mut self, words: &HashSet<&str>, batch: &Batch) -> Result<Batch, BatchError> {
        for field in &self.split.above {
            *self.left_out.entry(field.name.clone()).or_default() += u64::from(batch.rows());
        }
        let batch = self.split.of(&self.kept, batch)?;
        let (batch, wrong) = hold_to(&self.formats, words, &batch)?;
        for (field, wrong) in self.kept.fields().iter().zip(wrong).filter(|(_, wrong)| *wrong > 0) {
            *self.left_out.entry(field.name.clone()).or_default() += wrong;
        }
        Ok(batch)
    }
}

type Hits = Vec<(ColumnName, String, u64, bool)>;

/// Looks through what is about to be written. Columns that name somebody by the route's own ceiling are not looked
/// at: they hold nothing else.
fn look(
    about: &About<'_>,
    own: &Words,
    report: &Report,
    end: &End,
    table: &Name,
    batch: &Batch,
) -> Result<(Looked, Hits), BatchError> {
    let low = Split::at(crate::plan::KEPT, batch.schema());
    let formats: Vec<bool> =
        low.places.iter().map(|place| end.formats.get(*place).is_some_and(Option::is_some)).collect();
    let batch = low.of(&Arc::new(Schema::new(low.stays.clone())?), batch)?;
    let verified = |place: usize, column: &ColumnName| {
        formats.get(place).copied().unwrap_or_default() || report.made_pseudonyms(column)
    };
    let rules = column_rules(batch.schema(), verified, own);
    let found = about.scan.cells(about.words, (about.id, table), &batch, &rules);
    let hits =
        found.into_iter().map(|found| (found.column, found.kind, found.count, found.allowed)).collect();
    Ok((Looked::of(&batch), hits))
}

/// How a rule failed, without a word of its own: it may quote data.
fn how(error: &CallError) -> String {
    match error {
        CallError::Limit(limit) => format!("limit {}", limit.name),
        CallError::Trap { .. } => "trap".to_owned(),
        CallError::GaveUp(_) => "gave-up".to_owned(),
        CallError::Contract(_) => "contract".to_owned(),
        CallError::Stopped(_) => "stopped".to_owned(),
        CallError::WrongKind(_) => "wrong-kind".to_owned(),
        CallError::Busy(_) => "busy".to_owned(),
        CallError::Host(_) => "host".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use glasshouse_contract::{ColumnBuilder, ColumnType, DataClass, Level, Manifest, PluginId, QuerySpec};
    use glasshouse_ledger::ChainId;
    use glasshouse_tripwire::KnownValues;

    use super::*;

    const QUERY: &str = r#"
        id = "contoso.devices"
        version = "1.0.0"
        api = "1.0"
        kind = "query"
        title = "Devices"
        purpose = "Counts devices."
        author = "Contoso"
        [[query.statement]]
        name = "models"
        level = "basic"
        sql = "SELECT Model0 AS Model FROM v_GS_COMPUTER_SYSTEM"
        [[query.statement.column]]
        name = "Model"
        type = "text"
        nullable = true
        class = "category"
        description = "The model."
    "#;

    fn models(query: &QuerySpec, values: &[&str]) -> Table {
        let mut column = ColumnBuilder::new(ColumnType::Text, values.len());
        values.iter().for_each(|value| column.push_text(value));
        let schema = query.output_schema("models").unwrap();
        let batch = Batch::new(Arc::clone(&schema), values.len() as u32, vec![column.finish()]).unwrap();
        Table { name: Name::new("models").unwrap(), schema, batches: vec![batch] }
    }

    /// A table of models through a chain without rules, with what was remembered before.
    fn through(scan: &Scan, with: impl FnOnce(&About<'_>, &QuerySpec, OnChain<'_>)) {
        let manifest = Manifest::parse(QUERY.as_bytes()).unwrap();
        let query = manifest.query().unwrap();
        let occasion = Occasion {
            run: "r".to_owned(),
            scheduled_us: 0,
            level: Level::Basic,
            site: String::new(),
            hierarchy: String::new(),
            state: Vec::new(),
        };
        let chain = Chain::without_rules(ChainId::of(b"none"), DataClass::Pseudonym, Level::Basic);
        let route = Route::results(Vec::new());
        let words = Words::default();
        let id = PluginId::new("contoso.devices").unwrap();
        let about = About { id: &id, query, occasion: &occasion, scan, words: &words };
        with(&about, query, OnChain::new(&chain, Name::new("models").unwrap(), Level::Basic, vec![&route]));
    }

    #[test]
    fn where_not_everything_is_remembered_a_table_is_held() {
        let scan = Scan::with_known(KnownValues::new([7; 32], 0), Vec::new());
        through(&scan, |about, query, mut on| {
            let own = Words::default();
            let before = on.end(about, &own, &models(query, &["Surface Pro"])).unwrap();
            assert!(matches!(before, Outcome::Write(_)), "nothing was lost yet");
            let names = models(query, &["BERLIN-PC-0001"]);
            scan.remember(&names.batches[0], &[DataClass::Identifier]);
            assert!(!scan.is_complete());
            let after = on.end(about, &own, &models(query, &["Surface Go"])).unwrap();
            assert!(matches!(after, Outcome::Discard));
            assert!(on.is_spoilt() && on.kept().is_none());
            let held = on.held();
            assert_eq!(held.iter().map(|row| row.why).collect::<Vec<_>>(), [HeldWhy::KnownValuesFull]);
        });
    }

    #[test]
    fn what_is_found_is_counted_over_the_whole_table_and_nothing_of_it_is_written() {
        let scan = Scan::with_known(KnownValues::new([7; 32], 1 << 20), Vec::new());
        through(&scan, |about, query, mut on| {
            let own = Words::default();
            let names = models(query, &["BERLIN-PC-0001"]);
            scan.remember(&names.batches[0], &[DataClass::Identifier]);
            for (model, written) in [("Surface", true), ("BERLIN-PC-0001", false), ("berlin-pc-0001", false)]
            {
                let outcome = on.end(about, &own, &models(query, &[model])).unwrap();
                assert_eq!(matches!(outcome, Outcome::Write(_)), written, "{model}");
            }
            let known = |row: &HeldRow| row.kind.as_deref() == Some("known-value");
            let held: Vec<HeldRow> = on.held().into_iter().filter(known).collect();
            assert_eq!(
                held.iter().map(|row| (row.why, row.count)).collect::<Vec<_>>(),
                [(HeldWhy::Tripwire, 2)]
            );
            assert_eq!(on.scanned().cells, 3);
        });
    }
}
