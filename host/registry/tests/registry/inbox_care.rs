use std::{
    fs::{self, File},
    time::{Duration, SystemTime},
};

use jiff::SignedDuration;

use crate::house::{House, start, version};

/// Sets a file's time of writing, in milliseconds before the registry's present.
fn written_ms_ago(path: &std::path::Path, ms: u64) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_micros(start().as_microsecond().unsigned_abs());
    File::options().write(true).open(path).unwrap().set_modified(now - Duration::from_millis(ms)).unwrap();
}

#[test]
fn a_file_that_was_written_to_a_moment_ago_is_left_until_it_is_quiet() {
    let house = House::new();
    let path = house.drop_in("devices.wasm", &version("1.0.0").bytes());
    written_ms_ago(&path, 199);
    let scan = house.registry.scan_inbox().unwrap();
    assert!(scan.incomplete && scan.arrivals.is_empty(), "{scan:?}");
    house.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(house.scan().len(), 1);
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
}

#[test]
fn half_a_file_is_left_while_it_may_still_grow_and_put_away_when_it_does_not() {
    let house = House::new();
    let whole = version("1.0.0").bytes();
    let path = house.drop_in("devices.wasm", &whole[..whole.len() / 2]);
    written_ms_ago(&path, 9_999);
    assert!(house.registry.scan_inbox().unwrap().incomplete);
    assert_eq!(house.inbox(), ["devices.wasm"]);
    house.clock.advance(SignedDuration::from_millis(1));
    house.scan();
    assert_eq!(house.quarantined().as_deref(), Some("it ends in the middle of a section"));

    let path = house.drop_in("devices.wasm", &whole[..whole.len() - 1]);
    written_ms_ago(&path, 0);
    assert!(house.registry.scan_inbox().unwrap().incomplete);
    fs::write(&path, &whole).unwrap();
    house.scan();
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
}

#[test]
fn a_file_whose_signatures_have_not_arrived_yet_gets_a_second() {
    let house = House::new();
    let path = house.drop_in("devices.wasm", &version("1.0.0").signed_by(&[]).bytes());
    written_ms_ago(&path, 999);
    assert!(house.registry.scan_inbox().unwrap().incomplete);
    house.clock.advance(SignedDuration::from_millis(1));
    house.scan();
    assert_eq!(house.quarantined().as_deref(), Some("it is not signed"));
}

#[test]
fn a_file_from_the_future_does_not_wait_for_ever() {
    let house = House::new();
    let path = house.drop_in("devices.wasm", &version("1.0.0").bytes());
    let future = SystemTime::UNIX_EPOCH + Duration::from_secs(3_000_000_000);
    File::options().write(true).open(path).unwrap().set_modified(future).unwrap();
    assert_eq!(house.scan().len(), 1);
}

#[test]
fn what_is_no_plugin_file_is_put_away_with_the_reason_and_the_mend() {
    let house = House::new();
    house.drop_in("notes.wasm", b"no component at all");
    house.drop_in("README.txt", b"not looked at");
    house.drop_in(".devices.wasm", b"a copy in progress");
    assert_eq!(house.scan().len(), 1);
    let listing = house.registry.list().unwrap();
    let put_away = &listing.quarantined[0];
    assert_eq!(put_away.reason.file, "notes.wasm");
    assert!(!put_away.reason.mend.is_empty());
    let folder = house.registry.state().quarantine().join(&put_away.folder);
    assert_eq!(fs::read(folder.join("file")).unwrap(), b"no component at all");
    assert!(folder.join("reason.json").exists());
    assert_eq!(house.inbox(), [".devices.wasm", "README.txt"]);
    assert_eq!(house.journal(), ["host: file quarantined notes.wasm"]);
}

#[test]
fn a_file_signed_by_a_stranger_is_put_away() {
    let house = House::new();
    let why = house.arrives("devices.wasm", &version("1.0.0").signed_by(&[9])).unwrap_err();
    assert_eq!(why, "none of the 1 keys that signed it is trusted here");
    assert_eq!(house.quarantined(), Some(why));
}

#[test]
fn a_file_that_was_dealt_with_is_not_read_again() {
    let house = House::new();
    house.arrives("devices.wasm", &version("1.0.0")).unwrap();
    assert_eq!(house.scan(), []);
    assert_eq!(house.scan(), []);
}

/// Whoever takes a plugin back is not kept waiting until all of them are looked at.
#[test]
fn a_full_inbox_is_looked_at_in_turns() {
    let house = House::new();
    for number in 0..600 {
        house.drop_in(&format!("{number:03}.wasm"), b"no plugin");
    }
    house.drop_in("good.wasm", &version("1.0.0").bytes());
    for (arrived, incomplete) in [(500, true), (101, false)] {
        let scan = house.registry.scan_inbox().unwrap();
        assert_eq!((scan.arrivals.len(), scan.incomplete), (arrived, incomplete));
    }
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    assert_eq!(house.inbox(), ["good.wasm"]);
    assert_eq!(house.registry.list().unwrap().quarantined.len(), 200);
}
