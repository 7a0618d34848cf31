//! Characters that rewrite the screen of the person who decides: as they are, and behind an escape of
//! TOML. Neither is in a manifest.

use glasshouse_contract::ManifestError;
use glasshouse_trust::FileError;

use crate::harness::signed::{MANIFEST, manifest_error, still_admits};

#[test]
fn a_manifest_with_control_characters_is_refused() {
    let error = manifest_error(&MANIFEST.replace("Masks.", "Masks.\u{1b}[2J").into_bytes());
    assert!(matches!(error, FileError::Manifest(ManifestError::Hidden(..))), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: its manifest: the manifest has the control or hidden character U+001B in line 6
      mend: correct the manifest and build the plugin anew
    "#);
    still_admits();
}

#[test]
fn a_manifest_with_characters_that_turn_text_around_is_refused() {
    for (turned, shown) in [("\u{202e}", "line 6"), (r"\u202E", "`purpose`")] {
        let error = manifest_error(&MANIFEST.replace("Masks.", &format!("Masks.{turned}")).into_bytes());
        assert_eq!(
            error.to_string(),
            format!("its manifest: the manifest has the control or hidden character U+202E in {shown}")
        );
    }
    still_admits();
}
