//! A section behind the signatures, which nobody signed and a tool might read.

use glasshouse_trust::FileError;

use crate::harness::{
    custom,
    signed::{signed, still_admits, with},
};

#[test]
fn a_section_behind_the_signatures_is_refused() {
    let file = signed(&[1]);
    let error = with(&file, &custom("name", b"unsigned")).unwrap_err();
    assert!(matches!(error, FileError::EnvelopeNotLast), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: a section comes after its signatures, which nobody signed
      mend: get the file again from its signer: somebody changed it after it was signed
    "#);
    still_admits();
}
