use glasshouse_contract::Digest;
use rusqlite::StatementStatus;

use super::*;
use crate::desk::{self, Desk, QUERY, at, name, target};

#[test]
fn what_is_shown_and_sent_is_what_was_sealed() {
    let desk = Desk::new();
    let to = target("hq");
    let ids = desk.seal(QUERY, &to, &[2], None);
    let (id, request) = desk::request("1", QUERY, &to, 0, 1);
    assert_eq!(ids[1], id);
    let sealed = desk.ledger.request(&id).unwrap().unwrap();
    assert_eq!(sealed.request.bytes(), request.bytes());
    let row = sealed.row;
    assert_eq!(row.digest, request.digest());
    assert_eq!((row.run.as_str(), row.site, row.query.as_str()), ("1", name("cas"), QUERY));
    assert_eq!((row.chunk, row.step, row.steps, row.size), (0, 1, 2, request.body.0.len() as u64));
    assert_eq!((row.target, row.endpoint, row.sealed), (to, name("ingest"), at(0)));
    assert_eq!((row.state, row.has_body), (RequestState::Waiting, true));

    let leaf = desk.ledger.leaves(row.leaf.unwrap(), 1).unwrap()[0];
    assert_eq!((leaf.kind(), *leaf.subject()), (LeafKind::Seal, id.digest()));
    assert_eq!(leaf.content(), Some(&request.digest()));
}

#[test]
fn requests_are_read_while_a_change_is_at_work_and_their_statement_is_planned_once() {
    let desk = Desk::new();
    let ids = desk.seal(QUERY, &target("hq"), &[3], None);
    desk.ledger
        .change(|change| {
            change.begin_run(&crate::runs::tests::run("new", 99, 1))?;
            for id in &ids {
                assert!(desk.ledger.request(id)?.is_some());
            }
            Ok::<_, LedgerError>(())
        })
        .unwrap();
    let reader = desk.ledger.reader();
    let statement = reader.prepare_cached(&by_id()).unwrap();
    assert_eq!(statement.get_status(StatementStatus::Run), 3, "it is the one that was asked");
    assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
}

#[test]
fn nobody_sees_a_request_before_its_part_is_done() {
    let desk = Desk::new();
    let to = target("hq");
    let part = desk.part("1", QUERY);
    let ids = desk::add(&desk.ledger, &part, "1", QUERY, &to, &[1, 1], None);
    assert_eq!(desk.ledger.requests(&Wanted::default(), 9).unwrap(), []);
    assert_eq!(desk.ledger.request(&ids[0]).unwrap(), None);
    assert_eq!(desk.ledger.next_due(&to, at(9)).unwrap(), None);
    assert_eq!(desk.ledger.backlog().unwrap(), []);
    assert_eq!(desk.ledger.leaf_count().unwrap(), 0);

    desk.ledger.change(|change| change.finish_part(&part, &[], &[])).unwrap();
    let rows = desk.ledger.requests(&Wanted::default(), 9).unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), ids);
    assert_eq!(desk.ledger.leaf_count().unwrap(), 2);
}

#[test]
fn what_a_killed_run_sealed_is_gone_when_its_part_begins_again_and_gets_the_same_ids() {
    let desk = Desk::new();
    let to = target("hq");
    let part = desk.part("1", QUERY);
    let before = desk::add(&desk.ledger, &part, "1", QUERY, &to, &[1, 3], None);
    let again = desk.seal(QUERY, &to, &[1, 3], None);
    assert_eq!(before, again);
    assert_eq!(desk.count("SELECT count(*) FROM body"), 4);
    let late = desk.ledger.add_requests(&part, &[]).unwrap_err();
    assert!(matches!(late, LedgerError::PartOver), "{late}");
}

#[test]
fn of_one_id_there_is_one_request() {
    let desk = Desk::new();
    let to = target("hq");
    desk.seal(QUERY, &to, &[1], None);
    let part = desk.part("2", QUERY);
    let requests = [desk::request("1", QUERY, &to, 0, 0)];
    let rendered = Rendered {
        route: &name("hq"),
        table: &name("devices"),
        chunk: 0,
        target: &to,
        target_digest: Digest::of(b"target"),
        hold: None,
        requests: &requests,
        sealed: at(0),
    };
    let error = desk.ledger.add_requests(&part, &[rendered]).unwrap_err();
    assert!(matches!(error, LedgerError::SealedBefore { .. }), "{error}");
    assert_eq!(desk.count("SELECT count(*) FROM delivery"), 1);
}

#[test]
fn bytes_that_changed_on_the_disk_are_not_handed_out() {
    let desk = Desk::new();
    let ids = desk.seal(QUERY, &target("hq"), &[1, 1], None);
    for sql in [
        "UPDATE body SET bytes = x'00' WHERE request = 1",
        "UPDATE request SET url = url || '?' WHERE seq = 2",
    ] {
        desk.ledger.connection().execute(sql, []).unwrap();
    }
    for id in ids {
        let error = desk.ledger.request(&id).unwrap_err();
        assert!(matches!(error, LedgerError::NotAsSealed { .. }), "{error}");
    }
}
