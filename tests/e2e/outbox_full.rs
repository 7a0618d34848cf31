//! An outbox that is full: nothing more is collected and nothing is dropped, everybody is told, and collecting goes on by
//! itself when something was sent or an administrator gave something up.

use std::{fs, time::Duration};

use serde_json::Value;

use crate::{
    collect::take_in_written,
    house::sender::{OURS, SITE, Sender, counts_add_up, word},
    house::{House, gate::Gate, wait_until},
};

/// Rows that make more than a MiB of requests.
const ROWS: usize = 15_000;

/// Within how long collecting goes on and ends: the host looks every five seconds; the rest is for a slow machine.
const SOON: Duration = Duration::from_secs(40);

/// A query with as many columns as make its rows long.
fn wide() -> String {
    let columns: String = ["A", "B", "C", "D"].map(|name| {
        format!(
            "[[query.statement.column]]\nname = \"{name}\"\ntype = \"text\"\nnullable = true\nclass = \"category\"\n\
             format = \"version\"\ndescription = \"A version.\"\n"
        )
    }).concat();
    let selected = ["A", "B", "C", "D"].map(|name| format!("Client_Version0 AS {name}")).join(", ");
    format!(
        "id = \"contoso.wide\"\nversion = \"1.0.0\"\napi = \"1.0\"\nkind = \"query\"\ntitle = \"Wide\"\n\
         purpose = \"Many long rows.\"\nauthor = \"Contoso\"\n[[query.statement]]\nname = \"wide\"\nlevel = \"basic\"\n\
         sql = \"SELECT {selected} FROM v_R_System\"\n{columns}"
    )
}

fn status(sender: &Sender) -> Value {
    serde_json::from_str(&sender.run(&["status", "--output", "json"]).out).expect("it is JSON")
}

fn is_full(sender: &Sender) -> bool {
    status(sender)["sending"]["outbox_full"] == true
}

fn site(sender: &Sender, name: &str) -> Value {
    let status = status(sender);
    let sites = status["sites"].as_array().expect("sites");
    sites.iter().find(|site| site["site"] == name).cloned().unwrap_or_default()
}

/// Describes the same site by another name: it was never collected from, and so is due.
fn add_site(sender: &Sender, name: &str) {
    let path = sender.house.state().join("glasshouse.toml");
    let config = fs::read_to_string(&path).expect("it is there");
    let first = config.split("[[site]]").nth(1).expect("it has a site");
    let more = format!("{config}\n[[site]]{}", first.replace("\"cas\"", &format!("\"{name}\"")));
    fs::write(path, more).expect("it can be written");
}

/// Waits until a site is due and waits, and looks at how that is told.
#[track_caller]
fn waits_and_says_so(sender: &Sender, name: &str) {
    wait_until("the site waits for room", || !site(sender, name)["trouble"].is_null());
    let trouble = site(sender, name)["trouble"].clone();
    assert!(word(&trouble, "cause").contains("nothing is collected, and nothing is dropped"), "{trouble:#}");
    assert!(is_full(sender));
    let status = sender.run(&["status"]);
    assert!(status.code == 1 && status.out.contains("waiting: outbox; it is full: "), "{status:#?}");
    let metrics = sender.run(&["metrics"]).well();
    assert!(metrics.contains("\nglasshouse_outbox_full 1\n"), "{metrics}");
    counts_add_up(&metrics);
    let said = sender.run(&["run", "--once", "--site", name]).ends_with(4);
    assert!(said.contains("unsent_mib") && said.contains("outbox list"), "{said}");
}

#[track_caller]
fn is_collected_from(sender: &Sender, name: &str) {
    let took = wait_until("the site is collected from", || site(sender, name)["last"]["state"] == "done");
    println!("{name} is collected from {took:.1?} after there was room");
    assert!(took < SOON, "{took:?}");
}

#[test]
fn a_full_outbox_stops_collecting_and_what_is_sent_or_withdrawn_lets_it_go_on() {
    let mut sender = Sender::in_house(House::trusting(), &[OURS], &[&format!("rows={ROWS}@v_R_System")]);
    take_in_written(&sender.house, "contoso.wide", &wide());
    let _listening = sender.receiver.start(&sender.house);
    let gate = Gate::before(sender.receiver.port);
    sender.receiver.port = gate.port();
    sender.configure("online", "[outbox]\nunsent_mib = 1", &[OURS]);
    let path = sender.house.state().join("glasshouse.toml");
    let config = fs::read_to_string(&path).expect("it is there");
    let both =
        config.replace(&format!("take = [\"{SITE}\"]"), &format!("take = [\"{SITE}\", \"contoso.wide\"]"));
    assert_ne!(both, config);
    fs::write(&path, both).expect("it can be written");
    assert!(!is_full(&sender));
    sender.collect_and_approve();
    let all = sender.outbox(&["--only", "waiting"]);

    // The receiver does not answer, and a site is due.
    add_site(&sender, "two");
    let host = sender.house.host();
    waits_and_says_so(&sender, "two");
    assert_eq!(sender.outbox(&["--only", "waiting"]).len(), all.len(), "nothing is dropped");
    gate.open();
    is_collected_from(&sender, "two");
    wait_until("all is sent", || sender.outbox(&["--only", "sent"]).len() == all.len());

    // Nobody has approved what the second site gave: that is not sent either, and takes room.
    let held = sender.outbox(&["--only", "held"]);
    assert_eq!(held.len(), all.len());
    add_site(&sender, "three");
    waits_and_says_so(&sender, "three");
    // Not before: it asks for receivers as well, and would wait at the gate.
    let doctor = sender.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains("waiting: outbox; it is full: "), "{doctor:#?}");
    // One call made all of them; with one of them the others of it are taken back.
    let wide = held.iter().find(|request| word(request, "query") == "contoso.wide").expect("it is held");
    sender.run(&["outbox", "withdraw", &word(wide, "id"), "--reason", "a test needs room"]).well();
    assert!(!is_full(&sender));
    is_collected_from(&sender, "three");
    drop(host);
    counts_add_up(&sender.run(&["metrics"]).well());
    sender.run(&["ledger", "verify"]).well();
    sender.run(&["audit", "verify"]).well();
}

/// Who takes a request back that is on its way may be too late. What left with it is not sent again for it, and the
/// journal says what the receiver has.
#[test]
fn a_request_that_is_withdrawn_on_its_way_is_told_of_and_disturbs_no_other() {
    let mut sender = Sender::new(&[OURS]);
    let _listening = sender.receiver.start(&sender.house);
    let gate = Gate::before(sender.receiver.port);
    sender.receiver.port = gate.port();
    sender.configure("online", "", &[OURS]);
    sender.collect_and_approve();
    let all = sender.outbox(&["--only", "waiting"]);
    let host = sender.house.host();
    // The daily question, and the first of the requests.
    wait_until("requests are on their way", || gate.came() > 1);
    let oldest = word(&all[0], "id");
    sender.run(&["outbox", "withdraw", &oldest, "--reason", "a mistake"]).well();
    gate.open();
    wait_until("the others are sent", || sender.outbox(&["--only", "sent"]).len() == all.len() - 1);
    drop(host);
    assert_eq!(sender.outbox(&["--only", "withdrawn"]).len(), 1);
    let told = sender.run(&["journal", "--since", "0"]).well().contains("request taken though withdrawn");
    assert_eq!(sender.receiver.has(&sender.house).contains_key(&oldest), told);
    sender.run(&["audit", "verify"]).well();
    sender.run(&["ledger", "verify"]).well();
}
