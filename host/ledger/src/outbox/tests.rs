use proptest::prelude::*;

use super::*;
use crate::{
    DiskPolicy, HoldKind, Wanted,
    desk::{Desk, QUERY, anna, at, decision, name, target},
};

fn attempt(second: i64, next: i64) -> Attempt {
    Attempt { at: at(second), next_at: at(next), failure: name("connect") }
}

#[test]
fn a_queue_gives_the_oldest_first_and_each_target_has_its_own() {
    let desk = Desk::new();
    let (hq, lake) = (target("hq"), target("lake"));
    let first = desk.seal(QUERY, &hq, &[1, 1], None);
    let other = desk.seal("contoso.users", &lake, &[1], None);
    let ids = |to| -> Vec<RequestId> {
        desk.ledger.due(to, at(9), 9, |_| false).unwrap().into_iter().map(|due| due.id).collect()
    };
    assert_eq!(ids(&hq), first);
    assert_eq!(ids(&lake), other);
    assert_eq!(ids(&target("nobody")), []);
    let skipped = desk.ledger.due(&hq, at(9), 9, |due| due.id == first[0]).unwrap();
    assert_eq!(skipped[0].id, first[1]);
}

#[test]
fn one_that_fails_waits_by_itself_and_the_others_go_on() {
    let desk = Desk::new();
    let hq = target("hq");
    let ids = desk.seal(QUERY, &hq, &[1, 1], None);
    desk.ledger.change(|change| change.record_attempt(&ids[0], &attempt(10, 60))).unwrap();
    assert_eq!(desk.ledger.next_due(&hq, at(20)).unwrap().unwrap().id, ids[1]);
    assert_eq!(desk.ledger.next_wake(&hq, at(20)).unwrap(), Some(at(60)));
    let due = desk.ledger.next_due(&hq, at(60)).unwrap().unwrap();
    assert_eq!((due.id, due.attempts), (ids[0], 1));
    let row = desk.ledger.request_row(&ids[0]).unwrap().unwrap();
    assert_eq!((row.attempts, row.next_at, row.failure), (1, Some(at(60)), Some(name("connect"))));
}

#[test]
fn a_clock_that_was_put_back_does_not_hold_what_waits() {
    let desk = Desk::new();
    let hq = target("hq");
    let ids = desk.seal(QUERY, &hq, &[1], None);
    let year = 400 * 86_400;
    // The clock was 400 days ahead during the attempt.
    desk.ledger.change(|change| change.record_attempt(&ids[0], &attempt(year, year + 60))).unwrap();
    assert_eq!(desk.ledger.next_due(&hq, at(10)).unwrap().unwrap().id, ids[0]);
    assert_eq!(desk.ledger.next_wake(&hq, at(10)).unwrap(), None, "nobody is told to wait for a year");
    assert_eq!(desk.ledger.next_due(&hq, at(year + 1)).unwrap(), None);
    assert_eq!(desk.ledger.next_wake(&hq, at(year + 1)).unwrap(), Some(at(year + 60)));
}

#[test]
fn requests_of_one_call_go_in_order_and_their_receipts_are_kept() {
    let desk = Desk::new();
    let hq = target("hq");
    let ids = desk.seal(QUERY, &hq, &[2], None);
    assert_eq!(desk.ledger.due(&hq, at(9), 9, |_| false).unwrap().len(), 1);
    let sent = desk.ledger.request(&ids[1]).unwrap().unwrap().row.digest;
    let early = Accepted { at: at(5), sent, receipt: None, next: None };
    let error = desk.ledger.change(|change| change.accept(&ids[1], &early)).unwrap_err();
    assert!(error.to_string().contains("is not the one that is to be sent"), "{error}");

    assert_eq!(desk.accept(&ids[0], None), Progress::Next(1));
    assert_eq!(desk.ledger.next_due(&hq, at(9)).unwrap().unwrap().id, ids[1]);
    assert_eq!(desk.accept(&ids[1], None), Progress::Over);
    assert_eq!(desk.ledger.next_due(&hq, at(9)).unwrap(), None);
    assert_eq!(desk.ledger.receipt(&ids[1]).unwrap().as_deref(), Some(&b"receipt"[..]));
    let kinds: Vec<LeafKind> = desk.ledger.leaves(2, 9).unwrap().iter().map(Leaf::kind).collect();
    assert_eq!(kinds, [LeafKind::Send, LeafKind::Receipt, LeafKind::Send, LeafKind::Receipt]);
}

