//! A rule that writes a column that its manifest does not name.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, still_serves};

#[test]
fn a_column_that_was_not_declared_cannot_be_written() {
    let error = apply("", include_str!("undeclared_column_written/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: not declared: column `Age` is open for nothing, and this needs `replace`");
    still_serves();
}
