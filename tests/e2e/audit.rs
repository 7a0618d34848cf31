//! The past can be proved: whatever is done to the ledger, to the log's files or to all of it is found, and said where.

use std::{
    fs,
    path::{Path, PathBuf},
};

use glasshouse_audit::{Deed, Receipt, Signer};
use glasshouse_contract::{Digest, Name};
use rusqlite::Connection;

use crate::{
    collect::{PretendSite, take_in},
    house::{House, Ran, text},
};

/// A house in which something happened: some lines in the journal, and a leaf for each.
fn lived_in() -> House {
    let house = House::trusting();
    for _ in 0..4 {
        house.run(&["key", "new"]).well();
    }
    house
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it can be made");
    fs::set_permissions(to, fs::metadata(from).expect("it is there").permissions()).expect("it is ours");
    for entry in fs::read_dir(from).expect("it can be read") {
        let entry = entry.expect("it can be read");
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().expect("it has a type") {
            kind if kind.is_dir() => copy(&path, &place),
            kind if kind.is_file() => drop(fs::copy(&path, &place).expect("it can be copied")),
            _ => {}
        }
    }
}

/// The state directory as it was, to be put back after each attack.
struct Before(PathBuf);

impl Before {
    fn of(house: &House, name: &str) -> Self {
        let kept = house.path(name);
        copy(&house.state(), &kept);
        Self(kept)
    }

    fn put_back(&self, house: &House) {
        fs::remove_dir_all(house.state()).expect("it can be removed");
        copy(&self.0, &house.state());
    }
}

/// What somebody does who has the file and SQLite.
fn tamper(house: &House, sql: &str) {
    let ledger = Connection::open(house.state().join("ledger.sqlite")).expect("it is a database");
    // The sums that the host keeps of each table are a function that only the host has: whoever tampers leaves
    // them alone.
    let triggers: Vec<String> = ledger
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .and_then(|mut names| names.query_map([], |row| row.get(0))?.collect())
        .expect("there are triggers");
    for name in triggers {
        ledger.execute_batch(&format!("DROP TRIGGER \"{name}\"")).expect("it can be dropped");
    }
    ledger.execute_batch(sql).expect("SQL does not ask why");
}

fn audit_says(house: &House) -> Ran {
    house.run(&["audit", "verify"])
}

/// The newest checkpoint, to be kept elsewhere.
fn checkpoint(house: &House) -> String {
    let report = house.run(&["audit", "show", "--output", "json"]).json();
    report["note"].as_str().expect("there is a checkpoint").to_owned()
}

fn leaves(house: &House) -> u64 {
    let report = house.run(&["audit", "show", "--output", "json"]).json();
    report["checkpoint"]["size"].as_u64().expect("it was signed")
}

/// What a receiver signs that saw this checkpoint.
fn receipt(checkpoint: &str) -> (String, String) {
    let signer = Signer::from_seed("receiver.contoso.example", &[3; 32]).expect("a key");
    let receipt = Receipt {
        deed: Deed::Stored,
        tenant: Name::new("contoso").expect("a name"),
        request: Digest::of(b"id"),
        digest: Digest::of(b"request"),
        at: "2026-03-01T12:00:00Z".parse().expect("a time"),
        checkpoint: Some(glasshouse_audit::Checkpoint::read(checkpoint).expect("a checkpoint")),
    };
    (receipt.sign(&signer), signer.verifier().to_string())
}

#[test]
fn a_state_directory_that_is_new_is_sound_from_the_first_look_on() {
    let house = House::empty();
    house.run(&["init"]).well();
    for _ in 0..3 {
        let said = audit_says(&house).well();
        assert!(said.starts_with("the log is sound") && said.contains("signed 1 leaves"), "{said}");
    }
    // Its files are not made again in silence where there was a log.
    fs::remove_dir_all(house.state().join("tiles")).expect("it can be removed");
    for _ in 0..2 {
        let said = audit_says(&house);
        assert!(said.code == 1 && said.out.contains("wrong: checkpoint"), "{said:#?}");
    }
}

#[test]
fn a_log_is_sound_whoever_looks_while_things_happen() {
    let house = House::trusting();
    let host = house.host();
    std::thread::scope(|scope| {
        let verbs = [&["audit", "verify"][..], &["key", "new"], &["audit", "verify"], &["status"]];
        for args in verbs {
            let house = &house;
            scope.spawn(move || {
                for _ in 0..5 {
                    let ran = house.run(args);
                    assert!(ran.code == 0 || args == ["status"], "{args:?}: {ran:#?}");
                }
            });
        }
    });
    drop(host);
    audit_says(&house).well();
}

