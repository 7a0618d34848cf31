//! Guests that let the host hold memory for them: columns in builders that are never emitted, rows
//! out of nothing, bodies that are never sent. All that a guest hands over is counted when it is
//! handed over, so what the host holds for one guest has a limit too.

use glasshouse_contract::LimitName;
use glasshouse_sandbox::{CallError, LimitExceeded};

use crate::harness::{render, shape, still_serves};

fn is_out(error: &CallError) -> bool {
    matches!(error, CallError::Limit(LimitExceeded { name: LimitName::OutMib, .. }))
}

#[test]
fn columns_that_are_never_emitted_are_counted() {
    let error = shape("cpu_ms = 20000\nwall_ms = 60000\nout_mib = 64", include_str!("host_memory/guest.wat"))
        .unwrap_err();
    assert!(is_out(&error), "{error:?}");
    insta::assert_snapshot!(error, @"limit `out_mib` is 64: 61 in use and 7 more asked for");
    still_serves();
}

#[test]
fn rows_out_of_nothing_are_counted_before_they_are_made() {
    let error = shape("", include_str!("host_memory/rows.wat")).unwrap_err();
    insta::assert_snapshot!(error, @"limit `out_mib` is 1024: 0 in use and 50176 more asked for");
    still_serves();
}

/// What a batch takes besides its rows is little, and a guest can make many of them.
#[test]
fn batches_without_rows_are_counted() {
    for attack in [include_str!("host_memory/empty.wat"), include_str!("host_memory/forwarded.wat")] {
        let error = shape("cpu_ms = 20000\nwall_ms = 60000\nout_mib = 1", attack).unwrap_err();
        assert!(is_out(&error), "{error:?}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"limit `out_mib` is 1: 1 in use and 1 more asked for");
        }
    }
    still_serves();
}

#[test]
fn bodies_that_are_never_sent_are_counted() {
    let error =
        render("cpu_ms = 20000\nwall_ms = 60000\nout_mib = 1", include_str!("host_memory/bodies.wat"))
            .unwrap_err();
    assert!(is_out(&error), "{error:?}");
    insta::assert_snapshot!(error, @"limit `out_mib` is 1: 1 in use and 1 more asked for");
    still_serves();
}
