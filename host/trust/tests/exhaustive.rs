//! Every cut and every flipped bit of a small signed plugin: none may be admitted.

#![cfg(test)]

mod support;

use std::thread;

use glasshouse_trust::{PluginFile, TrustStore};
use support::{is_admitted, signed, trust, trust_text};

/// The bytes and the trust store under which they are admitted as they are.
fn admitted() -> Vec<(Vec<u8>, TrustStore)> {
    let both = format!("{}[policy.rule]\nall_of = [\"k1\", \"k2\"]\n", trust_text(&[1, 2]));
    let cases = vec![
        (signed(&[1]).bytes().to_vec(), trust(&[1])),
        (signed(&[1, 2]).bytes().to_vec(), TrustStore::parse(&both).unwrap()),
    ];
    for (bytes, trust) in &cases {
        assert!(is_admitted(bytes.clone(), trust));
    }
    cases
}

#[test]
fn a_plugin_cut_at_any_length_is_not_admitted() {
    for (bytes, trust) in admitted() {
        for length in 0..bytes.len() {
            assert!(!is_admitted(bytes[..length].to_vec(), &trust), "cut at {length}");
        }
    }
}

#[test]
fn a_plugin_cut_anywhere_but_between_sections_is_known_to_be_incomplete() {
    let file = signed(&[1]);
    let complete: Vec<usize> = (0..file.bytes().len())
        .filter(|length| {
            !PluginFile::parse(file.bytes()[..*length].to_vec()).is_err_and(|e| e.is_truncation())
        })
        .collect();
    // After the header, and after each of: the type, the import, the instance, the export and the manifest.
    assert!(complete.len() <= 7, "{complete:?}");
    assert!(complete.contains(&file.signed_bytes().len()));
}

#[test]
fn a_plugin_with_any_bit_flipped_is_not_admitted() {
    for (bytes, trust) in admitted() {
        let halves = [0..bytes.len() / 2, bytes.len() / 2..bytes.len()];
        thread::scope(|scope| {
            for half in halves {
                let (bytes, trust) = (&bytes, &trust);
                scope.spawn(move || {
                    for at in half {
                        for bit in 0..8 {
                            let mut flipped = bytes.clone();
                            flipped[at] ^= 1 << bit;
                            assert!(!is_admitted(flipped, trust), "bit {bit} of byte {at}");
                        }
                    }
                });
            }
        });
    }
}

#[test]
fn a_plugin_with_any_byte_inserted_or_taken_out_is_not_admitted() {
    let (bytes, trust) = admitted().remove(0);
    for at in 0..bytes.len() {
        let mut shorter = bytes.clone();
        shorter.remove(at);
        assert!(!is_admitted(shorter, &trust), "without byte {at}");
    }
    for at in 0..=bytes.len() {
        for byte in [0, b' ', b'A', 0xff] {
            let mut longer = bytes.clone();
            longer.insert(at, byte);
            assert!(!is_admitted(longer, &trust), "with {byte} before byte {at}");
        }
    }
}
