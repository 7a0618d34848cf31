//! A new version takes the place of a running one.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use crate::house::{House, text, wait_until};

/// A complete file in the inbox serves within this.
const PROMISED: Duration = Duration::from_secs(2);

#[test]
fn a_version_dropped_in_serves_within_two_seconds_and_no_call_fails() {
    let house = House::trusting();
    let (old, new) =
        (house.signed_query("contoso.devices", "1.0.0"), house.signed_query("contoso.devices", "1.1.0"));
    let recorded = house.recorded("contoso.devices", "1.0.0");
    let host = house.host();
    house.run(&["plugin", "install", text(&old)]).well();
    house.run(&["plugin", "approve", "contoso.devices", "--yes"]).well();

    let (done, calls) = (AtomicBool::new(false), AtomicU32::new(0));
    let took = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                house.run(&["try", text(&recorded), "--query", "contoso.devices"]).well();
                calls.fetch_add(1, Ordering::Relaxed);
            }
        });
        wait_until("calls are made", || calls.load(Ordering::Relaxed) > 2);
        house.drop_in(&new, "devices.wasm");
        let took =
            wait_until("the new version runs", || house.state_of("contoso.devices", "1.1.0") == "running");
        let before = calls.load(Ordering::Relaxed);
        wait_until("calls go on", || calls.load(Ordering::Relaxed) > before + 2);
        done.store(true, Ordering::Relaxed);
        took
    });
    assert!(took < PROMISED, "{took:?}");
    assert_eq!(house.state_of("contoso.devices", "1.0.0"), "superseded");
    let tried = house.run(&["try", text(&recorded), "--query", "contoso.devices", "--output", "json"]).json();
    assert_eq!(tried["steps"][0]["version"], "1.1.0");
    drop(host);
}

#[test]
fn a_rollback_brings_the_earlier_version_back_and_the_newer_one_stays_out() {
    let house = House::trusting();
    let (old, new) =
        (house.signed_query("contoso.devices", "1.0.0"), house.signed_query("contoso.devices", "1.1.0"));
    house.run(&["plugin", "install", text(&old)]).well();
    house.run(&["plugin", "approve", "contoso.devices", "--yes"]).well();
    house.run(&["plugin", "install", text(&new)]).well();
    assert_eq!(house.state_of("contoso.devices", "1.1.0"), "running");
    house.run(&["plugin", "install", text(&old)]).ends_with(4);

    house.run(&["plugin", "rollback", "contoso.devices"]).well();
    assert_eq!(house.state_of("contoso.devices", "1.0.0"), "running");
    assert_eq!(house.state_of("contoso.devices", "1.1.0"), "quarantined");
    house.run(&["plugin", "install", text(&new)]).ends_with(4);
}

#[test]
fn an_upgrade_that_asks_for_more_waits_while_the_old_version_runs_on() {
    let house = House::trusting();
    let old = house.signed_query("contoso.devices", "1.0.0");
    house.run(&["plugin", "install", text(&old)]).well();
    house.run(&["plugin", "approve", "contoso.devices", "--yes"]).well();

    let project = house.project("contoso.devices", "1.0.0");
    let manifest = std::fs::read_to_string(project.join("plugin.toml")).expect("the project is there");
    let more = manifest.replace("version = \"1.0.0\"", "version = \"1.1.0\"\nlimits.memory_mib = 128");
    std::fs::write(project.join("plugin.toml"), more).expect("the manifest can be changed");
    let new = house.path("more.wasm");
    house.run(&["plugin", "build", text(&project), "--out", text(&new)]).well();
    house.run(&["plugin", "sign", text(&new), "--key", "mine"]).well();

    let inspected = house.run(&["plugin", "inspect", text(&new)]).well();
    assert!(inspected.contains("+ asks for limit memory_mib 128"), "{inspected}");
    assert!(inspected.contains("~ limit memory_mib: 64 -> 128"), "{inspected}");
    let said = house.run(&["plugin", "install", text(&new)]).well();
    assert!(said.contains("limit memory_mib 128"), "{said}");
    assert_eq!(house.state_of("contoso.devices", "1.0.0"), "running");
    assert_eq!(house.state_of("contoso.devices", "1.1.0"), "waiting");
    house.run(&["plugin", "approve", "contoso.devices", "--yes"]).well();
    assert_eq!(house.state_of("contoso.devices", "1.1.0"), "running");
}
