//! Free text of which every row has somebody in it, by the hundred thousand: the rule masks them, the tripwire looks
//! behind it, and nothing of it is in any file. `GLASSHOUSE_ROWS=1000000`, in release, is all of it.

use std::{fs, path::Path};

use aho_corasick::AhoCorasick;
use glasshouse_contract::{DataClass, Level, PluginId};
use glasshouse_pipeline::Route;
use pretend_site::{SqlType, Value};

use crate::{
    database::Answers,
    house::{House, name, query, shipped, site},
};

const QUERY: &str = r#"
id = "contoso.tickets"
version = "1.0.0"
api = "1.0"
kind = "query"
title = "Tickets"
purpose = "Reads what the helpdesk wrote."
author = "Contoso"

[[query.statement]]
name = "tickets"
level = "full"
sql = "SELECT Description0 AS Note, Build01 AS Build FROM v_R_System"
[[query.statement.column]]
name = "Note"
type = "text"
class = "text"
description = "What somebody wrote."
[[query.statement.column]]
name = "Build"
type = "text"
class = "category"
description = "A build."
"#;

/// So many different ones are planted, again and again.
const PLANTED: u64 = 4_000;

/// Who or what a row names.
fn planted(row: u64) -> String {
    let one = row % PLANTED;
    match one % 8 {
        0 => format!("grace.hopper{one}@contoso.example"),
        1 => format!("CONTOSO\\hopper{one}"),
        2 => format!("S-1-5-21-1004336348-1177238915-68200{one}-{}", 1_000 + one),
        3 => format!("10.{}.{}.{}", 1 + one % 200, one / 16, 1 + one % 250),
        4 => format!("00:15:5d:{:02x}:{:02x}:0c", one / 256, one % 256),
        5 => format!("\\\\fileserver{one}\\home$"),
        6 => format!("C:\\Users\\hopper{one}\\AppData"),
        _ => format!("2001:db8:{one:x}::{:x}", 0x1_0000 - one),
    }
}

fn note(row: u64) -> String {
    let (who, number) = (planted(row), row % 1_000);
    match row % 3 {
        0 => format!("error 0x80070005 while {who} installed KB50{number:05} on build 10.0.26100.{number}"),
        1 => format!("{who}: client 5.00.9{number:03}.1000 did not answer for {number} s"),
        _ => format!("restarted after hotfix; see {who} for the log of 2026-03-01"),
    }
}

/// Every file below a folder.
fn each_file(folder: &Path, look: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { each_file(&path, look) } else { look(&path) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_everybody_who_is_named_in_free_text_nobody_is_in_any_file() {
    let rows = std::env::var("GLASSHOUSE_ROWS").map_or(20_000, |rows| rows.parse().unwrap());
    let mut house = House::new();
    house.level = Level::Full;
    house.admit(&query(QUERY));
    house.admit(&shipped("rules/mask-identifiers"));
    let rules = vec![PluginId::new("glasshouse.rules.mask-identifiers").unwrap().into()];
    house.routes = vec![Route {
        name: name("helpdesk"),
        ceiling: DataClass::Text,
        because: Some("what is masked is read by people".to_owned()),
        ..Route::results(rules)
    }];
    let text = SqlType::NVarChar(256);
    let answers = Answers::new().with("[Description0]", &[("Note", text), ("Build", text)], rows, |row| {
        [note(row), "10.0.26100".to_owned()].map(Value::Text).to_vec()
    });
    let place = site(answers.databases()).await;
    let receipt = house.run(&place.site).await.unwrap();

    let kept = house
        .rows("SELECT count(*) FROM TEL_TelemetryResults WHERE Route = 'helpdesk' AND TableName = 'tickets'");
    assert_eq!(kept, [[rows.to_string()]], "nothing is held: {receipt:#?}");
    let needles: Vec<String> = (0..PLANTED).map(planted).collect();
    let finder = AhoCorasick::builder().ascii_case_insensitive(true).build(&needles).unwrap();
    // What is looked for is there to be found.
    assert!((0..rows).all(|row| finder.is_match(&note(row))));
    let mut looked = 0;
    each_file(house.registry.state().root(), &mut |path| {
        let bytes = fs::read(path).unwrap();
        looked += bytes.len() as u64;
        let found = finder.find(&bytes).map(|found| {
            let around = found.start().saturating_sub(40)..(found.end() + 40).min(bytes.len());
            String::from_utf8_lossy(&bytes[around]).into_owned()
        });
        assert_eq!(found, None, "in {}", path.display());
    });
    assert!(looked > rows * 50, "{looked} bytes of {rows} rows");
    println!("{rows} rows, {looked} bytes of files looked through for {PLANTED} identifiers");
}
