//! A rule that reads a column that its manifest does not name. Access is held against the manifest at
//! each call.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, still_serves};

#[test]
fn a_column_that_was_not_declared_cannot_be_read() {
    let error = apply("", include_str!("undeclared_column_read/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: not declared: column `Age` is open for nothing, and this needs `read` or `replace`");
    still_serves();
}
