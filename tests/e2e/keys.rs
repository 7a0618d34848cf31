//! The keys that pseudonyms are made with, and what a hash without a key is worth.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    collect::{PretendSite, take_in},
    house::{House, Ran, text},
};

const PASSPHRASE: &str = "nowhere else in what a test writes";

/// A house with a passphrase in a file.
fn house() -> House {
    let house = House::trusting();
    house.private("passphrase", &format!("{PASSPHRASE}\n"));
    house
}

/// The keys that are held: name, id, in use.
fn keys(house: &House) -> Vec<(String, String, bool)> {
    let report = house.run(&["key", "list", "--output", "json"]).json();
    let word = |key: &Value, field: &str| key[field].as_str().unwrap_or_default().to_owned();
    let keys = report["keys"].as_array().expect("a list has keys");
    keys.iter().map(|key| (word(key, "name"), word(key, "id"), key["in_use"] == true)).collect()
}

fn export(house: &House, out: &str) -> Ran {
    house.run(&["key", "export", "default", "--passphrase-file", "passphrase", "--out", out])
}

fn import(house: &House, file: &str) -> Ran {
    house.run(&["key", "import", file, "--passphrase-file", "passphrase"])
}

/// Every file of the state directory and every file beside it.
fn all_bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            found.extend(all_bytes(&path));
        } else if let Ok(bytes) = fs::read(&path) {
            found.push((path.display().to_string(), bytes));
        }
    }
    found
}

#[test]
fn a_key_goes_to_another_site_sealed_and_is_the_same_there() {
    let (one, other) = (house(), house());
    one.run(&["key", "new"]).well();
    let said = export(&one, "sealed").well();
    let id = keys(&one)[0].1.clone();
    assert!(said.contains(&format!("the key default/{id} is sealed in sealed")), "{said}");
    export(&one, "sealed").ends_with(3);

    fs::copy(one.path("sealed"), other.path("sealed")).expect("a file can be carried");
    assert!(
        import(&other, "sealed")
            .well()
            .contains(&format!("the key default/{id} is used from the next run on"))
    );
    assert_eq!(keys(&other), [("default".to_owned(), id.clone(), true)]);
    assert!(import(&other, "sealed").well().contains("is in use already; nothing was changed"));
    let at =
        |house: &House| fs::read(house.state().join("keys/pseudonym/default.key")).expect("a key has a file");
    assert_eq!(at(&one), at(&other));

    let journal = other.run(&["journal"]).well();
    assert_eq!(journal.matches("pseudonym key imported").count(), 1, "{journal}");
    assert!(one.run(&["journal"]).well().contains("pseudonym key exported"));
}

#[test]
fn a_wrong_passphrase_or_a_changed_file_changes_nothing() {
    let (one, other) = (house(), house());
    one.run(&["key", "new"]).well();
    other.run(&["key", "new"]).well();
    let before = keys(&other);
    export(&one, "sealed").well();
    let sealed = fs::read_to_string(one.path("sealed")).expect("it is text");

    fs::write(other.path("sealed"), &sealed).expect("it can be written");
    other.private("passphrase", "another one, as long as it\n");
    let said = import(&other, "sealed").ends_with(4);
    assert!(said.contains("the passphrase does not open it, or it was changed"), "{said}");
    other.private("passphrase", PASSPHRASE);
    // Another key's id, or another name, in an otherwise whole file.
    for (from, to) in [(keys(&one)[0].1.as_str(), before[0].1.as_str()), ("name: default", "name: other")] {
        fs::write(other.path("sealed"), sealed.replace(from, to)).expect("it can be written");
        import(&other, "sealed").ends_with(4);
    }
    fs::write(other.path("sealed"), &sealed[..sealed.len() / 2]).expect("it can be written");
    let said = import(&other, "sealed").ends_with(2);
    assert!(said.contains("it is no sealed key"), "{said}");
    fs::write(other.path("sealed"), sealed.replace("key 1", "key 2")).expect("it can be written");
    assert!(import(&other, "sealed").ends_with(2).contains("of a later version"));

    assert_eq!(keys(&other), before);
    assert!(!other.run(&["journal"]).well().contains("imported"));
    other.private("passphrase", "short\n");
    assert!(export(&other, "out").ends_with(2).contains("fewer than 12 characters"));
    assert!(!other.path("out").exists());
}

