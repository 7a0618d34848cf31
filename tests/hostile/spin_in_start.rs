//! A guest that never returns from its start function, before anything of it was called. The limits
//! hold from the first instruction on, not from the first call.

use glasshouse_contract::LimitName;
use glasshouse_sandbox::{CallError, LimitExceeded};

use crate::harness::{apply, still_serves};

#[test]
fn a_guest_that_spins_while_it_starts_is_ended() {
    let error = apply("", include_str!("spin_in_start/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::Limit(LimitExceeded { name: LimitName::CpuMs, .. })), "{error:?}");
    let shown = error.to_string();
    let shown = shown.split_inclusive(": ").next().unwrap();
    insta::assert_snapshot!(shown, @"limit `cpu_ms` is 200:");
    still_serves();
}
