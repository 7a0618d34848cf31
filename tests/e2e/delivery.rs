//! From the site to the receiver, by the command alone: held, looked at, approved, sent as it was seen, once.

use std::{collections::BTreeMap, fs, io::ErrorKind, net::TcpListener};

use glasshouse_audit::Signer;
use serde_json::Value;

use crate::{
    collect::take_in,
    house::{
        Ran,
        sender::{JSON, OURS, SITE, Sender, bytes, counts_add_up, sha256, word},
        text, wait_until,
    },
};

/// Seen = stored = sent = arrived, for each shipped target; and what was sent once is not sent again.
#[test]
fn nothing_leaves_before_its_plan_is_approved_and_then_just_what_was_seen() {
    let sender = Sender::new(&[OURS, JSON]);
    let _listening = sender.receiver.start(&sender.house);
    let said = sender.run(&["run", "--once"]).well();
    assert!(said.contains(&format!("sealed on way-0 for {OURS}: ")), "{said}");
    assert!(said.contains("held by hold 1: glasshouse hold show 1"), "{said}");
    let status = sender.run(&["status"]);
    assert_eq!(status.code, 1, "a person is needed: {status:#?}");
    assert!(status.out.contains("mode     online") && status.out.contains("hold     1 waits"), "{status:#?}");

    // Nobody has approved anything: nothing is due.
    let said = sender.run(&["deliver"]).well();
    assert!(said.contains(&format!("{OURS}: 0 sent")) && said.contains("wait for a person"), "{said}");
    assert!(sender.receiver.has(&sender.house).is_empty());
    let diff = sender.run(&["plan", "diff"]);
    assert_eq!(diff.code, 1, "{diff:#?}");
    assert!(diff.out.contains(&format!("route way-0, {SITE}")), "{}", diff.out);
    assert!(diff.out.contains("endpoint ingest POST https://localhost:"), "{}", diff.out);
    let preview = sender.run(&["preview", "--output", "json"]).json();
    let tables = preview["tables"].as_array().expect("tables");
    assert!(tables.iter().all(|table| table["state"] == "held"), "{preview:#}");

    let said = sender.run(&["plan", "approve", "--reason", "counts and versions"]).well();
    assert!(said.contains("and hold 1 with it"), "{said}");
    sender.run(&["plan", "diff"]).well();
    let requests = sender.outbox(&["--only", "waiting"]);
    assert!(requests.len() > 4, "{requests:#?}");
    let seen: BTreeMap<String, Vec<u8>> = requests
        .iter()
        .map(|request| {
            let id = word(request, "id");
            let raw = bytes(&sender.house, &["preview", "--raw", &id]);
            assert_eq!(sha256(&raw), word(request, "digest"), "stored is not what is seen");
            (id, raw)
        })
        .collect();

    let done = sender.run(&["deliver", "--output", "json"]).json();
    let count = |field: &str| -> u64 {
        let targets = done["targets"].as_array().expect("targets");
        targets.iter().map(|target| target[field].as_u64().expect("a count")).sum()
    };
    assert_eq!((count("sent"), count("receipts")), (seen.len() as u64, seen.len() as u64), "{done:#}");
    let has = sender.receiver.has(&sender.house);
    assert!(has.keys().eq(seen.keys()), "other requests came than were seen");
    for (id, raw) in &seen {
        assert_eq!(has[id], sha256(raw));
        assert_eq!(sender.receiver.bytes(&sender.house, id), *raw, "what came is not what was seen");
    }
    let id = seen.keys().next().expect("there is one");
    let shown = sender.run(&["outbox", "show", id, "--output", "json"]).json();
    assert_eq!((&shown["state"], &shown["has_body"]), (&"sent".into(), &Value::Null), "{shown:#}");
    assert!(word(&shown, "receipt").contains("— receiver.test "), "{shown:#}");
    assert_eq!(word(&shown, "credential"), "authorization: Bearer {credential:token}");
    // A token is in nothing that is shown.
    let token = fs::read_to_string(sender.house.state().join("token")).expect("it is there");
    assert!(
        !shown.to_string().contains(&token)
            && seen.values().all(|raw| !String::from_utf8_lossy(raw).contains(&token))
    );

    // The same rows again: the receiver has them.
    let said = sender.run(&["run", "--once"]).well();
    assert!(!said.contains("sealed on"), "{said}");
    assert_eq!(sender.outbox(&[]).len(), seen.len());
    sender.run(&["status"]).well();
    let journal = sender.run(&["journal", "--since", "0"]).well();
    for event in ["mode changed", "hold opened", "hold approved", "request shown"] {
        assert!(journal.contains(event), "{event}: {journal}");
    }
}

