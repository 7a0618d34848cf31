use super::*;
use crate::desk::{self, Desk, QUERY, anna, at, decision, target};

#[test]
fn what_is_old_goes_and_what_was_not_sent_stays() {
    let desk = Desk::new();
    let (who, to) = (anna(), target("hq"));
    let mut part = desk.part("1", QUERY);
    desk.ledger.add_rows(&mut part, None, &desk::name("devices"), &desk::batch(0..3)).unwrap();
    let ids = desk::add(&desk.ledger, &part, "1", QUERY, &to, &[1, 1], None);
    desk.ledger.change(|change| change.finish_part(&part, &[], &[desk::table("devices")])).unwrap();
    desk.accept(&ids[0], None);

    let young = Retention { results_before: at(0), bodies_before: at(5) };
    assert_eq!(desk.ledger.purge(&young, &decision(&who)).unwrap(), Purged::default());
    assert_eq!(desk.ledger.journal(0, 9).unwrap(), []);

    let old = KeptFor::default().over_at(at(500 * 86_400));
    assert_eq!(desk.ledger.purge(&old, &decision(&who)).unwrap(), Purged { tables: 1, bodies: 1 });
    assert_eq!(desk.count("SELECT count(*) FROM result"), 0);
    assert_eq!(desk.ledger.request(&ids[0]).unwrap(), None);
    assert!(desk.ledger.request(&ids[1]).unwrap().is_some());
    let row = desk.ledger.request_row(&ids[0]).unwrap().unwrap();
    assert_eq!(row.digest, desk::request("1", QUERY, &to, 0, 0).1.digest());
    assert_eq!(desk.ledger.parts("1").unwrap()[0].tables[0].rows, 3);
    assert_eq!(desk.ledger.journal(0, 9).unwrap()[0].event, "data purged");
    assert_eq!(desk.ledger.verify().unwrap().damage, []);
    assert_eq!(desk.ledger.purge(&old, &decision(&who)).unwrap(), Purged::default());
}

#[test]
fn what_is_erased_is_not_in_the_file_any_more() {
    let desk = Desk::new();
    let who = anna();
    let ids = desk.seal(QUERY, &target("hq"), &[1], None);
    let body = desk.ledger.request(&ids[0]).unwrap().unwrap().request.body.0;
    desk.accept(&ids[0], None);
    desk.ledger.purge(&KeptFor::default().over_at(at(500 * 86_400)), &decision(&who)).unwrap();
    let folder = desk.closed();
    let file = std::fs::read(folder.path().join("ledger.sqlite")).unwrap();
    assert!(!file.windows(body.len()).any(|window| window == body));
}

/// Rows go in pieces; a kill between two of them left a table without its first.
#[test]
fn a_purge_that_was_cut_short_is_finished_by_the_next() {
    let desk = Desk::new();
    let who = anna();
    let mut part = desk.part("1", QUERY);
    for piece in 0..3 {
        let rows = desk::batch(piece * 50_000..(piece + 1) * 50_000);
        desk.ledger.add_rows(&mut part, None, &desk::name("devices"), &rows).unwrap();
    }
    desk.ledger.change(|change| change.finish_part(&part, &[], &[desk::table("devices")])).unwrap();
    let first = "DELETE FROM result WHERE key IN (SELECT key FROM result ORDER BY key LIMIT 65536)";
    assert_eq!(desk.ledger.connection().execute(first, []), Ok(65_536));

    let old = KeptFor::default().over_at(at(500 * 86_400));
    assert_eq!(desk.ledger.purge(&old, &decision(&who)).unwrap(), Purged { tables: 1, bodies: 0 });
    assert_eq!(desk.count("SELECT count(*) FROM result"), 0);
}

#[test]
fn days_are_counted_back_from_now_and_never_out_of_the_calendar() {
    let kept = KeptFor { results_days: 10, sent_days: 3 };
    let day = 86_400;
    let expected = Retention { results_before: at(0), bodies_before: at(7 * day) };
    assert_eq!(kept.over_at(at(10 * day)), expected);
    let ever = KeptFor { results_days: u32::MAX, sent_days: u32::MAX }.over_at(at(0));
    assert_eq!(ever, Retention { results_before: Timestamp::MIN, bodies_before: Timestamp::MIN });
    assert_eq!(KeptFor::default().to_string(), "results 400 days, sent 90 days");
}
