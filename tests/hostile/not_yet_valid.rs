//! A file that is to be valid later: its signer may take it back until then.

use glasshouse_trust::Refusal;

use crate::harness::signed::{Host, signed, still_admits};

#[test]
fn a_file_whose_time_has_not_come_is_refused() {
    let host = Host { now: "2025-12-31T23:59:59Z".parse().unwrap(), ..Host::new() };
    let (refusal, shown) = host.refusal(&signed(&[1]));
    assert!(matches!(refusal, Refusal::NotYetValid { .. }), "{refusal:?}");
    insta::assert_snapshot!(shown, @r#"
    contoso.mask 1.2.0: it is not valid before 2026-01-01T00:00:00Z
      mend: wait, and check this machine's clock
    "#);
    still_admits();
}
