//! What a run leaves behind: rows, records, a receipt.

use glasshouse_contract::{Level, one_way_hash};
use glasshouse_ledger::RunState;
use glasshouse_pipeline::{Plan, Receipt};

use crate::{
    database::{Answers, HIERARCHY},
    house::{DEVICES, House, name, query, shipped, site, start},
};

#[tokio::test(flavor = "multi_thread")]
async fn a6_results_are_rows_that_anybody_with_sqlite_can_read() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    house.run(&place.site).await.unwrap();
    let row = |table: &str, row: &str| ("contoso.devices".to_owned(), table.to_owned(), row.to_owned());
    assert_eq!(
        house.results(),
        [
            row("machines", "{\"Build\":\"10.0.26100\"}"),
            row("machines", "{\"Build\":\"10.0.26100\"}"),
            row("machines", "{\"Build\":\"10.0.26100\"}"),
            row("systems", "{\"Caption\":\"Windows 10\",\"Devices\":70}"),
            row("systems", "{\"Caption\":\"Windows 11\",\"Devices\":69}"),
            row("versions", "{\"ClientVersion\":\"5.00.9130.1000\",\"Devices\":10}"),
            row("versions", "{\"ClientVersion\":\"5.00.9131.1000\",\"Devices\":11}"),
            row("versions", "{\"ClientVersion\":\"5.00.9132.1000\",\"Devices\":12}"),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a7_every_row_carries_the_support_id_and_the_hash_of_its_site() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    house.run(&place.site).await.unwrap();
    let ids = house.rows("SELECT DISTINCT SupportId, SiteHash FROM TEL_TelemetryResults");
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(ids[0][0], one_way_hash(HIERARCHY));
    assert_ne!(ids[0][1], one_way_hash("CAS"), "a hash of a site's code alone tells the code");
    assert_eq!(ids[0][1].len(), 44);
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_b54_how_the_run_went_is_itself_a_result_of_level_basic() {
    let house = House::with_devices();
    let answers = Answers::new().with(
        "v_R_System",
        &[("ClientVersion", pretend_site::SqlType::NVarChar(64)), ("Devices", pretend_site::SqlType::BigInt)],
        3,
        |row| vec![pretend_site::Value::Text("5".to_owned()), pretend_site::Value::Int(row as i64)],
    );
    let place = site(answers.databases()).await;
    house.run(&place.site).await.unwrap();
    let rows = house.rows(
        "SELECT Level, json_extract(Row, '$.Statement'), json_extract(Row, '$.RowsRead'), \
         json_extract(Row, '$.State'), json_extract(Row, '$.Reason'), json_extract(Row, '$.ErrorNumber'), \
         typeof(json_extract(Row, '$.DurationMs')), json_extract(Row, '$.StartedUtc') \
         FROM TEL_TelemetryResults WHERE Query = 'glasshouse.run' AND TableName = 'statement' ORDER BY RowNumber",
    );
    let begun = start().to_string();
    let of = |cells: [&str; 8]| cells.map(str::to_owned).to_vec();
    assert_eq!(
        rows,
        [
            of(["basic", "versions", "3", "done", "Null", "Null", "integer", &begun]),
            of(["basic", "systems", "0", "skipped", "missing-object", "208", "integer", &begun]),
            of(["basic", "machines", "0", "failed", "columns", "Null", "integer", &begun]),
        ]
    );
    let run = house.rows(
        "SELECT json_extract(Row, '$.Level'), json_extract(Row, '$.Statements'), json_extract(Row, '$.Failed') \
         FROM TEL_TelemetryResults WHERE TableName = 'run'",
    );
    assert_eq!(run, [["enhanced", "3", "1"].map(str::to_owned).to_vec()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_says_what_was_read_and_kept_and_stays_to_be_looked_at() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    assert_eq!(receipt.state, RunState::Done);
    assert_eq!((receipt.total.done, receipt.total.skipped, receipt.total.failed), (3, 1, 0));
    assert_eq!((receipt.total.rows_read, receipt.total.rows_kept), (8, 8));
    assert!(receipt.is_clean());
    assert_eq!(Receipt::of(house.registry.ledger(), &receipt.run).unwrap().as_ref(), Some(&receipt));
    let text = serde_json::to_string(&receipt).unwrap();
    assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sites_keep_their_runs_and_their_state_apart() {
    let house = House::new();
    house.admit(&shipped("queries/examples/client-growth"));
    let (cas, primary) = (site(clients(3).databases()).await, site(clients(2).databases()).await);
    let primary_site = primary.called("primary", "");
    let (one, other) = tokio::join!(house.run(&cas.site), house.run(&primary_site));
    assert_ne!(one.unwrap().run, other.unwrap().run);
    let id = glasshouse_contract::PluginId::new("glasshouse.examples.client-growth").unwrap();
    let state = |site| house.registry.ledger().carried(&id, &name(site)).unwrap().unwrap().bytes;
    assert_ne!(state("cas"), state("primary"));
}

fn clients(versions: u64) -> Answers {
    Answers::new().with(
        "v_R_System",
        &[("ClientVersion", pretend_site::SqlType::NVarChar(64)), ("Devices", pretend_site::SqlType::Int)],
        versions,
        |row| {
            let version = format!("5.00.913{row}.1000");
            vec![pretend_site::Value::Text(version), pretend_site::Value::Int(10 + row as i64)]
        },
    )
}

/// How many clients of each version there are more than in the run before.
fn changes(house: &House, run: &str) -> Vec<String> {
    let sql = format!(
        "SELECT coalesce(json_extract(Row, '$.Change'), 'new') FROM TEL_TelemetryResults \
         WHERE TableName = 'growth' AND RunId = '{run}' ORDER BY RowNumber"
    );
    house.rows(&sql).into_iter().map(|row| row[0].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_carried_at_a_higher_level_is_not_seen_at_a_lower_one() {
    let mut house = House::new();
    house.admit(&shipped("queries/examples/client-growth"));
    let place = site(clients(1).databases()).await;
    for (level, expected) in
        [(Level::Full, "new"), (Level::Basic, "new"), (Level::Basic, "0"), (Level::Full, "0")]
    {
        house.level = level;
        let receipt = house.run(&place.site).await.unwrap();
        assert_eq!(changes(&house, &receipt.run), [expected], "{level}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_query_carries_is_there_in_its_next_run() {
    let house = House::new();
    house.admit(&shipped("queries/examples/client-growth"));
    let before = site(clients(2).databases()).await;
    let first = house.run(&before.site).await.unwrap();
    assert_eq!(changes(&house, &first.run), ["new", "new"]);
    let after = site(clients(3).databases()).await;
    let second = house.run(&after.site).await.unwrap();
    assert_eq!(
        changes(&house, &second.run),
        ["0", "0", "12"],
        "the third version is new: all of it is growth"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_of_the_configuration_makes_of_names_what_may_be_kept() {
    let mut house = House::with_devices();
    house.admit(&shipped("rules/keyed-pseudonym"));
    house.rules = vec![glasshouse_contract::PluginId::new("glasshouse.rules.keyed-pseudonym").unwrap()];
    let place = site(Answers::usual().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    assert_eq!(receipt.total.values_left_out, 0);
    let machines: std::collections::BTreeSet<String> =
        house.results().into_iter().filter(|row| row.1 == "machines").map(|row| row.2).collect();
    assert_eq!(machines.len(), 3, "three machines, three pseudonyms: {machines:?}");
    assert!(
        machines.iter().all(|row| row.starts_with("{\"Machine\":\"") && !row.contains("PC-")),
        "{machines:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_over_whole_tables_sees_them_whole_though_rows_come_in_pieces() {
    let mut house = House::with_devices();
    house.admit(&shipped("rules/small-cells"));
    house.rules = vec![glasshouse_contract::PluginId::new("glasshouse.rules.small-cells").unwrap()];
    let answers = Answers::new().with(
        "v_GS_OPERATING_SYSTEM",
        &[("Caption", pretend_site::SqlType::NVarChar(255)), ("Devices", pretend_site::SqlType::BigInt)],
        // More than one batch; the rare one comes after the first of them.
        9_000,
        |row| {
            let (caption, devices) = if row == 8_999 { ("Rare", 1) } else { ("Common", 50) };
            vec![pretend_site::Value::Text(format!("{caption} {row}")), pretend_site::Value::Int(devices)]
        },
    );
    let place = site(answers.databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    let systems: Vec<String> =
        house.results().into_iter().filter(|row| row.1 == "systems").map(|row| row.2).collect();
    assert!(systems.len() > 8_000, "{}: {:#?}", systems.len(), receipt.total);
    assert!(!systems.iter().any(|row| row.contains("Rare")));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_rule_that_the_configuration_names_nothing_is_collected() {
    let mut house = House::with_devices();
    house.rules = vec![glasshouse_contract::PluginId::new("glasshouse.rules.keyed-pseudonym").unwrap()];
    let place = site(Answers::usual().databases()).await;
    let error = house.run(&place.site).await.unwrap_err().to_string();
    assert!(error.contains("does not run"), "{error}");
    assert_eq!(house.results(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_cannot_write_under_the_hosts_own_name() {
    let house = House::new();
    house.admit(&query(&DEVICES.replace("contoso.devices", "glasshouse.run")));
    let place = site(Answers::usual().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    assert_eq!(receipt.queries.len(), 1, "the host's own alone: {receipt:#?}");
    assert!(receipt.queries[0].digest.is_none());
    let plan = Plan::of(&house.registry, Level::Full, &house.settings().floors, None).unwrap();
    assert_eq!(plan.running().count(), 0);
}
