//! A target whose `interpret` asks for a next request for ever, so that a delivery never ends. Steps of
//! a delivery are counted, and a next request is one that was sealed.

use glasshouse_contract::{Kind, LimitName, Outcome, Response};
use glasshouse_sandbox::{CallError, LimitExceeded};

use crate::harness::{load, manifest, still_serves};

const ANSWER: Response = Response { status: 200, headers: Vec::new(), body: Vec::new() };

#[test]
fn a_target_that_asks_for_a_next_request_for_ever_is_ended() {
    let target =
        load(&manifest(Kind::Target, "steps = 100", ""), include_str!("endless_next/guest.wat")).unwrap();
    let mut delivery = target.delivery(2);
    let mut step = 0;
    let error = loop {
        match delivery.interpret(step, &ANSWER) {
            Ok(Outcome::Next(next)) => step = next,
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, CallError::Limit(LimitExceeded { name: LimitName::Steps, .. })), "{error:?}");
    insta::assert_snapshot!(error, @"limit `steps` is 100: 100 in use and 1 more asked for");
    still_serves();
}

#[test]
fn a_target_that_asks_for_a_request_that_it_never_rendered_is_refused() {
    let guest = include_str!("endless_next/guest.wat").replace("i32.const 1 (; the next ;)", "i32.const 7");
    let target = load(&manifest(Kind::Target, "", ""), &guest).unwrap();
    let error = target.delivery(2).interpret(0, &ANSWER).unwrap_err();
    assert!(matches!(error, CallError::Contract(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin handed over something wrong: it asks for request 7 of 2");
    still_serves();
}
