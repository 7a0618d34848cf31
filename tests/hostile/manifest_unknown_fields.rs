//! A manifest with a field that this host does not know: what it asks for would be asked of nobody.

use glasshouse_contract::ManifestError;
use glasshouse_trust::FileError;

use crate::harness::signed::{MANIFEST, manifest_error, still_admits};

#[test]
fn a_manifest_with_an_unknown_field_is_refused() {
    let error = manifest_error(&MANIFEST.replace("[rule]", "[rule]\nfiles = [\"/etc\"]").into_bytes());
    assert!(matches!(error, FileError::Manifest(ManifestError::Syntax(_))), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: its manifest: line 10: unknown field `files`, expected one of `scope`, `keys`, `drops_rows`, `need`
      mend: correct the manifest and build the plugin anew
    "#);
    still_admits();
}
