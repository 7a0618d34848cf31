//! A key sealed by a passphrase, as text, for another site of the same hierarchy.
//!
//! ```text
//! glasshouse sealed key 1
//! name: default
//! id: 3f2a9c01d4e5b677
//! kdf: argon2id m=65536 t=3 p=4
//! salt: <16 bytes in Base64>
//! nonce: <24 bytes in Base64>
//! sealed: <48 bytes in Base64>
//! ```
//!
//! The passphrase becomes a key by Argon2id, and XChaCha20-Poly1305 seals the 32 bytes under it. All lines before
//! `sealed:` are authenticated with them, and the lines are exactly these: no byte can be changed, added or left
//! out unseen. A file says how it was made for people alone; the numbers of version 1 are fixed, so that no file
//! can ask for a terabyte of memory.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead as _, KeyInit as _, Payload},
};
use glasshouse_contract::{Fault, FaultKind, Name, PseudonymKeyId};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::host_keys::{KeyBytes, key_id};

const FIRST_LINE: &str = "glasshouse sealed key 1";
/// RFC 9106's second recommendation: 64 MiB, three passes, four lanes. A guess costs a tenth of a second.
const MEMORY_KIB: u32 = 65_536;
const PASSES: u32 = 3;
const LANES: u32 = 4;
const KDF: &str = "argon2id m=65536 t=3 p=4";
const SALT: usize = 16;
const NONCE: usize = 24;
/// 32 bytes and Poly1305's tag.
const SEALED: usize = 48;

/// What a sealed key is opened with. `Debug` does not show it, and it is wiped when it is let go.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Passphrase(String);

/// Why a key cannot be sealed or opened.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealedKeyError {
    /// The passphrase would be guessed.
    #[error("the passphrase has fewer than {} characters", Passphrase::LEAST)]
    Short,
    /// The passphrase is no such text.
    #[error("the passphrase is longer than {} bytes, or has more than one line", Passphrase::MOST)]
    NoPassphrase,
    /// The text is no sealed key.
    #[error("it is no sealed key: {0}")]
    Malformed(&'static str),
    /// It was made by a later version.
    #[error("it is a sealed key of a later version than 1")]
    Later,
    /// The passphrase does not open it.
    #[error("the passphrase does not open it, or it was changed")]
    Closed,
    /// The system gave no random numbers, or no memory.
    #[error("it could not be computed: {0}")]
    System(String),
}

impl Passphrase {
    /// Whoever has the file can try passphrases for as long as they like.
    pub const LEAST: usize = 12;
    /// Longer is a file that was meant for something else.
    pub const MOST: usize = 1024;

    /// A passphrase.
    ///
    /// # Errors
    /// When it is too short or long, or has more than one line.
    pub fn new(text: String) -> Result<Self, SealedKeyError> {
        let passphrase = Self(text);
        passphrase.check()?;
        Ok(passphrase)
    }

    /// What came over a socket is looked at again.
    fn check(&self) -> Result<(), SealedKeyError> {
        if self.0.len() > Self::MOST || self.0.contains(['\n', '\r', '\0']) {
            return Err(SealedKeyError::NoPassphrase);
        }
        if self.0.chars().count() < Self::LEAST { Err(SealedKeyError::Short) } else { Ok(()) }
    }
}

impl PartialEq for Passphrase {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase")
    }
}

