//! A text column whose rows overlap: an offset is smaller than the one before. Offsets are checked when
//! a column is written, so nothing behind that ever sees such a column.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, still_serves};

#[test]
fn a_column_whose_offsets_go_back_is_refused() {
    let error = apply("", include_str!("offsets_go_back/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: bad layout: offset 2 goes back, from 5 to 2");
    still_serves();
}
