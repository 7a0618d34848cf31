//! A target that opens a batch and reads cells, to put them where no class was checked: into a path, a
//! header or a literal. A target places rows by handle; no column is open to it.

use glasshouse_sandbox::CallError;

use crate::harness::{render, still_serves};

#[test]
fn a_target_cannot_read_the_cells_that_it_sends() {
    let error = render("", include_str!("target_reads_cells/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::GaveUp(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin gave up: not declared: column `Name` is open for nothing, and this needs `read` or `replace`");
    still_serves();
}
