//! Two sections of signatures: each reader would believe another one.

use glasshouse_trust::FileError;

use crate::harness::signed::{signatures_of, signed, still_admits, with};

#[test]
fn a_file_with_two_envelopes_is_refused() {
    let file = signed(&[1]);
    let error = with(&file, &signatures_of(&signed(&[2]))).unwrap_err();
    assert!(matches!(error, FileError::TwoEnvelopes), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: it has two sections of signatures
      mend: get the file again from its signer: somebody changed it after it was signed
    "#);
    still_admits();
}
