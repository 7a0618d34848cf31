//! Receivers that misbehave in every way that they can, and an oracle outside of the host that keeps what it owes:
//! nothing is lost, nothing is stored twice, nothing is called sent that its receiver did not take, and in the end all
//! is delivered.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Stdio,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    house::sender::{JSON, OURS, word},
    house::{
        outside::{Outside, SHIPPED},
        pretend_receiver::{Act, COME_AGAIN_S},
        wait_until,
    },
};

/// What a request is after an act of its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Becomes {
    Sent,
    /// It waits, with this word.
    Waits(&'static str),
    /// It is aside, and a person decides.
    Refused,
}

const fn becomes(act: Act) -> Becomes {
    use Becomes::{Refused, Sent, Waits};
    match act {
        Act::Take | Act::TakeAndAnswerTwice => Sent,
        Act::TakeAndReset | Act::TakeAndBreakOff | Act::Reset | Act::ResetInBody | Act::Garbage => {
            Waits("broken")
        }
        Act::TakeAndStall | Act::Stall => Waits("timeout"),
        Act::TakeAndTalk | Act::EndlessHead => Waits("too-large"),
        Act::ErrorBody | Act::Page | Act::EmptyYes | Act::EarlyYes => Waits("status-200"),
        Act::OtherReceipt | Act::BrokenReceipt => Waits("receipt-not-genuine"),
        Act::Fail => Waits("status-500"),
        Act::Unavailable => Waits("status-503"),
        Act::TooMany => Waits("status-429"),
        Act::TooLarge => Refused,
    }
}

/// What receivers do, one round after the other. A round has at most four acts that leave an endpoint without an answer:
/// a fifth in a row would have it left alone for a while. What a round leaves waiting is what the next one can act on.
const ROUNDS: [&[Act]; 3] = [
    &[
        Act::TakeAndReset,
        Act::Take,
        Act::ErrorBody,
        Act::TakeAndAnswerTwice,
        Act::Stall,
        Act::TooMany,
        Act::TooLarge,
        Act::Fail,
    ],
    &[Act::TakeAndStall, Act::Page, Act::TakeAndTalk, Act::ResetInBody, Act::Garbage],
    &[Act::TakeAndBreakOff, Act::Reset, Act::EndlessHead, Act::Unavailable],
];

/// What only a receiver that gives receipts is caught at; where there are none, a bare 200 is a yes.
const WITHOUT_RECEIPT: [&[Act]; 3] =
    [&[Act::OtherReceipt, Act::BrokenReceipt], &[Act::EarlyYes, Act::EmptyYes], &[]];

/// Delivers, also what would wait, until the receivers have done all that they were told to.
fn deliver_through(outside: &Outside) -> BTreeMap<String, (Act, Value)> {
    let mut did = BTreeMap::new();
    wait_until("the receivers are through", || {
        outside.run(&["deliver", "--all"]);
        SHIPPED.iter().for_each(|target| did.extend(outside.receiver(target).did()));
        SHIPPED.iter().all(|target| outside.receiver(target).is_through() || !outside.waits(target))
    });
    let all: BTreeMap<String, Value> = SHIPPED.iter().flat_map(|target| outside.requests(target)).collect();
    did.into_iter().map(|(id, act)| (id.clone(), (act, all[&id].clone()))).collect()
}

#[test]
fn whatever_a_receiver_does_all_is_delivered_once_and_nothing_is_called_sent_that_it_did_not_take() {
    let outside = Outside::with(&SHIPPED);
    let mut seen = BTreeSet::new();
    for (round, without_receipt) in ROUNDS.iter().zip(WITHOUT_RECEIPT) {
        outside.receiver(JSON).will(round, Act::Take);
        outside.receiver(OURS).will(&[round, without_receipt].concat(), Act::Take);
        for (act, request) in deliver_through(&outside).values() {
            let state = word(request, "state");
            seen.insert(*act);
            match becomes(*act) {
                Becomes::Sent => assert_eq!(state, "sent", "{act:?}: {request:#}"),
                Becomes::Refused => {
                    assert_eq!(state, "refused", "{act:?}: {request:#}");
                    assert!(word(request, "reason").contains("413"), "{request:#}");
                }
                Becomes::Waits(failure) => {
                    assert_eq!(
                        (state.as_str(), word(request, "failure").as_str()),
                        ("waiting", failure),
                        "{act:?}"
                    );
                }
            }
            if matches!(act, Act::Fail | Act::TooMany) {
                let next: Timestamp = word(request, "next").parse().expect("it is tried again");
                let least = Timestamp::now() + SignedDuration::from_secs(COME_AGAIN_S - 60);
                assert!(next > least, "its receiver asked for {COME_AGAIN_S} s: {request:#}");
            }
        }
        outside.obligations_hold();
    }
    let told: BTreeSet<Act> =
        ROUNDS.iter().chain(&WITHOUT_RECEIPT).flat_map(|round| round.iter().copied()).collect();
    assert_eq!(seen, told, "there was no request for each act");
    let asked_for_a_person = outside.run(&["deliver", "--all"]);
    assert!(asked_for_a_person.out.contains("are aside: glasshouse outbox list --only refused"));
    for target in SHIPPED {
        let aside = outside.requests(target).into_iter().filter(|(_, request)| request["state"] == "refused");
        let reason = "the receiver takes more now";
        // One by its id, and the others together.
        if let Some((id, _)) = aside.into_iter().next() {
            outside.run(&["outbox", "retry", &id, "--reason", reason]).well();
        }
        outside.run(&["outbox", "retry", "--all", "--target", target, "--reason", reason]).well();
        assert!(
            outside.requests(target).iter().all(|(_, request)| request["state"] != "refused"),
            "{target}"
        );
    }
    wait_until("all is sent", || {
        outside.run(&["deliver", "--all"]);
        SHIPPED.iter().all(|target| outside.all_sent(target))
    });
    outside.all_is_delivered();
}

/// A receiver that takes minutes for nothing costs another one no time. Whoever loses patience loses nothing else.
#[test]
fn a_receiver_that_stalls_keeps_no_other_waiting_and_breaking_off_loses_nothing() {
    let outside = Outside::with(&SHIPPED);
    // Patience as it is where nothing is said about it: a minute.
    outside.describe("ca_file = \"receiver.pem\"");
    outside.receiver(OURS).will(&[], Act::Stall);
    let all = outside.requests(JSON).len();
    let begun = Instant::now();
    let mut command = outside.house.command(&["deliver"]);
    let mut sending =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    wait_until("the other receiver has all of it", || outside.receiver(JSON).took().len() == all);
    let stalled = wait_until("the first one stalls", || !outside.receiver(OURS).did().is_empty());
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(45), "it waited for the other one: {took:?}, {stalled:?}");
    assert!(sending.try_wait().expect("it can be asked").is_none(), "it still waits for the one that stalls");
    sending.kill().expect("it can be killed");
    sending.wait().expect("it ends");

    outside.obligations_hold();
    outside.receiver(OURS).will(&[], Act::Take);
    wait_until("all is sent", || {
        outside.run(&["deliver", "--all"]);
        SHIPPED.iter().all(|target| outside.all_sent(target))
    });
    outside.all_is_delivered();
}
