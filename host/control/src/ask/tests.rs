use glasshouse_contract::Kind;
use glasshouse_ledger::Ledger;
use glasshouse_trust::SigningKey;

use super::*;
use crate::{Blob, NewKey};

fn ask_here(layout: &Layout, request: Request) -> Result<Reply, Fault> {
    ask(layout, Compiler::InProcess, request, &|_| {})
}

fn add_key() -> Request {
    let public = SigningKey::from_seed(&[7; 32]).public();
    let name = "mine".parse().unwrap();
    Request::TrustAdd { key: NewKey { name, public, kinds: vec![Kind::Query], expires: None, revoke: false } }
}

#[test]
fn looking_at_a_place_where_nothing_is_makes_nothing_there() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::at(folder.path().join("state"));
    for request in [Request::Status, Request::List, Request::TrustShow] {
        assert_eq!(ask_here(&layout, request).unwrap_err().cause, "there is no state directory here");
    }
    let junk = Request::Inspect { name: "junk.wasm".to_owned(), file: Blob(b"junk".to_vec()) };
    assert_eq!(ask_here(&layout, junk).unwrap_err().object, "junk.wasm");
    assert!(!layout.root().exists());
}

#[test]
fn what_is_done_without_a_host_has_its_actor_in_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::at(folder.path().join("state"));
    ask_here(&layout, add_key()).unwrap();
    let Reply::Trust(trust) = ask_here(&layout, Request::TrustShow).unwrap() else { panic!("another reply") };
    assert_eq!(trust.keys.len(), 1);
    let journal = Ledger::open(&layout.ledger()).unwrap().journal(0, 100).unwrap();
    let entry = journal.iter().find(|entry| entry.event == "key added").unwrap();
    assert_eq!((entry.object.as_str(), &entry.actor), ("mine", &actor::this_process()));
}

#[test]
fn a_command_waits_for_another_one_that_has_the_state() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::at(folder.path());
    let held = StateDir::own(layout.clone()).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| ask_here(&layout, add_key()));
        drop(held);
        waiting.join().unwrap().unwrap();
    });
}

/// What becomes of a request whose host ends as it is asked.
#[cfg(unix)]
fn ask_a_dying_host(request: Request) -> Result<Reply, Fault> {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::at(folder.path());
    let listener = std::os::unix::net::UnixListener::bind(folder.path().join("control.sock")).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || drop(listener.accept().unwrap()));
        ask_here(&layout, request)
    })
}

#[cfg(unix)]
#[test]
fn who_looks_while_the_host_ends_looks_again_and_who_changes_something_is_told() {
    assert!(matches!(ask_a_dying_host(Request::Status), Ok(Reply::Status(_))));
    let fault = ask_a_dying_host(add_key()).unwrap_err();
    assert_eq!((fault.kind, fault.object.as_str()), (FaultKind::Unreachable, "the running host"));
}
