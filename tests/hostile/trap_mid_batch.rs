//! A rule that has blanked one half of a batch when it traps. What comes back is the error alone: a
//! batch that was half redacted is nowhere.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, still_serves};

#[test]
fn a_rule_that_traps_in_the_middle_of_a_batch_gives_no_batch() {
    let error = apply("", include_str!("trap_mid_batch/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::Trap { .. }), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin trapped: wasm trap: wasm `unreachable` instruction executed (row 1 is not as I thought)");
    still_serves();
}
