//! What was done can be looked up, with who did it.

use crate::house::House;
#[cfg(unix)]
use crate::house::{text, wait_until};

/// `event, object` of every line at this actor's word.
#[cfg(unix)]
fn done_by(house: &House, actor: &str) -> Vec<String> {
    let journal = house.run(&["journal", "--since", "0", "--output", "json"]).json();
    let lines = journal["lines"].as_array().expect("a journal has lines").iter();
    lines
        .filter(|line| line["actor"] == actor)
        .map(|line| {
            let word = |field: &str| line[field].as_str().unwrap_or_default();
            format!("{}, {}", word("event"), word("object"))
        })
        .collect()
}

/// This test's account, as the operating system knows it.
#[cfg(unix)]
fn me() -> String {
    let id = |what| {
        let id = std::process::Command::new("id").arg(what).output().expect("id runs");
        String::from_utf8_lossy(&id.stdout).trim().to_owned()
    };
    format!("{} (uid {})", id("-un"), id("-u"))
}

#[cfg(unix)]
#[test]
fn the_journal_tells_who_did_what_with_a_host_and_without() {
    let house = House::trusting();
    let old = house.signed_query("contoso.devices", "1.0.0");
    let new = house.signed_query("contoso.devices", "1.1.0");
    house.run(&["plugin", "install", text(&old)]).well();
    house.run(&["plugin", "approve", "contoso.devices", "--yes"]).well();
    let host = house.host();
    house.run(&["plugin", "install", text(&new)]).well();
    house.run(&["plugin", "rollback", "contoso.devices"]).well();
    house.run(&["trust", "keygen", "security"]).well();
    house.run(&["trust", "add", "security", "--revoke"]).well();
    let trust = house.run(&["trust", "show", "--output", "json"]).json();
    let mine = trust["keys"][0]["id"].as_str().expect("a key has an id");
    house.run(&["trust", "revoke", "--key", mine, "--with-key", "security"]).well();

    let with_host = done_by(&house, &me());
    assert_eq!(
        with_host,
        [
            "key added, mine",
            "plugin waits, contoso.devices 1.0.0",
            "plugin approved, contoso.devices 1.0.0",
            "plugin admitted, contoso.devices 1.0.0",
            "plugin admitted, contoso.devices 1.1.0",
            "plugin rolled back, contoso.devices 1.0.0",
            "key added, security",
            "revocations accepted, version 1",
        ]
    );
    assert_eq!(done_by(&house, "host"), ["plugin stopped, contoso.devices 1.0.0"]);
    assert_eq!(host.stop(), 0);
    assert_eq!(done_by(&house, &me()), with_host);
}

#[test]
fn the_journal_is_read_in_parts() {
    let house = House::trusting();
    for key in ["second", "third"] {
        house.run(&["trust", "keygen", key]).well();
        house.run(&["trust", "add", key, "--kinds", "rule"]).well();
    }
    let seqs = |args: &[&str]| -> Vec<u64> {
        let journal = house.run(&[&["journal", "--output", "json"], args].concat()).json();
        let lines = journal["lines"].as_array().expect("a journal has lines").iter();
        lines.filter_map(|line| line["seq"].as_u64()).collect()
    };
    assert_eq!(seqs(&[]), [1, 2, 3]);
    assert_eq!(seqs(&["--last", "1"]), [3]);
    assert_eq!(seqs(&["--since", "1"]), [2, 3]);
    assert_eq!(seqs(&["--since", "3"]), [0; 0]);
    let shown = house.run(&["journal", "--last", "1"]).well();
    assert!(shown.starts_with("SEQ  AT") && shown.contains("key added  third"), "{shown}");
}

#[cfg(unix)]
#[test]
fn a_name_from_outside_does_not_write_on_the_terminal() {
    let house = House::trusting();
    let host = house.host();
    let file = house.path("junk");
    std::fs::write(&file, b"\0asm junk").expect("it can be written");
    house.drop_in(&file, "\u{1b}[31mred.wasm");
    wait_until("it is in the journal", || house.run(&["journal"]).well().contains("file quarantined"));
    for output in ["text", "json"] {
        let shown = house.run(&["journal", "--output", output]).well();
        assert!(shown.contains("file quarantined") && shown.contains("31mred.wasm"), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
    drop(host);
}
