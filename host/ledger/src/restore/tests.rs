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
        assert_eq!(restored, Restored { schema: version, ..Restored::default() });
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

/// What was decided after a backup, in the ledger that the backup replaces.
struct Decided {
    folder: tempfile::TempDir,
    backup: PathBuf,
    withdrawn: crate::RequestId,
    denied: crate::RequestId,
    sent: crate::RequestId,
}

const FILE: &[u8] = b"a plugin's file";

fn decided_since_the_backup() -> Decided {
    let (desk, who) = (Desk::new(), anna());
    let [withdrawn, sent] = desk.seal(QUERY, &target("hq"), &[1, 1], None).try_into().unwrap();
    let hold = desk.hold(crate::HoldKind::Draft);
    let denied = desk.seal_in("2", QUERY, &target("hq"), &[1], Some(hold)).remove(0);
    let id = glasshouse_contract::PluginId::new("a.b").unwrap();
    desk.ledger.change(|change| change.set_ratchet(&id, &"1.0.0".parse().unwrap())).unwrap();
    let backup = desk.folder.path().join("backup.sqlite");
    desk.ledger.back_up(&backup).unwrap();

    desk.ledger.withdraw(&withdrawn, &decision(&who)).unwrap();
    desk.ledger.deny_hold(hold, &decision(&who)).unwrap();
    desk.accept(&sent, None);
    let barred = crate::Barred {
        digest: glasshouse_contract::Digest::of(FILE),
        id: id.clone(),
        why: "taken back".to_owned(),
        since: desk::at(1),
    };
    let list = crate::RevocationList { version: 7, bytes: b"list".to_vec() };
    desk.ledger
        .change(|change| {
            change.set_ratchet(&id, &"2.0.0".parse().unwrap())?;
            change.bar(&barred)?;
            change.keep_revocation_list(&list, desk::at(1))
        })
        .unwrap();
    Decided { folder: desk.closed(), backup, withdrawn, denied, sent }
}

#[test]
fn what_was_taken_back_since_the_backup_stays_so() {
    let Decided { folder, backup, withdrawn, denied, sent } = decided_since_the_backup();
    let path = folder.path().join("ledger.sqlite");
    let who = anna();
    let restored = Ledger::restore(&backup, &path, true, &decision(&who)).unwrap();
    assert_eq!(restored.taken_over, Some(TakenOver { withdrawn: 2, barred: 1, ratchets: 1, list: true }));
    let ledger = Ledger::open(&path).unwrap();
    let row = |id: &crate::RequestId| ledger.request_row(id).unwrap().unwrap();
    for id in [withdrawn, denied] {
        assert_eq!((row(&id).state, row(&id).has_body), (crate::RequestState::Withdrawn, false));
        assert_eq!(ledger.request(&id).unwrap(), None, "its bytes are erased here as well");
    }
    assert_eq!(row(&sent).state, crate::RequestState::Waiting, "its receiver knows it");
    let id = glasshouse_contract::PluginId::new("a.b").unwrap();
    assert_eq!(ledger.ratchet(&id).unwrap(), Some("2.0.0".parse().unwrap()));
    assert!(ledger.barred(glasshouse_contract::Digest::of(FILE)).unwrap().is_some());
    assert_eq!(ledger.revocation_list().unwrap().unwrap().version, 7);
    let told = ledger.last_of("ledger restored").unwrap().unwrap().detail;
    assert_eq!(told["taken_over"]["withdrawn"], 2, "{told}");
    assert_eq!(ledger.verify().unwrap().damage, []);
}

/// As a kill between two of its steps leaves it.
#[test]
fn a_restore_that_was_cut_short_takes_over_the_same_when_it_is_done_again() {
    let Decided { folder, backup, .. } = decided_since_the_backup();
    let path = folder.path().join("ledger.sqlite");
    fs::rename(&path, folder.path().join("ledger.sqlite.replaced-1")).unwrap();
    let who = anna();
    let restored = Ledger::restore(&backup, &path, false, &decision(&who)).unwrap();
    assert_eq!(restored.taken_over, Some(TakenOver { withdrawn: 2, barred: 1, ratchets: 1, list: true }));
    assert_eq!(restored.kept, None);
}

#[test]
fn a_backup_of_later_days_loses_nothing_to_an_older_ledger() {
    let Decided { folder, backup, .. } = decided_since_the_backup();
    let path = folder.path().join("ledger.sqlite");
    let newer = folder.path().join("newer.sqlite");
    fs::copy(&path, &newer).unwrap();
    fs::copy(&backup, &path).unwrap();
    let who = anna();
    let restored = Ledger::restore(&newer, &path, true, &decision(&who)).unwrap();
    assert_eq!(restored.taken_over, Some(TakenOver::default()));
    let ledger = Ledger::open(&path).unwrap();
    let id = glasshouse_contract::PluginId::new("a.b").unwrap();
    assert_eq!(ledger.ratchet(&id).unwrap(), Some("2.0.0".parse().unwrap()));
    assert_eq!(ledger.revocation_list().unwrap().unwrap().version, 7);
}

#[test]
fn where_the_ledger_that_was_there_cannot_be_read_the_backup_says_what_is() {
    let Decided { folder, backup, withdrawn, .. } = decided_since_the_backup();
    let path = folder.path().join("ledger.sqlite");
    fs::write(&path, b"no database".repeat(1000)).unwrap();
    let who = anna();
    let restored = Ledger::restore(&backup, &path, true, &decision(&who)).unwrap();
    assert_eq!(restored.taken_over, None);
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.request_row(&withdrawn).unwrap().unwrap().state, crate::RequestState::Waiting);
    let told = ledger.last_of("ledger restored").unwrap().unwrap().detail;
    assert!(told["taken_over"].is_null(), "{told}");
}
