use std::fmt;

use glasshouse_contract::{Digest, Name};
use jiff::Timestamp;

use crate::{Checkpoint, NoteError, Signer, Verifier, note};

const WHAT: &str = "receipt";

/// The first line of a receipt: keeps it apart from every other text that a receiver's key signs.
const HEAD: &str = "glasshouse receipt 1";

/// What a receiver signs: that it holds a request for good, or holds it no more; and how far the sender's
/// audit log was when it came. With the checkpoint in it, a receipt is a witness of the sender's log.
///
/// The note's text, every line ending with a newline; the last three lines are there where a checkpoint came
/// with the request:
///
/// ```text
/// glasshouse receipt 1
/// stored | deleted
/// tenant <name>
/// request <id: 64 hexadecimal digits>
/// digest sha256:<of the request's bytes>
/// at <time, RFC 3339, UTC>
/// <origin>
/// <size>
/// <root, base64>
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Receipt {
    /// What the receiver did.
    pub deed: Deed,
    /// Whose request.
    pub tenant: Name,
    /// The request's id.
    pub request: Digest,
    /// The digest of the request's bytes, as they came.
    pub digest: Digest,
    /// When.
    pub at: Timestamp,
    /// How far the sender's log was, as the sender said; countersigned.
    pub checkpoint: Option<Checkpoint>,
}

/// What a receipt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// The request is on the receiver's disk.
    Stored,
    /// It is gone from there, for its time was over or somebody asked for it.
    Deleted,
}

impl Deed {
    const fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Deleted => "deleted",
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl Receipt {
    /// The signed note, which goes to the sender and stays with the receiver.
    #[must_use]
    pub fn sign(&self, signer: &Signer) -> String {
        note::sign(&self.text(), signer)
    }

    /// Reads a receipt and holds it against the receiver's key.
    ///
    /// # Errors
    /// When it is none, or not as the receiver signed it.
    pub fn open(note: &str, verifier: &Verifier) -> Result<Self, NoteError> {
        Self::parse(note::open(note, verifier)?)
    }

    /// Reads a receipt without knowing the receiver's key: what it says, and nothing is proved by it.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(note: &str) -> Result<Self, NoteError> {
        Self::parse(note::text(note)?)
    }

    /// Whether an answer calls itself a receipt, of whatever version. It may be none all the same.
    #[must_use]
    pub fn claims(answer: &[u8]) -> bool {
        answer.starts_with(b"glasshouse receipt ")
    }

    fn text(&self) -> String {
        let Self { deed, tenant, request, digest, at, checkpoint } = self;
        let checkpoint = checkpoint.as_ref().map(Checkpoint::text).unwrap_or_default();
        let request = request.hex();
        format!("{HEAD}\n{deed}\ntenant {tenant}\nrequest {request}\ndigest {digest}\nat {at}\n{checkpoint}")
    }

    fn parse(text: &str) -> Result<Self, NoteError> {
        let bad = |why| NoteError::Text { what: WHAT, why };
        let mut rest = text;
        let mut line = |prefix: &str, why| {
            let (line, after) = rest.split_once('\n').ok_or(bad(why))?;
            rest = after;
            line.strip_prefix(prefix).ok_or(bad(why))
        };
        if !line(HEAD, "its first line is another")?.is_empty() {
            return Err(bad("its first line is another"));
        }
        let deed = match line("", "its second line is missing")? {
            "stored" => Deed::Stored,
            "deleted" => Deed::Deleted,
            _ => return Err(bad("its second line is neither `stored` nor `deleted`")),
        };
        let tenant =
            Name::new(line("tenant ", "its tenant is missing")?).map_err(|_| bad("its tenant is no name"))?;
        let request = Digest::from_hex(line("request ", "its request is missing")?)
            .map_err(|_| bad("its request is no id"))?;
        let digest =
            line("digest ", "its digest is missing")?.parse().map_err(|_| bad("its digest is none"))?;
        let at: Timestamp =
            line("at ", "its time is missing")?.parse().map_err(|_| bad("its time is none"))?;
        let checkpoint = if rest.is_empty() { None } else { Some(Checkpoint::parse(rest)?) };
        let receipt = Self { deed, tenant, request, digest, at, checkpoint };
        // A time has many spellings, and a receipt one.
        if receipt.text() == text { Ok(receipt) } else { Err(bad("it is not written as receipts are")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt() -> Receipt {
        let sender = Signer::from_seed("glasshouse/0123", &[1; 32]).unwrap();
        Receipt {
            deed: Deed::Stored,
            tenant: Name::new("contoso").unwrap(),
            request: Digest::of(b"id"),
            digest: Digest::of(b"request"),
            at: "2026-03-01T12:00:00.5Z".parse().unwrap(),
            checkpoint: Some(Checkpoint::new(sender.verifier(), 42, Digest::of(b"root"))),
        }
    }

    fn signer() -> Signer {
        Signer::from_seed("receiver.contoso.example", &[3; 32]).unwrap()
    }

    #[test]
    fn a_receipt_reads_back_from_its_note() {
        let deleted = Receipt { deed: Deed::Deleted, checkpoint: None, ..receipt() };
        for receipt in [receipt(), deleted] {
            let note = receipt.sign(&signer());
            assert_eq!(Receipt::open(&note, signer().verifier()), Ok(receipt.clone()));
            assert_eq!(Receipt::read(&note), Ok(receipt));
        }
    }

    #[test]
    fn every_bit_of_a_receipt_counts() {
        let note = receipt().sign(&signer()).into_bytes();
        for place in 0..note.len() * 8 {
            let mut bytes = note.clone();
            bytes[place / 8] ^= 1 << (place % 8);
            if let Ok(text) = std::str::from_utf8(&bytes) {
                assert!(Receipt::open(text, signer().verifier()).is_err(), "bit {place}: {text}");
            }
        }
    }

    #[test]
    fn what_is_signed_and_no_receipt_says_why() {
        let good = receipt().text();
        for (from, to, why) in [
            ("receipt 1", "receipt 2", "first line"),
            ("receipt 1", "receipt 10", "first line"),
            ("stored", "kept", "second line"),
            ("contoso", "con toso", "tenant"),
            ("request ", "request x", "request"),
            ("sha256:", "sha512:", "digest"),
            ("12:00:00.5Z", "noon", "time"),
            ("12:00:00.5Z", "12:00:00.500Z", "not written"),
            ("\n42\n", "\n042\n", "size"),
        ] {
            let note = note::sign(&good.replacen(from, to, 1), &signer());
            let error = Receipt::open(&note, signer().verifier()).unwrap_err().to_string();
            assert!(error.contains(why), "{from} -> {to}: {error}");
        }
    }

    #[test]
    fn a_checkpoint_is_no_receipt_and_a_receipt_no_checkpoint() {
        let checkpoint = receipt().checkpoint.unwrap().sign(&signer());
        assert!(Receipt::open(&checkpoint, signer().verifier()).is_err());
        let receipt = Receipt { checkpoint: None, ..receipt() }.sign(&signer());
        assert!(Checkpoint::open(&receipt, signer().verifier()).is_err());
    }
}
