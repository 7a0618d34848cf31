use std::fs;

use glasshouse_registry::{Layout, PluginState, StateDir, StateError};

use crate::house::{House, admin, id, open, start, version};

#[test]
fn a_restart_loads_from_the_store_and_the_inbox_changes_nothing() {
    let house = House::new();
    let path = {
        house.arrives("devices.wasm", &version("1.0.0")).unwrap();
        house.registry.state().inbox().join("devices.wasm")
    };
    fs::remove_file(path).unwrap();
    assert_eq!(house.scan(), []);
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    assert_eq!(house.restarted().serving().as_deref(), Some("1.0.0"));
}

#[test]
fn older_versions_that_lie_in_the_inbox_stay_there_over_a_restart() {
    let house = House::new();
    house.arrives("devices-1.wasm", &version("1.0.0")).unwrap();
    house.arrives("devices-2.wasm", &version("1.1.0")).unwrap();
    let house = house.restarted();
    assert_eq!(house.scan(), []);
    assert_eq!(house.inbox(), ["devices-1.wasm", "devices-2.wasm"]);
    assert_eq!(house.serving().as_deref(), Some("1.1.0"));
}

#[test]
fn a_removed_plugin_stays_away_over_a_restart() {
    let house = House::new();
    house.arrives("devices.wasm", &version("1.0.0")).unwrap();
    house.registry.remove(&id(), &admin()).unwrap();
    assert_eq!(house.inbox(), [""; 0]);
    let house = house.restarted();
    assert_eq!(house.scan(), []);
    assert_eq!(house.serving(), None);
    assert_eq!(fs::read_dir(house.registry.state().store()).unwrap().count(), 0);
}

#[test]
fn a_stored_file_that_was_changed_is_not_loaded_and_a_good_copy_mends_it() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let digest = version("1.0.0").digest();
    let mut changed = version("1.0.0").bytes();
    let at = changed.windows(7).position(|bytes| bytes == b"Counts ").unwrap();
    changed[at] ^= 1;
    let house = house.restarted_after(|layout| fs::write(layout.stored(digest), changed).unwrap());
    assert_eq!(house.serving(), None);
    let status = house.status("1.0.0");
    assert_eq!(status.state, PluginState::Stopped);
    assert!(status.why.contains("holds another plugin: sha256:"), "{}", status.why);
    house.install(&version("1.0.0")).unwrap();
    assert_eq!(house.restarted().serving().as_deref(), Some("1.0.0"));
}

#[test]
fn another_plugin_under_a_stored_name_is_not_loaded() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let digest = version("1.0.0").digest();
    let house = house.restarted_after(|layout| {
        fs::write(layout.stored(digest), version("1.0.0").titled("Other").bytes()).unwrap();
    });
    assert_eq!(house.serving(), None);
    assert!(house.status("1.0.0").why.contains("holds another plugin"), "{}", house.status("1.0.0").why);
}

#[test]
fn what_an_admission_that_was_cut_short_left_in_the_store_is_swept() {
    let house = House::new();
    let digest = version("1.0.0").digest();
    let house = house.restarted_after(|layout| {
        fs::write(layout.stored(digest), version("1.0.0").bytes()).unwrap();
    });
    assert_eq!(house.serving(), None);
    assert!(!house.registry.state().stored(digest).exists());
}

#[test]
fn without_a_trust_file_nothing_loads_and_the_inbox_waits() {
    let house = House::empty();
    house.drop_in("devices.wasm", &version("1.0.0").bytes());
    assert!(house.scan()[0].outcome.is_err());
    assert_eq!(house.inbox(), ["devices.wasm"]);
    let problems = house.registry.list().unwrap().problems;
    assert!(problems[0].cause.contains("there is no trust file"), "{problems:?}");

    house.trust(&crate::house::trust_text(true));
    assert_eq!(house.scan().len(), 1);
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    assert_eq!(house.registry.list().unwrap().problems, []);

    let house = house.restarted_after(|layout| fs::remove_file(layout.trust()).unwrap());
    assert_eq!(house.serving(), None);
    assert!(house.status("1.0.0").why.contains("there is no trust file"));
}

#[test]
fn the_state_directory_has_one_owner() {
    let house = House::new();
    let error = StateDir::own(Layout::clone(house.registry.state())).unwrap_err();
    assert!(matches!(error, StateError::Held { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains(&format!("is in use by process {}", std::process::id())), "{message}");
}

#[test]
fn a_ledger_of_a_newer_host_is_refused() {
    let home = tempfile::tempdir().unwrap();
    drop(open(home.path(), &glasshouse_registry::Clock::manual(start())).unwrap());
    let path = Layout::at(home.path()).ledger();
    // The schema version lies at byte 60 of a SQLite file; a closed ledger has no log beside it.
    let mut bytes = fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&path, bytes).unwrap();
    let error = open(home.path(), &glasshouse_registry::Clock::manual(start())).unwrap_err().to_string();
    assert!(error.contains("has schema 99"), "{error}");
}

#[test]
fn compiled_code_of_what_is_not_in_the_store_does_not_pile_up() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let cache = house.registry.state().cache();
    let (known, other) = (version("1.0.0").digest().hex(), version("2.0.0").digest().hex());
    for name in [format!("{known}.0.cwasm"), format!("{known}.0.part-7"), format!("{other}.0.cwasm")] {
        fs::write(cache.join(name), "code").unwrap();
    }
    fs::create_dir(cache.join("lost+found")).unwrap();
    fs::create_dir(house.registry.state().store().join("lost+found")).unwrap();
    let house = house.restarted();
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    let mut left: Vec<_> = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [format!("{known}.0.cwasm").as_str(), "lost+found"]);
}

/// A pipe is never at its end: whoever opens it waits.
#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_keeps_no_host_from_starting() {
    use rustix::fs::{CWD, FileType, mknodat};
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let state = house.registry.state();
    let stored = state.store().join(format!("{}.wasm", version("1.0.0").digest().hex()));
    let (trust, revocations) = (state.trust(), state.revocations());
    let kept = fs::read(&trust).unwrap();
    let house = house.restarted();
    for path in [stored, revocations, trust.clone()] {
        let _ = fs::remove_file(&path);
        mknodat(CWD, &path, FileType::Fifo, 0o600.into(), 0).unwrap();
    }
    let house = house.restarted();
    assert_eq!(house.serving(), None);
    fs::remove_file(&trust).unwrap();
    fs::write(&trust, kept).unwrap();
    let house = house.restarted();
    assert_eq!(house.serving(), None);
    assert!(house.status("1.0.0").why.contains("it is a pipe, not a file"), "{}", house.status("1.0.0").why);
}
