//! What the host writes about its own run: tables like any other, of level basic, so that whoever looks at the results
//! sees how they came about. Here they are kept as they are. Elsewhere they go the ways that all tables go, through rules
//! and tripwire.
//!
//! Nothing in them is of a server's words: an error is its number and the host's word for it.

use std::sync::Arc;

use glasshouse_contract::{
    Batch, BatchError, Column, ColumnBuilder, ColumnName, ColumnSpec, ColumnType, DataClass, Field, Level,
    Name, Output, QuerySpec, Schema, Table,
};
use glasshouse_ledger::{PartRow, StatementRow, TableRow};
use glasshouse_tripwire::Words;
use jiff::Timestamp;

use crate::Route;

type Columns<'a> = &'a [(&'a str, ColumnType, bool, DataClass)];

/// The table with a row for each statement that was begun.
pub const STATEMENT: &str = "statement";
/// The table with the one row about the run.
pub const RUN: &str = "run";

/// Columns of the statements' table: name, type, whether it may be missing, class.
const STATEMENT_COLUMNS: [(&str, ColumnType, bool, DataClass); 10] = [
    ("Query", ColumnType::Text, false, DataClass::Category),
    ("QueryVersion", ColumnType::Text, false, DataClass::Category),
    ("Statement", ColumnType::Text, false, DataClass::Category),
    ("StartedUtc", ColumnType::Timestamp, false, DataClass::Category),
    ("DurationMs", ColumnType::Int, false, DataClass::Measure),
    ("RowsRead", ColumnType::Int, false, DataClass::Measure),
    ("CellsCut", ColumnType::Int, false, DataClass::Measure),
    ("State", ColumnType::Text, false, DataClass::Category),
    ("Reason", ColumnType::Text, true, DataClass::Category),
    ("ErrorNumber", ColumnType::Int, true, DataClass::Category),
];

/// Columns of the run's table.
const RUN_COLUMNS: [(&str, ColumnType, bool, DataClass); 7] = [
    ("Level", ColumnType::Text, false, DataClass::Category),
    ("ScheduledUtc", ColumnType::Timestamp, false, DataClass::Category),
    ("StartedUtc", ColumnType::Timestamp, false, DataClass::Category),
    ("DurationMs", ColumnType::Int, false, DataClass::Measure),
    ("Statements", ColumnType::Int, false, DataClass::Measure),
    ("Failed", ColumnType::Int, false, DataClass::Measure),
    ("RowsKept", ColumnType::Int, false, DataClass::Measure),
];

/// What there is to say about a run besides its parts.
pub struct About {
    pub level: Level,
    pub scheduled: Timestamp,
    pub started: Timestamp,
    pub ended: Timestamp,
}

/// The host's own tables, with their rows.
pub fn tables(about: &About, parts: &[PartRow]) -> Result<Vec<Table>, Box<dyn std::error::Error>> {
    [(STATEMENT, statements(parts)?), (RUN, run(about, parts)?)]
        .into_iter()
        .map(|(name, batch)| {
            let schema = Arc::clone(batch.schema());
            Ok(Table { name: Name::new(name)?, schema, batches: vec![batch] })
        })
        .collect()
}

/// The tables as they are kept on this machine, without rules.
pub fn kept_here(tables: &[Table]) -> Vec<TableRow> {
    let results = Route::results(Vec::new()).name;
    let row = |table: &Table| TableRow {
        chain: None,
        name: table.name.clone(),
        routes: vec![results.clone()],
        level: Level::Basic,
        columns: Schema::clone(&table.schema),
        left_out: std::collections::BTreeMap::new(),
        rows: 0,
    };
    tables.iter().map(row).collect()
}

/// The same as a manifest would say it.
pub fn query() -> Result<QuerySpec, glasshouse_contract::BadName> {
    let columns = |columns: Columns<'_>| {
        columns
            .iter()
            .map(|(name, kind, nullable, class)| {
                Ok(ColumnSpec {
                    name: ColumnName::new(name)?,
                    kind: *kind,
                    nullable: *nullable,
                    class: *class,
                    format: None,
                    lowers: None,
                    description: String::new(),
                })
            })
            .collect::<Result<Vec<_>, glasshouse_contract::BadName>>()
    };
    let output = |name: &str, of: Columns<'_>| Ok(Output { name: Name::new(name)?, columns: columns(of)? });
    let outputs = vec![output(STATEMENT, &STATEMENT_COLUMNS)?, output(RUN, &RUN_COLUMNS)?];
    Ok(QuerySpec { statements: Vec::new(), outputs })
}

/// The texts in the tables: names of plugins and statements, versions, and the host's own words. None of them was read
/// from the site.
pub fn words(about: &About, parts: &[PartRow]) -> Words {
    let mut words = Words::new([about.level.as_str(), STATEMENT, RUN]);
    for (name, ..) in STATEMENT_COLUMNS.iter().chain(&RUN_COLUMNS) {
        words.add(name);
    }
    for part in parts {
        words.add(part.plugin.as_str());
        words.add(&part.version.to_string());
        for row in &part.statements {
            words.add(row.statement.as_str());
            words.add(row.state.as_str());
            row.reason.iter().for_each(|reason| words.add(reason.as_str()));
        }
    }
    words
}

fn begun(parts: &[PartRow]) -> Vec<(&PartRow, &StatementRow, Timestamp)> {
    parts
        .iter()
        .flat_map(|part| part.statements.iter().map(move |row| (part, row)))
        .filter_map(|(part, row)| Some((part, row, row.started?)))
        .collect()
}

fn statements(parts: &[PartRow]) -> Result<Batch, Box<dyn std::error::Error>> {
    let rows = begun(parts);
    let columns = vec![
        texts(rows.iter().map(|(part, _, _)| Some(part.plugin.as_str()))),
        texts(rows.iter().map(|(part, _, _)| Some(part.version.to_string()))),
        texts(rows.iter().map(|(_, row, _)| Some(row.statement.as_str()))),
        numbers(ColumnType::Timestamp, rows.iter().map(|(_, _, started)| Some(started.as_microsecond()))),
        numbers(ColumnType::Int, rows.iter().map(|(_, row, _)| Some(row.duration_ms.cast_signed()))),
        numbers(ColumnType::Int, rows.iter().map(|(_, row, _)| Some(row.rows_read.cast_signed()))),
        numbers(ColumnType::Int, rows.iter().map(|(_, row, _)| Some(row.cells_cut.cast_signed()))),
        texts(rows.iter().map(|(_, row, _)| Some(row.state.as_str()))),
        texts(rows.iter().map(|(_, row, _)| row.reason.map(glasshouse_ledger::Reason::as_str))),
        numbers(ColumnType::Int, rows.iter().map(|(_, row, _)| row.number.map(i64::from))),
    ];
    batch(&STATEMENT_COLUMNS, rows.len(), columns)
}

fn run(about: &About, parts: &[PartRow]) -> Result<Batch, Box<dyn std::error::Error>> {
    let begun = begun(parts);
    let failed = parts
        .iter()
        .flat_map(|part| &part.statements)
        .filter(|row| row.state == glasshouse_ledger::StatementState::Failed)
        .count();
    // A table that goes several ways is counted as it is kept here.
    let results = |table: &&TableRow| table.routes.iter().any(|route| route.as_str() == Route::RESULTS);
    let kept: u64 = parts.iter().flat_map(|part| &part.tables).filter(results).map(|table| table.rows).sum();
    let took = about.ended.duration_since(about.started).as_millis();
    let number = |value: i64| numbers(ColumnType::Int, std::iter::once(Some(value)));
    let time = |at: Timestamp| numbers(ColumnType::Timestamp, std::iter::once(Some(at.as_microsecond())));
    let columns = vec![
        texts(std::iter::once(Some(about.level.as_str()))),
        time(about.scheduled),
        time(about.started),
        number(i64::try_from(took).unwrap_or(i64::MAX)),
        number(i64::try_from(begun.len()).unwrap_or(i64::MAX)),
        number(i64::try_from(failed).unwrap_or(i64::MAX)),
        number(kept.cast_signed()),
    ];
    batch(&RUN_COLUMNS, 1, columns)
}

fn batch(spec: Columns<'_>, rows: usize, columns: Vec<Column>) -> Result<Batch, Box<dyn std::error::Error>> {
    let fields = spec
        .iter()
        .map(|(name, kind, nullable, class)| {
            Ok(Field { name: ColumnName::new(name)?, kind: *kind, nullable: *nullable, class: *class })
        })
        .collect::<Result<_, glasshouse_contract::BadName>>()?;
    let schema = Schema::new(fields)?;
    let rows = u32::try_from(rows)?;
    Ok::<_, BatchError>(Batch::new(Arc::new(schema), rows, columns)?).map_err(Into::into)
}

fn texts<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> Column {
    let mut column = ColumnBuilder::new(ColumnType::Text, 0);
    for value in values {
        match value {
            Some(value) => column.push_text(value.as_ref()),
            None => column.push_null(),
        }
    }
    column.finish()
}

fn numbers(kind: ColumnType, values: impl Iterator<Item = Option<i64>>) -> Column {
    let mut column = ColumnBuilder::new(kind, 0);
    for value in values {
        match value {
            Some(value) => column.push_int(value),
            None => column.push_null(),
        }
    }
    column.finish()
}