impl Drop for Passphrase {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl SealedKeyError {
    /// The error for the person who reads it.
    #[must_use]
    pub fn fault(&self, object: &str) -> Fault {
        let (kind, mend) = match self {
            Self::Short => {
                (FaultKind::Malformed, "take several random words, and hand them over apart from the file")
            }
            Self::NoPassphrase => (FaultKind::Malformed, "write it into a file as one line of text"),
            Self::Malformed(_) => {
                (FaultKind::Malformed, "get the file again, as `glasshouse key export` wrote it")
            }
            Self::Later => (FaultKind::Malformed, "use the version of glasshouse that it was exported with"),
            Self::Closed => (
                FaultKind::Refused,
                "check the passphrase, then get the file again; nothing was changed here",
            ),
            Self::System(_) => (FaultKind::Unreachable, "see whether the machine is out of memory"),
        };
        Fault::new(kind, object, self, mend)
    }
}

/// Seals a key.
pub fn seal(name: &Name, key: &KeyBytes, passphrase: &Passphrase) -> Result<String, SealedKeyError> {
    let mut random = [0; SALT + NONCE];
    getrandom::fill(&mut random).map_err(|error| SealedKeyError::System(error.to_string()))?;
    let (salt, nonce) = random.split_at(SALT);
    let head = format!(
        "{FIRST_LINE}\nname: {name}\nid: {}\nkdf: {KDF}\nsalt: {}\nnonce: {}\n",
        key_id(key),
        STANDARD.encode(salt),
        STANDARD.encode(nonce)
    );
    let payload = Payload { msg: &**key, aad: head.as_bytes() };
    let sealed = cipher(passphrase, salt)?
        .encrypt(&xnonce(nonce)?, payload)
        .map_err(|_| SealedKeyError::System("sealing failed".to_owned()))?;
    Ok(format!("{head}sealed: {}\n", STANDARD.encode(sealed)))
}

/// Opens a sealed key.
pub fn open(text: &str, passphrase: &Passphrase) -> Result<(Name, KeyBytes), SealedKeyError> {
    use SealedKeyError::Malformed;
    // An editor or a mail program may have made line ends of its own; nothing else may differ.
    let text = text.replace("\r\n", "\n");
    let mut lines = text.lines();
    match lines.next() {
        Some(FIRST_LINE) => {}
        Some(first) if first.starts_with("glasshouse sealed key ") => return Err(SealedKeyError::Later),
        _ => return Err(Malformed("its first line is another")),
    }
    let mut line = |prefix| lines.next().and_then(|line| line.strip_prefix(prefix));
    let name = line("name: ").and_then(|name| Name::new(name).ok()).ok_or(Malformed("it has no name"))?;
    let id = line("id: ").and_then(|id| PseudonymKeyId::new(id).ok()).ok_or(Malformed("it has no id"))?;
    if line("kdf: ") != Some(KDF) {
        return Err(Malformed("its kdf is not the one of version 1"));
    }
    let mut bytes = |prefix, length| {
        let bytes = line(prefix).and_then(|text| STANDARD.decode(text).ok());
        bytes.filter(|bytes| bytes.len() == length).ok_or(Malformed("a line is not what it should be"))
    };
    let (salt, nonce) = (bytes("salt: ", SALT)?, bytes("nonce: ", NONCE)?);
    let sealed = bytes("sealed: ", SEALED)?;
    if lines.next().is_some() {
        return Err(Malformed("something follows its last line"));
    }
    let head = text.split_once("sealed: ").map_or("", |(head, _)| head);
    let payload = Payload { msg: &sealed, aad: head.as_bytes() };
    let opened = cipher(passphrase, &salt)?.decrypt(&xnonce(&nonce)?, payload);
    let opened = Zeroizing::new(opened.map_err(|_| SealedKeyError::Closed)?);
    let mut key = KeyBytes::default();
    for (place, byte) in key.iter_mut().zip(&*opened) {
        *place = *byte;
    }
    if opened.len() != key.len() || key_id(&key) != id {
        return Err(SealedKeyError::Closed);
    }
    Ok((name, key))
}

fn cipher(passphrase: &Passphrase, salt: &[u8]) -> Result<XChaCha20Poly1305, SealedKeyError> {
    passphrase.check()?;
    let system = |error: argon2::Error| SealedKeyError::System(error.to_string());
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(system)?;
    let mut key = KeyBytes::default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.0.as_bytes(), salt, &mut *key)
        .map_err(system)?;
    XChaCha20Poly1305::new_from_slice(&*key).map_err(|error| SealedKeyError::System(error.to_string()))
}

fn xnonce(bytes: &[u8]) -> Result<XNonce, SealedKeyError> {
    XNonce::try_from(bytes).map_err(|_| SealedKeyError::Malformed("a line is not what it should be"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.to_owned()).unwrap()
    }

    #[test]
    fn a_sealed_key_opens_with_its_passphrase_alone() {
        let (name, key) = (Name::new("default").unwrap(), KeyBytes::new([7; 32]));
        let right = passphrase("correct horse battery");
        let text = seal(&name, &key, &right).unwrap();
        assert_eq!(open(&text, &right).unwrap(), (name.clone(), key.clone()));
        assert_eq!(open(&text.replace('\n', "\r\n"), &right).unwrap().1, key);
        assert_eq!(open(&text, &passphrase("correct horse batterx")).unwrap_err(), SealedKeyError::Closed);
        assert_ne!(seal(&name, &key, &right).unwrap(), text, "two seals have nothing in common");
    }

    /// In each line one character that the line may have as well, and every line left out or doubled.
    #[test]
    fn a_sealed_key_that_was_changed_does_not_open() {
        let right = passphrase("correct horse battery");
        let text = seal(&Name::new("default").unwrap(), &KeyBytes::new([7; 32]), &right).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let mut changed = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            let (start, rest) = line.split_at(line.find(": ").map_or(line.len() - 1, |at| at + 2));
            let first = rest.chars().next().unwrap();
            let other = if first == 'b' {
                'c'
            } else if first.is_ascii_digit() {
                '0'
            } else {
                'b'
            };
            let swapped = format!("{start}{other}{}", &rest[1..]);
            let with =
                |line: &[&str]| [&lines[..number], line, &lines[number + 1..]].concat().join("\n") + "\n";
            changed.extend([with(&[&swapped]), with(&[]), with(&[line, line]), with(&[&format!("{line} ")])]);
        }
        for text in changed.iter().filter(|changed| **changed != text) {
            assert!(open(text, &right).is_err(), "{text}");
        }
        assert!(open("", &right).is_err() && open(&text[..text.len() / 2], &right).is_err());
        assert!(open(&format!("{text}\n"), &right).is_err());
    }

    #[test]
    fn a_passphrase_is_long_enough_and_never_shown() {
        assert_eq!(Passphrase::new("short".to_owned()).unwrap_err(), SealedKeyError::Short);
        assert_eq!(
            Passphrase::new("two\nlines of text".to_owned()).unwrap_err(),
            SealedKeyError::NoPassphrase
        );
        assert_eq!(format!("{:?}", passphrase("correct horse battery")), "Passphrase");
        let unchecked: Passphrase = serde_json::from_str("\"short\"").unwrap();
        let error = seal(&Name::new("default").unwrap(), &KeyBytes::new([7; 32]), &unchecked).unwrap_err();
        assert_eq!(error, SealedKeyError::Short);
    }
}
