use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use glasshouse_trust::{BadKey, PublicKey, SigningKey};
use sha2::{Digest as _, Sha256};

/// Ed25519 in the C2SP signed-note format: the byte before the key, and what a key's id is made with.
const ED25519: u8 = 1;

/// Longer than any name that a person gives; a name is in every note.
const MOST_NAME: usize = 200;

/// A key of the host or of a receiver, under the name that it signs notes with.
///
/// The name of a log's key is the log's origin, and goes to every receiver: it should say nothing of the
/// machine. `glasshouse/` and a part of the hashed hierarchy is such a name.
#[derive(Debug)]
pub struct Signer {
    key: SigningKey,
    verifier: Verifier,
}

/// What checks a [`Signer`]'s notes, written as C2SP's signed-note format writes it: `name+id+key`.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    key: PublicKey,
}

/// A text that is no name of a key, or no verifier.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadVerifier {
    /// The name.
    #[error(
        "the name of a key that signs notes has 1 to {MOST_NAME} bytes, and no space, no `+` and no control character"
    )]
    Name,
    /// Not three parts.
    #[error("a verifier is written `name+id+key`: 8 hexadecimal digits are the id, base64 is the key")]
    Spelling,
    /// The id is not that of this name and key.
    #[error("the id in the verifier is not the one of its name and key: a part of it is mistyped")]
    Id,
    /// Another kind of key than the one that we use.
    #[error("the key in the verifier is not an Ed25519 key")]
    Algorithm,
    /// A key that proves nothing.
    #[error(transparent)]
    Key(#[from] BadKey),
}

impl Signer {
    /// The key of a seed, which the caller keeps, under a name.
    ///
    /// # Errors
    /// When it cannot be a name.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, BadVerifier> {
        let key = SigningKey::from_seed(seed);
        let verifier = Verifier::new(name, key.public())?;
        Ok(Self { key, verifier })
    }

    /// What checks what this one signs.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The name that it signs with.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.verifier.name
    }

    pub(crate) fn sign(&self, text: &str) -> [u8; 64] {
        self.key.sign(text.as_bytes())
    }
}

impl Verifier {
    fn new(name: &str, key: PublicKey) -> Result<Self, BadVerifier> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.len() > MOST_NAME || name.contains(bad) {
            return Err(BadVerifier::Name);
        }
        let mut hash = Sha256::new();
        hash.update(name.as_bytes());
        hash.update([b'\n', ED25519]);
        hash.update(key.as_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
        Ok(Self { name: name.to_owned(), id: [a, b, c, d], key })
    }

    /// The name that the key signs with.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The four bytes by which a signature line names the key.
    pub(crate) const fn id(&self) -> [u8; 4] {
        self.id
    }

    pub(crate) fn verifies(&self, text: &str, signature: &[u8; 64]) -> bool {
        self.key.verifies(text.as_bytes(), signature)
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key: Vec<u8> = [ED25519].into_iter().chain(*self.key.as_bytes()).collect();
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id), STANDARD.encode(key))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Verifier {
    type Err = BadVerifier;

    fn from_str(text: &str) -> Result<Self, BadVerifier> {
        let (name, rest) = text.split_once('+').ok_or(BadVerifier::Spelling)?;
        let (id, key) = rest.split_once('+').ok_or(BadVerifier::Spelling)?;
        let key = STANDARD.decode(key).map_err(|_| BadVerifier::Spelling)?;
        let (algorithm, key) = key.split_first().ok_or(BadVerifier::Spelling)?;
        if *algorithm != ED25519 {
            return Err(BadVerifier::Algorithm);
        }
        let key: &[u8; 32] = key.try_into().map_err(|_| BadVerifier::Spelling)?;
        let verifier = Self::new(name, PublicKey::from_bytes(key)?)?;
        if format!("{:08x}", u32::from_be_bytes(verifier.id)) == id {
            Ok(verifier)
        } else {
            Err(BadVerifier::Id)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_reads_back_from_its_text() {
        let signer = Signer::from_seed("glasshouse/0123", &[7; 32]).unwrap();
        let text = signer.verifier().to_string();
        assert_eq!(text.parse(), Ok(signer.verifier().clone()));
        assert!(text.starts_with("glasshouse/0123+"), "{text}");
    }

    #[test]
    fn the_verifier_of_the_go_documentation_is_read() {
        // The example key of golang.org/x/mod/sumdb/note.
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(text.parse::<Verifier>().unwrap().to_string(), text);
    }

    #[test]
    fn near_misses_are_no_verifiers() {
        let good = Signer::from_seed("log", &[7; 32]).unwrap().verifier().to_string();
        let parts: Vec<&str> = good.split('+').collect();
        let weak = format!("log+00000000+{}", STANDARD.encode([[ED25519].as_slice(), &[0; 32]].concat()));
        let other = format!("log+00000000+{}", STANDARD.encode([[4].as_slice(), &[7; 32]].concat()));
        for (bad, why) in [
            (good.replacen("log", "lag", 1), BadVerifier::Id),
            (good.replacen(parts[1], &parts[1].to_uppercase(), 1), BadVerifier::Id),
            (good.replacen("log", "l g", 1), BadVerifier::Name),
            (good.replacen("log", "", 1), BadVerifier::Name),
            (good.replacen("log", "lo\u{7}g", 1), BadVerifier::Name),
            (good.trim_end_matches('=').to_owned() + "A", BadVerifier::Spelling),
            (format!("{good} "), BadVerifier::Spelling),
            (parts[..2].join("+"), BadVerifier::Spelling),
            (other, BadVerifier::Algorithm),
            (weak, BadVerifier::Key(BadKey::Weak)),
        ] {
            assert_eq!(bad.parse::<Verifier>(), Err(why), "{bad}");
        }
    }

    #[test]
    fn a_signer_does_not_show_its_secret() {
        let shown = format!("{:?}", Signer::from_seed("log", &[0x5a; 32]).unwrap());
        assert!(!shown.contains("5a5a") && !shown.contains("WlpaWl"), "{shown}");
    }
}
