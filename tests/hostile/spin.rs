//! A guest that never returns. The processor time of a call is limited.

use glasshouse_contract::LimitName;
use glasshouse_sandbox::{CallError, LimitExceeded};

use crate::harness::{apply, still_serves};

#[test]
fn a_guest_that_spins_is_ended() {
    let error = apply("", include_str!("spin/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::Limit(LimitExceeded { name: LimitName::CpuMs, .. })), "{error:?}");
    let shown = error.to_string();
    // How far it got depends on the clock.
    let shown = shown.split_inclusive(": ").next().unwrap();
    insta::assert_snapshot!(shown, @"limit `cpu_ms` is 200: ");
    still_serves();
}
