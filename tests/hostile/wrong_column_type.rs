//! A rule that reads a text column as numbers.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, still_serves};

#[test]
fn a_text_column_cannot_be_read_as_numbers() {
    let error = apply("", include_str!("wrong_column_type/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: wrong type: column `Name` is no int or timestamp column");
    still_serves();
}
