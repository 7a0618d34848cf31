use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
};

use glasshouse_ledger::{Actor, Event};
use glasshouse_registry::{Clock, Layout};
use jiff::Timestamp;

use super::*;

#[test]
fn a_log_is_found_sound_also_while_its_host_goes_on() {
    /// Each takes milliseconds; without the second look one of some ten is wrong.
    const LOOKS: u32 = 60;
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("keys")).unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
    let keeper = Keeper::of(&Layout::at(folder.path()), Clock::system());
    keeper.catch_up(&ledger).unwrap();
    let key = keeper.verifier().unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let host = scope.spawn(|| {
            let mut grown = 0;
            while !over.load(Ordering::Relaxed) {
                let event =
                    Event { event: "key added", object: "a".to_owned(), detail: serde_json::Value::Null };
                ledger.change(|change| change.note(Timestamp::UNIX_EPOCH, &Actor::host(), &event)).unwrap();
                keeper.catch_up(&ledger).unwrap();
                grown += 1;
            }
            grown
        });
        let looks = (0..LOOKS).map(|_| compared(&ledger, &keeper, &key, &[]).unwrap().findings);
        let wrong: Vec<_> = looks.filter(|findings| !findings.is_empty()).collect();
        over.store(true, Ordering::Relaxed);
        assert!(host.join().unwrap() > 0, "nothing went on meanwhile");
        assert_eq!(wrong, Vec::<Vec<glasshouse_audit::Finding>>::new());
    });
}

#[test]
fn what_is_wrong_stays_wrong_when_it_is_looked_at_twice() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("keys")).unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
    let keeper = Keeper::of(&Layout::at(folder.path()), Clock::system());
    keeper.catch_up(&ledger).unwrap();
    fs::remove_dir_all(folder.path().join("tiles/tile")).unwrap();
    let key = keeper.verifier().unwrap();
    assert!(!compared(&ledger, &keeper, &key, &[]).unwrap().is_sound());
}
