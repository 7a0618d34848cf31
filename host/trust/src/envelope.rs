//! DSSE, the envelope that other supply-chain tools read too, in exactly one spelling.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use glasshouse_contract::shown;
use serde::{Deserialize, Serialize};

use crate::{KeyId, PublicKey, SigningKey};

/// A payload and who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    signatures: Vec<Signature>,
}

/// One signature and the id of the key that is said to have made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    key: KeyId,
    bytes: [u8; 64],
}

/// Why some bytes are no envelope.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum EnvelopeError {
    /// More bytes than an envelope needs.
    #[error("the envelope has {found} bytes; at most {most} are read")]
    TooBig {
        /// Bytes found.
        found: usize,
        /// Bytes read at most.
        most: usize,
    },
    /// No JSON, or not the fields of an envelope.
    #[error("the envelope cannot be read: {0}")]
    Syntax(String),
    /// The payload or a signature is no strict base64.
    #[error("the envelope's {0} is no base64")]
    Base64(&'static str),
    /// A signature of another length than Ed25519's.
    #[error("a signature in the envelope is not 64 bytes long")]
    SignatureLength,
    /// More signatures than are looked at.
    #[error("the envelope has {0} signatures; at most {max} are looked at", max = Envelope::MAX_SIGNATURES)]
    TooManySignatures(usize),
    /// The same envelope could be written otherwise, and this is not how it is written here.
    #[error("the envelope is not in its one canonical spelling")]
    Spelling,
    /// The payload is something else than was looked for.
    #[error("the envelope holds `{found}` where `{needed}` belongs")]
    PayloadType {
        /// The type found.
        found: String,
        /// The type needed.
        needed: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wire {
    payload: String,
    payload_type: String,
    signatures: Vec<WireSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSignature {
    keyid: KeyId,
    sig: String,
}

impl Envelope {
    /// A plugin's statement and sixteen signatures take about 4 KiB.
    pub const MAX_BYTES: usize = 64 << 10;
    /// More signers than any policy needs; each costs a verification.
    pub const MAX_SIGNATURES: usize = 16;

    /// Reads an envelope of at most [`Self::MAX_BYTES`].
    ///
    /// # Errors
    /// When it is no envelope in the one spelling that [`Self::to_bytes`] gives.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        Self::parse_within(bytes, Self::MAX_BYTES)
    }

    pub(crate) fn parse_within(bytes: &[u8], most: usize) -> Result<Self, EnvelopeError> {
        if bytes.len() > most {
            return Err(EnvelopeError::TooBig { found: bytes.len(), most });
        }
        let wire: Wire = serde_json::from_slice(bytes)
            .map_err(|error| EnvelopeError::Syntax(shown(&error.to_string())))?;
        if wire.signatures.len() > Self::MAX_SIGNATURES {
            return Err(EnvelopeError::TooManySignatures(wire.signatures.len()));
        }
        let payload = STANDARD.decode(&wire.payload).map_err(|_| EnvelopeError::Base64("payload"))?;
        let signatures = wire
            .signatures
            .iter()
            .map(|signature| {
                let bytes =
                    STANDARD.decode(&signature.sig).map_err(|_| EnvelopeError::Base64("signature"))?;
                let bytes = bytes.try_into().map_err(|_| EnvelopeError::SignatureLength)?;
                Ok(Signature { key: signature.keyid, bytes })
            })
            .collect::<Result<_, _>>()?;
        let envelope = Self { payload_type: wire.payload_type, payload, signatures };
        // One spelling only: else white space, escapes or field order could be changed in a
        // signed file without anybody's key.
        if envelope.to_bytes() == bytes { Ok(envelope) } else { Err(EnvelopeError::Spelling) }
    }

    /// The one spelling of this envelope.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let wire = Wire {
            payload: STANDARD.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: self
                .signatures
                .iter()
                .map(|signature| WireSignature {
                    keyid: signature.key,
                    sig: STANDARD.encode(signature.bytes),
                })
                .collect(),
        };
        // Strings and lists of strings: there is nothing in it that JSON cannot say.
        serde_json::to_vec(&wire).unwrap_or_default()
    }

    /// An envelope without signatures.
    pub(crate) fn unsigned(payload_type: &str, payload: Vec<u8>) -> Self {
        Self { payload_type: payload_type.to_owned(), payload, signatures: Vec::new() }
    }

    /// Adds a signature, in the place of an earlier one by the same key.
    pub(crate) fn sign(&mut self, key: &SigningKey) {
        let signature = Signature { key: key.id(), bytes: key.sign(&self.signed_message()) };
        match self.signatures.iter_mut().find(|earlier| earlier.key == signature.key) {
            Some(earlier) => *earlier = signature,
            None => self.signatures.push(signature),
        }
    }

    /// What is signed: DSSE's pre-authentication encoding, which binds the payload to its type.
    #[must_use]
    pub fn signed_message(&self) -> Vec<u8> {
        let mut message =
            format!("DSSEv1 {} {} {} ", self.payload_type.len(), self.payload_type, self.payload.len())
                .into_bytes();
        message.extend_from_slice(&self.payload);
        message
    }

    /// The payload, if it is of that type.
    pub(crate) fn payload_of_type(&self, needed: &'static str) -> Result<&[u8], EnvelopeError> {
        if self.payload_type == needed {
            Ok(&self.payload)
        } else {
            Err(EnvelopeError::PayloadType { found: shown(&self.payload_type), needed })
        }
    }

    /// What the payload is.
    #[must_use]
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// What was signed, still as bytes.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signatures, none of them checked.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The first key that is named twice: its signature would count as two.
    pub(crate) fn key_named_twice(&self) -> Option<KeyId> {
        let mut keys: Vec<KeyId> = self.signatures.iter().map(Signature::key).collect();
        keys.sort_unstable();
        keys.iter().zip(keys.iter().skip(1)).find(|(a, b)| a == b).map(|(key, _)| *key)
    }
}

