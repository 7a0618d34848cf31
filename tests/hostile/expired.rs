//! A file whose time is over, to the second.

use glasshouse_trust::Refusal;

use crate::harness::signed::{Host, signed, still_admits};

#[test]
fn a_file_that_has_expired_is_refused() {
    let host = Host { now: "2027-01-01T00:00:00Z".parse().unwrap(), ..Host::new() };
    let (refusal, shown) = host.refusal(&signed(&[1]));
    assert!(matches!(refusal, Refusal::Expired { .. }), "{refusal:?}");
    insta::assert_snapshot!(shown, @r#"
    contoso.mask 1.2.0: it expired at 2027-01-01T00:00:00Z
      mend: get a newer version, or have this one signed anew; check this machine's clock
    "#);
    still_admits();
}
