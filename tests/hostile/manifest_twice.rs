//! Two manifests in one file: one for the person who decides, one for the host.

use glasshouse_trust::{FileError, PluginFile};

use crate::harness::{
    custom,
    signed::{MANIFEST, component, still_admits},
};

#[test]
fn a_file_with_two_manifests_is_refused() {
    let harmless = custom("glasshouse:manifest", MANIFEST.as_bytes());
    let other = custom("glasshouse:manifest", MANIFEST.replace("Masks.", "Spies.").as_bytes());
    let error = PluginFile::parse([component(), harmless, other].concat()).unwrap_err();
    assert!(matches!(error, FileError::TwoManifests), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: it has two manifests
      mend: build it anew from the component without a manifest
    "#);
    still_admits();
}
