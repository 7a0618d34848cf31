//! A guest that calls the host a million times, in a call that is otherwise harmless. Calls are
//! counted.

use glasshouse_contract::LimitName;
use glasshouse_sandbox::{CallError, LimitExceeded};

use crate::harness::{apply, still_serves};

#[test]
fn a_guest_that_calls_the_host_a_million_times_is_ended() {
    let error =
        apply("cpu_ms = 20000\nwall_ms = 60000", include_str!("million_host_calls/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::Limit(LimitExceeded { name: LimitName::HostCalls, .. })), "{error:?}");
    insta::assert_snapshot!(error, @"limit `host_calls` is 100000: 100000 in use and 1 more asked for");
    still_serves();
}
