use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer as _, VerifyingKey};
use glasshouse_contract::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A key's name for machines: the SHA-256 of its 32 raw bytes, as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Digest);

/// A key that checks signatures, written `ed25519:` and the base64 of its 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A key that signs. Its bytes are wiped when it is dropped.
pub struct SigningKey(ed25519_dalek::SigningKey);

/// A text that is no public key or no key id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadKey {
    /// Not written as a public key is.
    #[error("a public key is written `ed25519:` and 44 characters of base64")]
    NotAKey,
    /// A point with which anything verifies.
    #[error("this Ed25519 key is weak: signatures by it prove nothing")]
    Weak,
    /// Not written as a key id is.
    #[error("a key id is 64 lower-case hexadecimal digits")]
    NotAnId,
}

impl KeyId {
    /// The first twelve digits: enough to tell keys apart on a screen.
    #[must_use]
    pub fn short(&self) -> String {
        self.0.short()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.hex())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        Digest::from_hex(text).map(Self).map_err(|_| BadKey::NotAnId)
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl PublicKey {
    /// The key's name for machines.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId(Digest::of(self.0.as_bytes()))
    }

    /// The 32 raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The key of 32 raw bytes.
    ///
    /// # Errors
    /// When they are no point of the curve, or one with which anything verifies.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BadKey> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| BadKey::NotAKey)?;
        if key.is_weak() { Err(BadKey::Weak) } else { Ok(Self(key)) }
    }

    /// Whether this key made the signature. The strict rules apply: one spelling of a signature,
    /// no small-order points.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ed25519:{}", STANDARD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let encoded = text.strip_prefix("ed25519:").ok_or(BadKey::NotAKey)?;
        if encoded.len() != 44 {
            return Err(BadKey::NotAKey);
        }
        let bytes = STANDARD.decode(encoded).map_err(|_| BadKey::NotAKey)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| BadKey::NotAKey)?;
        Self::from_bytes(&bytes)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl SigningKey {
    /// A new key from the operating system's random numbers.
    ///
    /// # Errors
    /// When the operating system gives none.
    pub fn generate() -> std::io::Result<Self> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(Self::from_seed(&seed))
    }

    /// The key of a seed that somebody else keeps.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The key that checks what this one signs.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The key's name for machines.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.public().id()
    }

    /// Signs the bytes as they stand. Whoever calls this sees to it that no two of our formats could be the
    /// same bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    pub(crate) fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, secret not shown)", self.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_key_reads_back_from_its_text() {
        let key = SigningKey::generate().unwrap().public();
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!(key.id().to_string().parse(), Ok(key.id()));
    }

    #[test]
    fn near_misses_are_no_public_keys() {
        let good = SigningKey::from_seed(&[7; 32]).public().to_string();
        for bad in [
            good.replace("ed25519", "Ed25519"),
            good.trim_end_matches('=').to_owned(),
            good.replacen(':', ": ", 1),
            format!("{good}="),
            good.replace("ed25519:", ""),
            String::from("ed25519:"),
        ] {
            assert_eq!(bad.parse::<PublicKey>(), Err(BadKey::NotAKey), "{bad}");
        }
    }

    #[test]
    fn a_weak_key_is_refused() {
        // The identity point: with it, one signature fits every message.
        let mut identity = [0; 32];
        identity[0] = 1;
        let text = format!("ed25519:{}", STANDARD.encode(identity));
        assert_eq!(text.parse::<PublicKey>(), Err(BadKey::Weak));
    }

    #[test]
    fn debug_output_does_not_hold_the_secret() {
        let seed = [0x5a; 32];
        let shown = format!("{:?}", SigningKey::from_seed(&seed));
        assert!(!shown.contains("5a5a") && !shown.contains("90, 90") && !shown.contains("WlpaWl"), "{shown}");
    }
}
