use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use glasshouse_registry::Clock;

use crate::house::{id, open, revocations, trust_text, version};

/// The product's promise for both: a new file serves, and a revocation takes hold, within this.
const PROMISE: Duration = Duration::from_secs(2);

fn within_promise(what: &str, mut seen: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !seen() {
        assert!(begin.elapsed() < PROMISE, "{what} took longer than {PROMISE:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_running_host_takes_new_files_and_revocations_without_being_told() {
    let home = tempfile::tempdir().unwrap();
    // The machine's clock: a file's age is measured against when the disk says it was written.
    let registry = Arc::new(open(home.path(), &Clock::system()).unwrap());
    let state = registry.state();
    let watch = registry.watch().unwrap();
    fs::write(state.trust(), trust_text(true)).unwrap();

    let early = version("1.0.0").valid_now();
    fs::write(state.inbox().join("devices-1.wasm"), early.bytes()).unwrap();
    within_promise("the first version", || registry.get(&id()).is_some());

    // As `cp` does it: piece by piece, under its last name.
    let later = version("1.1.0").valid_now();
    let bytes = later.bytes();
    let path = state.inbox().join("devices-2.wasm");
    let (head, tail) = bytes.split_at(bytes.len() / 2);
    fs::write(&path, head).unwrap();
    std::thread::yield_now();
    use std::io::Write as _;
    fs::File::options().append(true).open(&path).unwrap().write_all(tail).unwrap();
    within_promise("the second version", || {
        registry.get(&id()).is_some_and(|generation| generation.digest() == later.digest())
    });

    let held = registry.get(&id()).unwrap();
    let list = revocations(1, |list| {
        list.digests.push(later.digest());
        list.issued = jiff::Timestamp::now();
    });
    fs::write(state.revocations(), list).unwrap();
    within_promise("the revocation", || held.plugin().dry_call().is_err());
    within_promise("its absence", || registry.get(&id()).is_none());

    let begin = Instant::now();
    drop(watch);
    assert!(begin.elapsed() < PROMISE, "the watch ends when it is told to");
}
