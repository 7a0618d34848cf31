//! A rule that was signed by a key that may sign revocation lists: a trusted key is trusted for something.

use glasshouse_trust::Refusal;

use crate::harness::signed::{Host, signed, still_admits};

#[test]
fn a_file_by_a_key_that_may_not_sign_its_kind_is_refused() {
    let (refusal, shown) = Host::new().refusal(&signed(&[3]));
    assert!(matches!(refusal, Refusal::KeyNotForKind { .. }), "{refusal:?}");
    insta::assert_snapshot!(shown, @r#"
    contoso.mask 1.2.0: the key `revoker` signed it and may not sign a rule
      mend: have it signed by a key that may, or change the key's `kinds` in trust.toml
    "#);
    still_admits();
}
