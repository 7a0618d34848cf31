//! Planted identifiers: none of them is in anything that the host writes, says or would send, at any level, in any
//! form, whether a run ends well, is killed, or is held because a rule is broken.

use std::{
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use crate::{
    collect::{PASSWORD, PretendSite, take_in},
    house::{House, Needles, Ran},
};

/// Packs that read most of the views with names in them.
const PACKS: [&str; 5] = ["site", "clients", "applications", "collections", "software-updates"];

/// Rows go three ways: kept and sealed with names as pseudonyms, and sealed through a rule that lets every third name
/// by.
const ROUTES: &str = "[results]\nrules = [\"glasshouse.rules.keyed-pseudonym\"]\n\
    [[route]]\nname = \"broken\"\nrules = [\"glasshouse.examples.forgetful\"]\n\
    target = \"glasshouse.targets.https-json\"\n\
    [[route]]\nname = \"headquarters\"\ntarget = \"glasshouse.targets.https-json\"\n\
    [[target]]\nplugin = \"glasshouse.targets.https-json\"\n\
    endpoint.ingest = { host = \"receiver.test\" }\n";

fn house() -> House {
    let house = House::trusting();
    for pack in PACKS {
        take_in(&house, &format!("queries/{pack}"), &format!("glasshouse.{pack}"));
    }
    take_in(&house, "rules/keyed-pseudonym", "glasshouse.rules.keyed-pseudonym");
    take_in(&house, "rules/examples/forgetful", "glasshouse.examples.forgetful");
    take_in(&house, "targets/https-json", "glasshouse.targets.https-json");
    house
}

/// All that is planted, and the parts of it that name somebody by themselves.
fn needles(site: &PretendSite) -> Needles {
    let values = site.canaries();
    assert!(values.len() > 500, "{}", values.len());
    let parts: Vec<&str> = values
        .iter()
        .filter_map(|value| value.split_once('\\').map(|(_, account)| account).or(value.split('@').next()))
        .collect();
    Needles::of(values.iter().map(String::as_str).chain(parts).chain([PASSWORD]))
}

/// Looks through every file of a state directory. The site's password is in the file that the administrator made.
fn nothing_in_files(house: &House, needles: &Needles) {
    let mut looked = 0;
    each_file(&house.state(), &mut |path, bytes| {
        if path.ends_with("password") {
            return;
        }
        looked += bytes.len();
        assert_eq!(needles.first_in(&bytes), None, "in {}", path.display());
    });
    assert!(looked > 1 << 20, "{looked}");
}

pub fn nothing_said(ran: &Ran, needles: &Needles) {
    for said in [&ran.out, &ran.err] {
        assert_eq!(needles.first_in(said.as_bytes()), None, "in {said}");
    }
}

/// Every byte that would leave: the requests that are sealed.
fn nothing_in_requests(house: &House, needles: &Needles) -> usize {
    let listed = house.run(&["outbox", "list"]).well();
    let ids: Vec<&str> = listed
        .split_whitespace()
        .filter(|word| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .collect();
    for id in &ids {
        let raw = house.run(&["preview", "--raw", id]).well();
        assert!(raw.starts_with("POST https://receiver.test/"), "{raw}");
        assert_eq!(needles.first_in(raw.as_bytes()), None, "in request {id}");
    }
    ids.len()
}

pub fn each_file(folder: &Path, look: &mut impl FnMut(&Path, Vec<u8>)) {
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            each_file(&path, look);
        } else if path.is_file() {
            look(&path, fs::read(&path).expect("a file can be read"));
        }
    }
}

/// Whatever a person can have shown of what was collected, and the code that it ends with where a table is held.
const SHOWN: [(&[&str], i32); 8] = [
    (&["show", "--all", "--output", "json"], 0),
    (&["show", "--redaction", "--output", "json"], 1),
    (&["plan", "--columns", "--output", "json"], 0),
    (&["status", "--output", "json"], 1),
    (&["journal", "--output", "json"], 0),
    (&["plugin", "list", "--output", "json"], 0),
    (&["hold", "show", "1"], 0),
    (&["audit", "show"], 0),
];

#[test]
fn no_planted_identifier_is_written_or_said_at_any_level() {
    let site = PretendSite::start(&[]);
    let needles = needles(&site);
    let house = house();
    for level in ["basic", "enhanced", "full"] {
        site.describe(&house, "collector", &format!("level = \"{level}\"\n{ROUTES}"));
        let ran = house.run(&["run", "--once"]);
        // Tables that the broken rule spoilt were held, and the command says so.
        assert!(ran.out.contains("held"), "{ran:#?}");
        nothing_said(&ran, &needles);
        for (command, code) in SHOWN {
            let shown = house.run(command);
            assert_eq!(shown.code, code, "{command:?}: {shown:#?}");
            nothing_said(&shown, &needles);
        }
        assert!(nothing_in_requests(&house, &needles) > 20, "requests are looked at");
        nothing_in_files(&house, &needles);
    }
}

#[test]
fn no_planted_identifier_is_left_behind_by_a_kill() {
    let site = PretendSite::start(&[]);
    let needles = needles(&site);
    let house = house();
    site.describe(&house, "collector", &format!("level = \"full\"\n{ROUTES}"));
    let begun = Instant::now();
    house.run(&["run", "--once"]);
    let whole = begun.elapsed();
    for part in 1..8 {
        let mut child = house
            .command(&["run", "--once"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command starts");
        std::thread::sleep(whole * part / 9 + Duration::from_millis(5));
        child.kill().expect("it can be killed");
        let _ = child.wait();
        nothing_in_files(&house, &needles);
    }
    let ran = house.run(&["run", "--once"]);
    nothing_said(&ran, &needles);
    nothing_in_files(&house, &needles);
    assert!(nothing_in_requests(&house, &needles) > 20, "requests are looked at");
}

#[test]
fn a_table_that_a_broken_rule_let_names_through_is_held_and_named() {
    let site = PretendSite::start(&[]);
    let house = house();
    site.describe(&house, "collector", ROUTES);
    let ran = house.run(&["run", "--once"]);
    assert!(ran.out.contains("site-names") && ran.out.contains("glasshouse.examples.forgetful"), "{ran:#?}");
    let shown = house.run(&["show", "--redaction"]);
    assert_eq!(shown.code, 1, "a table that is held is a finding: {shown:#?}");
    let shown = shown.out;
    for word in ["broken", "site-names", "Hash_SiteCode", "glasshouse.examples.forgetful"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    // The other way of the same table is as it should be.
    let rows = house.run(&["show", "site-names", "--all"]).well();
    assert!(rows.lines().count() > 5, "{rows}");
}
