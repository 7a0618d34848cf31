use std::fs;

use super::*;
use crate::{
    RequestState, Retried, Wanted,
    desk::{self, Desk, QUERY, anna, at, decision, target},
};

fn full() -> (tempfile::TempDir, PathBuf) {
    let desk = Desk::new();
    let mut part = desk.part("1", QUERY);
    desk.ledger.add_rows(&mut part, None, &desk::name("devices"), &desk::batch(0..2000)).unwrap();
    desk::add(&desk.ledger, &part, "1", QUERY, &target("hq"), &[2, 1, 1], None);
    desk.ledger.change(|change| change.finish_part(&part, &[], &[desk::table("devices")])).unwrap();
    let folder = desk.closed();
    let path = folder.path().join("ledger.sqlite");
    (folder, path)
}

fn states(path: &Path) -> Vec<RequestState> {
    let ledger = Ledger::open(path).unwrap();
    let rows = ledger.requests(&Wanted::default(), 99).unwrap();
    rows.into_iter().map(|row| row.state).collect()
}

#[test]
fn a_whole_ledger_is_left_alone() {
    let (folder, path) = full();
    let before = fs::read(&path).unwrap();
    let who = anna();
    assert_eq!(Ledger::repair(&path, &decision(&who)).unwrap(), Repaired::default());
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_damaged_body_goes_aside_with_its_call_and_the_others_flow() {
    use RequestState::{Refused, Waiting};
    let (_folder, path) = full();
    Connection::open(&path)
        .unwrap()
        .execute_batch("UPDATE body SET bytes = x'00' WHERE request = 1")
        .unwrap();
    let damaged = fs::read(&path).unwrap();
    let who = anna();
    let repaired = Ledger::repair(&path, &decision(&who)).unwrap();
    let id = desk::request("1", QUERY, &target("hq"), 0, 0).0;
    assert_eq!(repaired.aside, [id.to_string()]);
    assert_eq!((repaired.left, repaired.lost.len(), repaired.unreadable.len()), (vec![], 0, 0));
    assert_eq!(fs::read(repaired.kept.unwrap()).unwrap(), damaged);
    assert_eq!(states(&path), [Refused, Refused, Waiting, Waiting]);

    let ledger = Ledger::open(&path).unwrap();
    let next = desk::request("1", QUERY, &target("hq"), 1, 0).0;
    assert_eq!(ledger.next_due(&target("hq"), at(9)).unwrap().unwrap().id, next);
    let line = ledger.journal(0, 9).unwrap().remove(0);
    assert_eq!((line.event.as_str(), &line.actor), ("ledger repaired", &who));

    // The second cannot go without the first.
    for step in [0, 1] {
        let id = desk::request("1", QUERY, &target("hq"), 0, step).0;
        let error = ledger.retry(&id, &decision(&who)).unwrap_err().to_string();
        assert!(error.contains("its bytes are gone, or those of another request of its call"), "{error}");
    }
    assert_eq!(ledger.retry_all(None, &decision(&who)).unwrap(), Retried { waiting: 0, aside: 2 });
}

#[test]
fn a_page_that_cannot_be_read_costs_its_rows_and_no_others() {
    let (_folder, path) = full();
    let page: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'result'", [], |row| row.get(0))
        .unwrap();
    let mut file = fs::read(&path).unwrap();
    // A leaf page under the root: its number is in the root's first cell.
    let root = usize::try_from(page - 1).unwrap() * 4096;
    let cell = usize::from(u16::from_be_bytes([file[root + 12], file[root + 13]]));
    let child = u32::from_be_bytes(file[root + cell..root + cell + 4].try_into().unwrap());
    let leaf = (child as usize - 1) * 4096;
    file[leaf..leaf + 4096].fill(0xaa);
    fs::write(&path, file).unwrap();

    let who = anna();
    let repaired = Ledger::repair(&path, &decision(&who)).unwrap();
    assert_eq!(repaired.unreadable, BTreeMap::from([("result".to_owned(), 1)]));
    assert!(matches!(repaired.left.as_slice(), [Damage::Results { .. }]), "{:?}", repaired.left);
    let ledger = Ledger::open(&path).unwrap();
    let left: i64 =
        ledger.connection().query_row("SELECT count(*) FROM result", [], |row| row.get(0)).unwrap();
    assert!((1000..2000).contains(&left), "{left}");
    assert_eq!(states(&path), [RequestState::Waiting; 4]);
}

#[test]
fn a_request_that_is_lost_is_told_and_its_call_goes_aside() {
    use RequestState::{Refused, Waiting};
    let (_folder, path) = full();
    Connection::open(&path)
        .unwrap()
        .execute_batch("DELETE FROM body WHERE request = 1; DELETE FROM request WHERE seq = 1")
        .unwrap();
    let who = anna();
    let repaired = Ledger::repair(&path, &decision(&who)).unwrap();
    assert_eq!(repaired.lost, BTreeMap::from([("contoso.hq".to_owned(), 1)]));
    assert_eq!(repaired.left, []);
    assert_eq!(states(&path), [Refused, Waiting, Waiting]);
}

#[test]
fn leaves_that_are_lost_or_changed_come_back_from_who_has_kept_them() {
    for damage in [
        "DELETE FROM leaf WHERE seq = 1",
        "DELETE FROM leaf WHERE seq > 1",
        "UPDATE leaf SET bytes = zeroblob(106) WHERE seq = 2",
        "DELETE FROM leaf",
    ] {
        let (_folder, path) = full();
        let ledger = Ledger::open(&path).unwrap();
        let kept: Vec<Vec<u8>> =
            ledger.leaf_bytes(0, 99).unwrap().into_iter().map(|(_, leaf)| leaf).collect();
        assert_eq!(kept.len(), 4);
        ledger.close().unwrap();
        let tampered = Connection::open(&path).unwrap();
        tampered
            .execute_batch(&format!("DROP TRIGGER leaves_stay; DROP TRIGGER leaves_do_not_change; {damage}"))
            .unwrap();
        drop(tampered);
        let who = anna();
        let repaired = Ledger::repair_with(&path, &decision(&who), kept.iter().cloned()).unwrap();
        assert!(repaired.leaves > 0 && repaired.aside.is_empty(), "{damage}: {repaired:?}");
        assert_eq!(repaired.left, [], "{damage}");
        let ledger = Ledger::open(&path).unwrap();
        let back: Vec<Vec<u8>> = ledger.leaf_bytes(0, 4).unwrap().into_iter().map(|(_, leaf)| leaf).collect();
        assert_eq!(back, kept, "{damage}");
    }
}
