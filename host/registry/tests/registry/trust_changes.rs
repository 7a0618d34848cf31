use std::fs;

use glasshouse_registry::PluginState;

use crate::house::{DAY, House, admin, id, key, revocations, trust_text, version};

#[test]
fn a_revoked_file_is_stopped_in_its_calls() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let held = house.registry.get(&id()).unwrap();
    let list = revocations(1, |list| list.digests.push(held.digest()));
    house.registry.install_revocations(&list, &admin()).unwrap();
    assert_eq!(house.serving(), None);
    assert!(held.plugin().dry_call().unwrap_err().to_string().contains("this file was revoked"));
    assert_eq!(house.state("1.0.0"), PluginState::Stopped);
    assert!(house.journal().contains(&"uid 1000: revocations accepted version 1".to_owned()));
    assert_eq!(house.restarted().serving(), None);
}

#[test]
fn a_revoked_key_stops_what_it_signed_and_nothing_else() {
    let house = House::new();
    let both = trust_text(true).replace(
        "[[grant]]",
        &format!(
            "[[key]]\nname = \"other\"\npublic = \"{}\"\nkinds = [\"query\"]\n[[grant]]",
            key(3).public()
        ),
    );
    house.trust(&both);
    house.install(&version("1.0.0").signed_by(&[3])).unwrap();
    let list = revocations(1, |list| list.keys.push(key(3).id()));
    house.registry.install_revocations(&list, &admin()).unwrap();
    assert_eq!(house.serving(), None);
    assert_eq!(house.status("1.0.0").why, "the key `other` that signed it was revoked");
    house.install(&version("1.1.0")).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.1.0"));
}

#[test]
fn neither_deleting_nor_replaying_a_list_takes_a_revocation_back() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let old = revocations(1, |_| {});
    house.registry.install_revocations(&old, &admin()).unwrap();
    let digest = version("1.0.0").digest();
    house.registry.install_revocations(&revocations(2, |list| list.digests.push(digest)), &admin()).unwrap();

    let house = house.restarted_after(|layout| fs::remove_file(layout.revocations()).unwrap());
    assert_eq!(house.serving(), None);
    let house = house.restarted_after(|layout| fs::write(layout.revocations(), &old).unwrap());
    assert_eq!(house.serving(), None);
    let problems = house.registry.list().unwrap().problems;
    assert_eq!(problems[0].cause, "it has version 1, and version 2 was seen already");
    let error = house.registry.install_revocations(&old, &admin()).unwrap_err().to_string();
    assert!(error.contains("version 2 was seen already"), "{error}");
    // Nor does another list of the same number, nor trust in whoever signed it withdrawn.
    let same = revocations(2, |_| {});
    assert!(house.registry.install_revocations(&same, &admin()).is_err());
    house.trust(&trust_text(true).replace("revoke = true", "kinds = [\"rule\"]"));
    assert_eq!(house.serving(), None);
}

#[test]
fn while_a_list_cannot_be_followed_nothing_new_is_admitted_and_what_runs_goes_on() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    fs::write(house.registry.state().revocations(), "{}").unwrap();
    house.registry.reload_trust().unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    assert!(house.arrives("new.wasm", &version("1.1.0")).is_err());
    // No fault of the file's: it is taken when the list is mended.
    assert_eq!(house.inbox(), ["new.wasm"]);
    fs::write(house.registry.state().revocations(), revocations(1, |_| {})).unwrap();
    house.registry.reload_trust().unwrap();
    house.scan();
    assert_eq!(house.serving().as_deref(), Some("1.1.0"));
}

#[test]
fn an_expired_list_lets_what_runs_go_on_also_over_a_restart() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    house.registry.install_revocations(&revocations(1, |_| {}), &admin()).unwrap();
    house.clock.advance(DAY * 91);
    let error = house.install(&version("1.1.0")).unwrap_err().to_string();
    assert!(error.contains("the revocation list (version 1) expired"), "{error}");
    assert_eq!(house.restarted().serving().as_deref(), Some("1.0.0"));
}

#[test]
fn a_key_that_is_no_longer_trusted_stops_what_it_signed() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let held = house.registry.get(&id()).unwrap();
    house.trust(
        &trust_text(true)
            .replace("\"build\"", "\"other\"")
            .replace(&key(1).public().to_string(), &key(3).public().to_string()),
    );
    assert_eq!(house.serving(), None);
    assert!(held.plugin().dry_call().is_err());
    house.trust(&trust_text(true));
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    assert_eq!(house.journal().last().unwrap(), "host: plugin resumed contoso.devices 1.0.0");
}

#[test]
fn a_key_that_expires_stops_what_it_signed() {
    let house = House::new();
    let expiring = "kinds = [\"query\"]\nexpires = \"2050-01-11T00:00:00Z\"";
    house.trust(&trust_text(true).replace("kinds = [\"query\"]", expiring));
    house.install(&version("1.0.0")).unwrap();
    house.clock.advance(DAY * 9);
    house.registry.tick().unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    house.clock.advance(DAY * 2);
    house.registry.tick().unwrap();
    assert_eq!(house.serving(), None);
}

#[test]
fn a_trust_file_that_breaks_lets_nothing_new_in_and_stops_nothing() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    house.trust("version = 1\nkeys = 3\n");
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    let error = house.install(&version("1.1.0")).unwrap_err().to_string();
    assert!(error.contains("unknown field `keys`"), "{error}");
    let house = house.restarted();
    assert_eq!(house.serving(), None);
    assert_eq!(house.state("1.0.0"), PluginState::Stopped);
}

#[test]
fn every_change_of_trust_is_in_the_journal_with_who_made_it() {
    let house = House::new();
    let event = glasshouse_ledger::Event {
        event: "key removed",
        object: "revoker".to_owned(),
        detail: serde_json::json!({}),
    };
    let revoker = glasshouse_contract::Name::new("revoker").unwrap();
    house.registry.edit_trust(&admin(), &event, |document| document.remove_key(&revoker)).unwrap();
    assert_eq!(house.journal(), ["uid 1000: key removed revoker"]);
    // What cannot be done is not written down as done.
    assert!(house.registry.edit_trust(&admin(), &event, |document| document.remove_key(&revoker)).is_err());
    assert_eq!(house.journal().len(), 1);
}
