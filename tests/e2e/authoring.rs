//! From an empty folder to a query that runs.

use crate::house::{House, text};

#[test]
fn an_author_gets_from_an_empty_folder_to_a_running_query() {
    let house = House::empty();
    house.run(&["plugin", "new", "query", "contoso.devices", "--sql"]).well();
    let project = house.path("devices");
    assert!(project.join("plugin.toml").is_file());
    let file = house.path("devices.wasm");
    house.run(&["plugin", "build", text(&project), "--out", text(&file)]).well();
    house.run(&["plugin", "test", text(&project)]).well();

    house.run(&["trust", "keygen", "mine"]).well();
    house.run(&["trust", "add", "mine", "--kinds", "query"]).well();
    house.run(&["plugin", "sign", text(&file), "--key", "mine"]).well();
    let said = house.run(&["plugin", "install", text(&file)]).well();
    assert!(said.contains("waits for approval"), "{said}");
    assert_eq!(house.state_of("contoso.devices", "0.1.0"), "waiting");
    house.run(&["plugin", "approve", "contoso.devices", "--yes"]).well();
    assert_eq!(house.state_of("contoso.devices", "0.1.0"), "running");

    let list = house.run(&["plugin", "list"]).well();
    let line = list.lines().find(|line| line.starts_with("contoso.devices")).expect("it is listed");
    for word in ["0.1.0", "query", "mine", "running"] {
        assert!(line.contains(word), "{list}");
    }
}

#[test]
fn a_test_whose_golden_output_differs_fails_and_can_be_recorded_anew() {
    let house = House::empty();
    house.run(&["plugin", "new", "query", "contoso.devices", "--sql"]).well();
    let project = house.path("devices");
    let expected = project.join("cases/first/expected/devices.ndjson");
    let golden = std::fs::read_to_string(&expected).expect("a new query has golden output");
    let last = golden.lines().last().expect("it has rows").to_owned();
    std::fs::write(&expected, golden.replace(&format!("{last}\n"), "")).expect("it can be changed");

    house.run(&["plugin", "test", text(&project)]).ends_with(1);
    house.run(&["plugin", "test", text(&project), "--record"]).well();
    house.run(&["plugin", "test", text(&project)]).well();
    assert_eq!(std::fs::read_to_string(&expected).expect("it is still there"), golden);
}
