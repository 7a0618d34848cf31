//! A text column with a row behind its data, where other memory of the host would be. The last offset
//! must be the length of the data.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, still_serves};

#[test]
fn a_column_with_a_row_behind_its_data_is_refused() {
    let error = apply("", include_str!("offsets_past_the_end/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: bad layout: the last offset is 9 where the data has 3 bytes");
    still_serves();
}