#[test]
fn an_edited_a_deleted_and_a_moved_leaf_is_found_and_named() {
    let house = lived_in();
    assert!(audit_says(&house).well().starts_with("the log is sound"));
    let (before, all) = (Before::of(&house, "before"), leaves(&house));
    assert!(all >= 6, "{all}");
    for leaf in 0..all {
        tamper(
            &house,
            &format!(
                "UPDATE leaf SET bytes = CAST(substr(bytes, 1, 105) || x'5a' AS BLOB) WHERE seq = {leaf}"
            ),
        );
        let said = audit_says(&house);
        assert_eq!(said.code, 1, "{said:#?}");
        assert!(said.out.contains(&format!("wrong: leaf {leaf} is not what was signed")), "{}", said.out);
        before.put_back(&house);
    }
    for (sql, found) in [
        ("DELETE FROM leaf WHERE seq = 2", "wrong: leaf 2 is not what was signed".to_owned()),
        (
            "UPDATE leaf SET seq = -1 WHERE seq = 1; UPDATE leaf SET seq = 1 WHERE seq = 3;
             UPDATE leaf SET seq = 3 WHERE seq = -1;",
            "wrong: leaf 1 is not what was signed".to_owned(),
        ),
        (
            "DELETE FROM leaf WHERE seq = (SELECT max(seq) FROM leaf)",
            format!("leaf {} is gone, and all after it: {all} leaves were signed", all - 1),
        ),
    ] {
        tamper(&house, sql);
        let said = audit_says(&house);
        assert!(said.code == 1 && said.out.contains(&found), "{sql}: {said:#?}");
        let ledger = house.run(&["ledger", "verify"]);
        assert_eq!(ledger.code, 1, "{sql}: {ledger:#?}");
        before.put_back(&house);
    }
    audit_says(&house).well();
}

#[test]
fn a_changed_leaf_is_found_also_after_the_host_went_on() {
    let house = lived_in();
    tamper(&house, "UPDATE leaf SET bytes = CAST(substr(bytes, 1, 105) || x'5a' AS BLOB) WHERE seq = 1");
    house.run(&["key", "new"]).well();
    let said = audit_says(&house);
    assert!(said.code == 1 && said.out.contains("wrong: leaf 1 is not what was signed"), "{said:#?}");
}

#[test]
fn what_is_done_to_the_journal_is_found() {
    let house = lived_in();
    let before = Before::of(&house, "before");
    for (sql, found) in [
        ("UPDATE journal SET actor = 'nobody' WHERE seq = 2", "line 2 of the journal"),
        ("UPDATE journal SET detail = '{}' WHERE seq = 3", "line 3 of the journal"),
        ("DELETE FROM journal WHERE seq = 2", "leaf "),
        (
            "UPDATE journal SET seq = -1 WHERE seq = 2; UPDATE journal SET seq = 2 WHERE seq = 3;
             UPDATE journal SET seq = 3 WHERE seq = -1;",
            "line 2 of the journal",
        ),
    ] {
        tamper(&house, sql);
        let said = house.run(&["ledger", "verify"]);
        assert!(said.code == 1 && said.out.contains(found), "{sql}: {said:#?}");
        assert!(
            said.out.contains("is not defined as this host defines it"),
            "triggers are missed: {said:#?}"
        );
        before.put_back(&house);
    }
    house.run(&["ledger", "verify"]).well();
}

/// All files of the log.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("it can be read") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_damaged_file_of_the_log_is_named_and_made_again() {
    let house = lived_in();
    let tiles = house.state().join("tiles");
    for file in files(&tiles.join("tile")) {
        let good = fs::read(&file).expect("it can be read");
        for bad in [
            None,
            Some({
                let mut bad = good.clone();
                bad[7] ^= 1;
                bad
            }),
        ] {
            match &bad {
                Some(bad) => fs::write(&file, bad).expect("it can be written"),
                None => fs::remove_file(&file).expect("it can be removed"),
            }
            let name =
                file.strip_prefix(&tiles).expect("it is in there").to_string_lossy().replace('\\', "/");
            let said = audit_says(&house);
            assert!(said.code == 1 && said.out.contains(&name), "{name}: {said:#?}");
            house.run(&["ledger", "repair", "--reason", "a test"]).well();
            audit_says(&house).well();
            assert_eq!(fs::read(&file).expect("it is back"), good);
        }
    }
}

