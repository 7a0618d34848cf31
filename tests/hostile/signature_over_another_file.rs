//! The signatures of one file, put on another. They verify, and they say which file they are about.

use glasshouse_trust::{PluginFile, Refusal};

use crate::harness::signed::{Host, MANIFEST, signatures_of, signed, still_admits, unsigned};

#[test]
fn signatures_over_another_file_are_refused() {
    let other = unsigned(&MANIFEST.replace("Masks.", "Spies."));
    let moved = [other.bytes(), &signatures_of(&signed(&[1]))].concat();
    let (refusal, shown) = Host::new().refusal(&PluginFile::parse(moved).unwrap());
    assert!(matches!(refusal, Refusal::OtherFile { .. }), "{refusal:?}");
    insta::assert_snapshot!(shown, @r#"
    contoso.mask 1.2.0: it was signed as another file: the signatures are about sha256:e19ad4af88940dec50278fb9c0d82dd4ec3fcf446bf8664c772309debeb756fa, and this is sha256:955abd0da276f0405fe93ff6a0d3736f6ae8a0ec337abf962864e15787e151ff
      mend: get the file again from its signer; if it is the same, somebody changed it: do not use it
    "#);
    still_admits();
}
