//! A manifest in Latin-1, whose words would be others to each reader.

use glasshouse_contract::ManifestError;
use glasshouse_trust::FileError;

use crate::harness::signed::{MANIFEST, manifest_error, still_admits};

#[test]
fn a_manifest_in_latin_1_is_refused() {
    let error = manifest_error(&MANIFEST.bytes().chain(*b"# f\xfcr").collect::<Vec<u8>>());
    assert!(matches!(error, FileError::Manifest(ManifestError::NotUtf8(_))), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: its manifest: the manifest is not UTF-8 from byte 235 on
      mend: correct the manifest and build the plugin anew
    "#);
    still_admits();
}
