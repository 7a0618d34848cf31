//! Guests that make things in the host by the million and never let go of them. Handles are counted,
//! whatever they stand for.

use glasshouse_contract::LimitName;
use glasshouse_sandbox::{CallError, LimitExceeded};

use crate::harness::{render, shape, still_serves};

fn is_handles(error: &CallError) -> bool {
    matches!(error, CallError::Limit(LimitExceeded { name: LimitName::Handles, .. }))
}

#[test]
fn a_query_that_leaks_builders_by_the_million_is_ended() {
    let error = shape("", include_str!("handle_leak/guest.wat")).unwrap_err();
    assert!(is_handles(&error), "{error:?}");
    insta::assert_snapshot!(error, @"limit `handles` is 1024: 1024 in use and 1 more asked for");
    still_serves();
}

#[test]
fn a_target_that_leaks_bodies_by_the_million_is_ended() {
    let error = render("", include_str!("handle_leak/bodies.wat")).unwrap_err();
    assert!(is_handles(&error), "{error:?}");
    insta::assert_snapshot!(error, @"limit `handles` is 1024: 1024 in use and 1 more asked for");
    still_serves();
}
