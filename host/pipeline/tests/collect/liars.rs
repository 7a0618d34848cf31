//! Rules that are broken or lie: what the host sees of it, and what becomes of the tables.

use glasshouse_contract::{ColumnName, PluginId};
use glasshouse_ledger::{Find, HeldRow, HeldWhy, LedgerError};
use glasshouse_pipeline::Receipt;

use crate::{
    house::{House, admin, liar, name, route, site, start},
    people::{self, PEOPLE, machine, owner},
};

const LIAR: &str = "contoso.liar";

/// Both columns as the manifest says they become.
const HONEST: [(&str, &str); 2] = [("machine", "stand-in"), ("owner", "blank")];

/// A run with the liar on a route of its own, while the results go without it.
async fn lied(settings: &[(&str, &str)]) -> (House, Receipt) {
    lied_about(people::answers(), settings).await
}

async fn lied_about(answers: crate::database::Answers, settings: &[(&str, &str)]) -> (House, Receipt) {
    let mut house = people::house();
    house.admit(&liar());
    let all: Vec<(&str, &str)> = HONEST
        .iter()
        .filter(|(name, _)| !settings.iter().any(|(set, _)| set == name))
        .chain(settings)
        .copied()
        .collect();
    house.routes = vec![route("elsewhere", LIAR, &all)];
    let place = site(answers.databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    (house, receipt)
}

/// What is held of the query. What the host says of the run goes through the same rules, and is held as well where one
/// fails whatever it gets.
fn held(receipt: &Receipt) -> Vec<&HeldRow> {
    receipt.queries.iter().filter(|query| query.digest.is_some()).flat_map(|query| &query.held).collect()
}

/// The rows of a route.
fn rows(house: &House, route: &str) -> Vec<String> {
    let sql = format!(
        "SELECT Row FROM TEL_TelemetryResults WHERE Route = '{route}' AND Query = 'contoso.people' ORDER BY RowNumber"
    );
    house.rows(&sql).concat()
}

/// No file of the state directory has the name of a machine or an owner, in any case.
fn assert_nothing_is_written(house: &House) {
    let mut folders = vec![house.registry.state().root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text =
                String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).to_ascii_lowercase();
            for word in ["berlin-pc-", "lovelace0"] {
                assert!(!text.contains(word), "{} in {}", word, path.display());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_keeps_to_its_word_passes() {
    let (house, receipt) = lied(&[]).await;
    assert_eq!(held(&receipt), Vec::<&HeldRow>::new());
    assert!(receipt.is_clean());
    assert_eq!(rows(&house, "elsewhere").len() as u64, PEOPLE);
    assert!(rows(&house, "elsewhere")[0].contains("\"Owner\":\"***\""));
    // What the results leave out is not what this route has.
    assert_eq!(rows(&house, "results")[0], "{\"Build\":\"10.0.26100\"}");
    assert_nothing_is_written(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_calls_names_pseudonyms_is_found_out_and_the_others_go_on() {
    let (house, receipt) = lied(&[("machine", "through")]).await;
    let [row] = held(&receipt)[..] else { panic!("{:#?}", held(&receipt)) };
    assert_eq!((row.why, row.table.as_str()), (HeldWhy::RuleLied, "people"));
    assert_eq!(row.column.as_ref().map(ColumnName::as_str), Some("Machine"));
    assert_eq!(row.rule.as_ref().map(PluginId::as_str), Some(LIAR));
    assert_eq!((row.kind.as_deref(), row.count), (Some("no-pseudonym"), PEOPLE));
    assert!(!receipt.is_clean());
    assert_eq!((receipt.total.failed, receipt.total.redaction.held), (0, 1));
    assert!(rows(&house, "elsewhere").is_empty());
    assert_eq!(rows(&house, "results").len() as u64, PEOPLE, "the results did not go through it");
    assert_nothing_is_written(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_look_like_pseudonyms_are_not_taken_for_some() {
    let shaped = people::with_machines(|row| format!("{:032x}", row + 0xbe51_0000));
    let (house, receipt) = lied_about(shaped, &[("machine", "through")]).await;
    let [row] = held(&receipt)[..] else { panic!("{:#?}", held(&receipt)) };
    assert_eq!((row.kind.as_deref(), row.count), (Some("passed-through"), PEOPLE));
    assert!(rows(&house, "elsewhere").is_empty());
}

/// What the tripwire found: column, rule that let it by, kind, how often.
fn found(receipt: &Receipt) -> Vec<(&str, Option<&str>, &str, u64)> {
    held(receipt)
        .into_iter()
        .map(|row| {
            assert_eq!(row.why, HeldWhy::Tripwire, "{row:?}");
            let column = row.column.as_ref().map_or("", ColumnName::as_str);
            (
                column,
                row.rule.as_ref().map(PluginId::as_str),
                row.kind.as_deref().unwrap_or_default(),
                row.count,
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_that_a_rule_forgot_holds_the_table() {
    let (house, receipt) = lied(&[("owner", "blank all but one")]).await;
    assert_eq!(found(&receipt), [("Owner", Some(LIAR), "known-value", 1)]);
    assert!(rows(&house, "elsewhere").is_empty());
    assert_eq!(rows(&house, "results").len() as u64, PEOPLE);
    assert_eq!((receipt.total.redaction.hits, receipt.total.redaction.held), (1, 1));
    assert_nothing_is_written(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_a_rule_encodes_are_found_whatever_the_encoding() {
    for how in ["hex", "base64", "utf-16", "utf-16 in base64", "in a sentence"] {
        let (house, receipt) = lied(&[("owner", how)]).await;
        assert_eq!(found(&receipt), [("Owner", Some(LIAR), "known-value", PEOPLE)], "{how}");
        assert!(rows(&house, "elsewhere").is_empty());
        assert_nothing_is_written(&house);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_a_rule_hides_in_another_column_are_found_there() {
    for from in ["Machine", "Owner"] {
        let (house, receipt) = lied(&[("build", &format!("copy {from}"))]).await;
        // A machine's name also looks like one.
        let known = |row: &&HeldRow| row.kind.as_deref() == Some("known-value");
        let hits: Vec<&HeldRow> = held(&receipt).into_iter().filter(known).collect();
        let [hit] = hits[..] else { panic!("{:#?}", held(&receipt)) };
        assert_eq!(hit.column.as_ref().map(ColumnName::as_str), Some("Build"));
        assert_eq!((hit.rule.as_ref().map(PluginId::as_str), hit.count), (Some(LIAR), PEOPLE));
        assert!(rows(&house, "elsewhere").is_empty());
        assert_nothing_is_written(&house);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_leaves_rows_out_without_saying_so_leaves_none_out() {
    let (house, receipt) = lied(&[("rows", "fewer")]).await;
    assert!(receipt.is_clean(), "{:#?}", held(&receipt));
    assert_eq!(rows(&house, "elsewhere").len() as u64, PEOPLE);
    assert_eq!(receipt.total.redaction.suppressed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_gives_up_holds_the_table_and_none_of_its_words_is_kept() {
    let (house, receipt) = lied(&[("rows", "BERLIN-PC-0003")]).await;
    let [row] = held(&receipt)[..] else { panic!("{:#?}", held(&receipt)) };
    assert_eq!((row.why, row.kind.as_deref()), (HeldWhy::RuleFailed, Some("gave-up")));
    assert_eq!(row.rule.as_ref().map(PluginId::as_str), Some(LIAR));
    assert!(rows(&house, "elsewhere").is_empty());
    assert_eq!(rows(&house, "results").len() as u64, PEOPLE);
    let told = serde_json::to_string(&receipt.queries).unwrap();
    assert!(!told.contains("there is nothing to do"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_administrator_allows_passes_and_is_counted() {
    let mut house = people::house();
    house.admit(&liar());
    house.routes = vec![route("elsewhere", LIAR, &[HONEST[0], ("owner", "blank all but one")])];
    let find = Find {
        query: PluginId::new("contoso.people").unwrap(),
        table: name("people"),
        column: ColumnName::new("Owner").unwrap(),
        kind: "known-value".to_owned(),
    };
    let ledger = house.registry.ledger();
    ledger
        .change::<_, LedgerError>(|change| change.put_allowance(&find, "a product's name", start(), &admin()))
        .unwrap();
    let place = site(people::answers().databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    assert!(receipt.is_clean(), "{:#?}", held(&receipt));
    assert_eq!(rows(&house, "elsewhere").len() as u64, PEOPLE);
    assert_eq!((receipt.total.redaction.hits, receipt.total.redaction.allowed), (0, 1));

    // Another column is another matter, and what is allowed no more counts again.
    let ledger = house.registry.ledger();
    ledger.change::<_, LedgerError>(|change| change.remove_allowance(&find, start(), &admin())).unwrap();
    let receipt = house.run(&place.site).await.unwrap();
    assert_eq!(found(&receipt), [("Owner", Some(LIAR), "known-value", 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_stands_in_a_category_of_the_site_itself_came_by_no_rule() {
    let answers = crate::database::Answers::new().with(
        "[Name0]",
        &[
            ("Machine", pretend_site::SqlType::NVarChar(64)),
            ("Owner", pretend_site::SqlType::NVarChar(64)),
            ("Build", pretend_site::SqlType::NVarChar(64)),
        ],
        PEOPLE,
        |row| [machine(row), owner(row), owner(0)].map(pretend_site::Value::Text).to_vec(),
    );
    let house = people::house();
    let place = site(answers.databases()).await;
    let receipt = house.run(&place.site).await.unwrap();
    assert_eq!(found(&receipt), [("Build", None, "known-value", PEOPLE)]);
    assert!(rows(&house, "results").is_empty());
    assert_nothing_is_written(&house);
}
