//! Recorded tables through a query, rules of both scopes and a target, by the verb `try`.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::house::{House, Ran, text};

/// Builds, signs, installs and approves a plugin of this repository; its id.
fn install(house: &House, name: &str) -> String {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../plugins").join(name);
    let file = house.path(&format!("{}.wasm", name.replace('/', "-")));
    let mut build = house.command(&["plugin", "build", text(&source), "--out", text(&file)]);
    // Kept from run to run: the standard library for wasm is what takes long.
    build.env("CARGO_TARGET_DIR", PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("examples"));
    Ran::of(&mut build).well();
    house.run(&["plugin", "sign", text(&file), "--key", "mine"]).well();
    house.run(&["plugin", "install", text(&file)]).well();
    let id = house.run(&["plugin", "inspect", text(&file), "--output", "json"]).json()["id"].clone();
    let id = id.as_str().expect("a plugin has an id").to_owned();
    house.run(&["plugin", "approve", &id, "--yes"]).well();
    id
}

const USERS: &str = r#"{"table":"users","columns":[
{"name":"User","type":"text","nullable":true,"class":"identifier"},
{"name":"Message","type":"text","nullable":true,"class":"text"},
{"name":"Model","type":"text","nullable":true,"class":"category"},
{"name":"Devices","type":"int","nullable":false,"class":"measure"}]}
{"User":"CONTOSO\\ada","Message":"mail to ada@contoso.example from 192.0.2.7","Model":"Common","Devices":40}
{"User":"CONTOSO\\grace","Message":"all is well","Model":"Rare","Devices":1}
{"User":"CONTOSO\\joan","Message":"all is well","Model":"Rarer","Devices":4}
"#;