#[test]
fn a_changed_checkpoint_is_found_and_nothing_is_signed_over_it() {
    let house = lived_in();
    let path = house.state().join("tiles/checkpoint");
    let changed = checkpoint(&house).replacen("\n6\n", "\n5\n", 1).replacen("glasshouse/", "glasshousf/", 1);
    fs::write(&path, &changed).expect("it can be written");
    let said = audit_says(&house);
    assert!(said.code == 1 && said.out.contains("wrong: checkpoint"), "{said:#?}");
    house.run(&["key", "new"]).well();
    assert_eq!(fs::read_to_string(&path).expect("it is there"), changed, "nothing is overwritten");
    let shown = house.run(&["audit", "show"]);
    assert!(shown.code == 1 && shown.out.contains("nothing more is signed"), "{shown:#?}");
    assert!(house.run(&["status"]).out.contains("checkpoint"), "status shows it as well");
}

#[test]
fn a_state_directory_of_an_earlier_day_is_found_by_a_witness_alone() {
    let house = lived_in();
    let before = Before::of(&house, "before");
    let earlier = house.path("earlier");
    // As `jq -r .note` writes it, with a newline more.
    fs::write(&earlier, format!("{}\n", checkpoint(&house))).expect("it can be written");
    house.run(&["key", "new"]).well();
    let (note, key) = receipt(&checkpoint(&house));
    let witnesses = house.path("witnesses");
    fs::create_dir(&witnesses).expect("it can be made");
    fs::write(witnesses.join("one.receipt"), note).expect("it can be written");
    let verify =
        |args: &[&str]| house.run(&[&["audit", "verify", "--witness", text(&witnesses)], args].concat());
    let said = verify(&["--receiver-key", &key]).well();
    assert!(said.contains("1 of 1 witnesses saw this log"), "{said}");

    before.put_back(&house);
    assert!(audit_says(&house).well().starts_with("the log is sound"), "nothing in it tells");
    let said = verify(&["--receiver-key", &key]);
    assert!(said.code == 1 && said.out.contains("the log was rolled back: one.receipt saw"), "{said:#?}");
    let said = verify(&[]);
    assert!(said.code == 1 && said.err.contains("were believed as they stand"), "{said:#?}");
    house.run(&["audit", "verify", "--witness", text(&earlier)]).well();
    let other =
        Signer::from_seed("receiver.contoso.example", &[4; 32]).expect("a key").verifier().to_string();
    let said = verify(&["--receiver-key", &other]).ends_with(2);
    assert!(said.contains("none of the receivers' keys that were named signed it"), "{said}");
}

#[test]
fn a_past_that_was_written_anew_with_the_hosts_key_is_found_by_a_witness() {
    let house = lived_in();
    let kept = house.path("kept");
    fs::write(&kept, checkpoint(&house)).expect("it can be written");
    tamper(&house, "UPDATE leaf SET bytes = CAST(substr(bytes, 1, 105) || x'5a' AS BLOB) WHERE seq = 1");
    fs::remove_dir_all(house.state().join("tiles")).expect("it can be removed");
    house.run(&["key", "new"]).well();
    assert!(house.run(&["journal"]).well().contains("audit log begun anew"), "that is told");
    audit_says(&house).well();
    let said = house.run(&["audit", "verify", "--witness", text(&kept)]);
    assert!(said.code == 1 && said.out.contains("the log was rewritten"), "{said:#?}");
}

