//! What is not trusted does not run.

use std::fs;

use crate::house::{House, text, wait_until};

#[test]
fn an_empty_trust_store_loads_nothing() {
    let house = House::trusting();
    let file = house.signed_query("contoso.devices", "1.0.0");
    let stranger = House::empty();
    stranger.run(&["init"]).well();
    let said = stranger.run(&["plugin", "install", text(&file)]).ends_with(4);
    assert!(said.contains("trust"), "{said}");
    assert_eq!(stranger.plugins(), []);
    let inspected = stranger.run(&["plugin", "inspect", text(&file)]);
    assert_eq!(inspected.code, 1, "{inspected:?}");
}

#[test]
fn init_with_a_key_that_is_there_uses_it() {
    let house = House::trusting();
    let before = house.run(&["trust", "show"]).well();
    let unsigned = house.path("packs");
    fs::create_dir(&unsigned).expect("it can be made");
    fs::copy(house.signed_query("contoso.devices", "1.0.0"), unsigned.join("devices.wasm"))
        .expect("it is there");
    let host = house.host();
    let said = house.run(&["init", "--with-key", "mine", "--packs", text(&unsigned)]).well();
    assert!(said.contains("kept the key mine"), "{said}");
    assert_eq!(house.state_of("contoso.devices", "1.0.0"), "running");
    drop(host);
    assert!(house.run(&["trust", "show"]).well().starts_with(before.split("\n\n").next().expect("keys")));
    // Also where it is there and trusted no longer: it is trusted again.
    house.run(&["trust", "remove", "mine"]).well();
    assert!(house.run(&["init", "--with-key", "mine"]).well().contains("is trusted"));
    let said =
        house.run(&["plugin", "sign", text(&unsigned.join("devices.wasm")), "--key", "yours"]).ends_with(3);
    assert!(said.starts_with("error: the key yours: ") && said.contains("trust keygen"), "{said}");
}

#[test]
fn a_tampered_file_is_quarantined_with_its_reason_and_the_others_run_on() {
    let house = House::trusting();
    let good = house.signed_query("contoso.devices", "1.0.0");
    let other = house.signed_query("contoso.sites", "1.0.0");
    let host = house.host();
    house.run(&["plugin", "install", text(&good)]).well();
    house.run(&["plugin", "approve", "contoso.devices", "--yes"]).well();

    // One letter of the manifest: the file is as well-formed as before.
    let mut bytes = fs::read(&other).expect("the file is there");
    let title = b"contoso.sites";
    let at = bytes.windows(title.len()).position(|window| window == title).expect("the id is in it");
    bytes[at + title.len() - 1] = b'z';
    let tampered = house.path("tampered.wasm");
    fs::write(&tampered, bytes).expect("it can be written");
    house.drop_in(&tampered, "sites.wasm");

    wait_until("it is in quarantine", || !house.quarantined().is_empty());
    let reasons = house.quarantined();
    assert!(reasons[0].contains("signed as another file"), "{reasons:?}");
    assert!(!house.state().join("plugins.d/sites.wasm").exists());
    let folder = fs::read_dir(house.state().join("quarantine")).expect("quarantine").flatten().next();
    let reason =
        fs::read_to_string(folder.expect("a folder").path().join("reason.json")).expect("its reason");
    assert!(reason.contains("signed as another file"), "{reason}");
    assert_eq!(house.state_of("contoso.devices", "1.0.0"), "running");
    drop(host);
}

#[test]
fn a_revoked_key_stops_what_it_signed_and_cannot_be_trusted_again() {
    let house = House::trusting();
    house.run(&["trust", "keygen", "security"]).well();
    house.run(&["trust", "add", "security", "--revoke"]).well();
    let file = house.signed_query("contoso.devices", "1.0.0");
    let host = house.host();
    house.run(&["plugin", "install", text(&file)]).well();
    house.run(&["plugin", "approve", "contoso.devices", "--yes"]).well();
    let trust = house.run(&["trust", "show", "--output", "json"]).json();
    let keys = trust["keys"].as_array().expect("there are keys");
    let mine = keys.iter().find(|key| key["name"] == "mine").expect("mine is one");
    let id = mine["id"].as_str().expect("it has an id");

    house.run(&["trust", "revoke", "--key", id, "--with-key", "security"]).well();
    wait_until("it stopped", || house.state_of("contoso.devices", "1.0.0") != "running");
    house.run(&["plugin", "install", text(&file)]).ends_with(4);
    let said = house.run(&["init", "--with-key", "mine"]).ends_with(4);
    assert!(said.contains("it was revoked"), "{said}");
    drop(host);
}

#[test]
fn removing_a_key_stops_what_it_signed() {
    let house = House::trusting();
    let file = house.signed_query("contoso.devices", "1.0.0");
    house.run(&["plugin", "install", text(&file)]).well();
    house.run(&["plugin", "approve", "contoso.devices", "--yes"]).well();
    house.run(&["trust", "remove", "mine"]).well();
    assert_eq!(house.state_of("contoso.devices", "1.0.0"), "stopped");
}
