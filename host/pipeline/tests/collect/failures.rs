//! One statement fails, one plugin fails, the site fails: what is lost, and what goes on.

use std::sync::Arc;

use glasshouse_contract::PluginId;
use glasshouse_ledger::{
    RunState,
    StatementState::{Done, Failed, Skipped},
};
use glasshouse_pipeline::{CollectError, Event};
use pretend_site::{Fault, FaultKind, SqlError, SqlType, Value};

use crate::{
    database::Answers,
    house::{DEVICES, House, Place, Watcher, name, query, shipped, site, states, went},
};

/// More rows than two batches have, so that something is given away before the end.
const MANY: u64 = 20_000;

fn many() -> Answers {
    Answers::new()
        .with(
            "v_GS_OPERATING_SYSTEM",
            &[("Caption", SqlType::NVarChar(255)), ("Devices", SqlType::BigInt)],
            2,
            |row| vec![Value::Text(format!("Windows {}", row + 10)), Value::Int(1)],
        )
        .with("[Name0]", &[("Machine", SqlType::NVarChar(64)), ("Build", SqlType::NVarChar(64))], 3, |row| {
            vec![Value::Text(format!("PC-{row}")), Value::Text("10.0.26100".to_owned())]
        })
        .with(
            "v_R_System",
            &[("ClientVersion", SqlType::NVarChar(64)), ("Devices", SqlType::BigInt)],
            MANY,
            |row| vec![Value::Text(format!("5.00.{row}")), Value::Int(row as i64)],
        )
}

fn tables(house: &House) -> Vec<(String, String)> {
    let rows = house.rows(
        "SELECT TableName, count(*) FROM TEL_TelemetryResults WHERE Query = 'contoso.devices' GROUP BY 1 ORDER BY 1",
    );
    rows.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}

fn counts(counts: &[(&str, u64)]) -> Vec<(String, String)> {
    counts.iter().map(|(table, rows)| ((*table).to_owned(), rows.to_string())).collect()
}

