//! Bytes behind the signatures that are no section at all.

use glasshouse_trust::FileError;

use crate::harness::signed::{signed, still_admits, with};

#[test]
fn bytes_behind_the_signatures_are_refused() {
    let file = signed(&[1]);
    let error = with(&file, &[0xff; 3]).unwrap_err();
    assert!(matches!(error, FileError::BytesAfterEnvelope(_)), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: 3 bytes come after its signatures, which nobody signed
      mend: get the file again from its signer: somebody changed it after it was signed
    "#);
    still_admits();
}
