//! A list of 4 GiB, returned or handed to the host: in a memory that does not have as much, and in
//! one that has a quarter of it. What a list says of its length is held against the guest's memory and
//! against what the host copies in one call, before a byte is copied.

use glasshouse_sandbox::CallError;

use crate::harness::{apply, shape, still_serves};

#[test]
fn a_returned_list_that_is_longer_than_the_memory_is_refused() {
    let error = shape("", include_str!("returned_list_of_4_gib/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::Trap { .. }), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin trapped: list pointer/length out of bounds of memory");
    still_serves();
}

#[test]
fn a_written_list_that_is_longer_than_the_memory_is_refused() {
    let error = apply("", include_str!("returned_list_of_4_gib/written.wat")).unwrap_err();
    assert!(matches!(error, CallError::Trap { .. }), "{error:?}");
    insta::assert_snapshot!(error, @"the plugin trapped: list pointer/length out of bounds of memory");
    still_serves();
}

#[test]
fn a_list_that_is_longer_than_one_call_may_hand_over_is_refused() {
    let guest = include_str!("returned_list_of_4_gib/large.wat");
    let error = shape("memory_mib = 1024\nstate_kib = 16384", guest).unwrap_err();
    insta::assert_snapshot!(error, @"the plugin handed over something wrong: more than 256 MiB in one call");
    still_serves();
}
