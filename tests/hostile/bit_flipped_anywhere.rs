//! A signed plugin with any one of its bits flipped: in the component, in the manifest, in a length, in
//! the payload, in a signature or in the id of its key. None is admitted.

use crate::harness::signed::{Host, signed, still_admits};

#[test]
fn a_plugin_with_any_bit_flipped_is_not_admitted() {
    let (file, host) = (signed(&[1]), Host::new());
    let mut bytes = file.bytes().to_vec();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert!(!host.admits(bytes.clone()), "bit {bit} of byte {at}");
            bytes[at] ^= 1 << bit;
        }
    }
    assert_eq!(bytes, file.bytes());
    still_admits();
}