#[test]
fn other_bytes_than_were_sealed_are_never_accepted() {
    let desk = Desk::new();
    let ids = desk.seal(QUERY, &target("hq"), &[1], None);
    let accepted = Accepted { at: at(5), sent: Digest::of(b"other"), receipt: None, next: None };
    let error = desk.ledger.change(|change| change.accept(&ids[0], &accepted)).unwrap_err();
    assert!(matches!(error, LedgerError::NotAsSealed { .. }), "{error}");
    assert_eq!(desk.state(&ids[0]), RequestState::Waiting);
}

#[test]
fn a_plugin_jumps_forward_over_what_is_not_needed_and_back_to_what_is_again() {
    use RequestState::{Sent, Waiting, Withdrawn};
    let desk = Desk::new();
    let hq = target("hq");
    let ids = desk.seal(QUERY, &hq, &[4], None);
    let states = || ids.iter().map(|id| desk.state(id)).collect::<Vec<_>>();
    assert_eq!(desk.accept(&ids[0], Some(2)), Progress::Next(2));
    assert_eq!(desk.accept(&ids[2], Some(0)), Progress::Next(0));
    assert_eq!(states(), [Waiting, Waiting, Waiting, Waiting]);
    assert_eq!(desk.ledger.next_due(&hq, at(9)).unwrap().unwrap().jumps, 1);
    assert_eq!(desk.accept(&ids[0], Some(3)), Progress::Next(3));
    assert_eq!(desk.accept(&ids[3], None), Progress::Over);
    assert_eq!(states(), [Sent, Withdrawn, Withdrawn, Sent]);

    let ids = desk.seal("contoso.users", &hq, &[2], None);
    let sent = desk.ledger.request(&ids[0]).unwrap().unwrap().row.digest;
    let nowhere = Accepted { at: at(5), sent, receipt: None, next: Some(2) };
    let error = desk.ledger.change(|change| change.accept(&ids[0], &nowhere)).unwrap_err();
    assert_eq!(error.to_string(), "there is no request of the call `2`");
    assert_eq!(desk.state(&ids[0]), Waiting);
}

#[test]
fn a_refused_request_goes_aside_with_the_rest_of_its_call_until_it_is_tried_again_or_withdrawn() {
    use RequestState::{Refused, Sent, Waiting, Withdrawn};
    let desk = Desk::new();
    let hq = target("hq");
    let ids = desk.seal(QUERY, &hq, &[3, 1], None);
    let states = || ids.iter().map(|id| desk.state(id)).collect::<Vec<_>>();
    desk.accept(&ids[0], None);
    desk.ledger.change(|change| change.refuse(&ids[1], "no\u{1b}[2J such column", at(6))).unwrap();
    assert_eq!(states(), [Sent, Refused, Refused, Waiting]);
    let row = desk.ledger.request_row(&ids[1]).unwrap().unwrap();
    assert_eq!(row.reason.unwrap(), "no\\u{1b}[2J such column");
    assert_eq!(desk.ledger.next_due(&hq, at(9)).unwrap().unwrap().id, ids[3]);

    let who = anna();
    desk.ledger.retry(&ids[1], &decision(&who)).unwrap();
    assert_eq!(states(), [Sent, Waiting, Waiting, Waiting]);
    assert_eq!(desk.ledger.next_due(&hq, at(9)).unwrap().unwrap().id, ids[1]);

    desk.ledger.change(|change| change.refuse(&ids[1], "still none", at(6))).unwrap();
    desk.ledger.change(|change| change.refuse(&ids[3], "nor this", at(6))).unwrap();
    assert_eq!(states(), [Sent, Refused, Refused, Refused]);
    assert_eq!(desk.ledger.retry_all(Some(&target("branch")), &decision(&who)).unwrap(), Retried::default());
    let all = Retried { waiting: 3, aside: 0 };
    assert_eq!(desk.ledger.retry_all(Some(&hq), &decision(&who)).unwrap(), all);
    assert_eq!(states(), [Sent, Waiting, Waiting, Waiting]);
    assert_eq!(desk.ledger.retry_all(None, &decision(&who)).unwrap(), Retried::default());

    desk.ledger.withdraw(&ids[2], &decision(&who)).unwrap();
    assert_eq!(states(), [Sent, Withdrawn, Withdrawn, Waiting]);
    assert_eq!(desk.ledger.request(&ids[1]).unwrap(), None);
    assert_eq!(desk.count("SELECT count(*) FROM body"), 2);
    let error = desk.ledger.withdraw(&ids[0], &decision(&who)).unwrap_err().to_string();
    assert!(error.contains("is sent: what was sent cannot be taken back"), "{error}");
    let lines: Vec<(String, String)> = desk
        .ledger
        .journal(0, 9)
        .unwrap()
        .into_iter()
        .map(|entry| (entry.event, entry.actor.as_str().to_owned()))
        .collect();
    let line = |event: &str| (event.to_owned(), "uid 7".to_owned());
    // One for each call that was put back.
    let retried = || line("request retried");
    assert_eq!(lines, [retried(), retried(), retried(), line("request withdrawn")]);
}

