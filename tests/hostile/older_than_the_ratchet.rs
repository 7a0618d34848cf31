//! A properly signed older version, offered for a fault that a newer one does not have any more. The
//! highest version that was ever admitted is remembered, also when that is not there any more.

use glasshouse_trust::Refusal;

use crate::harness::signed::{Host, signed, still_admits};

#[test]
fn an_older_version_than_was_admitted_is_refused() {
    let host = Host { ratchet: Some("1.2.1".parse().unwrap()), ..Host::new() };
    let (refusal, shown) = host.refusal(&signed(&[1]));
    assert!(matches!(refusal, Refusal::Older { .. }), "{refusal:?}");
    insta::assert_snapshot!(shown, @r#"
    contoso.mask 1.2.0: it is version 1.2.0, and version 1.2.1 was admitted before
      mend: to go back on purpose, use `glasshouse plugin rollback`
    "#);
    still_admits();
}
