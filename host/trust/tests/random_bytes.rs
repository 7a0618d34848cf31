//! Whatever bytes come in, the parsers give a value or an error, and what they read is what they write.

#![cfg(test)]

mod support;

use glasshouse_trust::{Envelope, PluginFile, Revocations, Statement, TrustDocument, TrustStore};
use proptest::prelude::*;
use support::{custom, section, signed, time, trust};

/// Sections as a stranger might put them together: known and unknown ids, sound and broken content.
fn sections() -> impl Strategy<Value = Vec<u8>> {
    let content = prop::collection::vec(any::<u8>(), 0..60);
    let names = prop::sample::select(vec!["glasshouse:manifest", "glasshouse:signatures", "name", ".dep-v0"]);
    let one = prop_oneof![
        (any::<u8>(), content.clone()).prop_map(|(id, content)| section(id % 14, &content)),
        (names, content.clone()).prop_map(|(name, content)| custom(name, &content)),
        Just(custom("glasshouse:manifest", support::MANIFEST.as_bytes())),
        Just(custom("glasshouse:signatures", &signed(&[1]).envelope().unwrap().to_bytes())),
        Just(support::wat(support::COMPONENT)[8..].to_vec()),
        content,
    ];
    prop::collection::vec(one, 0..6).prop_map(|sections| sections.concat())
}

proptest! {
    #[test]
    fn a_file_is_taken_apart_or_refused(bytes in sections()) {
        let bytes = [b"\0asm\x0d\0\x01\0", &bytes[..]].concat();
        if let Ok(file) = PluginFile::parse(bytes.clone()) {
            prop_assert_eq!(file.bytes(), &bytes);
            prop_assert!(file.bytes().starts_with(file.signed_bytes()));
            prop_assert!(!support::admission(&trust(&[2])).judge(&file).is_admitted());
        }
    }

    #[test]
    fn an_envelope_that_is_read_is_written_the_same(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(envelope) = Envelope::parse(&bytes) {
            prop_assert_eq!(envelope.to_bytes(), bytes);
        }
    }

    #[test]
    fn other_parsers_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,200}") {
        let _ = Statement::parse(&bytes);
        let _ = Revocations::verify(&bytes, &trust(&[1]), None, time("2026-06-01T00:00:00Z"));
        let _ = TrustStore::parse(&text);
        let _ = TrustDocument::parse(&text);
    }

    /// A changed envelope is never read as one that says something else under the same signature.
    #[test]
    fn a_spliced_envelope_is_refused(at in 0_usize..700, with in prop::collection::vec(any::<u8>(), 1..4)) {
        let file = signed(&[1]);
        let mut bytes = file.bytes().to_vec();
        let at = file.signed_bytes().len() + at % (bytes.len() - file.signed_bytes().len());
        let end = (at + with.len()).min(bytes.len());
        prop_assume!(bytes[at..end] != with[..end - at]);
        bytes.splice(at..end, with);
        prop_assert!(!support::is_admitted(bytes, &trust(&[1])));
    }
}
