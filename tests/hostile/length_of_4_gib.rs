//! A section that says that it has 4 GiB, in a file of a few bytes. Nothing is reserved for what a length
//! says, and the file is not taken for one that is still being copied: no plugin is that long.

use glasshouse_trust::{FileError, PluginFile};

use crate::harness::signed::{component, still_admits};

const LENGTH_OF_4_GIB: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0x0f];

#[test]
fn a_section_that_says_it_has_4_gib_is_refused() {
    let bytes = [component().as_slice(), &[0], &LENGTH_OF_4_GIB, b"\x13glasshouse:manifest"].concat();
    let error = PluginFile::parse(bytes).unwrap_err();
    assert!(matches!(error, FileError::SectionTooLong { .. }), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: the section at byte 122 says that it is longer than any plugin may be
      mend: build it without debug information and embedded assets
    "#);
    still_admits();
}

#[test]
fn a_name_that_says_it_has_4_gib_is_refused() {
    let bytes = [component().as_slice(), &[0, 6], &LENGTH_OF_4_GIB, b"n"].concat();
    let error = PluginFile::parse(bytes).unwrap_err();
    assert!(matches!(error, FileError::SectionName { .. }), "{error:?}");
    insta::assert_snapshot!(error.fault("guest.wasm"), @r#"
    guest.wasm: the custom section at byte 122 has no readable name
      mend: it is damaged or its tools are too new: `wasm-tools validate` says more
    "#);
    still_admits();
}
