use std::{path::Path, sync::Arc};

use glasshouse_contract::{ColumnBuilder, ColumnType, DataClass, Field};

use super::*;
use crate::{Carried, RunState, runs::tests::run};

struct Desk {
    ledger: Ledger,
    folder: tempfile::TempDir,
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    ledger.change(|change| change.begin_run(&run("r", 1, 1))).unwrap();
    Desk { ledger, folder }
}

fn open(folder: &Path) -> Ledger {
    Ledger::open(&folder.join("ledger.sqlite")).unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn schema() -> Schema {
    Schema::new(vec![Field {
        name: ColumnName::new("N").unwrap(),
        kind: ColumnType::Int,
        nullable: true,
        class: DataClass::Measure,
    }])
    .unwrap()
}

fn batch(numbers: std::ops::Range<i64>) -> Batch {
    let rows = numbers.clone().count();
    let mut column = ColumnBuilder::new(ColumnType::Int, rows);
    numbers.for_each(|number| column.push_int(number));
    Batch::new(Arc::new(schema()), rows as u32, vec![column.finish()]).unwrap()
}

fn table(table: &str) -> TableRow {
    TableRow {
        chain: None,
        name: name(table),
        routes: vec![name("results")],
        level: Level::Enhanced,
        columns: schema(),
        left_out: BTreeMap::from([(ColumnName::new("User").unwrap(), 7)]),
        rows: 0,
    }
}

fn statement(name_of: &str, words: Option<&str>) -> StatementRow {
    StatementRow {
        statement: name(name_of),
        level: Level::Basic,
        started: Some(Timestamp::UNIX_EPOCH),
        duration_ms: 12,
        rows_read: 3,
        cells_cut: 1,
        state: if words.is_some() { StatementState::Failed } else { StatementState::Done },
        reason: words.map(|_| Reason::Server),
        number: words.map(|_| 8134),
        words: words.map(str::to_owned),
    }
}

fn begin(ledger: &Ledger, plugin: &str) -> PendingPart {
    let plugin = PluginId::new(plugin).unwrap();
    let version = Version::new(1, 2, 3);
    let started = Timestamp::UNIX_EPOCH;
    ledger
        .begin_part(&PartOf { run: "r", plugin: &plugin, version: &version, digest: None, started })
        .unwrap()
}

/// What anybody with SQLite sees.
fn seen(ledger: &Ledger) -> Vec<(String, i64, String)> {
    let connection = ledger.connection();
    let mut statement = connection
        .prepare("SELECT TableName, RowNumber, Row FROM TEL_TelemetryResults ORDER BY 1, 2")
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn stored(ledger: &Ledger, table: &str) -> i64 {
    ledger.connection().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn a_part_is_seen_whole_or_not_at_all() {
    let Desk { ledger, folder: _folder } = desk();
    let mut part = begin(&ledger, "contoso.devices");
    ledger.add_rows(&mut part, None, &name("devices"), &batch(0..2)).unwrap();
    ledger.add_rows(&mut part, None, &name("users"), &batch(5..6)).unwrap();
    ledger.add_rows(&mut part, None, &name("devices"), &batch(2..3)).unwrap();
    assert_eq!(seen(&ledger), []);
    assert_eq!(ledger.parts("r").unwrap(), []);

    let statements = [statement("devices", None), statement("users", None)];
    let tables = [table("devices"), table("empty"), table("users")];
    ledger.change(|change| change.finish_part(&part, &statements, &tables)).unwrap();
    let row = |table: &str, number, row: &str| (table.to_owned(), number, row.to_owned());
    assert_eq!(
        seen(&ledger),
        [
            row("devices", 0, "{\"N\":0}"),
            row("devices", 1, "{\"N\":1}"),
            row("devices", 2, "{\"N\":2}"),
            row("users", 0, "{\"N\":5}"),
        ]
    );
    let done = ledger.parts("r").unwrap().remove(0);
    assert!(done.done);
    assert_eq!(done.statements, statements);
    let rows = [3, 0, 1];
    assert_eq!(
        done.tables,
        tables.into_iter().zip(rows).map(|(t, rows)| TableRow { rows, ..t }).collect::<Vec<_>>()
    );

    let found = ledger.result_tables("r", &name("results")).unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(ledger.result_rows(&found[0], 1, 9).unwrap(), ["{\"N\":1}", "{\"N\":2}"]);
    assert_eq!(ledger.result_rows(&found[1], 0, 9).unwrap(), [""; 0]);
}

#[test]
fn every_row_says_of_which_hierarchy_and_site_it_is() {
    let Desk { ledger, folder: _folder } = desk();
    let mut part = begin(&ledger, "contoso.devices");
    ledger.add_rows(&mut part, None, &name("devices"), &batch(0..1)).unwrap();
    ledger.change(|change| change.finish_part(&part, &[], &[table("devices")])).unwrap();
    let connection = ledger.connection();
    let row: [String; 7] = connection
        .query_row(
            "SELECT RunId, SupportId, SiteHash, CollectedUtc, Query, QueryVersion, Level FROM TEL_TelemetryResults",
            [],
            |row| Ok(std::array::from_fn(|column| row.get(column).unwrap())),
        )
        .unwrap();
    assert_eq!(row, ["r", "h", "s", "1970-01-01T00:00:00Z", "contoso.devices", "1.2.3", "enhanced"]);
}

#[test]
fn what_a_killed_run_left_pending_is_gone_when_its_part_begins_again() {
    let Desk { ledger, folder } = desk();
    let mut part = begin(&ledger, "contoso.devices");
    ledger.add_rows(&mut part, None, &name("devices"), &batch(0..100_000)).unwrap();
    let mut other = begin(&ledger, "contoso.users");
    ledger.add_rows(&mut other, None, &name("users"), &batch(0..3)).unwrap();
    ledger.change(|change| change.finish_part(&other, &[], &[table("users")])).unwrap();
    drop(ledger);

    let ledger = open(folder.path());
    assert_eq!(stored(&ledger, "result"), 100_003);
    let mut part = begin(&ledger, "contoso.devices");
    assert_eq!(stored(&ledger, "result"), 3);
    ledger.add_rows(&mut part, None, &name("devices"), &batch(0..2)).unwrap();
    ledger.change(|change| change.finish_part(&part, &[], &[table("devices")])).unwrap();
    assert_eq!(seen(&ledger).len(), 5);
}

#[test]
fn who_still_writes_to_a_part_that_was_thrown_away_is_refused() {
    let Desk { ledger, folder: _folder } = desk();
    let mut old = begin(&ledger, "contoso.devices");
    ledger.add_rows(&mut old, None, &name("devices"), &batch(0..3)).unwrap();
    let mut new = begin(&ledger, "contoso.devices");
    ledger.add_rows(&mut new, None, &name("devices"), &batch(7..8)).unwrap();
    let refused = ledger.add_rows(&mut old, None, &name("devices"), &batch(3..6)).unwrap_err();
    assert!(matches!(refused, LedgerError::PartOver), "{refused}");
    assert!(ledger.change(|change| change.finish_part(&old, &[], &[table("devices")])).is_err());
    ledger.change(|change| change.finish_part(&new, &[], &[table("devices")])).unwrap();
    assert_eq!(seen(&ledger), [("devices".to_owned(), 0, "{\"N\":7}".to_owned())]);
    assert_eq!(stored(&ledger, "result"), 1);
}

#[test]
fn pending_rows_can_be_thrown_away_for_good() {
    let Desk { ledger, folder: _folder } = desk();
    let mut part = begin(&ledger, "contoso.devices");
    ledger.add_rows(&mut part, None, &name("devices"), &batch(0..10)).unwrap();
    ledger.throw_away_pending(Some("another")).unwrap();
    assert_eq!(stored(&ledger, "result"), 10);
    ledger.throw_away_pending(Some("r")).unwrap();
    assert_eq!((stored(&ledger, "result"), stored(&ledger, "part")), (0, 0));
}

#[test]
fn a_part_that_failed_keeps_its_records_and_none_of_its_rows() {
    let Desk { ledger, folder: _folder } = desk();
    let mut part = begin(&ledger, "contoso.devices");
    ledger.add_rows(&mut part, None, &name("devices"), &batch(0..10)).unwrap();
    ledger.discard_rows(&mut part).unwrap();
    let record = statement("devices", Some("Divide by zero.\u{1b}[2J"));
    ledger.change(|change| change.fail_part(&part, std::slice::from_ref(&record))).unwrap();
    assert_eq!((seen(&ledger), stored(&ledger, "result")), (Vec::new(), 0));
    let failed = ledger.parts("r").unwrap().remove(0);
    assert!(!failed.done);
    assert_eq!(failed.statements[0].words.as_deref(), Some("Divide by zero.\\u{1b}[2J"));
    assert_eq!(failed.statements[0].number, Some(8134));
}

#[test]
fn state_rows_and_records_come_together_or_not_at_all() {
    let Desk { ledger, folder: _folder } = desk();
    let mut part = begin(&ledger, "contoso.devices");
    ledger.add_rows(&mut part, None, &name("devices"), &batch(0..1)).unwrap();
    let (id, site) = (PluginId::new("contoso.devices").unwrap(), name("cas"));
    let carried = Carried {
        run: "r".to_owned(),
        digest: Digest::of(b"file"),
        bytes: b"state".to_vec(),
        since: Timestamp::UNIX_EPOCH,
    };
    let finish = |fails: bool| {
        ledger.change(|change| {
            change.carry(&id, &site, &carried)?;
            change.finish_part(&part, &[statement("devices", None)], &[table("devices")])?;
            if fails { Err(LedgerError::damaged("a test", "x")) } else { Ok(()) }
        })
    };
    assert!(finish(true).is_err());
    assert_eq!((seen(&ledger).len(), ledger.carried(&id, &site).unwrap()), (0, None));
    finish(false).unwrap();
    assert_eq!((seen(&ledger).len(), ledger.carried(&id, &site).unwrap()), (1, Some(carried)));
}

#[test]
fn a_table_that_nobody_accounts_for_is_not_seen() {
    let Desk { ledger, folder: _folder } = desk();
    let mut part = begin(&ledger, "contoso.devices");
    ledger.add_rows(&mut part, None, &name("devices"), &batch(0..1)).unwrap();
    assert!(ledger.change(|change| change.finish_part(&part, &[], &[table("users")])).is_err());
    assert_eq!(seen(&ledger), []);
}

#[test]
fn what_a_statement_cost_last_time_is_of_the_newest_run_of_that_site() {
    let Desk { ledger, folder: _folder } = desk();
    let mut newer = run("r2", 2, 1);
    newer.started = Timestamp::from_second(9).unwrap();
    ledger.change(|change| change.end_run("r", RunState::Done, Timestamp::UNIX_EPOCH)).unwrap();
    ledger.change(|change| change.begin_run(&newer)).unwrap();
    let plugin = PluginId::new("contoso.devices").unwrap();
    for (run, duration_ms) in [("r", 900), ("r2", 40)] {
        let version = Version::new(1, 0, 0);
        let of = PartOf { run, plugin: &plugin, version: &version, digest: None, started: newer.started };
        let part = ledger.begin_part(&of).unwrap();
        let record = StatementRow { duration_ms, ..statement("devices", None) };
        ledger.change(|change| change.finish_part(&part, &[record], &[])).unwrap();
    }
    let last = ledger.last_statements(&name("cas")).unwrap();
    assert_eq!(last.iter().map(|(id, row)| (id, row.duration_ms)).collect::<Vec<_>>(), [(&plugin, 40)]);
    assert_eq!(ledger.last_statements(&name("other")).unwrap(), []);
}

#[test]
fn a_table_of_another_chain_is_another_table_and_goes_its_own_ways() {
    let Desk { ledger, folder: _folder } = desk();
    let mut part = begin(&ledger, "contoso.devices");
    let (kept, sent) = (ChainId::of(b"kept"), ChainId::of(b"sent"));
    ledger.add_rows(&mut part, Some(&kept), &name("devices"), &batch(0..2)).unwrap();
    ledger.add_rows(&mut part, Some(&sent), &name("devices"), &batch(7..8)).unwrap();
    ledger.add_rows(&mut part, Some(&sent), &name("users"), &batch(0..9)).unwrap();
    // The tripwire found something: of this one nothing stays.
    ledger.discard_table(&mut part, Some(&sent), &name("users")).unwrap();
    assert_eq!(stored(&ledger, "result"), 3);
    let tables = [
        TableRow { chain: Some(kept), routes: vec![name("archive"), name("results")], ..table("devices") },
        TableRow { chain: Some(sent), routes: vec![name("headquarters")], ..table("devices") },
    ];
    ledger.change(|change| change.finish_part(&part, &[], &tables)).unwrap();
    let rows = |route: &str| -> Vec<String> {
        let found = ledger.result_tables("r", &name(route)).unwrap();
        found.iter().flat_map(|table| ledger.result_rows(table, 0, 9).unwrap()).collect()
    };
    assert_eq!(rows("results"), ["{\"N\":0}", "{\"N\":1}"]);
    assert_eq!(rows("archive"), rows("results"));
    assert_eq!(rows("headquarters"), ["{\"N\":7}"]);
    assert!(rows("elsewhere").is_empty());
    let seen: i64 = ledger
        .connection()
        .query_row("SELECT count(*) FROM TEL_TelemetryResults WHERE Route = 'results'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(seen, 2);
    let columns = |table: TableRow| (table.chain, table.routes, table.rows);
    let found = ledger.parts("r").unwrap().remove(0).tables.into_iter().map(columns);
    assert_eq!(found.map(|(_, routes, rows)| (routes.len(), rows)).collect::<BTreeMap<_, _>>().len(), 2);
}