#[test]
fn a_proof_holds_for_its_leaf_and_key_alone() {
    let house = lived_in();
    let key =
        house.run(&["audit", "show", "--output", "json"]).json()["key"].as_str().expect("a key").to_owned();
    let lines = house.run(&["journal", "--output", "json"]).json();
    let line = &lines["lines"].as_array().expect("lines")[1];
    let (seq, leaf) = (line["seq"].to_string(), line["leaf"].to_string());
    let proof = house.path("approval.proof");
    let proved = house.run(&["audit", "prove", &format!("line:{seq}"), "--out", text(&proof)]).well();
    assert!(proved.starts_with(&format!("leaf {leaf}: key")), "{proved}");
    let check = |key: &str| house.run(&["audit", "check", text(&proof), "--key", key]);
    assert!(check(&key).well().starts_with(&format!("it holds: leaf {leaf}, key")));

    let other = Signer::from_seed("glasshouse/00000000", &[3; 32]).expect("a key").verifier().to_string();
    check(&other).ends_with(1);
    check("no-such-file").ends_with(3);
    let bytes = house.path("approval.proof.leaf");
    let good = fs::read(&bytes).expect("it is there");
    let mut bad = good.clone();
    bad[20] ^= 1;
    fs::write(&bytes, bad).expect("it can be written");
    check(&key).ends_with(1);
    fs::write(&bytes, good).expect("it can be written");
    let by_index = house.run(&["audit", "prove", &leaf]).well();
    assert_eq!(by_index, fs::read_to_string(&proof).expect("it is there"));
    assert!(
        house.run(&["audit", "prove", "line:999"]).ends_with(2).contains("no leaf of the audit log tells")
    );
    house.run(&["audit", "prove", "line:x"]).ends_with(2);
}

#[test]
fn an_exported_log_is_verified_without_the_host_and_holds_no_words() {
    let house = lived_in();
    let log = house.path("log");
    house.run(&["audit", "export", text(&log)]).well();
    let folder = log.clone();
    let verify =
        || house.run(&["audit", "verify", "--folder", text(&folder), "--key", text(&folder.join("key"))]);
    assert!(verify().well().starts_with("the log is sound"));
    let lines = fs::read_to_string(log.join("leaves.ndjson")).expect("it is there");
    assert_eq!(lines.lines().count() as u64, leaves(&house));
    assert!(!lines.contains("default"), "no name is in it: {lines}");
    house.run(&["audit", "export", text(&log)]).ends_with(3);
    for file in files(&log.join("tile")) {
        let good = fs::read(&file).expect("it can be read");
        let mut bad = good.clone();
        bad[9] ^= 4;
        fs::write(&file, bad).expect("it can be written");
        assert_eq!(verify().code, 1, "{file:?}");
        fs::write(&file, good).expect("it can be written");
    }
    verify().well();
}

#[test]
fn a_backup_comes_back_and_what_was_there_is_kept() {
    let house = lived_in();
    let backup = house.path("backup");
    house.run(&["backup", text(&backup)]).well();
    assert!(house.run(&["backup", text(&backup)]).ends_with(3).contains("it is there already"));
    let lines = || {
        house.run(&["journal", "--since", "0", "--output", "json"]).json()["lines"].as_array().map(Vec::len)
    };
    let at_backup = lines();
    house.run(&["key", "new"]).well();
    let kept = house.path("kept");
    fs::write(&kept, checkpoint(&house)).expect("it can be written");
    let restore =
        |args: &[&str]| house.run(&[&["restore", text(&backup), "--reason", "a test"], args].concat());
    assert!(restore(&[]).ends_with(4).contains("--force"));
    let host = house.host();
    assert!(restore(&["--force"]).ends_with(4).contains("stop the host"));
    assert!(house.run(&["ledger", "repair", "--reason", "a test"]).ends_with(4).contains("stop the host"));
    drop(host);
    let said = restore(&["--force"]).well();
    assert!(said.contains("ledger.sqlite.replaced-1") && said.contains("tiles.1"), "{said}");
    let journal = house.run(&["journal"]).well();
    assert!(journal.contains("ledger copied") && journal.contains("ledger restored"), "{journal}");
    // The copy, that it was restored, and that the log begins anew.
    assert_eq!(lines(), at_backup.map(|lines| lines + 2));
    audit_says(&house).well();
    house.run(&["ledger", "verify"]).well();
    let said = house.run(&["audit", "verify", "--witness", text(&kept)]);
    assert_eq!(said.code, 1, "a witness sees that it was put back: {said:#?}");

    let said = house.run(&["restore", "not-there", "--force", "--reason", "a test"]).ends_with(3);
    assert!(said.contains("mend: name the file that `glasshouse backup` wrote"), "{said}");
    fs::write(house.path("none"), b"no ledger").expect("it can be written");
    house.run(&["restore", text(&house.path("none")), "--force", "--reason", "a test"]).ends_with(3);
    house.run(&["ledger", "verify"]).well();
}

