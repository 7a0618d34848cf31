//! A guest that calls itself without end. Its stack has a size of its own, apart from the host's.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, still_serves};

#[test]
fn a_guest_that_calls_itself_for_ever_is_ended() {
    let error = apply("", include_str!("deep_recursion/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::Trap { .. }), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin trapped: wasm trap: call stack exhausted");
    still_serves();
}
