//! The digest of a public key, by which the other side of a connection is known.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};

use crate::shown;

/// SHA-256 of a certificate's public key (the DER of its SubjectPublicKeyInfo), written `sha256/` and Base64.
///
/// A key and not a certificate, so that a renewed certificate of the same key is still the same server.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin([u8; 32]);

/// A text that is no pin.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no pin: `sha256/` and 44 characters of Base64 are")]
pub struct BadPin(String);

impl Pin {
    /// The pin of a key, given as the DER of its SubjectPublicKeyInfo.
    #[must_use]
    pub fn of_key(public_key: &[u8]) -> Self {
        Self(Sha256::digest(public_key).into())
    }
}

impl FromStr for Pin {
    type Err = BadPin;

    fn from_str(text: &str) -> Result<Self, BadPin> {
        text.strip_prefix("sha256/")
            .and_then(|digest| STANDARD.decode(digest).ok())
            .and_then(|digest| digest.try_into().ok())
            .map(Self)
            .ok_or_else(|| BadPin(shown(text)))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256/{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_back_as_it_was_written_and_nothing_else_is_one() {
        let pin = Pin([7; 32]);
        assert_eq!(pin.to_string().parse(), Ok(pin));
        for bad in [
            "",
            "sha256/",
            "sha256/AAAA",
            "sha1/BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
            &"x".repeat(44),
        ] {
            assert!(bad.parse::<Pin>().is_err(), "{bad}");
        }
    }
}
