use std::fs;

use super::*;
use crate::desk::{self, Desk, QUERY, anna, decision, target};

#[test]
fn a_backup_comes_back_whole_and_says_so_in_the_journal() {
    let desk = Desk::new();
    let ids = desk.seal(QUERY, &target("hq"), &[1], None);
    let backup = desk.folder.path().join("backup.sqlite");
    desk.ledger.back_up(&backup).unwrap();
    let bytes = fs::read(&backup).unwrap();
    desk.accept(&ids[0], None);
    let folder = desk.closed();
    let path = folder.path().join("ledger.sqlite");

    let who = anna();
    let error = Ledger::restore(&backup, &path, false, &decision(&who)).unwrap_err();
    assert!(matches!(error, LedgerError::File { .. }), "{error}");
    let restored = Ledger::restore(&backup, &path, true, &decision(&who)).unwrap();
    assert_eq!(restored.schema, schema::SCHEMA);
    let before = Ledger::open(&restored.kept.unwrap()).unwrap();
    assert_eq!(before.request_row(&ids[0]).unwrap().unwrap().state, crate::RequestState::Sent);
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.request_row(&ids[0]).unwrap().unwrap().state, crate::RequestState::Waiting);
    assert_eq!(ledger.journal(0, 9).unwrap()[0].event, "ledger restored");
    assert_eq!(ledger.verify().unwrap().damage, []);
    assert_eq!(fs::read(&backup).unwrap(), bytes);
}

#[test]
fn backups_of_every_older_schema_are_brought_up_to_date() {
    let who = anna();
    for version in 1..schema::SCHEMA {
        let folder = tempfile::tempdir().unwrap();
        let (backup, path) = (folder.path().join("backup.sqlite"), folder.path().join("ledger.sqlite"));
        schema::of_version(&backup, version);
        let restored = Ledger::restore(&backup, &path, false, &decision(&who)).unwrap();
        assert_eq!(restored, Restored { schema: version, kept: None });
        assert_eq!(schema::of_backup(&backup).unwrap(), version);
        let ledger = Ledger::open(&path).unwrap();
        let id = glasshouse_contract::PluginId::new("a.b").unwrap();
        assert_eq!(ledger.ratchet(&id).unwrap(), Some("1.0.0".parse().unwrap()));
        assert_eq!(ledger.verify().unwrap().damage, []);
        let mut files: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        files.retain(|name| name != "ledger.sqlite-wal" && name != "ledger.sqlite-shm");
        assert_eq!(files.len(), 2, "{files:?}");
    }
}

#[test]
fn what_is_newer_damaged_or_no_ledger_is_refused_and_what_was_there_stays() {
    let who = anna();
    let desk = Desk::new();
    desk.seal(QUERY, &target("hq"), &[1], None);
    let folder = desk.closed();
    let path = folder.path().join("ledger.sqlite");
    let before = fs::read(&path).unwrap();
    let backup = folder.path().join("backup.sqlite");
    for (sql, words) in [
        ("PRAGMA user_version = 99", "has schema 99"),
        ("PRAGMA application_id = 7", "is no Glasshouse ledger"),
        ("UPDATE body SET bytes = x'00'", "where a whole backup belongs"),
        ("UPDATE ratchet SET version = '0.0.1'; INSERT INTO ratchet VALUES ('a.b', '9.9.9')", "were changed"),
    ] {
        fs::copy(&path, &backup).unwrap();
        rusqlite::Connection::open(&backup).unwrap().execute_batch(sql).unwrap();
        let error = Ledger::restore(&backup, &path, true, &decision(&who)).unwrap_err().to_string();
        assert!(error.contains(words), "{sql}: {error}");
        assert_eq!(fs::read(&path).unwrap(), before, "{sql}");
    }
    fs::write(&backup, "no database ".repeat(1000)).unwrap();
    let error = Ledger::restore(&backup, &path, true, &decision(&who)).unwrap_err().to_string();
    assert!(error.contains("is no Glasshouse ledger"), "{error}");
    assert!(Ledger::restore(&folder.path().join("none"), &path, true, &decision(&who)).is_err());
    assert_eq!(desk::name("cas"), Ledger::open(&path).unwrap().runs(None, 1).unwrap()[0].site);
}
