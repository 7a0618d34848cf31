//! A guest that takes ever more memory, or asks for it all at the start. All memories of an
//! instance together have a limit; what is over it ends the guest and is not just denied.

use glasshouse_contract::LimitName;
use glasshouse_sandbox::{CallError, LimitExceeded};

use crate::harness::{apply, still_serves};

fn refused(attack: &str) -> CallError {
    let error = apply("", attack).unwrap_err();
    assert!(matches!(error, CallError::Limit(LimitExceeded { name: LimitName::MemoryMib, .. })), "{error:?}");
    error
}

#[test]
fn a_guest_that_grows_its_memory_without_end_is_ended() {
    insta::assert_snapshot!(refused(include_str!("memory_growth/guest.wat")), @"limit `memory_mib` is 64: 64 in use and 1 more asked for");
    still_serves();
}

#[test]
fn a_guest_that_begins_with_too_much_memory_does_not_begin() {
    insta::assert_snapshot!(refused(r#"(memory (export "memory") 16384)"#), @"limit `memory_mib` is 64: 0 in use and 1024 more asked for");
    still_serves();
}

#[test]
fn a_guest_that_grows_its_table_counts_that_too() {
    let error = apply("memory_mib = 1", include_str!("memory_growth/table.wat")).unwrap_err();
    insta::assert_snapshot!(error, @"limit `memory_mib` is 1: 1 in use and 1 more asked for");
    still_serves();
}
