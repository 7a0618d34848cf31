//! A manifest of 100 MB, to make whoever reads it hold it in memory several times over. A file is capped
//! before it is taken apart, a manifest before it is read as text.

use glasshouse_contract::{Manifest, ManifestError};
use glasshouse_trust::FileError;

use crate::harness::signed::{MANIFEST, manifest_error, still_admits};

#[test]
fn a_manifest_of_100_mb_is_not_read() {
    let mut manifest = MANIFEST.as_bytes().to_vec();
    manifest.resize(100 << 20, b'#');
    let error = manifest_error(&manifest);
    assert!(matches!(error, FileError::TooBig), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: it has more than 32 MiB
      mend: build it without debug information and embedded assets
    "#);

    let error = Manifest::parse(&manifest).unwrap_err();
    assert!(matches!(error, ManifestError::TooBig(_)), "{error:?}");
    insta::assert_snapshot!(error, @"the manifest has 104857600 bytes; at most 1048576 are read");
    still_admits();
}

#[test]
fn a_manifest_that_is_too_big_in_a_file_that_is_not_is_not_read() {
    let mut manifest = MANIFEST.as_bytes().to_vec();
    manifest.resize(Manifest::MAX_BYTES + 1, b'#');
    let error = manifest_error(&manifest);
    assert!(matches!(error, FileError::Manifest(ManifestError::TooBig(_))), "{error:?}");
    insta::assert_snapshot!(error, @"its manifest: the manifest has 1048577 bytes; at most 1048576 are read");
    still_admits();
}
