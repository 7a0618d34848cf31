//! A file that was signed by a key that was stolen and revoked since.

use glasshouse_trust::Refusal;

use crate::harness::signed::{Host, key, revocations, signed, still_admits};

#[test]
fn a_file_by_a_revoked_key_is_refused() {
    let revocations = revocations(|list| list.keys.push(key(1).id()));
    let host = Host { revocations: Some(revocations), ..Host::new() };
    let (refusal, shown) = host.refusal(&signed(&[1]));
    assert!(matches!(refusal, Refusal::KeyRevoked { .. }), "{refusal:?}");
    insta::assert_snapshot!(shown, @r#"
    contoso.mask 1.2.0: the key `k1` that signed it was revoked
      mend: have it signed by a key that is not revoked, once you know why this one was
    "#);
    still_admits();
}
