//! Which key a run makes its pseudonyms with, when keys change between its begin and its end.

use std::{collections::BTreeSet, time::Duration};

use glasshouse_contract::{PluginId, PseudonymKeyId};
use glasshouse_ledger::RunState;
use pretend_site::{Fault, FaultKind};

use crate::{
    database::Answers,
    house::{House, Place, admin, name, shipped, site},
};

const RULE: &str = "glasshouse.rules.keyed-pseudonym";

/// A house whose rows go through keyed pseudonyms, and a run that stalls and is cut short there.
async fn cut_short() -> (House, Place, String, PseudonymKeyId) {
    let mut house = House::with_devices();
    house.admit(&shipped("rules/keyed-pseudonym"));
    house.rules = vec![PluginId::new(RULE).unwrap()];
    let place = site(Answers::usual().databases()).await;
    place.running.fault(Fault::new(FaultKind::StallMidRow));
    let cut = tokio::time::timeout(Duration::from_millis(700), house.run(&place.site)).await;
    assert!(cut.is_err(), "it stalls");
    place.running.clear_faults();
    let begun = house.registry.ledger().runs(None, 1).unwrap().remove(0);
    assert_eq!(begun.state, RunState::Running);
    (house, place, begun.id, begun.keys[&name("default")].clone())
}

fn machines(house: &House, run: &str) -> BTreeSet<String> {
    let sql =
        format!("SELECT Row FROM TEL_TelemetryResults WHERE RunId = '{run}' AND TableName = 'machines'");
    house.rows(&sql).concat().into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_cut_short_ends_with_the_key_that_it_began_with() {
    let (house, place, run, began_with) = cut_short().await;
    let (new, before) = house.registry.new_key(&name("default"), &admin()).unwrap();
    assert_eq!(before, Some(began_with.clone()));

    let resumed = house.run(&place.site).await.unwrap();
    assert_eq!((&resumed.run, &resumed.keys[&name("default")]), (&run, &began_with));
    let next = house.run(&place.site).await.unwrap();
    assert_eq!(next.keys[&name("default")], new);
    let (old, new) = (machines(&house, &run), machines(&house, &next.run));
    assert_eq!((old.len(), new.len()), (3, 3));
    assert!(old.is_disjoint(&new), "another key, other pseudonyms: {old:?} {new:?}");
    let seen = house.rows("SELECT DISTINCT PseudonymKeys FROM TEL_TelemetryResults");
    assert_eq!(seen.len(), 2, "the rows say which key it was: {seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_key_was_deleted_is_begun_anew_and_never_mixes_two() {
    let (house, place, run, began_with) = cut_short().await;
    let (new, _) = house.registry.new_key(&name("default"), &admin()).unwrap();
    house.registry.delete_key(&name("default"), &began_with, &admin()).unwrap();
    let receipt = house.run(&place.site).await.unwrap();
    assert_ne!(receipt.run, run);
    assert_eq!((receipt.attempt, &receipt.keys[&name("default")]), (2, &new));
    assert_eq!(house.registry.ledger().run(&run).unwrap().unwrap().state, RunState::Abandoned);
}