/// A draft is looked at whole, and then that very draft is sent or erased.
#[test]
fn a_draft_is_sent_or_erased_as_a_person_decides() {
    let sender = Sender::new(&[OURS]);
    let _listening = sender.receiver.start(&sender.house);
    sender.collect_and_approve();
    sender.run(&["deliver"]).well();
    let before = sender.receiver.has(&sender.house);

    // Nothing differs from what was sent: there is nothing for a draft to hold.
    sender.configure("online", "level = \"basic\"", &[OURS]);
    let journal = sender.run(&["journal", "--output", "json"]).json();
    let lines = journal["lines"].as_array().expect("lines");
    let level = lines.iter().find(|line| line["event"] == "level changed").expect("it is noted");
    assert_eq!(level["detail"], serde_json::json!({ "old": "enhanced", "new": "basic" }), "{level:#}");
    sender.configure("online", "", &[OURS, JSON]);
    take_in(&sender.house, "targets/https-json", JSON);
    let said = sender.run(&["preview", "--collect", "--site", "cas"]).well();
    assert!(
        said.contains("a draft of site cas, open since") && said.contains("glasshouse hold approve 2"),
        "{said}"
    );
    let drafts = sender.outbox(&["--only", "draft"]);
    assert!(!drafts.is_empty() && drafts.iter().all(|draft| draft["target"] == JSON), "{drafts:#?}");
    sender.run(&["deliver"]).well();
    assert_eq!(sender.receiver.has(&sender.house), before, "a draft left by itself");
    sender.run(&["hold", "deny", "2", "--reason", ""]).ends_with(2);
    sender.run(&["hold", "deny", "2", "--reason", "not to this receiver"]).well();
    sender.run(&["hold", "approve", "2", "--reason", "after all"]).ends_with(4);
    let id = word(&drafts[0], "id");
    let said = sender.run(&["preview", "--raw", &id]).ends_with(1);
    assert!(said.contains("it is withdrawn, and its bytes were erased"), "{said}");

    // What was denied is collected and sealed again.
    sender.run(&["preview", "--collect"]).well();
    let again = sender.outbox(&["--only", "draft"]);
    assert_eq!(again.len(), drafts.len());
    let said = sender.run(&["hold", "show", "3"]).well();
    assert!(said.contains(JSON) && said.contains("draft by 3"), "{said}");
    sender.run(&["hold", "approve", "3", "--reason", "looked at it"]).well();
    sender.run(&["deliver", "--target", JSON]).well();
    assert_eq!(sender.receiver.has(&sender.house).len(), before.len() + again.len());
}

/// An approved draft is the run of its week. One that was denied is none, and the week's own run still comes.
#[test]
fn a_draft_is_the_run_of_its_week_unless_it_is_denied() {
    let sender = Sender::new(&[OURS]);
    sender.configure("offline", "", &[OURS]);
    let site = || sender.run(&["status", "--output", "json"]);
    let site = || serde_json::from_str::<Value>(&site().out).expect("JSON")["sites"][0].clone();
    let next = || word(&site(), "next");
    sender.run(&["preview", "--collect"]).well();
    let (draft, next_week) = (word(&site()["last"], "run"), next());
    let said = sender.run(&["hold", "deny", "1", "--reason", "not this week"]).well();
    assert!(said.contains("a week without another run still has its own"), "{said}");
    let this_week = next();
    assert!(this_week < next_week, "{this_week} {next_week}");

    let host = sender.house.host();
    wait_until("the week's own run", || site()["last"]["state"] == "done" && next() == next_week);
    drop(host);
    assert_ne!(word(&site()["last"], "run"), draft);
    assert!(!sender.outbox(&["--only", "held"]).is_empty(), "it is no draft: its plan has to be approved");

    sender.run(&["preview", "--collect"]).well();
    let said = sender.run(&["hold", "list"]).well();
    let hold = said.lines().find(|line| line.contains("draft")).expect("there is a draft");
    let hold = hold.split_whitespace().next().expect("it has a number");
    sender.run(&["hold", "approve", hold, "--reason", "looked at it"]).well();
    assert_eq!(next(), next_week);
}

