//! Rules that lie in every way that the host can see, without a sandbox in between that would have stopped them.

use std::{collections::HashSet, sync::Arc};

use glasshouse_contract::{Becomes, ColumnBuilder, Name, Schema, Scope};

use super::*;

fn column(name: &str) -> ColumnName {
    ColumnName::new(name).unwrap()
}

fn field(name: &str, kind: ColumnType, class: DataClass) -> Field {
    Field { name: column(name), kind, nullable: true, class }
}

fn texts(values: &[Option<&str>]) -> Column {
    let mut built = ColumnBuilder::new(ColumnType::Text, values.len());
    for value in values {
        match value {
            Some(value) => built.push_text(value),
            None => built.push_null(),
        }
    }
    built.finish()
}

fn ints(values: &[i64]) -> Column {
    let mut built = ColumnBuilder::new(ColumnType::Int, values.len());
    values.iter().for_each(|value| built.push_int(*value));
    built.finish()
}

fn table(columns: Vec<(Field, Column)>, rows: u32) -> Table {
    let (fields, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let schema = Arc::new(Schema::new(fields).unwrap());
    let batch = Batch::new(Arc::clone(&schema), rows, columns).unwrap();
    Table { name: Name::new("machines").unwrap(), schema, batches: vec![batch] }
}

fn need(access: Access, becomes: Option<DataClass>) -> Need {
    Need {
        columns: vec![column("Name")],
        classes: Vec::new(),
        kind: ColumnType::Text,
        access,
        becomes: becomes.map(|class| Becomes { class, kind: None }),
    }
}

fn rule(need: Need) -> RuleSpec {
    RuleSpec { scope: Scope::Batch, keys: Vec::new(), drops_rows: false, needs: vec![need] }
}

const NAMES: [Option<&str>; 3] = [Some("PC-1"), Some("0123456789ABCDEF"), None];

/// Three machines: a name, a version and a count.
fn machines() -> Table {
    named(field("Name", ColumnType::Text, DataClass::Identifier), texts(&NAMES))
}

fn named(name: Field, names: Column) -> Table {
    let version = field("Version", ColumnType::Text, DataClass::Category);
    let versions = texts(&[Some("10.0"), Some("10.1"), None]);
    let count = field("Count", ColumnType::Int, DataClass::Measure);
    table(vec![(name, names), (version, versions), (count, ints(&[1, 2, 3]))], 3)
}

fn pseudonyms(values: &[Option<&str>]) -> Table {
    named(field("Name", ColumnType::Text, DataClass::Pseudonym), texts(values))
}

fn checked(rule: &RuleSpec, before: &Table, after: Table) -> Result<Vec<(ColumnName, ColumnCount)>, Lie> {
    with_kept(rule, before, after, None)
}

fn with_kept(
    rule: &RuleSpec,
    before: &Table,
    after: Table,
    kept: Option<Vec<u32>>,
) -> Result<Vec<(ColumnName, ColumnCount)>, Lie> {
    let formats = [None, Some(Format::Version), None];
    let words = HashSet::from(["other"]);
    check(
        &Before { rule, table: before, formats: &formats, words: &words },
        &Stepped { table: after, kept: vec![kept] },
    )
}

fn lie(result: Result<Vec<(ColumnName, ColumnCount)>, Lie>) -> (&'static str, Option<String>, u64) {
    let lie = result.unwrap_err();
    (lie.what.as_str(), lie.column.map(|column| column.to_string()), lie.count)
}

fn of(what: &'static str, column: &str, count: u64) -> (&'static str, Option<String>, u64) {
    (what, Some(column.to_owned()), count)
}

const ONE: &str = "00112233445566778899aabbccddeeff";
const TWO: &str = "ffeeddccbbaa99887766554433221100";

fn keyed() -> RuleSpec {
    rule(need(Access::Handle, Some(DataClass::Pseudonym)))
}

/// A rule that makes pseudonyms itself.
fn own() -> RuleSpec {
    rule(need(Access::Replace, Some(DataClass::Pseudonym)))
}

#[test]
fn honest_pseudonyms_are_counted() {
    let counts = checked(&keyed(), &machines(), pseudonyms(&[Some(ONE), Some(TWO), None])).unwrap();
    let (name, count) = &counts[0];
    assert_eq!(name.as_str(), "Name");
    assert_eq!((count.class_in, count.class_out), (DataClass::Identifier, Some(DataClass::Pseudonym)));
    assert_eq!((count.seen, count.changed, count.nulled, count.dropped, count.suppressed), (3, 2, 0, 0, 0));
    assert!(counts[1..].iter().all(|(_, count)| !count.touched() && !count.taken && count.seen == 3));
    let hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    checked(&keyed(), &machines(), pseudonyms(&[Some(hash), Some(hash), None])).unwrap();
}

#[test]
fn a_value_that_was_there_before_is_no_pseudonym_in_whatever_case() {
    let passed = pseudonyms(&[Some("00112233445566ff"), Some("0123456789abcdef"), None]);
    assert_eq!(lie(checked(&own(), &machines(), passed)), of("passed-through", "Name", 1));
    // Not of the same row.
    let moved = pseudonyms(&[Some("0123456789abcdef"), None, None]);
    assert_eq!(lie(checked(&own(), &machines(), moved)), of("passed-through", "Name", 1));
}

#[test]
fn what_has_no_pseudonyms_shape_is_none() {
    for value in [
        "PC-1",
        "",
        "00112233445566",
        "0011223344556677f",
        "00112233445566778899AABBCCDDEEFF",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUx",
        "[masked]",
    ] {
        let after = pseudonyms(&[Some(value), None, None]);
        assert_eq!(lie(checked(&own(), &machines(), after)), of("no-pseudonym", "Name", 1), "{value}");
    }
    let lengths = pseudonyms(&[Some(ONE), Some("0011223344556677"), None]);
    assert_eq!(lie(checked(&own(), &machines(), lengths)), of("no-pseudonym", "Name", 1));
}

#[test]
fn a_pseudonym_may_be_taken_out_and_not_overwritten() {
    let rule = rule(need(Access::Replace, None));
    let before = pseudonyms(&[Some(ONE), Some("0011223344556677"), None]);
    checked(&rule, &before, pseudonyms(&[None, Some("0011223344556677"), None])).unwrap();
    let over = pseudonyms(&[Some(ONE), Some("PC-1"), None]);
    assert_eq!(lie(checked(&rule, &before, over)), of("no-pseudonym", "Name", 1));
}

#[test]
fn what_a_rule_does_not_declare_must_stay_as_it_is() {
    let nothing = RuleSpec { needs: Vec::new(), ..keyed() };
    let identifier = |values: &[Option<&str>]| {
        named(field("Name", ColumnType::Text, DataClass::Identifier), texts(values))
    };
    checked(&nothing, &machines(), identifier(&NAMES)).unwrap();
    let changed = identifier(&[Some("PC-1"), Some("PC-2"), None]);
    assert_eq!(lie(checked(&nothing, &machines(), changed)), of("changed-undeclared", "Name", 1));
    let filled = identifier(&[Some("PC-1"), NAMES[1], Some("PC-3")]);
    assert_eq!(lie(checked(&nothing, &machines(), filled.clone())), of("changed-undeclared", "Name", 1));
    for access in [Access::Read, Access::Drop] {
        let rule = rule(need(access, None));
        assert_eq!(lie(checked(&rule, &machines(), filled.clone())), of("changed-undeclared", "Name", 1));
    }
    let nulled = identifier(&[None, None, None]);
    let handle = rule(need(Access::Handle, None));
    assert_eq!(lie(checked(&handle, &machines(), nulled.clone())), of("changed-undeclared", "Name", 2));
    let counts = checked(&rule(need(Access::Drop, None)), &machines(), nulled).unwrap();
    assert_eq!((counts[0].1.nulled, counts[0].1.changed), (2, 0));
}

#[test]
fn a_column_goes_only_where_the_rule_may_drop_it_and_none_comes() {
    let without = |rest: Vec<(Field, Column)>| table(rest, 3);
    let rest = || {
        vec![
            (
                field("Version", ColumnType::Text, DataClass::Category),
                texts(&[Some("10.0"), Some("10.1"), None]),
            ),
            (field("Count", ColumnType::Int, DataClass::Measure), ints(&[1, 2, 3])),
        ]
    };
    let counts = checked(&rule(need(Access::Drop, None)), &machines(), without(rest())).unwrap();
    assert_eq!((counts[0].1.class_out, counts[0].1.dropped, counts[0].1.seen), (None, 2, 3));
    for access in [Access::Read, Access::Replace, Access::Handle] {
        let result = checked(&rule(need(access, None)), &machines(), without(rest()));
        assert_eq!(lie(result), of("dropped-undeclared", "Name", 3));
    }
    let mut more = rest();
    more.push((field("Copy", ColumnType::Text, DataClass::Category), texts(&NAMES)));
    let result = checked(&rule(need(Access::Drop, None)), &machines(), without(more));
    assert_eq!(lie(result), of("made-column", "Copy", 1));
}

#[test]
fn rows_in_are_rows_out_and_rows_left_out() {
    let fewer = || {
        table(
            vec![
                (field("Name", ColumnType::Text, DataClass::Identifier), texts(&NAMES[1..])),
                (field("Version", ColumnType::Text, DataClass::Category), texts(&[Some("10.1"), None])),
                (field("Count", ColumnType::Int, DataClass::Measure), ints(&[2, 3])),
            ],
            2,
        )
    };
    let may = RuleSpec { drops_rows: true, ..rule(need(Access::Read, None)) };
    let counts = with_kept(&may, &machines(), fewer(), Some(vec![1, 2])).unwrap();
    assert!(counts.iter().all(|(_, count)| count.suppressed == 1 && count.seen == 3 && !count.touched()));
    let other_rows = ("other-rows", None, 1);
    // Without a word, without the right, and with a word that does not fit.
    assert_eq!(lie(checked(&may, &machines(), fewer())), other_rows);
    let may_not = rule(need(Access::Read, None));
    assert_eq!(lie(with_kept(&may_not, &machines(), fewer(), Some(vec![1, 2]))), other_rows);
    for kept in [vec![1], vec![2, 1], vec![1, 1], vec![1, 3]] {
        assert_eq!(lie(with_kept(&may, &machines(), fewer(), Some(kept))), other_rows);
    }
    // The rows that are there are not those that were kept: undeclared columns tell.
    let result = with_kept(&may, &machines(), fewer(), Some(vec![0, 2]));
    assert_eq!(lie(result), of("changed-undeclared", "Name", 1));
    assert_eq!(lie(checked(&may, &fewer(), machines())), other_rows, "a row more");
    let mut batches = machines();
    batches.batches.clear();
    let result = with_kept(&may, &batches, machines(), None);
    assert_eq!(lie(result), ("other-rows", None, 3), "rows out of none");
}

#[test]
fn a_class_or_type_is_what_was_declared() {
    for class in [DataClass::Category, DataClass::Measure, DataClass::Text] {
        let after = named(field("Name", ColumnType::Text, class), texts(&NAMES));
        let handle = rule(need(Access::Handle, None));
        assert_eq!(lie(checked(&handle, &machines(), after)), of("other-class", "Name", 1));
    }
    let number = field("Name", ColumnType::Int, DataClass::Identifier);
    let after = named(number, ints(&[1, 2, 3]));
    let replace = rule(need(Access::Replace, None));
    assert_eq!(lie(checked(&replace, &machines(), after)), of("other-class", "Name", 1));
}

#[test]
fn a_measure_is_a_number() {
    let measure = rule(need(Access::Replace, Some(DataClass::Measure)));
    let after = named(field("Name", ColumnType::Text, DataClass::Measure), texts(&NAMES));
    assert_eq!(lie(checked(&measure, &machines(), after)), of("no-measure", "Name", 3));
    let mut to_int = measure;
    to_int.needs[0].becomes = Some(Becomes { class: DataClass::Measure, kind: Some(ColumnType::Int) });
    let after = named(field("Name", ColumnType::Int, DataClass::Measure), ints(&[4, 16, 0]));
    assert_eq!(checked(&to_int, &machines(), after).unwrap()[0].1.changed, 3);
}

#[test]
fn a_number_that_is_called_a_pseudonym_cannot_be_looked_at() {
    let mut to_int = keyed();
    to_int.needs[0].access = Access::Replace;
    to_int.needs[0].becomes = Some(Becomes { class: DataClass::Pseudonym, kind: Some(ColumnType::Int) });
    let after = named(field("Name", ColumnType::Int, DataClass::Pseudonym), ints(&[4, 16, 0]));
    assert_eq!(lie(checked(&to_int, &machines(), after)), of("no-pseudonym", "Name", 1));
}

#[test]
fn a_category_with_a_format_keeps_it_or_says_a_word_that_an_administrator_set() {
    let mut versions = need(Access::Replace, None);
    versions.columns = vec![column("Version")];
    let rule = rule(versions);
    let written = |values: &[Option<&str>]| {
        table(
            vec![
                (field("Name", ColumnType::Text, DataClass::Identifier), texts(&NAMES)),
                (field("Version", ColumnType::Text, DataClass::Category), texts(values)),
                (field("Count", ColumnType::Int, DataClass::Measure), ints(&[1, 2, 3])),
            ],
            3,
        )
    };
    let counts = checked(&rule, &machines(), written(&[Some("10"), Some("other"), None])).unwrap();
    assert_eq!(counts[1].1.changed, 2);
    let result = checked(&rule, &machines(), written(&[Some("PC-1"), Some("10.1"), None]));
    assert_eq!(lie(result), of("broke-format", "Version", 1));
    // What came in so is not the rule's.
    let before = written(&[Some("PC-1"), Some("10.1"), None]);
    checked(&rule, &before, before.clone()).unwrap();
}