impl Signature {
    /// The key that is said to have made it.
    #[must_use]
    pub const fn key(&self) -> KeyId {
        self.key
    }

    pub(crate) fn is_by(&self, key: &PublicKey, message: &[u8]) -> bool {
        key.verifies(message, &self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        let mut envelope = Envelope::unsigned("text/plain", b"glass".to_vec());
        envelope.sign(&SigningKey::from_seed(&[1; 32]));
        envelope
    }

    fn error(from: &str, to: &str) -> EnvelopeError {
        let text = String::from_utf8(envelope().to_bytes()).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        Envelope::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err()
    }

    #[test]
    fn an_envelope_reads_back_from_its_bytes() {
        assert_eq!(Envelope::parse(&envelope().to_bytes()), Ok(envelope()));
    }

    #[test]
    fn the_message_is_what_the_dsse_specification_says() {
        let envelope = Envelope::unsigned("http://example.com/HelloWorld", b"hello world".to_vec());
        assert_eq!(envelope.signed_message(), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn signing_twice_with_one_key_gives_one_signature() {
        let mut envelope = envelope();
        envelope.sign(&SigningKey::from_seed(&[1; 32]));
        assert_eq!(envelope.signatures().len(), 1);
    }

    #[test]
    fn every_other_spelling_is_refused() {
        assert_eq!(error("{\"payload\"", "{ \"payload\""), EnvelopeError::Spelling);
        assert_eq!(error("text/plain", "text\\/plain"), EnvelopeError::Spelling);
        assert_eq!(error("}]}", "}]}\n"), EnvelopeError::Spelling);
        assert!(matches!(error("}]}", "}]}x"), EnvelopeError::Syntax(_)));
        assert!(matches!(error("}]}", "}],\"more\":1}"), EnvelopeError::Syntax(_)));
        assert!(matches!(error("}]}", "}],\"payload\":\"\"}"), EnvelopeError::Syntax(_)));
        assert_eq!(error("Z2xhc3M=", "Z2xhc3M"), EnvelopeError::Base64("payload"));
        assert_eq!(error("Z2xhc3M=", "Z2xhc3N="), EnvelopeError::Base64("payload"));
        assert_eq!(error("\"sig\":\"", "\"sig\":\"AAAA"), EnvelopeError::SignatureLength);
    }

    #[test]
    fn caps_hold() {
        let mut many = envelope();
        many.signatures = vec![many.signatures[0].clone(); 17];
        assert_eq!(Envelope::parse(&many.to_bytes()), Err(EnvelopeError::TooManySignatures(17)));
        let big = vec![b' '; Envelope::MAX_BYTES + 1];
        assert!(matches!(Envelope::parse(&big), Err(EnvelopeError::TooBig { .. })));
        let deep = "[".repeat(60_000);
        assert!(matches!(Envelope::parse(deep.as_bytes()), Err(EnvelopeError::Syntax(_))));
    }
}