#[test]
fn rows_leave_only_as_the_rules_left_them_and_the_same_with_a_host_and_without() {
    let house = House::trusting();
    let pseudonym = install(&house, "rules/keyed-pseudonym");
    let mask = install(&house, "rules/mask-identifiers");
    let cells = install(&house, "rules/small-cells");
    let target = install(&house, "targets/https-json");
    let users = house.path("users.ndjson");
    // One line a row: the format of recorded tables.
    fs::write(&users, USERS.replace(",\n", ",").replace("[\n", "[")).expect("it can be written");
    let args = [
        "try",
        text(&users),
        "--rule",
        &pseudonym,
        "--rule",
        &mask,
        "--rule",
        &cells,
        "--target",
        &target,
        "--host",
        "ingest=telemetry.example",
        "--output",
        "json",
    ];
    let without = house.run(&args).json();
    let host = house.host();
    let with = house.run(&args).json();
    assert_eq!(without, with);
    drop(host);

    let steps = with["steps"].as_array().expect("there are steps");
    let kinds: Vec<&Value> = steps.iter().map(|step| &step["kind"]).collect();
    assert_eq!(kinds, ["rule", "rule", "rule", "target"]);
    let after = |step: usize| steps[step]["tables"][0].as_str().expect("it has a table");
    assert!(!after(0).contains("CONTOSO") && after(0).contains("ada@contoso.example"), "{}", after(0));
    assert!(
        after(0).contains(r#""name":"User","type":"text","nullable":true,"class":"pseudonym""#),
        "{}",
        after(0)
    );
    assert!(!after(1).contains("ada@") && !after(1).contains("192.0.2.7"), "{}", after(1));
    assert!(after(1).contains("Rare") && !after(2).contains("Rare"), "{}", after(2));

    let shown = house.run(&args[..args.len() - 2]).well();
    assert!(shown.contains("POST https://telemetry.example/v1/tables/"), "{shown}");
    for secret in ["ada@", "192.0.2.7", "CONTOSO", "Rare"] {
        let sent = shown.split("request 1").nth(1).expect("there is a request");
        assert!(!sent.contains(secret), "{secret}: {sent}");
    }
}

#[test]
fn a_target_without_a_host_sends_where_the_administrator_says_and_nowhere_else() {
    let house = House::trusting();
    let target = install(&house, "targets/https-json");
    let granted = fs::read_to_string(house.state().join("trust.toml")).expect("it is there");
    assert!(granted.contains("endpoint POST https://(the host that you name)/v1/tables/"), "{granted}");
    let growth = house.path("growth.ndjson");
    fs::write(
        &growth,
        "{\"table\":\"growth\",\"columns\":[{\"name\":\"Devices\",\"type\":\"int\",\"nullable\":false,\"class\":\"measure\"}]}\n{\"Devices\":1}\n",
    )
    .expect("it can be written");
    let tried = |hosts: &[&str]| {
        let mut args = vec!["try", text(&growth), "--target", &target];
        hosts.iter().for_each(|host| args.extend(["--host", host]));
        house.run(&args)
    };
    let said = tried(&[]).ends_with(2);
    assert!(said.contains("no host is named for the endpoint `ingest`") && said.contains("mend: "), "{said}");
    for (hosts, why) in [
        (&["ingest=https://a.example"][..], "is no host"),
        (&["ingest=a.example:443"], "is no host"),
        (&["ingest=a.example", "ingest=b.example"], "two hosts"),
        (&["ingest=a.example", "other=b.example"], "the target has none of that name"),
    ] {
        let said = tried(hosts).ends_with(2);
        assert!(said.contains(why), "{said}");
    }
    let shown = tried(&["ingest=a.example:8443"]).well();
    assert!(shown.contains("POST https://a.example:8443/v1/tables/growth"), "{shown}");
}

#[test]
fn a_query_gives_its_tables_to_the_target_and_a_statement_above_the_level_is_passed_over() {
    let house = House::trusting();
    let file = house.signed_query("contoso.devices", "1.0.0");
    house.run(&["plugin", "install", text(&file)]).well();
    house.run(&["plugin", "approve", "contoso.devices", "--yes"]).well();
    let recorded = house.recorded("contoso.devices", "1.0.0");
    let shown = house.run(&["try", text(&recorded), "--query", "contoso.devices"]).well();
    assert!(shown.contains("devices (3 rows)") && shown.contains("1204"), "{shown}");

    let project = house.project("contoso.devices", "1.0.0");
    let manifest = fs::read_to_string(project.join("plugin.toml")).expect("the project is there");
    let full = manifest.replace("level = \"basic\"", "level = \"full\"").replace("\"1.0.0\"", "\"1.1.0\"");
    fs::write(project.join("plugin.toml"), full).expect("it can be changed");
    house.run(&["plugin", "build", text(&project), "--out", text(&file)]).well();
    house.run(&["plugin", "sign", text(&file), "--key", "mine"]).well();
    house.run(&["plugin", "install", text(&file)]).well();
    house.run(&["plugin", "approve", "contoso.devices", "--yes"]).well();
    let shown = house.run(&["try", text(&recorded), "--query", "contoso.devices", "--level", "basic"]).well();
    assert!(shown.contains("passed over: statement `devices`") && !shown.contains("1204"), "{shown}");
}

#[test]
fn a_plugin_in_the_wrong_place_or_none_at_all_is_named() {
    let house = House::trusting();
    let file = house.signed_query("contoso.devices", "1.0.0");
    house.run(&["plugin", "install", text(&file)]).well();
    house.run(&["plugin", "approve", "contoso.devices", "--yes"]).well();
    let recorded = house.recorded("contoso.devices", "1.0.0");
    let said = house.run(&["try", text(&recorded), "--rule", "contoso.devices"]).ends_with(2);
    assert!(
        said.starts_with("error: contoso.devices: it is a query, and a rule is needed in its place"),
        "{said}"
    );
    let said = house.run(&["try", text(&recorded), "--query", "contoso.sites"]).ends_with(2);
    assert!(said.starts_with("error: contoso.sites: no version of it runs"), "{said}");
    let said = house.run(&["try", text(&file), "--query", "contoso.devices"]).ends_with(2);
    assert!(said.contains("not UTF-8"), "{said}");
}
