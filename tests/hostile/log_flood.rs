//! A guest that floods the diagnostics: with lines, and with long ones. The number of lines is
//! limited; a line is cut, and what was cut off is not kept either.

use glasshouse_contract::LimitName;
use glasshouse_sandbox::{CallError, LimitExceeded};

use crate::harness::{apply, still_serves};

#[test]
fn a_guest_that_logs_without_end_is_ended() {
    let error = apply("", include_str!("log_flood/guest.wat")).unwrap_err();
    assert!(matches!(error, CallError::Limit(LimitExceeded { name: LimitName::LogLines, .. })), "{error:?}");
    insta::assert_snapshot!(error, @"limit `log_lines` is 200: 200 in use and 1 more asked for");
    still_serves();
}

#[test]
fn what_hides_in_a_line_is_made_visible() {
    let redacted = apply("", include_str!("log_flood/hidden.wat")).unwrap();
    insta::assert_snapshot!(redacted.log[0].text, @r"a\u{1b}[2J\u{202e}b\u{200b}c\nd");
    still_serves();
}

#[test]
fn long_lines_are_cut_and_take_no_more_room_than_what_is_shown() {
    let redacted = apply("cpu_ms = 20000\nwall_ms = 60000", include_str!("log_flood/long.wat")).unwrap();
    assert_eq!(redacted.log.len(), 5);
    assert!(redacted.log.iter().all(|line| line.text.len() == 1024 && line.text.capacity() < 4096));
    still_serves();
}
