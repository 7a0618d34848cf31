//! A second process on the same state directory: two hosts would each have a ratchet of their own.

use std::process::Command;

use crate::harness::house::{House, stranger, told};

#[test]
fn a_second_process_on_the_same_state_directory_is_refused() {
    let house = House::new();
    let told = told(&mut Command::new(stranger()), "own", house.path());
    // Where the system keeps a locked file from being read, its owner cannot be named.
    let words =
        told.replace(&std::process::id().to_string(), "PID").replace("another process", "process PID");
    insta::assert_snapshot!(words, @r#"
    STATE: it is in use by process PID
      mend: stop that process, or let it do the work: commands reach a running host by themselves
    "#);
    house.still_serves();
}
