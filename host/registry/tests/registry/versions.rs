use glasshouse_registry::{Installed, PluginState};

use crate::house::{DAY, House, admin, id, version};

#[test]
fn a_file_that_is_dropped_in_serves() {
    let house = House::new();
    let installed = house.arrives("devices.wasm", &version("1.0.0")).unwrap();
    assert!(matches!(installed, Installed::Serving { replaced: None, .. }), "{installed:?}");
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    let status = house.status("1.0.0");
    assert_eq!((status.state, &status.signers[..]), (PluginState::Running, &["build".to_owned()][..]));
    assert_eq!(house.journal(), ["host: plugin admitted contoso.devices 1.0.0"]);
    house.registry.get(&id()).unwrap().plugin().dry_call().unwrap();
}

#[test]
fn a_newer_version_takes_over_and_the_old_one_finishes_its_calls() {
    let house = House::new();
    house.arrives("devices-1.wasm", &version("1.0.0")).unwrap();
    let held = house.registry.get(&id()).unwrap();
    house.arrives("devices-2.wasm", &version("1.1.0")).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.1.0"));
    assert_eq!(house.state("1.0.0"), PluginState::Superseded);
    held.plugin().dry_call().unwrap();
}

#[test]
fn no_caller_ever_finds_nothing_while_versions_are_swapped() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| {
            let mut calls = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) || calls == 0 {
                house.registry.get(&id()).unwrap().plugin().dry_call().unwrap();
                calls += 1;
            }
        });
        for newer in ["1.1.0", "1.2.0", "1.3.0"] {
            house.install(&version(newer)).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        caller.join().unwrap();
    });
    assert_eq!(house.serving().as_deref(), Some("1.3.0"));
}

#[test]
fn an_older_version_is_refused_by_the_ratchet_also_after_a_removal() {
    let house = House::new();
    house.install(&version("1.1.0")).unwrap();
    let why = house.arrives("old.wasm", &version("1.0.0")).unwrap_err();
    assert_eq!(why, "it is version 1.0.0, and version 1.1.0 was admitted before");
    assert_eq!(house.quarantined().as_deref(), Some(&*why));
    assert_eq!(house.serving().as_deref(), Some("1.1.0"));

    house.registry.remove(&id(), &admin()).unwrap();
    assert_eq!(house.serving(), None);
    let error = house.install(&version("1.0.0")).unwrap_err().to_string();
    assert!(error.contains("version 1.1.0 was admitted before"), "{error}");
    house.install(&version("1.1.0")).unwrap();
}

#[test]
fn a_version_that_fails_its_dry_call_leaves_the_running_one_alone() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let why = house.arrives("new.wasm", &version("1.1.0").broken()).unwrap_err();
    assert!(why.contains("its dry call failed: limit `rows_out` is 1"), "{why}");
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    assert_eq!(house.inbox(), [""; 0]);
    // It never served, so the ratchet has not moved and its number is free.
    house.install(&version("1.1.0")).unwrap();
}

#[test]
fn a_rollback_resets_the_ratchet_and_takes_the_newer_file_back() {
    let house = House::new();
    for newer in ["1.0.0", "1.1.0", "1.2.0"] {
        house.arrives(&format!("devices-{newer}.wasm"), &version(newer)).unwrap();
    }
    house.registry.rollback(&id(), &admin()).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.1.0"));
    assert_eq!(house.state("1.2.0"), PluginState::Quarantined);
    assert_eq!(house.status("1.2.0").why, "rolled back to 1.1.0");
    assert!(house.journal().contains(&"uid 1000: plugin rolled back contoso.devices 1.1.0".to_owned()));

    // Its copy in the inbox is put away at the next look, and the others stay where they are.
    assert_eq!(house.scan().len(), 1);
    assert_eq!(house.inbox(), ["devices-1.0.0.wasm", "devices-1.1.0.wasm"]);
    let error = house.install(&version("1.2.0")).unwrap_err().to_string();
    assert!(error.contains("this file was taken back: rolled back to 1.1.0"), "{error}");

    let house = house.restarted();
    assert_eq!(house.serving().as_deref(), Some("1.1.0"));
    house.install(&version("1.2.0").titled("Devices, mended")).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.2.0"));
}

