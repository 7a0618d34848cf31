//! The three levels: each one collects what the one before it does, and more.

use std::collections::BTreeSet;

use glasshouse_contract::Level;
use glasshouse_ledger::StatementState::{Done, Skipped};
use pretend_site::{SqlType, Value};

use crate::{
    database::Answers,
    house::{DEVICES, House, query, site, states},
};

async fn bundle(level: Level) -> BTreeSet<(String, String, String)> {
    let mut house = House::with_devices();
    house.level = level;
    let place = site(Answers::usual().databases()).await;
    house.run(&place.site).await.unwrap();
    house.results().into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_each_level_is_a_strict_part_of_the_next() {
    let (basic, enhanced, full) =
        (bundle(Level::Basic).await, bundle(Level::Enhanced).await, bundle(Level::Full).await);
    assert!(!basic.is_empty());
    assert!(basic.is_subset(&enhanced) && basic != enhanced, "{basic:#?} {enhanced:#?}");
    assert!(enhanced.is_subset(&full) && enhanced != full, "{enhanced:#?} {full:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_b3_what_is_for_a_higher_level_is_not_even_asked() {
    let mut house = House::with_devices();
    house.level = Level::Basic;
    let place = site(Answers::usual().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    let states = states(&receipt, "contoso.devices");
    assert_eq!(states["versions"], (Done, None));
    for above in ["systems", "machines", "updates"] {
        assert_eq!(states[above], (Skipped, Some("level".to_owned())));
    }
    let asked = format!("{:?}", place.running.log().entries());
    assert!(asked.contains("v_R_System") && !asked.contains("v_GS_OPERATING_SYSTEM"), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_enhanced_is_the_level_where_none_is_named() {
    assert_eq!(Level::default(), Level::Enhanced);
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_only_columns_up_to_pseudonyms_are_written_and_the_others_are_counted_by_name() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    let machines: Vec<String> =
        house.results().into_iter().filter(|row| row.1 == "machines").map(|row| row.2).collect();
    assert_eq!(machines, ["{\"Build\":\"10.0.26100\"}"; 3]);
    let table = receipt
        .queries
        .iter()
        .flat_map(|query| &query.tables)
        .find(|table| table.table.as_str() == "machines")
        .unwrap();
    let left_out: Vec<(&str, u64)> =
        table.left_out.iter().map(|(name, values)| (name.as_str(), *values)).collect();
    assert_eq!(left_out, [("Machine", 3)]);
    assert_eq!(receipt.total.values_left_out, 3);

    // Nowhere in the file, not only not in the view.
    drop(place);
    let ledger = house.registry.state().ledger();
    for file in [ledger.clone(), ledger.with_extension("sqlite-wal")] {
        let bytes = std::fs::read(file).unwrap_or_default();
        assert!(!bytes.windows(4).any(|window| window == b"PC-0"), "a machine's name is in the ledger");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a13_a_text_that_is_not_written_as_its_column_promises_is_left_out_and_counted() {
    let house = House::new();
    let promised = r#"description = "The client's version.""#;
    house.admit(&query(&DEVICES.replace(promised, &format!("{promised}\nformat = \"version\""))));
    let answers = Answers::new().with(
        "v_R_System",
        &[("ClientVersion", SqlType::NVarChar(64)), ("Devices", SqlType::BigInt)],
        3,
        |row| {
            let texts = ["5.00.9132.1000", "10.77.100.101", "ada@contoso.com"];
            vec![Value::Text(texts[row as usize].to_owned()), Value::Int(row as i64)]
        },
    );
    let place = site(answers.databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    let versions: Vec<String> =
        house.results().into_iter().filter(|row| row.1 == "versions").map(|row| row.2).collect();
    assert_eq!(
        versions,
        ["{\"ClientVersion\":\"5.00.9132.1000\",\"Devices\":0}", "{\"Devices\":1}", "{\"Devices\":2}"]
    );
    assert_eq!(receipt.total.values_left_out, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_another_level_takes_effect_with_the_next_run() {
    let mut house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    assert_eq!(house.run(&place.site).await.unwrap().level, Level::Enhanced);
    house.level = Level::Basic;
    let receipt = house.run(&place.site).await.unwrap();
    assert_eq!((receipt.level, receipt.attempt), (Level::Basic, 2));
    assert_eq!(receipt.total.done, 1);
}
