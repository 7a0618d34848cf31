//! A file that was revoked by its digest, with one more signature on it: signatures do not change what it
//! is.

use glasshouse_trust::Refusal;

use crate::harness::signed::{Host, revocations, signed, still_admits};

#[test]
fn a_revoked_file_is_refused_whoever_else_signs_it() {
    let revocations = revocations(|list| list.digests.push(signed(&[1]).digest()));
    let host = Host { revocations: Some(revocations), ..Host::new() };
    let (refusal, shown) = host.refusal(&signed(&[1, 2]));
    assert!(matches!(refusal, Refusal::DigestRevoked { .. }), "{refusal:?}");
    insta::assert_snapshot!(shown, @r#"
    contoso.mask 1.2.0: this file was revoked (sha256:e19ad4af88940dec50278fb9c0d82dd4ec3fcf446bf8664c772309debeb756fa)
      mend: remove it; whoever signs your revocation list knows why
    "#);
    still_admits();
}