#[test]
fn where_nothing_served_before_there_is_nothing_to_roll_back_to() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let error = house.registry.rollback(&id(), &admin()).unwrap_err().to_string();
    assert_eq!(error, "there is no earlier version of `contoso.devices` that served here");
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
}

#[test]
fn a_quarantined_plugin_is_stopped_in_its_calls_and_comes_back_only_on_request() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let held = house.registry.get(&id()).unwrap();
    house.registry.quarantine(&id(), "it sends too much", &admin()).unwrap();
    assert_eq!(house.serving(), None);
    assert!(held.plugin().dry_call().unwrap_err().to_string().contains("it sends too much"));
    assert!(house.install(&version("1.0.0")).unwrap_err().to_string().contains("it sends too much"));

    let house = house.restarted();
    assert_eq!(house.serving(), None);
    assert_eq!(house.state("1.0.0"), PluginState::Quarantined);
    house.registry.approve(&id(), Some(held.digest()), &admin()).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    assert_eq!(house.journal().last().unwrap(), "uid 1000: plugin released contoso.devices 1.0.0");
}

#[test]
fn an_expiring_plugin_warns_and_an_expired_one_gets_no_new_call() {
    let house = House::new();
    house.install(&version("1.0.0").lasting(40)).unwrap();
    let held = house.registry.get(&id()).unwrap();
    assert_eq!(house.status("1.0.0").warnings, [""; 0]);
    house.clock.advance(DAY * 11);
    assert_eq!(house.status("1.0.0").warnings, ["it expires in 29 days, at 2050-02-10T00:00:00Z".to_owned()]);
    house.clock.advance(DAY * 29);
    // Nobody has noticed yet, and yet nobody gets it.
    assert_eq!(house.serving(), None);
    house.registry.tick().unwrap();
    let status = house.status("1.0.0");
    assert_eq!((status.state, &*status.why), (PluginState::Stopped, "it expired at 2050-02-10T00:00:00Z"));
    held.plugin().dry_call().unwrap();
    assert_eq!(house.restarted().serving(), None);
}

#[test]
fn the_same_plugin_signed_anew_lasts_longer_without_being_compiled_again() {
    let house = House::new();
    house.install(&version("1.0.0").lasting(40)).unwrap();
    let before = house.registry.get(&id()).unwrap();
    assert!(matches!(house.install(&version("1.0.0").lasting(40)).unwrap(), Installed::Already { .. }));
    assert!(matches!(house.install(&version("1.0.0").lasting(30)).unwrap(), Installed::Already { .. }));
    house.install(&version("1.0.0").lasting(90)).unwrap();
    let after = house.registry.get(&id()).unwrap();
    assert_eq!(before.digest(), after.digest());
    assert!(after.not_after() > before.not_after());
    let house = house.restarted();
    house.clock.advance(DAY * 60);
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
}

#[test]
fn other_plugins_do_not_notice() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let other = version("3.0.0").of("contoso.other");
    house.install(&other).unwrap();
    assert!(house.arrives("bad.wasm", &other.clone().signed_by(&[9])).is_err());
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    assert_eq!(house.state("3.0.0"), PluginState::Waiting);
}

/// Whoever may ask to take a plugin back writes what everybody reads afterwards.
#[test]
fn a_reason_is_short_and_moves_no_cursor() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let why = format!("\u{1b}[2J\u{202e}{}", "x".repeat(1 << 20));
    house.registry.quarantine(&id(), &why, &admin()).unwrap();
    let why = house.status("1.0.0").why;
    assert!(why.starts_with("\\u{1b}[2J\\u{202e}xxx") && why.len() < 300, "{}", why.len());
}
