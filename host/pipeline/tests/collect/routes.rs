//! Routes: what each takes, through which rules, under which ceiling.

use std::collections::{BTreeMap, BTreeSet};

use glasshouse_contract::{DataClass, Level, PluginId};
use glasshouse_ledger::{HeldWhy, RedactionRow, RunState};
use glasshouse_pipeline::{Receipt, Route, RuleUse, planned_routes};
use pretend_site::{Fault, FaultKind};

use crate::{
    house::{DEVICES, House, name, query, route, shipped, site, went},
    people::{self, PEOPLE},
};

const KEYED: &str = "glasshouse.rules.keyed-pseudonym";
const DROP_TEXT: &str = "glasshouse.rules.drop-text";

/// The tables of a route, with their number of rows.
fn tables(house: &House, route: &str) -> BTreeMap<String, usize> {
    let sql = format!(
        "SELECT Query || '/' || TableName FROM TEL_TelemetryResults WHERE Route = '{route}' AND Query <> 'glasshouse.run'"
    );
    house.rows(&sql).into_iter().fold(BTreeMap::new(), |mut tables, row| {
        *tables.entry(row[0].clone()).or_default() += 1;
        tables
    })
}

fn of<const N: usize>(tables: [(&str, usize); N]) -> BTreeMap<String, usize> {
    tables.into_iter().map(|(table, rows)| (table.to_owned(), rows)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_gets_what_it_takes_up_to_its_level() {
    let mut house = people::house();
    house.level = Level::Full;
    house.admit(&query(DEVICES));
    house.admit(&shipped("rules/drop-text"));
    house.admit(&shipped("rules/keyed-pseudonym"));
    let rules: Vec<RuleUse> = [KEYED, DROP_TEXT].map(|id| PluginId::new(id).unwrap().into()).to_vec();
    let with = |called: &str| Route { name: name(called), ..Route::results(rules.clone()) };
    house.routes = vec![
        Route { take: vec!["contoso.people/people".parse().unwrap()], ..with("some") },
        Route { level: Some(Level::Basic), ..with("basic") },
        with("all"),
    ];
    let place = site(people::answers().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    let people = PEOPLE as usize;
    assert_eq!(tables(&house, "some"), of([("contoso.people/people", people)]));
    assert_eq!(tables(&house, "basic"), of([]));
    assert_eq!(
        tables(&house, "all"),
        of([("contoso.people/notes", people), ("contoso.people/people", people)])
    );

    // The rows of equal chains are written and worked on once.
    let chains: BTreeSet<&str> = receipt.routes.iter().skip(1).map(|route| route.chain.as_str()).collect();
    assert_eq!(chains.len(), 1, "{:#?}", receipt.routes);
    let written = house.rows("SELECT count(*) FROM result_table WHERE name = 'people' AND rows > 0");
    assert_eq!(written, [["2"]], "as results, and for all others together");
    let routes: Vec<&str> = receipt.routes.iter().map(|route| route.route.as_str()).collect();
    assert_eq!(routes, ["results", "some", "basic", "all"]);
    // What the run says of itself goes everywhere, too.
    let own = "SELECT count(*) FROM TEL_TelemetryResults WHERE TableName = 'run'";
    assert_eq!(house.rows(own), [["3"]], "the route that takes one table alone does not take it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_run_says_of_itself_goes_through_the_rules_and_the_tripwire_of_each_way() {
    let mut house = House::with_devices();
    house.admit(&shipped("rules/keyed-pseudonym"));
    let rules = vec![PluginId::new(KEYED).unwrap().into()];
    house.routes = vec![Route {
        name: name("own"),
        take: vec!["glasshouse.run/run".parse().unwrap()],
        ..Route::results(rules)
    }];
    let planned =
        planned_routes(&house.registry, &house.settings().routes, house.level, &house.settings().floors);
    let tables = |route: usize| -> Vec<&str> {
        let tables = planned[route].tables.iter().filter(|table| table.query.as_str() == "glasshouse.run");
        tables.map(|table| table.table.as_str()).collect()
    };
    assert_eq!((tables(0), tables(1)), (vec!["run", "statement"], vec!["run"]));
    assert!(planned[1].tables.iter().all(|table| !table.stops), "{planned:#?}");

    let place = site(crate::database::Answers::usual().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    let own = receipt.queries.iter().find(|part| part.query.as_str() == "glasshouse.run").unwrap();
    let went = |chain: bool| -> Vec<(&str, &str)> {
        let tables = own.tables.iter().filter(|table| table.chain.is_some() == chain);
        tables
            .flat_map(|table| table.routes.iter().map(|route| (table.table.as_str(), route.as_str())))
            .collect()
    };
    assert_eq!(went(true), [("run", "own")]);
    assert_eq!(went(false), [("run", "results"), ("statement", "results")], "as they are");
    assert!(own.scans.len() == 1 && own.scans[0].cells > 0, "{:#?}", own.scans);
    assert_eq!((own.held.len(), receipt.total.rows_kept), (0, 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_above_the_ceiling_stops_its_table_by_name_and_the_others_go_on() {
    let mut house = people::house();
    house.admit(&query(DEVICES));
    house.routes = vec![Route { name: name("headquarters"), ..Route::results(Vec::new()) }];
    let place = site(crate::database::Answers::usual().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    assert_eq!(
        tables(&house, "headquarters"),
        of([("contoso.devices/systems", 2), ("contoso.devices/versions", 3)])
    );
    assert_eq!(tables(&house, "results")["contoso.devices/machines"], 3, "without the names");
    let held: Vec<_> = receipt
        .queries
        .iter()
        .filter(|part| part.query.as_str() == "contoso.devices")
        .flat_map(|part| &part.held)
        .collect();
    let [row] = held[..] else { panic!("{held:#?}") };
    assert_eq!((row.why, row.table.as_str()), (HeldWhy::ColumnAboveCeiling, "machines"));
    assert_eq!(row.route, Some(name("headquarters")));
    assert_eq!(row.column.as_ref().map(|column| column.as_str()), Some("Machine"));
    assert_eq!((row.class, row.ceiling), (Some(DataClass::Identifier), Some(DataClass::Pseudonym)));
    assert_eq!((receipt.total.redaction.held, receipt.total.values_left_out), (0, 3));
    assert_eq!(receipt.total.rows_kept, 8, "each row once, as it is kept here");
}

async fn high(level: Level, query_text: &str) -> (House, Receipt) {
    let mut house = House::new();
    house.admit(&query(query_text));
    house.level = level;
    house.routes = vec![Route {
        name: name("enrolment"),
        ceiling: DataClass::Identifier,
        because: Some("the receiver enrols devices".to_owned()),
        ..Route::results(Vec::new())
    }];
    let place = site(people::answers().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    (house, receipt)
}

#[tokio::test(flavor = "multi_thread")]
async fn identifiers_go_by_a_higher_ceiling_at_level_full_alone() {
    let at_full = people::QUERY.replace("level = \"enhanced\"", "level = \"full\"");
    let (house, receipt) = high(Level::Full, &at_full).await;
    assert_eq!(tables(&house, "enrolment"), of([("contoso.people/people", PEOPLE as usize)]));
    let row =
        house.rows("SELECT Row FROM TEL_TelemetryResults WHERE Route = 'enrolment' AND TableName = 'people'");
    assert!(row[0][0].contains("BERLIN-PC-0000"), "{row:?}");
    let noted = receipt.routes.iter().find(|route| route.route.as_str() == "enrolment").unwrap();
    assert_eq!(
        (noted.ceiling, noted.because.as_deref()),
        (DataClass::Identifier, Some("the receiver enrols devices"))
    );

    // What a statement of a lower level reads goes under no such ceiling, whatever the level in force.
    for level in [Level::Enhanced, Level::Full] {
        let (house, receipt) = high(level, people::QUERY).await;
        assert_eq!(tables(&house, "enrolment"), of([]));
        let parts = receipt.queries.iter().flat_map(|part| &part.held);
        let stopped: Vec<_> = parts.filter(|row| row.table.as_str() == "people").collect();
        assert_eq!(stopped.len(), 2, "both names of people: {stopped:#?}");
        assert!(stopped.iter().all(|row| row.ceiling == Some(DataClass::Pseudonym)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_a_route_reach_the_rule_and_make_another_chain() {
    let mut house = people::house();
    house.admit(&shipped("rules/keyed-pseudonym"));
    house.rules = vec![PluginId::new(KEYED).unwrap()];
    house.routes =
        vec![route("short", KEYED, &[("hex-chars", "16")]), route("same", KEYED, &[("hex-chars", "32")])];
    let place = site(people::answers().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    let lengths = |route: &str| {
        let sql = format!(
            "SELECT DISTINCT length(json_extract(Row, '$.Machine')) FROM TEL_TelemetryResults \
             WHERE Route = '{route}' AND TableName = 'people'"
        );
        house.rows(&sql).concat()
    };
    assert_eq!((lengths("results"), lengths("short")), (vec!["32".to_owned()], vec!["16".to_owned()]));
    let chain =
        |called: &str| &receipt.routes.iter().find(|route| route.route.as_str() == called).unwrap().chain;
    assert_ne!(chain("results"), chain("short"));
    assert_eq!(chain("results"), chain("same"), "the default is the same, written or not");
    let rule = &receipt.routes[1].rules[0];
    assert_eq!(rule.settings[&name("hex-chars")], "16");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_the_rule_does_not_have_is_refused_with_those_that_it_has() {
    let mut house = people::house();
    house.admit(&shipped("rules/small-cells"));
    house.routes = vec![route("elsewhere", "glasshouse.rules.small-cells", &[("k", "10")])];
    let place = site(people::answers().databases()).await;
    let error = house.run(&place.site).await.unwrap_err();
    assert_eq!(error.kind(), "unknown-setting");
    let fault = error.fault();
    assert_eq!(
        fault.to_string(),
        "route `elsewhere`: it gives the rule `glasshouse.rules.small-cells` a setting `k`, and it has no such \
         setting\n  mend: name one of `least`, `small`, `other`, `counts`, `totals`, `devices` in the configuration"
    );
    assert_eq!(house.results(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_says_what_each_rule_did_to_each_column() {
    let mut house = people::house();
    house.level = Level::Full;
    house.admit(&shipped("rules/keyed-pseudonym"));
    house.admit(&shipped("rules/drop-text"));
    house.rules = [KEYED, DROP_TEXT].map(|id| PluginId::new(id).unwrap()).to_vec();
    let place = site(people::answers().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    let part = receipt.queries.iter().find(|part| part.query.as_str() == "contoso.people").unwrap();
    let told: Vec<_> = part
        .redaction
        .iter()
        .map(|row: &RedactionRow| {
            let counts = (row.seen, row.changed, row.nulled, row.dropped, row.suppressed);
            (row.table.as_str(), row.step, row.column.as_str(), row.class_in, row.class_out, counts)
        })
        .collect();
    let hashed = |column| {
        let (from, to) = (DataClass::Identifier, Some(DataClass::Pseudonym));
        ("people", 0, column, from, to, (PEOPLE, PEOPLE, 0, 0, 0))
    };
    assert_eq!(
        told,
        [
            ("notes", 1, "Note", DataClass::Text, None, (PEOPLE, 0, 0, PEOPLE, 0)),
            hashed("Machine"),
            hashed("Owner"),
        ]
    );
    assert!(part.redaction.iter().all(|row| row.digest != glasshouse_contract::Digest::of(b"")));
    let total = receipt.total.redaction;
    assert_eq!((total.hashed, total.dropped, total.masked, total.suppressed), (2 * PEOPLE, PEOPLE, 0, 0));
    assert!(total.cells_scanned >= 4 * PEOPLE && total.hits == 0, "{total:?}");
    let text = serde_json::to_string(&receipt).unwrap();
    assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_cut_short_does_not_go_on_by_other_ways() {
    let mut house = people::house();
    let place = site(people::answers().databases()).await;
    place.running.fault(Fault::new(FaultKind::StallMidRow));
    let cut = tokio::time::timeout(std::time::Duration::from_millis(700), house.run(&place.site)).await;
    assert!(cut.is_err(), "it stalls");
    place.running.clear_faults();
    let begun = house.registry.ledger().runs(None, 1).unwrap().remove(0);
    assert_eq!(begun.state, RunState::Running);

    house.admit(&shipped("rules/keyed-pseudonym"));
    house.rules = vec![PluginId::new(KEYED).unwrap()];
    let receipt = house.run(&place.site).await.unwrap();
    assert_eq!(receipt.attempt, 2, "its parts went through no rule");
    assert_eq!(house.registry.ledger().run(&begun.id).unwrap().unwrap().state, RunState::Abandoned);
    assert_eq!(went(&receipt, "contoso.people", "people").rows_read, PEOPLE);
}
