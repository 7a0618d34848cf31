use super::*;
use crate::desk::{self, Desk, QUERY, target};

/// A ledger with something of everything.
fn full() -> Desk {
    let desk = Desk::new();
    let mut part = desk.part("1", QUERY);
    desk.ledger.add_rows(&mut part, None, &desk::name("devices"), &desk::batch(0..3)).unwrap();
    desk::add(&desk.ledger, &part, "1", QUERY, &target("hq"), &[2, 1], None);
    desk.ledger.change(|change| change.finish_part(&part, &[], &[desk::table("devices")])).unwrap();
    desk.hold(crate::HoldKind::Draft);
    desk
}

#[test]
fn a_whole_ledger_is_found_whole_and_told_how_much_was_looked_at() {
    let desk = full();
    let verified = desk.ledger.verify().unwrap();
    assert_eq!(verified, Verified { damage: Vec::new(), bodies: 3, tables: 1, leaves: 4 });
}

#[test]
fn each_kind_of_damage_is_found_and_named() {
    let results = || Damage::Results { run: "1".into(), query: QUERY.into(), table: "devices".into() };
    let id = desk::request("1", QUERY, &target("hq"), 0, 1).0.to_string();
    let request = || Damage::Request(id.clone());
    let table = |name: &str| Damage::Table(name.to_owned());
    let cases: Vec<(&str, Vec<Damage>)> = vec![
        ("UPDATE result SET row = '{\"N\":7}' WHERE key & 0xffff = 1", vec![results()]),
        ("DELETE FROM result WHERE key & 0xffff = 2", vec![results()]),
        ("UPDATE result SET key = key + 5 WHERE key & 0xffff = 2", vec![results()]),
        ("UPDATE body SET bytes = CAST(bytes || ' ' AS BLOB) WHERE request = 2", vec![request()]),
        ("DELETE FROM body WHERE request = 2", vec![request()]),
        ("UPDATE request SET url = url || '/x' WHERE seq = 2", vec![table("request"), request()]),
        (
            "DELETE FROM body WHERE request = 2; DELETE FROM request WHERE seq = 2",
            vec![table("request"), Damage::Lost("contoso.hq".to_owned())],
        ),
        ("UPDATE run SET started = 'x'", vec![table("run")]),
        (
            "UPDATE sealed_count SET requests = 9",
            vec![table("sealed_count"), Damage::Lost("contoso.hq".to_owned())],
        ),
        ("DROP INDEX delivery_hold", vec![Damage::Schema("delivery_hold".to_owned())]),
        ("UPDATE content SET sum = sum + 1 WHERE name = 'site'", vec![table("site")]),
        (
            "DROP TRIGGER leaves_stay; DELETE FROM leaf WHERE seq = 0",
            vec![
                Damage::Schema("leaves_stay".to_owned()),
                table("leaf"),
                Damage::Request(desk::request("1", QUERY, &target("hq"), 0, 0).0.to_string()),
                Damage::Leaf(0),
            ],
        ),
        (
            "DROP TRIGGER journal_lines_do_not_change; UPDATE journal SET actor = 'x'",
            vec![
                Damage::Schema("journal_lines_do_not_change".to_owned()),
                table("journal"),
                Damage::Journal(1),
            ],
        ),
        (
            "DROP TRIGGER journal_lines_stay; DELETE FROM journal",
            vec![Damage::Schema("journal_lines_stay".to_owned()), table("journal"), Damage::Leaf(3)],
        ),
        (
            "PRAGMA foreign_keys = OFF; DELETE FROM delivery WHERE id = 2",
            vec![table("delivery"), Damage::Orphans("request".to_owned())],
        ),
    ];
    for (sql, expected) in cases {
        let folder = full().closed();
        let path = folder.path().join("ledger.sqlite");
        // Somebody else's hand, who knows SQLite and not this crate.
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        assert_eq!(Ledger::verify_at(&path).unwrap().damage, expected, "{sql}");
    }
}

#[test]
fn what_is_not_there_is_an_error_and_no_new_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    assert!(matches!(Ledger::verify_at(&path).unwrap_err(), LedgerError::File { .. }));
    assert!(!path.exists());
    for (file, words) in
        [("ledger.sqlite", "is empty"), ("ledger.sqlite-wal", "is not there, though its log is")]
    {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(file), if file.ends_with("wal") { "x" } else { "" }).unwrap();
        let error = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