async fn with_fault(fault: Fault) -> (House, Place, glasshouse_pipeline::Receipt) {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    place.running.fault(fault.on("v_GS_OPERATING_SYSTEM"));
    let receipt = house.run(&place.site).await.unwrap();
    assert_eq!(tables(&house), counts(&[("machines", 3), ("versions", 3)]), "the others go on");
    assert_eq!(receipt.state, RunState::Done);
    (house, place, receipt)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_site_does_not_have_or_does_not_show_is_skipped_with_its_number() {
    for (kind, reason, number) in [
        (FaultKind::MissingView, "missing-object", 208),
        (FaultKind::MissingColumn("Caption0".to_owned()), "missing-column", 207),
        (FaultKind::Permission, "permission", 229),
    ] {
        let (_house, _place, receipt) = with_fault(Fault::new(kind)).await;
        let systems = went(&receipt, "contoso.devices", "systems");
        assert_eq!((systems.state, systems.number), (Skipped, Some(number)));
        assert_eq!(systems.reason.unwrap().as_str(), reason);
        assert!(receipt.is_clean());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_should_have_worked_is_recorded_as_failed() {
    for (kind, reason, number) in [
        (
            FaultKind::Error(SqlError::new(8134, 1, 16, "Divide by zero error encountered.")),
            "server",
            Some(8134),
        ),
        (FaultKind::Error(SqlError::new(1222, 51, 13, "Lock request time out")), "lock-timeout", Some(1222)),
        (FaultKind::WrongType("Devices".to_owned()), "columns", None),
    ] {
        let (_house, _place, receipt) = with_fault(Fault::new(kind)).await;
        let systems = went(&receipt, "contoso.devices", "systems");
        assert_eq!((systems.state, systems.number), (Failed, number), "{reason}");
        assert_eq!(systems.reason.unwrap().as_str(), reason);
        assert!(!receipt.is_clean());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_said_is_in_the_ledger_without_its_values_and_in_no_receipt() {
    let words = "Conversion failed when converting the value 'CONTOSO\\ada'.";
    let fault = Fault::new(FaultKind::Error(SqlError::new(245, 1, 16, words)));
    let (house, _place, receipt) = with_fault(fault).await;
    assert!(!serde_json::to_string(&receipt).unwrap().contains("ada"));
    let rows = house.rows("SELECT group_concat(Row) FROM TEL_TelemetryResults");
    assert!(!rows[0][0].contains("ada"), "{rows:?}");
    let kept = house.rows("SELECT words FROM statement_run WHERE statement = 'systems'");
    assert!(kept[0][0].contains("Conversion failed when converting the value '..'"), "{kept:?}");
    assert!(!kept[0][0].contains("ada"), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_break_off_are_read_again_from_the_first_one() {
    let house = House::with_devices();
    let place = site(many().databases()).await;
    place.running.fault(Fault::new(FaultKind::Deadlock).at_row(MANY - 10).times(1).on("v_R_System"));
    let watcher = Arc::new(Watcher::default());
    let receipt = house.run_watched(&place.site, watcher.clone()).await.unwrap();
    let anew = watcher
        .events
        .lock()
        .unwrap()
        .iter()
        .filter(|event| matches!(event, Event::QueryBeginsAnew { .. }))
        .count();
    assert_eq!(anew, 1);
    let versions = went(&receipt, "contoso.devices", "versions");
    assert_eq!((versions.state, versions.rows_read), (Done, MANY));
    assert_eq!(
        tables(&house),
        counts(&[("machines", 3), ("systems", 2), ("versions", MANY)]),
        "and none twice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_rows_that_break_off_for_good_none_is_kept() {
    let house = House::with_devices();
    let place = site(many().databases()).await;
    let error = SqlError::new(8134, 1, 16, "Divide by zero error encountered.");
    place.running.fault(Fault::new(FaultKind::Error(error)).at_row(MANY - 10).on("v_R_System"));
    let receipt = house.run(&place.site).await.unwrap();
    let versions = went(&receipt, "contoso.devices", "versions");
    assert_eq!((versions.state, versions.number), (Failed, Some(8134)));
    assert!(versions.rows_read > 8_000, "they did come: {versions:?}");
    assert_eq!(tables(&house), counts(&[("systems", 2)]), "both statements that read the view are without");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_query_folds_is_never_made_of_half_an_answer() {
    let versions = |fault: bool| async move {
        let house = House::new();
        house.admit(&shipped("queries/examples/client-growth"));
        let answers = Answers::new().with(
            "v_R_System",
            &[("ClientVersion", SqlType::NVarChar(64)), ("Devices", SqlType::Int)],
            MANY,
            |row| vec![Value::Text(format!("5.00.{}.1000", row % 100)), Value::Int(1)],
        );
        let place = site(answers.databases()).await;
        if fault {
            place.running.fault(Fault::new(FaultKind::CloseMidRow).at_row(MANY - 10).times(1));
        }
        let receipt = house.run(&place.site).await.unwrap();
        assert_eq!(receipt.total.done, 1, "{receipt:#?}");
        house.results()
    };
    let undisturbed = versions(false).await;
    assert!(!undisturbed.is_empty());
    assert_eq!(versions(true).await, undisturbed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_remembers_does_not_take_a_failure_for_nothing_found() {
    let house = House::new();
    house.admit(&shipped("queries/examples/client-growth"));
    let place = site(Answers::usual_in_ints().databases()).await;
    house.run(&place.site).await.unwrap();
    let id = PluginId::new("glasshouse.examples.client-growth").unwrap();
    let carried = |house: &House| house.registry.ledger().carried(&id, &name("cas")).unwrap();
    let before = carried(&house);
    let error = FaultKind::Error(SqlError::new(8134, 1, 16, "Divide by zero error encountered."));
    for (kind, number) in [(error, 8134), (FaultKind::Permission, 229)] {
        place.running.clear_faults();
        place.running.fault(Fault::new(kind).on("v_R_System"));
        let receipt = house.run(&place.site).await.unwrap();
        let growth = receipt.queries.iter().find(|query| query.query == id).unwrap();
        assert!(!growth.done && growth.tables.is_empty(), "{growth:?}");
        assert_eq!(growth.statements[0].number, Some(number), "the statement keeps its own reason");
        assert_eq!(carried(&house), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_fails_loses_its_own_part_only() {
    let house = House::with_devices();
    let limited = DEVICES
        .replace("contoso.devices", "contoso.limited")
        .replace("author = \"Contoso\"", "author = \"Contoso\"\nlimits.rows_out = 1000");
    house.admit(&query(&limited));
    let place = site(many().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    assert_eq!(states(&receipt, "contoso.limited")["versions"], (Failed, Some("limit".to_owned())));
    assert!(receipt.queries.iter().any(|query| query.query.as_str() == "contoso.limited" && !query.done));
    let of_limited = house.rows("SELECT count(*) FROM TEL_TelemetryResults WHERE Query = 'contoso.limited'");
    assert_eq!(of_limited, [["0"]]);
    assert_eq!(tables(&house), counts(&[("machines", 3), ("systems", 2), ("versions", MANY)]));
    let id = PluginId::new("contoso.limited").unwrap();
    assert_eq!(house.registry.ledger().carried(&id, &name("cas")).unwrap(), None);
    let rows = house.rows("SELECT count(*) FROM result");
    let seen = house.rows("SELECT count(*) FROM TEL_TelemetryResults");
    assert_eq!(rows, seen, "nothing is left of what it wrote");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_is_revoked_in_the_middle_stops_though_no_row_comes() {
    let house = Arc::new(House::with_devices());
    house.admit(&query(&DEVICES.replace("contoso.devices", "contoso.other")));
    let place = site(many().databases()).await;
    // After its first rows the site falls silent for that statement.
    place.running.fault(Fault::new(FaultKind::StallMidRow).at_row(10_000).times(1).on("v_R_System"));
    let watcher = Arc::new(Watcher::default());
    let stalled: Arc<std::sync::Mutex<Option<String>>> = Arc::default();
    let (house_too, stalled_too) = (Arc::clone(&house), Arc::clone(&stalled));
    *watcher.at.lock().unwrap() = Some(Box::new(move |event| {
        let Event::Rows { query, rows, .. } = event else { return };
        let mut stalled = stalled_too.lock().unwrap();
        if *rows == 8_192 && stalled.is_none() {
            *stalled = Some(query.to_string());
            let (house, id) = (Arc::clone(&house_too), query.to_string());
            std::thread::spawn(move || house.revoke(&id));
        }
    }));
    // One connection: the first query that gets rows is the one that the site falls silent for.
    let receipt = house.run_watched(&place.called("cas", "connections = 1"), watcher).await.unwrap();
    let revoked = stalled.lock().unwrap().clone().unwrap();
    assert_eq!(states(&receipt, &revoked)["versions"], (Failed, Some("stopped".to_owned())));
    let other = if revoked == "contoso.devices" { "contoso.other" } else { "contoso.devices" };
    assert_eq!(states(&receipt, other)["versions"], (Done, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_goes_away_ends_the_run_which_goes_on_when_it_is_back() {
    let house = House::with_devices();
    house.admit(&query(&DEVICES.replace("contoso.devices", "contoso.other")));
    let place = site(Answers::usual().databases()).await;
    let one = place.called("cas", "connections = 1");
    // The first plugin is through; then nobody is let in any more.
    place
        .running
        .fault(Fault::new(FaultKind::Error(SqlError::new(4060, 1, 20, "gone"))).on("v_GS_OPERATING_SYSTEM"));
    let watcher = Arc::new(Watcher::default());
    let running = Arc::new(place.running);
    let closing = Arc::clone(&running);
    *watcher.at.lock().unwrap() = Some(Box::new(move |event| {
        if matches!(event, Event::StatementBegan { statement, .. } if statement.as_str() == "systems") {
            closing.fault(Fault::new(FaultKind::RefuseLogin));
        }
    }));
    let error = house.run_watched(&one, watcher).await.unwrap_err();
    assert!(matches!(error, CollectError::Site(_)), "{error}");
    assert_eq!(house.results(), [], "no part was over");
    let unfinished = house.registry.ledger().runs(None, 9).unwrap();
    assert_eq!(unfinished[0].state, RunState::Running);

    running.clear_faults();
    let receipt = house.run(&one).await.unwrap();
    assert_eq!((receipt.run.as_str(), receipt.attempt), (unfinished[0].id.as_str(), 1), "the same run");
    assert_eq!(receipt.total.done, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_cannot_be_reached_uses_up_no_week() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    place.running.fault(Fault::new(FaultKind::RefuseLogin));
    let fault = house.run(&place.site).await.unwrap_err().fault();
    assert!(!fault.mend.is_empty(), "{fault}");
    assert_eq!(house.registry.ledger().runs(None, 9).unwrap(), []);
    place.running.clear_faults();
    assert_eq!(house.run_if_due(&place.site).await.unwrap().attempt, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn c7_a_site_whose_hierarchy_nobody_knows_is_not_collected_from() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    place.running.fault(Fault::new(FaultKind::MissingView).on("fnGetHierarchyID"));
    let fault = house.run(&place.site).await.unwrap_err().fault();
    assert!(fault.mend.contains("hierarchy ="), "{fault}");

    let told = place.called("cas", "hierarchy = \"{3b7d84fa-eccc-4ea0-b8ab-abbda1e88e0e}\"");
    let receipt = house.run(&told).await.unwrap();
    assert_eq!(receipt.total.done, 3);
    let ids = house.rows("SELECT DISTINCT SupportId FROM TEL_TelemetryResults");
    assert_eq!(ids, [["b+Wp6K2zYgBoo87tTvqBHlKzWPO/drKY42I1XgNiEuo="]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_of_one_site_do_not_work_at_the_same_time() {
    let house = Arc::new(House::with_devices());
    let place = site(many().databases()).await;
    place.running.fault(Fault::new(FaultKind::StallMidRow).at_row(10_000).on("v_R_System"));
    let watcher = Arc::new(Watcher::default());
    let begun = Arc::new(tokio::sync::Notify::new());
    let notify = Arc::clone(&begun);
    *watcher.at.lock().unwrap() = Some(Box::new(move |event| {
        if matches!(event, Event::RunBegan { .. }) {
            notify.notify_one();
        }
    }));
    let (first, site) = (Arc::clone(&house), Arc::clone(&place.site));
    let at_work = tokio::spawn(async move { first.run_watched(&site, watcher).await });
    begun.notified().await;
    assert!(matches!(house.run(&place.site).await, Err(CollectError::Busy(_))));
    at_work.abort();
    let _ = at_work.await;
    place.running.clear_faults();
    assert_eq!(house.run(&place.site).await.unwrap().total.done, 3, "and afterwards it goes on");
}
