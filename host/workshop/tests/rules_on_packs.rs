//! Every table that the shipped queries are recorded to give goes through the shipped rules, in the order
//! that `plugins/rules/README.md` gives: no rule fails on one, no identifier and no small count is left.

#![cfg(test)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use glasshouse_contract::{
    Batch, Column, ColumnType, Context, DataClass, Level, Name, RecordedTable, Scope, Table,
};
use glasshouse_sandbox::{Compiler, Keys, Plugin, Sandbox, Settings};
use glasshouse_workshop::{BuildOptions, build, load};

const RULES: [&str; 5] = ["configmgr-hash", "keyed-pseudonym", "drop-text", "generalise", "small-cells"];

/// The names that `small-cells` takes for counts without being told, and how small one may be.
const COUNTS: [&str; 6] = ["Devices", "Clients", "Machines", "Members", "Computers", "Systems"];
const LEAST: i64 = 5;

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins")
}

/// A rule as an author builds it.
fn rule(sandbox: &Sandbox, name: &str) -> Plugin {
    let target_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples"));
    let built =
        build(&plugins().join("rules").join(name), &BuildOptions { target_dir, quiet: true }).unwrap();
    load(sandbox, built.bytes).unwrap()
}

/// What the queries' cases expect: file and table.
fn recorded() -> Vec<(PathBuf, Table)> {
    let below = |folder: PathBuf| {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<PathBuf>>()
    };
    let cases = below(plugins().join("queries")).into_iter().flat_map(|query| below(query.join("cases")));
    let files = cases.flat_map(|case| below(case.join("expected")));
    let mut files: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|e| e == "ndjson")).collect();
    files.sort();
    let table = |file: PathBuf| {
        let RecordedTable { table, batch } =
            RecordedTable::parse(&fs::read_to_string(&file).unwrap()).unwrap();
        (file, Table { name: table, schema: Arc::clone(batch.schema()), batches: vec![batch] })
    };
    files.into_iter().map(table).collect()
}

fn apply(rule: &Plugin, table: Table) -> Table {
    let manifest = rule.manifest();
    let context = Context {
        run: "run".to_owned(),
        scheduled_us: 1_780_000_000_000_000,
        level: Level::Full,
        site: "site".to_owned(),
        hierarchy: "hierarchy".to_owned(),
        settings: manifest.settings.iter().map(|s| (s.name.clone(), s.default.clone())).collect(),
        state: Vec::new(),
    };
    let keys = Keys::new().with(Name::new("default").unwrap(), &[7; 32]);
    if manifest.rule().unwrap().scope == Scope::Table {
        return rule.redact_tables(&context, &keys, &[table]).unwrap().tables.remove(0);
    }
    let redact = |batch: &Batch| rule.redact(&context, &keys, batch).unwrap().batch;
    let batches: Vec<Batch> = table.batches.iter().map(redact).collect();
    Table { name: table.name, schema: Arc::clone(batches[0].schema()), batches }
}

fn small(table: &Table) -> Vec<i64> {
    let mut small = Vec::new();
    for batch in &table.batches {
        for (field, column) in batch.iter() {
            if let Column::Int(column) = column
                && field.class == DataClass::Measure
                && COUNTS.contains(&field.name.as_str())
            {
                let counts = (0..batch.rows() as usize).filter_map(|row| column.get(row));
                small.extend(counts.filter(|count| *count != 0 && *count < LEAST));
            }
        }
    }
    small
}

#[test]
fn the_shipped_rules_leave_no_identifier_and_no_small_count_in_any_recorded_table() {
    let sandbox = Sandbox::new(Settings { compiler: Compiler::InProcess, cache: None }).unwrap();
    let rules: Vec<Plugin> = RULES.iter().map(|name| rule(&sandbox, name)).collect();
    let (mut tables, mut had_small, mut had_identifiers) = (0, 0, 0);
    let (mut rows_in, mut rows_out) = (0, 0);
    for (file, table) in recorded() {
        tables += 1;
        had_small += usize::from(!small(&table).is_empty());
        let is_open = |table: &Table| {
            let fields = table.schema.fields().iter();
            fields
                .filter(|field| field.kind == ColumnType::Text && field.class > DataClass::Pseudonym)
                .count()
        };
        had_identifiers += usize::from(is_open(&table) > 0);
        rows_in += table.rows();
        let table = rules.iter().fold(table, |table, rule| apply(rule, table));
        assert_eq!(is_open(&table), 0, "{}: {:?}", file.display(), table.schema);
        assert_eq!(small(&table), Vec::<i64>::new(), "{}", file.display());
        rows_out += table.rows();
    }
    // Otherwise there was nothing to hold the rules to, or nothing is left to send.
    assert!(tables > 100 && had_small > 10 && had_identifiers > 10, "{tables} {had_small} {had_identifiers}");
    assert!(rows_out <= rows_in && rows_out * 10 > rows_in * 8, "{rows_out} of {rows_in}");
}