/// What the host itself says of a run goes the ways that anything goes: planned, held, approved, seen, sent.
#[test]
fn what_the_host_says_of_a_run_is_sent_like_anything_else() {
    let sender = Sender::new(&[OURS]);
    let _listening = sender.receiver.start(&sender.house);
    let path = sender.house.state().join("glasshouse.toml");
    let config = fs::read_to_string(&path).expect("it is there");
    fs::write(&path, config.replace(SITE, "glasshouse.run")).expect("it can be written");
    let plan = sender.run(&["plan", "glasshouse.run", "--columns"]).well();
    assert!(plan.contains("statement on route way-0") && plan.contains("ErrorNumber"), "{plan}");
    sender.run(&["run", "--once"]).well();
    let held = sender.outbox(&["--only", "held"]);
    let tables: Vec<String> = held.iter().map(|request| word(request, "table")).collect();
    assert_eq!(tables, ["run", "statement"]);
    assert!(held.iter().all(|request| request["query"] == "glasshouse.run"), "{held:#?}");
    let diff = sender.run(&["plan", "diff"]);
    assert!(
        diff.out.contains("route way-0, glasshouse.run\n")
            && diff.out.contains("+ statement.Reason category"),
        "{diff:#?}"
    );
    let redaction = sender.run(&["show", "--redaction", "--output", "json"]).json();
    assert!(redaction.to_string().contains("glasshouse.run"), "{redaction:#}");
    let preview = sender.run(&["preview"]).well();
    assert!(preview.contains("glasshouse.run/statement"), "{preview}");

    sender.run(&["plan", "approve", "--reason", "how the run went"]).well();
    sender.run(&["deliver"]).well();
    let has = sender.receiver.has(&sender.house);
    assert_eq!(has.len(), 2);
    let came: String = has
        .keys()
        .map(|id| String::from_utf8_lossy(&sender.receiver.bytes(&sender.house, id)).into_owned())
        .collect();
    assert!(came.contains("\"Statement\":\"site-version\"") && came.contains("\"RowsKept\":"), "{came}");
    // The next run is another one, and says so.
    sender.run(&["run", "--once"]).well();
    assert_eq!(sender.outbox(&["--only", "waiting"]).len(), 2);
}

