use std::fs;

use glasshouse_registry::{Installed, PluginState, RegistryError};

use crate::house::{House, admin, id, trust_text, version};

#[test]
fn a_plugin_that_nobody_approved_waits_and_is_approved_by_name() {
    let house = House::new();
    house.trust(&format!("# ours\n{}", trust_text(false)));
    let installed = house.arrives("devices.wasm", &version("1.0.0")).unwrap();
    let Installed::Waiting { beyond, .. } = installed else { panic!("{installed:?}") };
    assert_eq!(beyond.iter().count(), 2);
    assert_eq!(house.serving(), None);
    let status = house.status("1.0.0");
    assert_eq!((status.state, status.beyond), (PluginState::Waiting, beyond));
    assert!(status.why.starts_with("it asks for what was not granted: "), "{}", status.why);

    let house = house.restarted();
    assert_eq!(house.state("1.0.0"), PluginState::Waiting);
    house.registry.approve(&id(), None, &admin()).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    assert!(fs::read_to_string(house.registry.state().trust()).unwrap().starts_with("# ours\n"));
    assert_eq!(
        house.journal(),
        [
            "host: plugin waits contoso.devices 1.0.0",
            "uid 1000: plugin approved contoso.devices 1.0.0",
            "uid 1000: plugin admitted contoso.devices 1.0.0",
        ]
    );
    assert_eq!(house.restarted().serving().as_deref(), Some("1.0.0"));
}

#[test]
fn an_upgrade_that_asks_for_more_waits_while_the_running_version_goes_on() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    house.install(&version("1.1.0").asking_for_more()).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    assert_eq!(house.status("1.1.0").why, "it asks for what was not granted: limit memory_mib 128");
    house.registry.approve(&id(), None, &admin()).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.1.0"));
    assert_eq!(house.state("1.0.0"), PluginState::Superseded);
}

#[test]
fn what_was_not_shown_is_not_approved() {
    let house = House::new();
    let shown = version("1.1.0").asking_for_more();
    house.install(&shown).unwrap();
    house.install(&version("1.2.0").asking_for_more()).unwrap();
    let error = house.registry.approve(&id(), Some(shown.digest()), &admin()).unwrap_err();
    assert!(matches!(error, RegistryError::OtherWaits { .. }), "{error}");
    assert_eq!(house.serving(), None);
    assert_eq!(house.state("1.1.0"), PluginState::Superseded);
}

#[test]
fn a_version_that_does_not_work_is_not_granted_anything() {
    let house = House::new();
    house.trust(&trust_text(false));
    house.install(&version("1.0.0").broken()).unwrap();
    let before = fs::read(house.registry.state().trust()).unwrap();
    let error = house.registry.approve(&id(), None, &admin()).unwrap_err();
    assert!(matches!(error, RegistryError::DryCall { .. }), "{error}");
    assert_eq!(fs::read(house.registry.state().trust()).unwrap(), before);
}

#[test]
fn a_grant_that_is_written_by_hand_lets_the_waiting_version_serve() {
    let house = House::new();
    house.trust(&trust_text(false));
    house.install(&version("1.0.0")).unwrap();
    house.trust(&trust_text(true));
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
}

#[test]
fn a_grant_that_is_taken_back_stops_the_plugin_until_it_is_approved_again() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let held = house.registry.get(&id()).unwrap();
    house.trust(&trust_text(false));
    assert_eq!(house.serving(), None);
    assert_eq!(house.state("1.0.0"), PluginState::Waiting);
    assert!(held.plugin().dry_call().is_err());
    house.registry.approve(&id(), None, &admin()).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
}

#[test]
fn there_is_nothing_to_approve_where_nothing_waits() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let error = house.registry.approve(&id(), None, &admin()).unwrap_err();
    assert!(matches!(error, RegistryError::NothingWaits(_)), "{error}");
}
