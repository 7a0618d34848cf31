//! A clock that was wrong for a while, and is put right while the host runs.

use glasshouse_registry::PluginState;
use jiff::SignedDuration;

use crate::house::{DAY, House, id, revocations, trust_text, version};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What a host's two watching threads do when a second has passed.
fn a_second_passes(house: &House) {
    house.registry.tick().unwrap();
    house.scan();
}

#[test]
fn what_expired_by_a_clock_that_was_ahead_serves_again_when_it_is_put_back() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    a_second_passes(&house);
    house.clock.advance(DAY * 400);
    a_second_passes(&house);
    assert_eq!((house.serving(), house.state("1.0.0")), (None, PluginState::Stopped));
    house.clock.advance(-DAY * 400);
    a_second_passes(&house);
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    assert_eq!(house.status("1.0.0").why, "");
    house.registry.get(&id()).unwrap().plugin().dry_call().unwrap();
    let journal = house.journal();
    assert!(
        journal.ends_with(&[
            "host: plugin stopped contoso.devices 1.0.0".to_owned(),
            "host: plugin resumed contoso.devices 1.0.0".to_owned(),
        ]),
        "{journal:?}"
    );
}

#[test]
fn a_key_that_expired_by_a_clock_that_was_ahead_counts_again() {
    let house = House::new();
    let expiring = "kinds = [\"query\"]\nexpires = \"2050-06-01T00:00:00Z\"";
    house.trust(&trust_text(true).replace("kinds = [\"query\"]", expiring));
    house.install(&version("1.0.0").lasting(4_000)).unwrap();
    a_second_passes(&house);
    house.clock.advance(DAY * 400);
    a_second_passes(&house);
    assert_eq!(house.serving(), None);
    house.clock.advance(-DAY * 400);
    a_second_passes(&house);
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
}

/// A machine without a battery begins in the past, and learns the time when the host runs already.
#[test]
fn what_was_not_valid_yet_by_a_clock_that_was_behind_serves_when_it_is_put_right() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    house.clock.advance(-DAY * 400);
    let house = house.restarted();
    a_second_passes(&house);
    assert_eq!((house.serving(), house.state("1.0.0")), (None, PluginState::Stopped));
    house.clock.advance(DAY * 400);
    a_second_passes(&house);
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
}

#[test]
fn an_hour_back_stops_nothing_and_keeps_no_file_waiting() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    a_second_passes(&house);
    house.clock.advance(-HOUR);
    a_second_passes(&house);
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    house.arrives("new.wasm", &version("1.1.0")).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.1.0"));
}

/// A file that was left for a reason that may pass is tried again soon, by whatever clock.
#[test]
fn a_file_that_was_left_under_a_clock_that_was_ahead_is_tried_again_when_it_is_put_back() {
    let house = House::new();
    house.registry.install_revocations(&revocations(1, |_| {}), &crate::house::admin()).unwrap();
    a_second_passes(&house);
    house.clock.advance(DAY * 400);
    // Nobody knows what was revoked since.
    assert!(house.arrives("new.wasm", &version("1.0.0").lasting(4_000)).is_err());
    a_second_passes(&house);
    assert_eq!(house.serving(), None);
    house.clock.advance(-DAY * 400);
    a_second_passes(&house);
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
}
