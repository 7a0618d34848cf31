use base64::{Engine as _, engine::general_purpose::STANDARD};
use glasshouse_contract::Digest;

use crate::{NoteError, Signer, Verifier, note};

const WHAT: &str = "checkpoint";

/// How long a log is and what is in it: its origin, the number of its leaves, and the hash at the root of
/// their tree. Whoever holds one can tell whether a longer log still begins with the same leaves.
///
/// As text it is C2SP's tlog-checkpoint: three lines, signed as a note.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Digest,
}

/// A log that is not the earlier one with more leaves, as far as two checkpoints alone can show it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotAfter {
    /// Of another log.
    #[error("it is of the log {later}, and the earlier one of {earlier}")]
    Origin {
        /// The origin of the earlier one.
        earlier: String,
        /// The origin of the later one.
        later: String,
    },
    /// Leaves are gone.
    #[error("the log had {earlier} leaves, and now has {later}: it was rolled back")]
    Shorter {
        /// How many there were.
        earlier: u64,
        /// How many there are.
        later: u64,
    },
    /// As many leaves, and others.
    #[error("the log has {size} leaves as before, and they are others: it was rewritten")]
    Other {
        /// How many.
        size: u64,
    },
}

impl Checkpoint {
    /// Of the log that this key signs.
    #[must_use]
    pub fn new(log: &Verifier, size: u64, root: Digest) -> Self {
        Self { origin: log.name().to_owned(), size, root }
    }

    /// Which log; the name of the key that signs it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of their tree.
    #[must_use]
    pub const fn root(&self) -> &Digest {
        &self.root
    }

    /// The signed note.
    #[must_use]
    pub fn sign(&self, signer: &Signer) -> String {
        note::sign(&self.text(), signer)
    }

    /// Reads a signed checkpoint and holds it against the log's key. The origin has to be the key's name.
    ///
    /// # Errors
    /// When it is none, or not of that log, or not as it was signed.
    pub fn open(note: &str, verifier: &Verifier) -> Result<Self, NoteError> {
        let checkpoint = Self::parse(note::open(note, verifier)?)?;
        if checkpoint.origin == verifier.name() {
            Ok(checkpoint)
        } else {
            Err(NoteError::Text { what: WHAT, why: "its origin is not the name of the key that signed it" })
        }
    }

    /// Reads a signed checkpoint without knowing the key: what a stranger says that their log is.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(note: &str) -> Result<Self, NoteError> {
        Self::parse(note::text(note)?)
    }

    /// Whether the log of this checkpoint can be the earlier one with more leaves. Whether it is, with more
    /// leaves than before, takes a proof: see [`crate::ConsistencyProof`].
    ///
    /// # Errors
    /// When it cannot.
    pub fn comes_after(&self, earlier: &Self) -> Result<(), NotAfter> {
        if self.origin != earlier.origin {
            return Err(NotAfter::Origin { earlier: earlier.origin.clone(), later: self.origin.clone() });
        }
        if self.size < earlier.size {
            return Err(NotAfter::Shorter { earlier: earlier.size, later: self.size });
        }
        if self.size == earlier.size && self.root != earlier.root {
            return Err(NotAfter::Other { size: self.size });
        }
        Ok(())
    }

    /// The three lines.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.as_bytes()))
    }

    /// Reads the three lines. Extension lines, which the format allows and we never write, are refused.
    pub(crate) fn parse(text: &str) -> Result<Self, NoteError> {
        let bad = |why| NoteError::Text { what: WHAT, why };
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(bad("it has not exactly three lines: origin, size and root"));
        };
        if origin.is_empty() {
            return Err(bad("its origin is empty"));
        }
        let number: u64 = size.parse().map_err(|_| bad("its size is no number"))?;
        if number.to_string() != size {
            return Err(bad("its size is not written as a number is"));
        }
        let root = STANDARD.decode(root).map_err(|_| bad("its root is not written as base64"))?;
        let root: [u8; 32] = root.try_into().map_err(|_| bad("its root has not 32 bytes"))?;
        Ok(Self { origin: origin.to_owned(), size: number, root: Digest::from_bytes(root) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(size: u64) -> Checkpoint {
        Checkpoint::new(signer().verifier(), size, Digest::of(b"root"))
    }

    fn signer() -> Signer {
        Signer::from_seed("log", &[1; 32]).unwrap()
    }

    #[test]
    fn a_checkpoint_reads_back_from_its_note() {
        let note = checkpoint(923_748).sign(&signer());
        assert_eq!(Checkpoint::open(&note, signer().verifier()), Ok(checkpoint(923_748)));
        assert_eq!(Checkpoint::read(&note), Ok(checkpoint(923_748)));
    }

    #[test]
    fn a_checkpoint_of_another_log_is_refused_also_when_our_key_signed_it() {
        let other = Checkpoint { origin: String::from("other"), ..checkpoint(1) };
        let error = Checkpoint::open(&other.sign(&signer()), signer().verifier()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it is no checkpoint: its origin is not the name of the key that signed it"
        );
    }

    #[test]
    fn near_misses_are_no_checkpoints() {
        let good = checkpoint(7).text();
        for (bad, why) in [
            (good.replacen("log", "", 1), "origin is empty"),
            (good.replacen('7', "07", 1), "not written as a number"),
            (good.replacen('7', "+7", 1), "not written as a number"),
            (good.replacen('7', "-7", 1), "no number"),
            (good.replacen('7', "18446744073709551616", 1), "no number"),
            (good.replacen('=', "", 1), "base64"),
            (good.replacen("log\n", "log\n\n", 1), "three lines"),
            (format!("{good}more\n"), "three lines"),
            (String::from("log\n7\nAAAA\n"), "32 bytes"),
        ] {
            let error = Checkpoint::parse(&bad).unwrap_err().to_string();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }

    #[test]
    fn a_log_that_was_rolled_back_or_rewritten_does_not_come_after() {
        assert_eq!(checkpoint(8).comes_after(&checkpoint(7)), Ok(()));
        assert_eq!(checkpoint(7).comes_after(&checkpoint(7)), Ok(()));
        let shorter = NotAfter::Shorter { earlier: 7, later: 6 };
        assert_eq!(checkpoint(6).comes_after(&checkpoint(7)), Err(shorter));
        let rewritten = Checkpoint { root: Digest::of(b"another"), ..checkpoint(7) };
        assert_eq!(rewritten.comes_after(&checkpoint(7)), Err(NotAfter::Other { size: 7 }));
        let other = Checkpoint { origin: String::from("other"), ..checkpoint(9) };
        assert!(matches!(other.comes_after(&checkpoint(7)), Err(NotAfter::Origin { .. })));
    }
}
