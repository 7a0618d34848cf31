//! A guest that never returns: the processor time of a call is limited.

use crate::harness::{apply, still_serves};

#[test]
fn a_guest_that_spins_is_ended() {
    let error = apply("", include_str!("spin/guest.wat")).unwrap_err();
    let shown = error.to_string();
    // How far it got depends on the clock.
    let shown = shown.split_inclusive(": ").next().unwrap();
    insta::assert_snapshot!(shown, @"limit `cpu_ms` is 200: ");
    still_serves();
}
