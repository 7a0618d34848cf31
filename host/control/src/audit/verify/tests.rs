use std::{cell::Cell, fs};

use glasshouse_ledger::{Actor, Event};
use glasshouse_registry::{Clock, Layout};
use jiff::Timestamp;

use super::*;

/// A log that is level with its ledger.
fn log(folder: &Path) -> (Ledger, Keeper, Verifier) {
    fs::create_dir(folder.join("keys")).unwrap();
    let ledger = Ledger::open(&folder.join("ledger.sqlite")).unwrap();
    let keeper = Keeper::of(&Layout::at(folder), Clock::system());
    keeper.catch_up(&ledger).unwrap();
    let key = keeper.verifier().unwrap();
    (ledger, keeper, key)
}

/// What a host does beside: something happens, and is signed.
fn goes_on(ledger: &Ledger, keeper: &Keeper) {
    let event = Event { event: "key added", object: "a".to_owned(), detail: serde_json::Value::Null };
    ledger.change(|change| change.note(Timestamp::UNIX_EPOCH, &Actor::host(), &event)).unwrap();
    keeper.catch_up(ledger).unwrap();
}

#[test]
fn a_log_is_found_sound_also_where_its_host_goes_on_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, keeper, key) = log(folder.path());
    let went_on = Cell::new(false);
    let leaves = || {
        pages(&ledger).inspect(|_| {
            if !went_on.replace(true) {
                goes_on(&ledger, &keeper);
            }
        })
    };
    let one_look = verify(leaves(), keeper.folder(), &key, &[]).unwrap();
    assert!(!one_look.is_sound(), "the unfinished files that it came for are gone");
    went_on.set(false);
    let report = compared(&keeper, &key, &[], leaves).unwrap();
    assert!(went_on.get() && report.is_sound(), "{:?}", report.findings);
    assert_eq!(report.checkpoint.map(|signed| signed.size()), Some(3));
}

#[test]
fn what_is_wrong_stays_wrong_when_it_is_looked_at_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, keeper, key) = log(folder.path());
    fs::remove_dir_all(folder.path().join("tiles/tile")).unwrap();
    assert!(!compared(&keeper, &key, &[], || pages(&ledger)).unwrap().is_sound());
}