/// What the receiver's key signed counts, and no other answer; the auditor has the key from the same line.
#[test]
fn nothing_counts_as_sent_without_a_receipt_of_the_key_that_is_known() {
    let sender = Sender::new(&[OURS]);
    let _listening = sender.receiver.start(&sender.house);
    sender.collect_and_approve();
    let plan = sender.run(&["plan"]).well();
    assert!(plan.contains(&format!("[[target]] `{OURS}` has no receiver_key")), "{plan}");
    let all = sender.outbox(&["--only", "waiting"]).len();
    let keys = sender.house.state().join("receiver.key");
    let other = Signer::from_seed("receiver.test", &[9; 32]).expect("a key").verifier().to_string();
    sender.describe_targets("receiver_key = \"receiver.key\"\ntenant = \"contoso\"");
    assert!(!sender.run(&["plan"]).well().contains("has no receiver_key"));

    // The file is not there: no answer could be believed, and so nothing is asked.
    let said = sender.run(&["deliver"]);
    assert!(
        said.code == 1 && said.out.contains("0 sent") && said.out.contains("bad-receiver-key"),
        "{said:#?}"
    );
    assert!(sender.receiver.has(&sender.house).is_empty());
    fs::write(&keys, format!("{other}\n")).expect("it can be written");
    let said = sender.run(&["deliver"]);
    assert!(
        said.code == 1 && said.out.contains("0 sent") && said.out.contains("receipt-not-genuine"),
        "{said:#?}"
    );
    let waiting = sender.outbox(&["--only", "waiting"]);
    assert_eq!(waiting.len(), all, "somebody else may have answered");
    for request in waiting.iter().filter(|request| request["attempts"] != 0) {
        assert_eq!(word(request, "failure"), "receipt-not-genuine");
        assert!(word(request, "next") > word(request, "sealed"), "{request:#}");
    }
    let status = sender.run(&["status"]);
    assert!(status.code == 1 && status.out.contains("not sent: receipt-not-genuine"), "{status:#?}");

    // The receiver has them by now, and says so again to whoever knows its key.
    fs::write(&keys, format!("# the one before\n{other}\n{}\n", sender.receiver.verifier))
        .expect("it can be");
    wait_until("all receipts count", || {
        sender.run(&["deliver"]);
        sender.outbox(&["--only", "sent"]).len() == all
    });
    assert_eq!(sender.receiver.has(&sender.house).len(), all);
    let verified = sender.run(&["audit", "verify", "--output", "json"]);
    assert!(verified.code == 0 && verified.err.is_empty(), "{verified:#?}");
    let report = verified.json();
    assert_eq!((&report["unchecked"], &report["agreeing"]), (&0.into(), &report["witnesses"]), "{report:#}");
    assert_ne!(report["witnesses"], 0, "{report:#}");
    fs::write(&keys, format!("{other}\n")).expect("it can be written");
    let said = sender.run(&["audit", "verify"]);
    assert!(
        said.code == 1 && said.out.contains("is not one that the receiver_key of [[target]]"),
        "{said:#?}"
    );

    // Whoever takes the key away makes believe whatever answers: that it was taken away stays.
    fs::remove_file(&keys).expect("it is there");
    sender.configure("online", "", &[OURS]);
    sender.run(&["plan"]).well();
    let told = || -> Vec<String> {
        let journal = sender.run(&["journal", "--since", "0", "--output", "json"]).json();
        let lines = journal["lines"].as_array().expect("lines").iter();
        let changes = lines.filter(|line| line["event"] == "receivers changed");
        changes.map(|line| word(&line["detail"], "new")).collect()
    };
    let key = |verifier: &str| verifier.rsplit_once('+').expect("it has parts").0.to_owned();
    let (genuine, foreign, other) = (key(&sender.receiver.verifier), other.clone(), key(&other));
    let seen = told();
    assert!(seen.contains(&format!("{OURS} {other} {genuine} for contoso")), "{seen:#?}");
    assert_eq!(seen.last(), Some(&format!("{OURS} any")), "{seen:#?}");

    // So is a key that another one takes the place of, in a file, while a host runs.
    fs::write(&keys, &sender.receiver.verifier).expect("it can be written");
    sender.describe_targets("receiver_key = \"receiver.key\"");
    let host = sender.house.host();
    let says = |key: &str| told().last() == Some(&format!("{OURS} {key}"));
    wait_until("the host saw the key", || says(&genuine));
    fs::write(&keys, &foreign).expect("it can be written");
    wait_until("the host saw another key", || says(&other));
    assert_eq!(host.stop(), 0);
}

/// A receiver that is away costs nothing but time.
#[test]
fn what_could_not_be_sent_waits_and_arrives_when_the_receiver_is_back() {
    let sender = Sender::new(&[OURS]);
    sender.collect_and_approve();
    let tested = sender.run(&["target", "test"]);
    assert_eq!(tested.code, 1, "{tested:#?}");
    assert!(tested.out.contains("11412 error") && tested.out.contains("11488 error"), "{tested:#?}");
    let failed = sender.run(&["deliver"]);
    assert_eq!(failed.code, 1, "{failed:#?}");
    assert!(
        failed.out.contains("attempts failed") && failed.out.contains("next attempt is due at"),
        "{failed:#?}"
    );
    let waiting = sender.outbox(&["--only", "waiting"]);
    assert!(
        waiting.iter().any(|request| request["attempts"] == 1 && request["failure"] == "connect"),
        "{waiting:#?}"
    );
    counts_add_up(&sender.run(&["metrics"]).well());

    let _listening = sender.receiver.start(&sender.house);
    let tested = sender.run(&["target", "test"]).well();
    assert!(tested.contains("11410 info: all endpoints can be reached (1)"), "{tested}");
    assert!(tested.contains("authorization: Bearer {credential:token}"), "{tested}");
    wait_until("everything arrives", || {
        sender.run(&["deliver"]);
        sender.receiver.has(&sender.house).len() == waiting.len()
    });
    assert!(sender.outbox(&["--only", "waiting"]).is_empty());
    counts_add_up(&sender.run(&["metrics"]).well());
    sender.run(&["outbox", "withdraw", &word(&waiting[0], "id"), "--reason", "too late"]).ends_with(4);
}

