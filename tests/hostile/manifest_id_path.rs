//! An id that would be a path out of the folder where the host keeps things by id.

use glasshouse_contract::ManifestError;
use glasshouse_trust::FileError;

use crate::harness::signed::{MANIFEST, manifest_error, still_admits};

#[test]
fn an_id_that_is_a_path_is_refused() {
    let error = manifest_error(&MANIFEST.replace("contoso.mask", "../../etc/contoso.mask").into_bytes());
    assert!(matches!(error, FileError::Manifest(ManifestError::Syntax(_))), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: its manifest: line 1: `../../etc/contoso.mask` is no plugin id: two or more parts of a-z, 0-9 and inner hyphens, joined by dots, at most 100 characters
      mend: correct the manifest and build the plugin anew
    "#);
    still_admits();
}
