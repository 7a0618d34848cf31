//! A rule that turns a text column into numbers and did not say so in its manifest. A change of type
//! changes what columns a route has, so it is declared and approved, or refused.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, still_serves};

#[test]
fn a_write_of_another_type_than_declared_is_refused() {
    let error = apply("", include_str!("type_changed/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: wrong type: column `Name` takes text by the manifest, not int");
    still_serves();
}
