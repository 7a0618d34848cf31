//! A query that carries more state to its next run than its manifest allows: a way to collect what
//! should have been forgotten.

use glasshouse_contract::LimitName;
use glasshouse_sandbox::{CallError, LimitExceeded};

use crate::harness::{shape, still_serves};

#[test]
fn state_over_its_size_is_refused() {
    let error = shape("state_kib = 64", include_str!("state_over_its_size/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::Limit(LimitExceeded { name: LimitName::StateKib, .. })), "{error:?}");
    insta::assert_snapshot!(error, @"limit `state_kib` is 64: 64 in use and 1 more asked for");
    still_serves();
}
