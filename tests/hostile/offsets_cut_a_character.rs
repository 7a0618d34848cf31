//! A text column in which a row ends in the middle of a character, so that neither row is UTF-8
//! although the data is.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, still_serves};

#[test]
fn a_column_that_cuts_a_character_is_refused() {
    let error = apply("", include_str!("offsets_cut_a_character/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: bad layout: offset 1 cuts a character in two");
    still_serves();
}