#[test]
fn a_call_goes_on_from_the_request_that_was_refused_and_not_from_those_that_were_passed_over() {
    use RequestState::{Refused, Sent, Waiting};
    let desk = Desk::new();
    let hq = target("hq");
    let ids = desk.seal(QUERY, &hq, &[4], None);
    let states = || ids.iter().map(|id| desk.state(id)).collect::<Vec<_>>();
    assert_eq!(desk.accept(&ids[0], Some(2)), Progress::Next(2));
    desk.ledger.change(|change| change.refuse(&ids[2], "too large", at(6))).unwrap();
    assert_eq!(states(), [Sent, Refused, Refused, Refused]);
    let reason = |id| desk.ledger.request_row(id).unwrap().unwrap().reason.unwrap();
    assert_eq!((reason(&ids[1]), reason(&ids[3])), (PASSED_OVER.to_owned(), BEHIND_A_REFUSED.to_owned()));

    desk.ledger.retry(&ids[1], &decision(&anna())).unwrap();
    assert_eq!(states(), [Sent, Waiting, Waiting, Waiting]);
    assert_eq!(desk.ledger.next_due(&hq, at(9)).unwrap().unwrap().id, ids[2]);
}

/// As a repair leaves a call of which something is damaged.
#[test]
fn what_was_put_aside_before_anybody_approved_it_goes_nowhere_until_somebody_does() {
    use RequestState::{Refused, Waiting, Withdrawn};
    let who = anna();
    for approve in [true, false] {
        let desk = Desk::new();
        let hold = desk.hold(HoldKind::Plan("columns = []".to_owned()));
        let ids = desk.seal(QUERY, &target("hq"), &[2], Some(hold));
        desk.ledger
            .connection()
            .execute_batch("UPDATE request SET state = 'refused'; UPDATE delivery SET state = 'over'")
            .unwrap();
        let states = || ids.iter().map(|id| desk.state(id)).collect::<Vec<_>>();
        let error = desk.ledger.retry(&ids[0], &decision(&who)).unwrap_err().to_string();
        assert!(error.contains("nobody has approved what holds its call"), "{error}");
        let none = Retried { waiting: 0, aside: 2 };
        assert_eq!(desk.ledger.retry_all(None, &decision(&who)).unwrap(), none);
        assert_eq!(states(), [Refused, Refused]);
        if approve {
            desk.ledger.approve_hold(hold, &decision(&who)).unwrap();
            assert_eq!(states(), [Refused, Refused]);
            desk.ledger.retry(&ids[0], &decision(&who)).unwrap();
            assert_eq!(states(), [Waiting, Waiting]);
        } else {
            desk.ledger.deny_hold(hold, &decision(&who)).unwrap();
            assert_eq!(states(), [Withdrawn, Withdrawn]);
            assert_eq!(desk.count("SELECT count(*) FROM body"), 0);
        }
    }
}

#[test]
fn what_is_not_sent_counts_against_the_disk_and_is_kept() {
    let desk = Desk::new();
    let hq = target("hq");
    let ids = desk.seal(QUERY, &hq, &[1, 1], None);
    let room = |most| desk.ledger.room(DiskPolicy { unsent_bytes: most }).unwrap();
    let size = desk.ledger.request_row(&ids[0]).unwrap().unwrap().size;
    assert_eq!(room(1000).unsent, 2 * size);
    assert!(room(1000).may_collect() && !room(size).may_collect());
    desk.accept(&ids[0], None);
    assert_eq!(room(1000).unsent, size);
}

/// What may happen to a request.
#[derive(Clone, Debug)]
enum Step {
    Seal { calls: Vec<u32>, held: Option<bool> },
    Accept { which: usize, next: Option<u32> },
    Fail { which: usize },
    Refuse { which: usize },
    Retry { which: usize },
    Withdraw { which: usize },
    Approve { which: usize },
    Deny { which: usize },
    Purge,
    Reopen,
}

