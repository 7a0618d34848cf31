//! A rule that drops a column that its manifest does not name. `replace` does not allow it either:
//! where a column was, an administrator who approved a rewrite expects one.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, still_serves};

#[test]
fn a_column_that_was_not_declared_cannot_be_dropped() {
    let error = apply("", include_str!("undeclared_column_dropped/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: not declared: column `Age` is open for nothing, and this needs `drop`");
    still_serves();
}

#[test]
fn a_column_that_was_declared_for_replacing_cannot_be_dropped() {
    let error = apply("", include_str!("undeclared_column_dropped/replaced.wat")).unwrap_err();
    insta::assert_snapshot!(error, @"the plugin gave up: not declared: column `Name` is open for `replace`, and this needs `drop`");
    still_serves();
}