#[test]
fn neither_a_key_nor_a_passphrase_is_written_or_shown_anywhere() {
    let house = house();
    let mut said = String::new();
    let mut run = |args: &[&str]| {
        let Ran { out, err, .. } = house.run(args);
        said.push_str(&out);
        said.push_str(&err);
    };
    let host = house.host();
    run(&["key", "new"]);
    run(&["key", "list", "--output", "json"]);
    run(&["key", "export", "--passphrase-file", "passphrase", "--out", "sealed"]);
    run(&["key", "new"]);
    run(&["key", "import", "sealed", "--passphrase-file", "passphrase"]);
    run(&["journal", "--output", "json"]);
    drop(host);
    let held = house.state().join("keys/pseudonym");
    let secrets: Vec<Vec<u8>> = all_bytes(&held).into_iter().map(|(_, key)| key).collect();
    assert_eq!(secrets.len(), 2, "the one in use and the one before");
    for key in &secrets {
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!said.contains(&hex) && !said.contains(PASSPHRASE), "{said}");
        for (name, bytes) in all_bytes(&house.path("")) {
            let here = Path::new(&name).starts_with(&held) || name.ends_with("passphrase");
            let found = |secret: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
            assert!(here || !(found(key) || found(hex.as_bytes()) || found(PASSPHRASE.as_bytes())), "{name}");
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let files = all_bytes(&held).into_iter().map(|(name, _)| name);
        for name in files.chain([text(&house.path("sealed")).to_owned()]) {
            let mode = fs::metadata(&name).expect("it is there").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{name}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_passphrase_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = house();
    house.run(&["key", "new"]).well();
    fs::set_permissions(house.path("passphrase"), fs::Permissions::from_mode(0o644)).expect("it is ours");
    let said = export(&house, "sealed").ends_with(4);
    assert!(said.contains("others than its owner may read the passphrase (mode 0644)"), "{said}");
}

#[test]
fn an_earlier_key_stays_until_it_is_deleted_and_the_one_in_use_cannot_be() {
    let house = house();
    house.run(&["key", "new"]).well();
    let old = keys(&house)[0].1.clone();
    let said = house.run(&["key", "delete", "default", &old, "--yes"]).ends_with(4);
    assert!(said.contains("it is the one in use"), "{said}");
    house.run(&["key", "new"]).well();
    let new = keys(&house)[0].1.clone();
    let name = || "default".to_owned();
    assert_eq!(keys(&house), [(name(), new.clone(), true), (name(), old.clone(), false)]);
    let said = house.run(&["key", "delete", "default", &old]).ends_with(2);
    assert!(said.contains("there is no terminal to ask at"), "{said}");
    house.run(&["key", "delete", "default", &old, "--yes"]).well();
    assert_eq!(keys(&house), [(name(), new, true)]);
    assert!(house.run(&["key", "delete", "default", &old, "--yes"]).ends_with(2).contains("not held here"));
    house.run(&["key", "delete", "default", "not-an-id", "--yes"]).ends_with(2);
}

/// A host of before wrote only `default.key`.
#[test]
fn a_key_of_an_earlier_host_is_taken_as_it_is() {
    let house = house();
    let folder = house.state().join("keys/pseudonym");
    fs::create_dir_all(&folder).expect("it can be made");
    house.private("state/keys/pseudonym/default.key", &"\u{7}".repeat(32));
    assert_eq!(keys(&house), [("default".to_owned(), "69a50cd242d139f8".to_owned(), true)]);
}

/// Runs of a site with and without a new key in between: the record says which key it was, and the rows agree.
#[test]
fn a_run_names_its_key_and_another_key_gives_other_pseudonyms() {
    let site = PretendSite::start(&[]);
    let house = house();
    take_in(&house, "queries/site", "glasshouse.site");
    take_in(&house, "rules/keyed-pseudonym", "glasshouse.rules.keyed-pseudonym");
    let rules = "[results]\nrules = [\"glasshouse.rules.keyed-pseudonym\"]\n";
    site.describe(&house, "collector", rules);

    let collect = || house.run(&["run", "--once", "--output", "json"]).json()[0]["receipt"].clone();
    let pseudonyms = |run: &Value| -> Vec<Value> {
        let run = run["run"].as_str().expect("a receipt has a run");
        let out = house.run(&["show", "--run", run, "--all", "--output", "json"]).well();
        let rows = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is a row"));
        rows.map(|row| row["row"]["Hash_SiteCode"].clone()).filter(|value| !value.is_null()).collect()
    };
    let first = collect();
    let old = keys(&house)[0].1.clone();
    assert_eq!(first["keys"]["default"], old.as_str(), "{first:#}");
    assert!(house.run(&["show"]).well().contains(&format!("pseudonyms by key default/{old}")));
    let second = collect();
    assert!(!pseudonyms(&first).is_empty());
    assert_eq!(pseudonyms(&first), pseudonyms(&second));

    house.run(&["key", "new"]).well();
    let third = collect();
    let new = keys(&house)[0].1.clone();
    assert_eq!(third["keys"]["default"], new.as_str());
    assert!(pseudonyms(&third).iter().all(|value| !pseudonyms(&first).contains(value)));
    let runs = house.run(&["key", "list", "--output", "json"]).json();
    assert_eq!((&runs["keys"][0]["runs"], &runs["keys"][1]["runs"]), (&1.into(), &2.into()), "{runs:#}");

    // Who has the rows and not the key gets nothing back from them.
    let said = house.run(&["explain", "Hash_SiteCode", "--seconds", "2", "--output", "json"]).json();
    assert_eq!(said["recovered"], 0, "{said:#}");
    assert!(said["distinct"].as_u64() > Some(0) && said["hashes"].as_u64() > Some(46_656), "{said:#}");
}

/// `CAS` and `v_R_System`, as Configuration Manager writes them, and one that nobody guesses.
const HASHES: &str = "LsAe8an90O1vrJCLepW3Zl0CF392jA2EFnOz1ospfNg=\n6U4Yfcx2x2nkmEGGsz7FZI6V2TG6bvlfLAEO4A3RaTQ=\n\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

#[test]
fn hashes_without_a_key_give_their_values_back_and_show_them_only_when_asked() {
    let house = House::empty();
    fs::write(house.path("hashes.txt"), HASHES).expect("it can be written");
    let ran = house.run(&["explain", "--value-file", "hashes.txt", "--seconds", "2"]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(ran.out.contains("got back 2 of 3 in ") && ran.out.contains(" a second\n"), "{}", ran.out);
    assert!(!ran.out.contains("CAS") && !ran.out.contains("v_R_System"), "{}", ran.out);
    let shown = house.run(&["explain", "--value-file", "hashes.txt", "--seconds", "2", "--show"]);
    assert!(shown.out.contains("CAS") && shown.out.contains("v_R_System"), "{}", shown.out);
    assert!(!house.state().exists(), "it needs no state");

    // What is in no dictionary is, once somebody brings the word.
    let secret = "zurich-plant-7";
    let rows =
        "{\"table\":\"sites\",\"columns\":[{\"name\":\"H\",\"type\":\"text\",\"class\":\"pseudonym\"}]}\n";
    let hash = "XlqDw9vZHCrgSeeNkw4nme3982x+JE/DpiZsVAZxSWs=";
    fs::write(house.path("rows.ndjson"), format!("{rows}{{\"H\":\"{hash}\"}}\n")).expect("it can be written");
    house.run(&["explain", "H", "--value-file", "rows.ndjson", "--seconds", "1"]).well();
    fs::write(house.path("words.txt"), format!("one\n{secret}\n")).expect("it can be written");
    let ran = house.run(&["explain", "H", "--value-file", "rows.ndjson", "--words", "words.txt"]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(
        house.run(&["explain", "I", "--value-file", "rows.ndjson"]).ends_with(2).contains("no such column")
    );
}