/// Offline is no matter of good will: no connection is made but to the site.
#[test]
fn offline_nothing_is_asked_for_and_nothing_sent() {
    let sender = Sender::new(&[OURS]);
    sender.configure("offline", "", &[OURS]);
    let listener = TcpListener::bind(("127.0.0.1", sender.receiver.port)).expect("the port is free");
    listener.set_nonblocking(true).expect("it can be");
    sender.collect_and_approve();
    for verb in [&["deliver"][..], &["target", "test"]] {
        let said = sender.run(verb).ends_with(4);
        assert!(said.contains("the mode is offline"), "{said}");
    }
    let host = sender.house.host();
    let said = sender.run(&["status"]).well();
    assert!(said.contains("mode     offline") && said.contains("waiting"), "{said}");
    sender.run(&["doctor"]).well();
    sender.run(&["deliver"]).ends_with(4);
    drop(host);
    let asked = listener.accept().map_err(|error| error.kind());
    assert_eq!(asked.err(), Some(ErrorKind::WouldBlock), "somebody connected");
}

/// The same by what the kernel saw: of all sockets of a run and of a host, those to the site alone are of the internet.
#[cfg(target_os = "linux")]
#[test]
fn offline_no_internet_socket_is_connected_but_to_the_site() {
    use crate::house::{binary, skipped};
    let traced = std::process::Command::new("strace").args(["-f", "-e", "trace=connect", "true"]).output();
    if !traced.is_ok_and(|output| output.status.success()) {
        skipped("strace is not there, or may not trace");
        return;
    }
    let sender = Sender::new(&[OURS]);
    sender.configure("offline", "", &[OURS]);
    sender.collect_and_approve();
    let trace = sender.house.path("trace");
    let state = sender.house.state();
    let mut command = std::process::Command::new("strace");
    command.args(["-f", "-e", "trace=connect,sendto,bind", "-o", text(&trace)]).arg(binary());
    command.args(["--state", text(&state), "run", "--once"]);
    Ran::of(&mut command).well();
    let seen = fs::read_to_string(&trace).expect("there is a trace");
    let internet: Vec<&str> =
        seen.lines().filter(|line| line.contains("AF_INET") && !line.contains("ENOENT")).collect();
    let to_site = format!("htons({})", sender.site.port());
    assert!(internet.iter().any(|line| line.contains(&to_site)), "the trace sees nothing: {seen}");
    let others: Vec<&&str> = internet.iter().filter(|line| !line.contains(&to_site)).collect();
    assert!(others.is_empty(), "{others:#?}");
}

/// Whatever a kill interrupts is sent once more with its id, and is there once.
#[test]
fn a_host_that_is_killed_while_it_delivers_has_each_request_stored_once() {
    let sender = Sender::new(&[OURS, JSON]);
    sender.collect_and_approve();
    let all = sender.outbox(&["--only", "waiting"]);
    let listening = sender.receiver.start(&sender.house);
    // Killed as soon as something has come: others are on their way, or their answers are.
    for _ in 0..3 {
        let before = sender.receiver.has(&sender.house).len();
        let host = sender.house.host();
        wait_until("something comes", || {
            let has = sender.receiver.has(&sender.house).len();
            has > before || has == all.len()
        });
        host.kill();
    }
    let host = sender.house.host();
    wait_until("all is sent", || sender.outbox(&["--only", "sent"]).len() == all.len());
    let has = sender.receiver.has(&sender.house);
    assert_eq!(has.len(), all.len());
    for request in &all {
        assert_eq!(has[&word(request, "id")], word(request, "digest"));
    }
    let status = sender.run(&["status", "--output", "json"]).json();
    let messages = &status["sending"]["connectivity"]["messages"];
    assert_eq!(messages[0]["id"], 11410, "{status:#}");
    let id = word(&all[0], "id");
    let asked = sender.run(&["outbox", "show", &id, "--output", "json"]).well();
    drop((host, listening));
    assert_eq!(
        asked,
        sender.run(&["outbox", "show", &id, "--output", "json"]).well(),
        "with a host and without"
    );
}

/// A receiver that takes the connection and says nothing keeps no host from ending.
#[cfg(unix)]
#[test]
fn a_host_stops_within_seconds_while_requests_are_on_their_way() {
    let sender = Sender::new(&[OURS]);
    sender.collect_and_approve();
    let listener = TcpListener::bind(("127.0.0.1", sender.receiver.port)).expect("the port is free");
    let host = sender.house.host();
    let connected = listener.accept().expect("the host connects");
    let begun = std::time::Instant::now();
    assert_eq!(host.stop(), 0);
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
    drop(connected);
    assert!(sender.outbox(&["--only", "sent"]).is_empty());
}