#[test]
fn a_ledger_that_is_gone_or_empty_is_no_new_one() {
    let house = lived_in();
    let backup = house.path("backup");
    house.run(&["backup", text(&backup)]).well();
    let ledger = house.state().join("ledger.sqlite");
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(house.state().join(format!("ledger.sqlite{suffix}")));
    }
    for args in [&["status"][..], &["journal"], &["run"], &["key", "new"]] {
        let said = house.run(args).ends_with(3);
        assert!(said.contains("glasshouse restore") && !ledger.exists(), "{said}");
    }
    house.private("state/ledger.sqlite", "");
    assert!(house.run(&["journal"]).ends_with(3).contains("glasshouse restore"));
    for args in [&["ledger", "verify"][..], &["ledger", "repair", "--reason", "a test"]] {
        assert!(house.run(args).ends_with(3).contains("it is empty"), "{args:?}");
    }
    fs::remove_file(&ledger).expect("it can be removed");
    house.run(&["restore", text(&backup), "--reason", "a test"]).well();
    assert!(house.run(&["journal"]).well().contains("ledger restored"));
}

#[test]
fn a_damaged_ledger_is_told_of_repaired_and_goes_on() {
    let house = lived_in();
    let path = house.state().join("ledger.sqlite");
    tamper(&house, "UPDATE journal SET object = 'other' WHERE seq = 2");
    let said = house.run(&["ledger", "verify"]);
    assert!(said.code == 1 && said.err.contains("glasshouse ledger repair"), "{said:#?}");
    let said = house.run(&["ledger", "repair", "--reason", "a test"]);
    assert!(said.out.contains("the damaged file is kept") && said.out.contains("damaged-1"), "{said:#?}");
    assert!(house.run(&["journal"]).well().contains("ledger repaired"));
    audit_says(&house).well();

    let mut bytes = fs::read(&path).expect("it can be read");
    let page = 4096 * 8;
    bytes[page..page + 4096].fill(0x5a);
    fs::write(&path, bytes).expect("it can be written");
    let said = house.run(&["ledger", "verify"]);
    assert_eq!(said.code, 1, "{said:#?}");
    house.run(&["ledger", "repair", "--reason", "a test"]);
    house.run(&["journal"]).well();
}

#[test]
fn leaves_that_the_ledger_lost_come_back_from_the_log_that_was_signed() {
    let house = lived_in();
    let before = Before::of(&house, "before");
    for sql in [
        "DELETE FROM leaf WHERE seq = 2",
        "DELETE FROM leaf WHERE seq > 2",
        "UPDATE leaf SET bytes = CAST(substr(bytes, 1, 105) || x'5a' AS BLOB) WHERE seq = 1",
    ] {
        tamper(&house, sql);
        assert_eq!(audit_says(&house).code, 1, "{sql}");
        let said = house.run(&["ledger", "repair", "--reason", "a test"]);
        assert!(said.out.contains("leaves of the audit log came back from its files"), "{sql}: {said:#?}");
        audit_says(&house).well();
        house.run(&["ledger", "verify"]).well();
        before.put_back(&house);
    }
    // Files that prove nothing put nothing back.
    tamper(&house, "DELETE FROM leaf WHERE seq = 2");
    let bundle = files(&house.state().join("tiles/tile/entries")).remove(0);
    let mut bytes = fs::read(&bundle).expect("it can be read");
    bytes[9] ^= 1;
    fs::write(&bundle, bytes).expect("it can be written");
    let said = house.run(&["ledger", "repair", "--reason", "a test"]);
    assert!(said.code == 1 && !said.out.contains("came back"), "{said:#?}");
}

#[test]
fn a_flipped_bit_of_the_ledger_is_found_or_harmless_and_never_an_empty_start() {
    /// Bits that are tried through the binary; the ledger's own tests try each.
    const BITS: usize = 24;
    let house = lived_in();
    let path = house.state().join("ledger.sqlite");
    let journal = house.run(&["journal", "--since", "0", "--output", "json"]).well();
    let before = Before::of(&house, "before");
    let good = fs::read(&path).expect("it can be read");
    let mut found = 0;
    for bit in (0..BITS).map(|number| number * (good.len() * 8 / BITS) + 8 * number + 3) {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, bad).expect("it can be written");
        let verified = house.run(&["ledger", "verify"]);
        let read = house.run(&["journal", "--since", "0", "--output", "json"]);
        if verified.code == 0 {
            assert_eq!(read.well(), journal, "bit {bit} changed what is read, and is not found");
        } else {
            found += 1;
            assert!(read.code != 0 || read.out.contains("\"seq\""), "bit {bit}: an empty start: {read:#?}");
        }
        before.put_back(&house);
    }
    assert!(found > 0, "no bit of a ledger counts?");
}

