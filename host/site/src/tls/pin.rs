//! The public key of a certificate.

use glasshouse_contract::Pin;

/// The pin of a certificate's key; `None` where the certificate cannot be read.
pub(super) fn pin_of(certificate: &[u8]) -> Option<Pin> {
    public_key(certificate).map(Pin::of_key)
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// The SubjectPublicKeyInfo of a certificate of any version. Read here, for the certificates that SQL Server makes
/// for itself may be of version 1, which webpki does not parse.
pub(super) fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = sequence(certificate)?;
    let (mut rest, _) = sequence(certificate)?;
    let first = element(rest)?;
    if first.tag == VERSION {
        rest = first.rest;
    }
    // Serial number, signature algorithm, issuer, validity, subject.
    for _ in 0..5 {
        rest = element(rest)?.rest;
    }
    let key = element(rest)?;
    (key.tag == SEQUENCE).then_some(key.whole)
}

/// One element of DER.
struct Element<'a> {
    tag: u8,
    whole: &'a [u8],
    content: &'a [u8],
    rest: &'a [u8],
}

fn element(input: &[u8]) -> Option<Element<'_>> {
    let tag = *input.first()?;
    let first = *input.get(1)?;
    let (start, length) = match first {
        0..=0x7f => (2, usize::from(first)),
        // No certificate has an element of 16 MiB.
        0x81..=0x83 => {
            let bytes = usize::from(first & 0x7f);
            let length =
                input.get(2..2 + bytes)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            (2 + bytes, length)
        }
        _ => return None,
    };
    let end = start + length;
    Some(Element { tag, whole: input.get(..end)?, content: input.get(start..end)?, rest: input.get(end..)? })
}

fn sequence(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let element = element(input)?;
    (element.tag == SEQUENCE).then_some((element.content, element.rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::PublicKeyData;

    use super::*;

    #[test]
    fn the_key_is_found_with_and_without_a_version() {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["x".into()]).unwrap().self_signed(&key).unwrap();
        let found = public_key(certificate.der()).unwrap();
        assert_eq!(found, key.subject_public_key_info());
        assert_eq!(pin_of(certificate.der()).unwrap().to_string().len(), "sha256/".len() + 44);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_of_certificates_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = public_key(&bytes);
        }

        #[test]
        fn a_certificate_that_is_cut_anywhere_has_no_wrong_key(cut in 0usize..400) {
            let key = rcgen::KeyPair::generate().unwrap();
            let certificate = rcgen::CertificateParams::new(vec!["x".into()]).unwrap().self_signed(&key).unwrap();
            let der = certificate.der();
            prop_assume!(cut < der.len());
            prop_assert_eq!(public_key(&der[..cut]), None);
        }
    }
}
