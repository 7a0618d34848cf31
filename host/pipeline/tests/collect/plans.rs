//! What would run, said before it does.

use std::sync::Arc;

use glasshouse_contract::{DataClass, Level};
use glasshouse_pipeline::{Plan, PlannedStatement, coverage, items};

use crate::{
    database::Answers,
    house::{House, name, site, went},
};

fn plan(house: &House, level: Level, site: Option<&str>) -> Plan {
    let site = site.map(name);
    Plan::of(&house.registry, level, &house.settings().floors, site.as_ref()).unwrap()
}

fn statement<'a>(plan: &'a Plan, statement: &str) -> &'a PlannedStatement {
    plan.queries[0].statements.iter().find(|planned| planned.statement.as_str() == statement).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_which_statements_run_and_why_the_others_do_not() {
    let house = House::with_devices();
    let basic = plan(&house, Level::Basic, None);
    assert_eq!(basic.running().count(), 1);
    let why = statement(&basic, "updates").why_not.clone().unwrap();
    assert_eq!((why.reason.as_str(), why.words.as_str()), ("level", "it is for level full and above"));
    assert_eq!(plan(&house, Level::Full, None).running().count(), 4);

    house.revoke("contoso.devices");
    let stopped = plan(&house, Level::Full, None);
    assert_eq!(stopped.running().count(), 0);
    assert_eq!(statement(&stopped, "versions").why_not.as_ref().unwrap().reason.as_str(), "stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_of_each_column_what_it_is_made_from_and_whether_it_is_kept() {
    let house = House::with_devices();
    let plan = plan(&house, Level::Enhanced, None);
    let machines = statement(&plan, "machines");
    let machine = &machines.columns[0];
    assert_eq!((machine.class, machine.floor), (DataClass::Identifier, Some(DataClass::Identifier)));
    assert!(!machine.kept && machines.columns[1].kept);
    assert!(machine.sources[0].ends_with("v_R_System.Name0"), "{machine:?}");
    assert!(machines.sql.as_ref().unwrap().contains("[Name0]"), "what is sent is the host's own printing");
    assert_eq!(machines.reads.len(), 1);
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_each_statement_cost_last_time() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    assert_eq!(statement(&plan(&house, Level::Enhanced, Some("cas")), "versions").last, None);
    let receipt = house.run(&place.site).await.unwrap();
    let after = plan(&house, Level::Enhanced, Some("cas"));
    let last = statement(&after, "versions").last.as_ref().unwrap();
    let ran = went(&receipt, "contoso.devices", "versions");
    assert_eq!((last.rows_read, last.duration_ms, last.started), (3, ran.duration_ms, ran.started));
    assert_eq!(statement(&after, "updates").last, None, "it was never begun");
    assert_eq!(statement(&plan(&house, Level::Enhanced, Some("other")), "versions").last, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_floor_that_was_raised_since_stops_the_query_before_the_site_is_asked() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    let mut settings = house.settings();
    let raised = "version = 1\n[view.v_R_System]\nClient_Version0 = \"identifier\"\n";
    settings.floors = Arc::new(settings.floors.with(raised).unwrap());
    let progress: Arc<dyn glasshouse_pipeline::Progress> = Arc::new(());
    let receipt = glasshouse_pipeline::run_now(&house.registry, &place.site, &settings, &progress)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(went(&receipt, "contoso.devices", "versions").reason.unwrap().as_str(), "refused");
    assert_eq!(house.results(), []);
    let plan = Plan::of(&house.registry, Level::Enhanced, &settings.floors, None).unwrap();
    assert_eq!(plan.running().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_is_what_the_plugins_that_run_here_say() {
    let house = House::with_devices();
    let serving = house.registry.serving();
    let report = coverage(items(), serving.iter().map(|generation| &**generation.manifest()));
    let collected: Vec<&str> =
        report.items.iter().filter(|item| item.collected).map(|item| item.item.as_str()).collect();
    assert_eq!(collected, ["b5", "b54"]);
}