#[test]
fn who_sees_rows_of_persons_is_in_the_log_and_what_is_erased_stays_told() {
    let site = PretendSite::start(&[]);
    let house = House::trusting();
    take_in(&house, "queries/site", "glasshouse.site");
    site.describe(&house, "collector", "");
    house.run(&["run", "--once"]).well();
    let events = |event: &str| {
        let journal = house.run(&["journal", "--since", "0", "--output", "json"]).json();
        let lines = journal["lines"].as_array().expect("lines").clone();
        lines.into_iter().filter(|line| line["event"] == event).collect::<Vec<_>>()
    };
    house.run(&["show"]).well();
    assert_eq!(events("results shown").len(), 0, "a listing shows no rows");
    let rows = house.run(&["show", "--all", "--output", "json"]).well();
    let looks = events("results shown");
    let sensitive = rows.contains("Hash_");
    assert_eq!(!looks.is_empty(), sensitive, "{looks:?}\n{rows}");

    let now = events("collection asked")[0]["at"].as_str().expect("a time").to_owned();
    house.run(&["purge", "--before", "2999-01-01", "--reason", "a test", "--yes"]).ends_with(2);
    house.run(&["purge", "--before", &now, "--reason", "a test"]).ends_with(2);
    let said = house.run(&["purge", "--before", "2020-01-01", "--reason", "a test", "--yes"]).well();
    assert!(said.contains("the rows of 0 tables"), "{said}");
    // A moment after the run began, and before now.
    let after = events("collection asked").len();
    house.run(&["key", "new"]).well();
    let last = house.run(&["journal", "--last", "1", "--output", "json"]).json();
    let later = last["lines"][0]["at"].as_str().expect("a time").to_owned();
    let said = house.run(&["purge", "--before", &later, "--results", "--reason", "a test", "--yes"]).well();
    assert!(!said.contains("the rows of 0 tables"), "{after} {said}");
    assert_eq!(events("data purged").len(), 1);
    assert_eq!(house.run(&["show", "--all", "--output", "json"]).well().lines().count(), 0);
    house.run(&["ledger", "verify"]).well();
    audit_says(&house).well();
}

#[test]
fn how_long_things_are_kept_is_told_where_it_changes() {
    let house = House::trusting();
    let config = house.state().join("glasshouse.toml");
    fs::write(&config, "[retention]\nsent_days = 0\n").expect("it can be written");
    assert!(house.run(&["key", "list"]).code == 0, "what needs no configuration goes on");
    let said = house.run(&["audit", "verify"]).ends_with(2);
    assert!(said.contains("line 2: `sent_days = 0` would erase everything at once"), "{said}");
    fs::write(&config, "[retention]\nresults_days = 30\nsent_days = 7\n").expect("it can be written");
    house.run(&["status"]).well();
    let journal = house.run(&["journal", "--output", "json"]).json();
    let lines = journal["lines"].as_array().expect("lines");
    let told: Vec<_> = lines.iter().filter(|line| line["event"] == "retention changed").collect();
    assert_eq!(told.len(), 1, "{journal:#}");
    let detail = serde_json::json!({
        "old": "results 400 days, sent 90 days", "new": "results 30 days, sent 7 days"
    });
    assert_eq!(told[0]["detail"], detail);
    audit_says(&house).well();
}

#[test]
fn a_running_host_signs_by_itself_what_happens() {
    let house = House::trusting();
    // The file alone is looked at: to ask would be to have it signed.
    let signed = || {
        let note = fs::read_to_string(house.state().join("tiles/checkpoint")).unwrap_or_default();
        note.lines().nth(1).and_then(|size| size.parse::<u64>().ok()).unwrap_or_default()
    };
    let junk = house.path("junk");
    fs::write(&junk, b"no plugin").expect("it can be written");
    let host = house.host();
    crate::house::wait_until("the log has begun", || signed() > 0);
    let begun = signed();
    house.drop_in(&junk, "junk.wasm");
    crate::house::wait_until("what the host refused is signed", || signed() > begun);
    drop(host);
    audit_says(&house).well();
}