fn steps() -> impl Strategy<Value = Step> {
    let which = 0..12_usize;
    prop_oneof![
        3 => (proptest::collection::vec(0..4_u32, 0..3), any::<Option<bool>>())
            .prop_map(|(calls, held)| Step::Seal { calls, held }),
        4 => (which.clone(), proptest::option::of(0..4_u32)).prop_map(|(which, next)| Step::Accept { which, next }),
        1 => which.clone().prop_map(|which| Step::Fail { which }),
        2 => which.clone().prop_map(|which| Step::Refuse { which }),
        2 => which.clone().prop_map(|which| Step::Retry { which }),
        2 => which.clone().prop_map(|which| Step::Withdraw { which }),
        2 => which.clone().prop_map(|which| Step::Approve { which }),
        2 => which.prop_map(|which| Step::Deny { which }),
        1 => Just(Step::Purge),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever happens: each request that was sealed is in one state, no body is lost that is needed, and none
    /// is left of what was taken back.
    #[test]
    fn what_was_sealed_is_always_accounted_for(steps in proptest::collection::vec(steps(), 1..40)) {
        let mut desk = Desk::new();
        let who = anna();
        let to = target("hq");
        let (mut sealed, mut holds) = (Vec::new(), Vec::new());
        for (number, step) in steps.into_iter().enumerate() {
            let pick = |which: usize| -> Option<RequestId> { sealed.get(which % sealed.len().max(1)).copied() };
            let decision = decision(&who);
            match step {
                Step::Seal { calls, held } => {
                    let hold = held.map(|draft| {
                        desk.hold(if draft { HoldKind::Draft } else { HoldKind::Plan("plan".to_owned()) })
                    });
                    holds.extend(hold);
                    sealed.extend(desk.seal(&format!("contoso.q{number}"), &to, &calls, hold));
                }
                Step::Accept { which, next } => {
                    let Some(id) = pick(which) else { continue };
                    let sent = desk.ledger.request_row(&id).unwrap().unwrap().digest;
                    let accepted = Accepted { at: at(5), sent, receipt: None, next };
                    let _ = desk.ledger.change(|change| change.accept(&id, &accepted));
                }
                Step::Fail { which } => {
                    let Some(id) = pick(which) else { continue };
                    let _ = desk.ledger.change(|change| change.record_attempt(&id, &attempt(1, 2)));
                }
                Step::Refuse { which } => {
                    let Some(id) = pick(which) else { continue };
                    let _ = desk.ledger.change(|change| change.refuse(&id, "no", at(6)));
                }
                Step::Retry { which } => {
                    let Some(id) = pick(which) else { continue };
                    let _ = desk.ledger.retry(&id, &decision);
                }
                Step::Withdraw { which } => {
                    let Some(id) = pick(which) else { continue };
                    let _ = desk.ledger.withdraw(&id, &decision);
                }
                Step::Approve { which } if !holds.is_empty() => {
                    let _ = desk.ledger.approve_hold(holds[which % holds.len()], &decision);
                }
                Step::Deny { which } if !holds.is_empty() => {
                    let _ = desk.ledger.deny_hold(holds[which % holds.len()], &decision);
                }
                Step::Approve { .. } | Step::Deny { .. } => {}
                Step::Purge => {
                    let retention = crate::Retention { results_before: at(0), bodies_before: at(8) };
                    desk.ledger.purge(&retention, &decision).unwrap();
                }
                Step::Reopen => {
                    let folder = desk.closed();
                    let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
                    desk = Desk { ledger, folder };
                }
            }
            let backlog = desk.ledger.backlog().unwrap();
            prop_assert!(backlog.iter().all(crate::Backlog::adds_up), "{backlog:?}");
            let counted: u64 = backlog.iter().map(|backlog| backlog.sealed).sum();
            prop_assert_eq!(counted, sealed.len() as u64);
            let rows = desk.ledger.requests(&Wanted::default(), 1000).unwrap();
            for row in &rows {
                let unsent = !matches!(row.state, RequestState::Sent | RequestState::Withdrawn);
                prop_assert!(row.has_body || !unsent, "{row:?}");
                prop_assert!(row.state != RequestState::Withdrawn || !row.has_body, "{row:?}");
            }
            let kept = rows.iter().filter(|row| row.has_body).count();
            prop_assert_eq!(desk.count("SELECT count(*) FROM body"), kept as i64);
            // Each waiting request is reached: the first of its call is due, the others are behind it.
            let due = desk.ledger.due(&to, at(900), 1000, |_| false).unwrap();
            let waiting = desk.count("SELECT count(DISTINCT delivery) FROM request WHERE state = 'waiting'");
            prop_assert_eq!(due.len() as i64, waiting);
        }
        prop_assert_eq!(desk.ledger.verify().unwrap().damage, []);
    }
}
