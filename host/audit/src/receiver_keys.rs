use std::{fmt, str::FromStr};

use crate::{BadVerifier, NoteError, Receipt, Verifier};

/// The keys that a receiver signs receipts with: the one that it has, and those that it had before.
///
/// As text one key a line, as [`Verifier`] writes it. Empty lines and lines that begin with `#` are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiverKeys(Vec<Verifier>);

/// A text that names no receiver's key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadReceiverKeys {
    /// There is no key in it.
    #[error("there is no key in it")]
    None,
    /// A line is none.
    #[error("line {line}: {why}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// Why it is none.
        why: BadVerifier,
    },
}

impl ReceiverKeys {
    /// Whether no key is known: then nothing can be held against one.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Believes these as well.
    pub fn add(&mut self, others: &Self) {
        for key in &others.0 {
            if !self.0.contains(key) {
                self.0.push(key.clone());
            }
        }
    }

    /// Reads a receipt that one of the keys signed.
    ///
    /// # Errors
    /// When it is none, or none of the keys signed it.
    pub fn open(&self, note: &str) -> Result<Receipt, NoteError> {
        let mut refused = NoteError::NotSigned("that is known".to_owned());
        for key in &self.0 {
            match Receipt::open(note, key) {
                Ok(receipt) => return Ok(receipt),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

impl FromStr for ReceiverKeys {
    type Err = BadReceiverKeys;

    fn from_str(text: &str) -> Result<Self, BadReceiverKeys> {
        let mut keys = Self::default();
        for (line, key) in (1..).zip(text.lines().map(str::trim)) {
            if !key.is_empty() && !key.starts_with('#') {
                let key = key.parse().map_err(|why| BadReceiverKeys::Line { line, why })?;
                keys.add(&Self(vec![key]));
            }
        }
        if keys.is_empty() { Err(BadReceiverKeys::None) } else { Ok(keys) }
    }
}

impl fmt::Display for ReceiverKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|key| writeln!(f, "{key}"))
    }
}

#[cfg(test)]
mod tests {
    use glasshouse_contract::{Digest, Name};

    use super::*;
    use crate::{Deed, Signer};

    fn signer(seed: u8) -> Signer {
        Signer::from_seed("receiver.test", &[seed; 32]).unwrap()
    }

    fn receipt() -> Receipt {
        Receipt {
            deed: Deed::Stored,
            tenant: Name::new("contoso").unwrap(),
            request: Digest::of(b"id"),
            digest: Digest::of(b"request"),
            at: "2026-03-01T12:00:00Z".parse().unwrap(),
            checkpoint: None,
        }
    }

    #[test]
    fn a_receipt_opens_with_the_key_of_today_and_with_the_one_before_and_with_no_other() {
        let text = format!("# since March\n{}\n\n{}\n", signer(1).verifier(), signer(2).verifier());
        let keys: ReceiverKeys = text.parse().unwrap();
        for seed in [1, 2] {
            assert_eq!(keys.open(&receipt().sign(&signer(seed))), Ok(receipt()));
        }
        let refused = keys.open(&receipt().sign(&signer(3))).unwrap_err();
        assert!(matches!(refused, NoteError::NotSigned(_)), "{refused}");
        assert_eq!(keys.to_string().parse(), Ok(keys));
        assert!(ReceiverKeys::default().open(&receipt().sign(&signer(1))).is_err());
    }

    #[test]
    fn what_names_no_key_is_told_of_with_its_line() {
        for text in ["", "\n\n", "# none yet\n"] {
            assert_eq!(text.parse::<ReceiverKeys>(), Err(BadReceiverKeys::None));
        }
        let good = signer(1).verifier().to_string();
        let error = format!("{good}\nreceiver.test+0+x\n").parse::<ReceiverKeys>().unwrap_err().to_string();
        assert!(error.starts_with("line 2: "), "{error}");
    }
}
