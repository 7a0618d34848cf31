//! A text column that hides bytes in a row that is null: no rule and no page would show them. A null
//! row has no bytes.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, still_serves};

#[test]
fn bytes_in_a_row_that_is_null_are_refused() {
    let error = apply("", include_str!("bytes_under_null_slots/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: bad layout: row 1 is null but holds a value");
    still_serves();
}
