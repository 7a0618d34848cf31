//! The exit code says how a command ended, and its error names object, cause and mend.

use std::fs;

use crate::house::{House, text};

#[test]
fn done_is_0_and_help_teaches() {
    let house = House::empty();
    assert!(house.run(&["--help"]).well().contains("Exit codes"));
    for verb in [
        "new",
        "build",
        "test",
        "bench",
        "sign",
        "inspect",
        "install",
        "list",
        "approve",
        "remove",
        "rollback",
        "quarantine",
    ] {
        let help = house.run(&["plugin", verb, "--help"]).well();
        assert!(help.contains("Example"), "plugin {verb} shows no example:\n{help}");
    }
    for verb in [
        "run", "plan", "show", "coverage", "doctor", "status", "init", "journal", "try", "explain", "backup",
        "restore", "purge", "preview", "deliver", "metrics",
    ] {
        let help = house.run(&[verb, "--help"]).well();
        assert!(help.contains("Example"), "{verb} shows no example:\n{help}");
    }
    for verb in ["list", "new", "delete", "export", "import"] {
        let help = house.run(&["key", verb, "--help"]).well();
        assert!(help.contains("Example"), "key {verb} shows no example:\n{help}");
    }
    for (group, verbs) in [
        ("rule", &["test", "coverage"][..]),
        ("tripwire", &["list", "allow", "forbid"]),
        ("audit", &["show", "verify", "prove", "check", "export"]),
        ("ledger", &["verify", "repair"]),
    ] {
        for verb in verbs {
            let help = house.run(&[group, verb, "--help"]).well();
            assert!(help.contains("Example"), "{group} {verb} shows no example:\n{help}");
        }
    }
    for verb in ["init", "run", "list", "show", "receipts", "purge"] {
        let help = house.run(&["receive", verb, "--help"]).well();
        assert!(help.contains("Example"), "receive {verb} shows no example:\n{help}");
    }
    for verb in ["add", "list", "renew", "remove"] {
        let help = house.run(&["receive", "tenant", verb, "--help"]).well();
        assert!(help.contains("Example"), "receive tenant {verb} shows no example:\n{help}");
    }
    for (group, verbs) in [
        ("hold", &["list", "show", "approve", "deny"][..]),
        ("outbox", &["list", "show", "retry", "withdraw"]),
        ("plan", &["approve", "diff"]),
        ("target", &["test"]),
    ] {
        for verb in verbs {
            let help = house.run(&[group, verb, "--help"]).well();
            assert!(help.contains("Example"), "{group} {verb} shows no example:\n{help}");
        }
    }
    for verb in ["keygen", "add", "remove", "revoke", "show"] {
        let help = house.run(&["trust", verb, "--help"]).well();
        assert!(help.contains("Example"), "trust {verb} shows no example:\n{help}");
    }
}

#[test]
fn wrong_usage_and_malformed_input_are_2() {
    let house = House::trusting();
    house.run(&["dance"]).ends_with(2);
    house.run(&["plugin", "install"]).ends_with(2);
    house.run(&["plugin", "remove", "../x"]).ends_with(2);
    let said = house.run(&["plan", "glasshouse.client"]).ends_with(2);
    assert!(said.contains("no such query is here"), "{said}");
    let said = house.run(&["outbox", "show", "12"]).ends_with(2);
    assert!(said.contains("a request's id is 64"), "{said}");
    let junk = house.path("junk.wasm");
    fs::write(&junk, b"\x1b[2Jnot wasm").expect("it can be written");
    let said = house.run(&["plugin", "inspect", text(&junk)]).ends_with(2);
    assert!(said.starts_with("error: junk.wasm: ") && said.contains("\n  mend: "), "{said}");
    assert!(!said.contains('\u{1b}'), "{said:?}");
    fs::write(house.state().join("glasshouse.toml"), "[control]\ngruop = \"x\"\n")
        .expect("it can be written");
    let said = house.run(&["run"]).ends_with(2);
    assert!(said.contains("line 2: unknown field `gruop`"), "{said}");
}

#[test]
fn what_cannot_be_read_is_3() {
    let house = House::trusting();
    let said = house.run(&["plugin", "install", "no-such-file.wasm"]).ends_with(3);
    assert!(said.starts_with("error: no-such-file.wasm: "), "{said}");
    let nowhere = House::empty();
    for args in [&["run"][..], &["run", "--once"]] {
        let said = nowhere.run(args).ends_with(3);
        assert!(said.contains("there is no state directory here") && !nowhere.state().exists(), "{said}");
    }
}

#[test]
fn what_a_policy_refuses_is_4_and_its_inspection_finds_it() {
    let house = House::trusting();
    house.run(&["plugin", "new", "query", "contoso.devices", "--sql"]).well();
    let file = house.path("unsigned.wasm");
    house.run(&["plugin", "build", text(&house.path("devices")), "--out", text(&file)]).well();
    let said = house.run(&["plugin", "install", text(&file)]).ends_with(4);
    assert!(said.contains("it is not signed") && said.contains("glasshouse plugin sign"), "{said}");
    assert_eq!(house.run(&["plugin", "inspect", text(&file)]).code, 1);
}

#[test]
fn an_inspection_is_the_same_in_each_form() {
    let house = House::trusting();
    let file = house.signed_query("contoso.devices", "1.0.0");
    let json = house.run(&["plugin", "inspect", text(&file), "--output", "json"]).json();
    let digest = json["digest"].as_str().expect("it has a digest");
    let statement = json["query"]["statement"][0]["name"].as_str().expect("it has a statement");
    for form in ["text", "markdown"] {
        let out = house.run(&["plugin", "inspect", text(&file), "--output", form]).well();
        assert!(out.contains(digest) && out.contains(statement), "{form}: {out}");
    }
    let sarif = house.run(&["plugin", "inspect", text(&file), "--output", "sarif"]).json();
    assert_eq!(sarif["runs"][0]["properties"]["inspection"], json);
}
