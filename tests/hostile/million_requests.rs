//! A target that renders a million requests: with one body each, and with one body for all. Bodies are
//! handles and handles are counted; one handle cannot be given away twice; and what is left of requests
//! is counted before any of them is made.

use glasshouse_contract::LimitName;
use glasshouse_sandbox::{CallError, LimitExceeded};

use crate::harness::{render, still_serves};

fn rendered(limits: &str, requests: &str) -> CallError {
    let guest = include_str!("million_requests/guest.wat").replace("REQUESTS", requests);
    render(&format!("cpu_ms = 20000\nwall_ms = 60000\nmemory_mib = 256\n{limits}"), &guest).unwrap_err()
}

#[test]
fn a_target_that_renders_a_million_requests_runs_out_of_handles() {
    let error = rendered("host_calls = 10000000", "1000000");
    assert!(matches!(error, CallError::Limit(LimitExceeded { name: LimitName::Handles, .. })), "{error:?}");
    insta::assert_snapshot!(error, @"limit `handles` is 1024: 1024 in use and 1 more asked for");
    still_serves();
}

#[test]
fn a_target_with_room_for_many_handles_runs_into_the_number_of_requests() {
    let error = rendered("handles = 65536", "50000");
    assert!(matches!(error, CallError::Limit(LimitExceeded { name: LimitName::Requests, .. })), "{error:?}");
    insta::assert_snapshot!(error, @"limit `requests` is 1000: 1000 in use and 49000 more asked for");
    still_serves();
}

#[test]
fn a_target_that_gives_one_body_to_a_million_requests_is_ended() {
    let guest = include_str!("million_requests/one_body.wat");
    let error = render("cpu_ms = 20000\nwall_ms = 60000\nmemory_mib = 256", guest).unwrap_err();
    assert!(matches!(error, CallError::Trap { .. }), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin trapped: unknown handle index 2");
    still_serves();
}
