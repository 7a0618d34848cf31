use super::*;
use crate::{
    RequestState, Wanted,
    desk::{self, Desk, QUERY, anna, carried, decision, name, target},
};

fn plan() -> HoldKind {
    HoldKind::Plan("columns = [\"User\"]".to_owned())
}

#[test]
fn approving_a_draft_sends_that_very_draft() {
    let desk = Desk::new();
    let (to, who) = (target("hq"), anna());
    let hold = desk.hold(HoldKind::Draft);
    let ids = desk.seal(QUERY, &to, &[1], Some(hold));
    assert_eq!(desk.state(&ids[0]), RequestState::Draft);
    assert_eq!(desk.ledger.next_due(&to, desk::at(9)).unwrap(), None);
    let before = desk.ledger.request(&ids[0]).unwrap().unwrap().request;
    assert_eq!(desk.ledger.hold(hold).unwrap().unwrap().requests, 1);

    desk.ledger.approve_hold(hold, &decision(&who)).unwrap();
    let due = desk.ledger.next_due(&to, desk::at(9)).unwrap().unwrap();
    assert_eq!(desk.ledger.request(&due.id).unwrap().unwrap().request, before);
    let held = desk.ledger.requests(&Wanted { hold: Some(hold), ..Wanted::default() }, 9).unwrap();
    assert_eq!(held[0].id, ids[0]);

    let row = desk.ledger.hold(hold).unwrap().unwrap();
    assert_eq!((row.state, row.requests), (HoldState::Approved, 0));
    assert_eq!(row.decided, Some((desk::at(9), who.clone(), "because".to_owned())));
    let error = desk.ledger.deny_hold(hold, &decision(&who)).unwrap_err().to_string();
    assert_eq!(error, format!("hold {hold} is approved: a hold is decided once"));
}

#[test]
fn a_denied_hold_leaves_no_body_and_does_not_advance_what_is_carried() {
    let desk = Desk::new();
    let who = anna();
    let hold = desk.hold(plan());
    let ids = desk.seal(QUERY, &target("hq"), &[2], Some(hold));
    assert_eq!(desk.state(&ids[0]), RequestState::Held);
    assert_eq!(desk.carried_run(QUERY), None);
    desk.ledger.deny_hold(hold, &decision(&who)).unwrap();
    assert_eq!(desk.state(&ids[1]), RequestState::Withdrawn);
    assert_eq!(desk.count("SELECT count(*) FROM body"), 0);
    assert_eq!(desk.count("SELECT count(*) FROM carried_pending"), 0);
    assert_eq!(desk.carried_run(QUERY), None);
    assert_eq!(desk.ledger.approved_plan(&name("cas")).unwrap(), None);
    let events: Vec<String> =
        desk.ledger.journal(0, 9).unwrap().into_iter().map(|entry| entry.event).collect();
    assert_eq!(events, ["hold opened", "hold denied"]);
}

#[test]
fn what_is_carried_comes_into_force_when_nothing_of_the_part_waits_for_a_person() {
    let desk = Desk::new();
    let who = anna();
    let (first, second) = (desk.hold(plan()), desk.hold(plan()));
    let part = desk.part("1", QUERY);
    for (to, hold) in [("hq", Some(first)), ("lake", Some(second)), ("free", None)] {
        desk::add(&desk.ledger, &part, "1", QUERY, &target(to), &[1], hold);
    }
    desk.ledger
        .change(|change| {
            change.finish_part(&part, &[], &[])?;
            change.carry_when_settled(&part, &carried("1"))
        })
        .unwrap();
    assert!(desk.ledger.next_due(&target("free"), desk::at(9)).unwrap().is_some());
    desk.ledger.approve_hold(first, &decision(&who)).unwrap();
    assert_eq!(desk.carried_run(QUERY), None);
    desk.ledger.approve_hold(second, &decision(&who)).unwrap();
    assert_eq!(desk.carried_run(QUERY).as_deref(), Some("1"));
}

#[test]
fn an_older_part_that_is_approved_late_does_not_take_a_newer_state_back() {
    let desk = Desk::new();
    let who = anna();
    let hold = desk.hold(HoldKind::Draft);
    desk.seal(QUERY, &target("hq"), &[1], Some(hold));
    desk.seal_in("2", QUERY, &target("hq"), &[1], None);
    assert_eq!(desk.carried_run(QUERY).as_deref(), Some("2"));
    desk.ledger.approve_hold(hold, &decision(&who)).unwrap();
    assert_eq!(desk.carried_run(QUERY).as_deref(), Some("2"));
    assert_eq!(desk.count("SELECT count(*) FROM carried_pending"), 0);
}

#[test]
fn a_hold_that_is_decided_before_its_run_ends_counts_for_what_comes_after() {
    let desk = Desk::new();
    let (to, who) = (target("hq"), anna());
    let (yes, no) = (desk.hold(plan()), desk.hold(plan()));
    desk.ledger.approve_hold(yes, &decision(&who)).unwrap();
    desk.ledger.deny_hold(no, &decision(&who)).unwrap();
    let sent = desk.seal(QUERY, &to, &[1], Some(yes));
    let withdrawn = desk.seal("contoso.users", &to, &[1], Some(no));
    assert_eq!(desk.state(&sent[0]), RequestState::Waiting);
    assert_eq!(desk.state(&withdrawn[0]), RequestState::Withdrawn);
    assert_eq!(desk.ledger.request(&withdrawn[0]).unwrap(), None);
    assert_eq!(desk.carried_run(QUERY).as_deref(), Some("1"));
    assert_eq!(desk.carried_run("contoso.users"), None);
}

#[test]
fn what_was_withdrawn_from_a_draft_is_collected_again() {
    let desk = Desk::new();
    let who = anna();
    let hold = desk.hold(HoldKind::Draft);
    let ids = desk.seal(QUERY, &target("hq"), &[1, 1], Some(hold));
    desk.ledger.withdraw(&ids[0], &decision(&who)).unwrap();
    desk.ledger.approve_hold(hold, &decision(&who)).unwrap();
    assert_eq!(desk.state(&ids[0]), RequestState::Withdrawn);
    assert_eq!(desk.state(&ids[1]), RequestState::Waiting);
    assert_eq!(desk.carried_run(QUERY), None);
}

#[test]
fn the_last_plan_that_was_approved_is_in_force() {
    let desk = Desk::new();
    let (site, who) = (name("cas"), anna());
    desk.ledger.change(|change| change.approve_plan(&site, "one", &decision(&who))).unwrap();
    let hold = desk.hold(plan());
    assert_eq!(desk.ledger.holds(Some(HoldState::Open), 9).unwrap()[0].id, hold);
    desk.ledger.approve_hold(hold, &decision(&who)).unwrap();
    assert_eq!(desk.ledger.holds(Some(HoldState::Open), 9).unwrap(), []);
    let plan = desk.ledger.approved_plan(&site).unwrap().unwrap();
    assert_eq!(plan.text, "columns = [\"User\"]");
    assert_eq!(plan.digest, Digest::of(plan.text.as_bytes()));
    assert_eq!((plan.actor, plan.at), (who, desk::at(9)));
    assert_eq!(desk.ledger.approved_plan(&name("other")).unwrap(), None);
}
