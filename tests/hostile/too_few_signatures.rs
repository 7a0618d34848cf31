//! A file with one of the two signatures that the policy asks for; an unknown key does not fill the gap.

use glasshouse_trust::Refusal;

use crate::harness::signed::{Host, signed, still_admits};

#[test]
fn a_file_with_too_few_signatures_is_refused() {
    let mut host = Host::new();
    host.trust.push_str("[policy.rule]\nall_of = [\"k1\", \"k2\"]\n");
    let (refusal, shown) = host.refusal(&signed(&[1, 9]));
    assert!(host.admits(signed(&[1, 2]).bytes().to_vec()));
    assert!(matches!(refusal, Refusal::TooFewSignatures { .. }), "{refusal:?}");
    insta::assert_snapshot!(shown, @r#"
    contoso.mask 1.2.0: too few signatures: a rule needs all of k1, k2; signed by k1
      mend: have the others sign the same file with `glasshouse plugin sign`
    "#);
    still_admits();
}
