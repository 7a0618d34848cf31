use std::fmt;

use jiff::Timestamp;

use crate::Digest;

/// How long the bytes of a leaf are.
pub const LEAF_LEN: usize = 106;

/// The form that [`Leaf::bytes`] writes. Another form gets another number, so that a log may hold both.
const FORM: u8 = 1;

/// One thing that happened, as the audit log keeps it for good: its kind, its time and digests.
///
/// A leaf can never be taken away, so nothing that may have to be erased is in it: no data, no name, no
/// words. Words stand in the journal beside it, and the leaf holds [`words_digest`] of them.
///
/// The bytes, of which the log is made, are these and always 106:
///
/// | bytes | what |
/// |---|---|
/// | 0 | the form, 1 |
/// | 1 | the kind's number |
/// | 2..10 | the time in microseconds since 1970 UTC; big-endian, two's complement |
/// | 10..42 | the subject |
/// | 42..74 | the content; zeros where there is none |
/// | 74..106 | the words; zeros where there are none |
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Leaf {
    kind: LeafKind,
    at_us: i64,
    subject: Digest,
    content: Option<Digest>,
    words: Option<Digest>,
}

/// Bytes that are no leaf.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadLeaf {
    /// Not as many bytes as a leaf has.
    #[error("a leaf has {LEAF_LEN} bytes, and these are {0}")]
    Length(usize),
    /// Written by a newer host, or no leaf at all.
    #[error("form {0} of a leaf is not known here")]
    Form(u8),
    /// The same.
    #[error("kind {0} of a leaf is not known here")]
    Kind(u8),
    /// A time that no calendar has.
    #[error("the time of a leaf is out of range")]
    Time,
}

macro_rules! leaf_kinds {
    ($($(#[$doc:meta])* $kind:ident = $number:literal, $name:literal;)*) => {
        /// What kind of thing happened. A kind's number is in signed logs: it never gets another meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum LeafKind { $($(#[$doc])* $kind = $number,)* }

        impl LeafKind {
            /// All kinds, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The kind's name, for people.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            const fn of(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$kind),)* _ => None }
            }
        }
    };
}

leaf_kinds! {
    /// A plugin was admitted. Subject: its digest.
    Admission = 1, "admission";
    /// A plugin, a request of a person or a connection was refused. Subject: its digest.
    Refusal = 2, "refusal";
    /// Another version of a plugin took over, went back, or was stopped. Subject: the digest that runs now.
    Swap = 3, "swap";
    /// A plugin, a run or the disk came to a limit. Subject: the plugin's digest or the run's.
    LimitHit = 4, "limit hit";
    /// Another level is in force. Subject: digest of the site's name.
    LevelChange = 5, "level change";
    /// Online or offline. Subject: digest of the new mode's name.
    ModeChange = 6, "mode change";
    /// A person approved a plan, a draft or what was held. Subject: its digest or id.
    Approval = 7, "approval";
    /// A person said no to it, or withdrew what was sealed. Subject: its digest or id.
    Denial = 8, "denial";
    /// A request was sealed. Subject: its id; content: the digest of its bytes.
    Seal = 9, "seal";
    /// A request was sent and accepted. Subject: its id; content: the digest of the bytes that were handed to TLS.
    Send = 10, "send";
    /// A receiver gave a receipt for it. Subject: the request's id; content: the digest of the receipt.
    Receipt = 11, "receipt";
    /// Something was deleted. Subject: the request's id, or the digest of what was named.
    Purge = 12, "purge";
    /// A person looked at sensitive data. Subject: the digest of what was shown.
    Look = 13, "look";
    /// A key was made, taken in, handed over or deleted. Subject: digest of its public half or of its id.
    Key = 14, "key";
    /// The configuration that is in force is another. Subject: the digest of the file.
    Configuration = 15, "configuration";
    /// A run of a site began or ended. Subject: digest of its id.
    Run = 16, "run";
    /// The ledger was restored from a backup, or repaired. Subject: digest of the backup; content: the root of
    /// the log as it was found.
    Restore = 17, "restore";
    /// Something waits for a person: a plan that was not approved, a draft. Subject: digest of the hold's number.
    /// Logs from before there was this kind have a refusal in its place.
    Hold = 18, "hold";
}

impl LeafKind {
    /// The kind's number in the bytes of a leaf.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for LeafKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Leaf {
    /// What happened when to what. Of the time, microseconds are kept.
    #[must_use]
    pub fn new(kind: LeafKind, at: Timestamp, subject: Digest) -> Self {
        Self { kind, at_us: at.as_microsecond(), subject, content: None, words: None }
    }

    /// With the digest of the bytes that it is about, where there are any beside the subject. A digest of
    /// nothing but zeros is as good as none.
    #[must_use]
    pub fn with_content(self, content: Digest) -> Self {
        Self { content: some(*content.as_bytes()), ..self }
    }

    /// With [`words_digest`] of its line in the journal: who asked, why, and what else was said. A digest of
    /// nothing but zeros is as good as none.
    #[must_use]
    pub fn with_words(self, words: Digest) -> Self {
        Self { words: some(*words.as_bytes()), ..self }
    }

    /// What kind of thing happened.
    #[must_use]
    pub const fn kind(&self) -> LeafKind {
        self.kind
    }

    /// When.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        // What a leaf is made from had a time in range, or was held against the range.
        Timestamp::from_microsecond(self.at_us).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// To what.
    #[must_use]
    pub const fn subject(&self) -> &Digest {
        &self.subject
    }

    /// The digest of the bytes that it is about.
    #[must_use]
    pub const fn content(&self) -> Option<&Digest> {
        self.content.as_ref()
    }

    /// [`words_digest`] of its line in the journal.
    #[must_use]
    pub const fn words(&self) -> Option<&Digest> {
        self.words.as_ref()
    }

    /// The one form in bytes; what is hashed into the log.
    #[must_use]
    pub fn bytes(&self) -> [u8; LEAF_LEN] {
        let none = Digest::from_bytes([0; 32]);
        let digests = [self.subject, self.content.unwrap_or(none), self.words.unwrap_or(none)];
        let all = [FORM, self.kind.number()]
            .into_iter()
            .chain(self.at_us.to_be_bytes())
            .chain(digests.iter().flat_map(|digest| *digest.as_bytes()));
        let mut bytes = [0; LEAF_LEN];
        for (place, byte) in bytes.iter_mut().zip(all) {
            *place = byte;
        }
        bytes
    }

    /// Reads the bytes of a leaf.
    ///
    /// # Errors
    /// When they are none, or a newer host wrote them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadLeaf> {
        let bytes: &[u8; LEAF_LEN] = bytes.try_into().map_err(|_| BadLeaf::Length(bytes.len()))?;
        let ([form, kind], rest) = split(bytes)?;
        if form != FORM {
            return Err(BadLeaf::Form(form));
        }
        let kind = LeafKind::of(kind).ok_or(BadLeaf::Kind(kind))?;
        let (at_us, rest) = split(rest)?;
        let at_us = i64::from_be_bytes(at_us);
        Timestamp::from_microsecond(at_us).map_err(|_| BadLeaf::Time)?;
        let (subject, rest) = split(rest)?;
        let (content, rest) = split(rest)?;
        let (words, _) = split(rest)?;
        let subject = Digest::from_bytes(subject);
        Ok(Self { kind, at_us, subject, content: some(content), words: some(words) })
    }
}

fn some(digest: [u8; 32]) -> Option<Digest> {
    (digest != [0; 32]).then(|| Digest::from_bytes(digest))
}

fn split<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), BadLeaf> {
    bytes.split_first_chunk().map(|(first, rest)| (*first, rest)).ok_or(BadLeaf::Length(bytes.len()))
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} of {}", self.kind, self.at(), self.subject.short())
    }
}

/// The digest of words that a leaf may hold: of 32 random bytes, which are kept beside the words, and the
/// words. A bare digest of a name or a reason can be guessed; when words and random bytes are erased together,
/// this one tells nothing any more.
#[must_use]
pub fn words_digest(blind: &[u8; 32], words: &str) -> Digest {
    // The prefix keeps it apart from every other use of the hash.
    let mut bytes = b"glasshouse words of a leaf\0".to_vec();
    bytes.extend_from_slice(blind);
    bytes.extend_from_slice(words.as_bytes());
    Digest::of(&bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaves() -> impl Strategy<Value = Leaf> {
        let kinds = proptest::sample::select(LeafKind::ALL);
        let digest = any::<[u8; 32]>().prop_map(Digest::from_bytes);
        (kinds, -1_000_000_000_000_i64..4_000_000_000_000_000, digest.clone(), digest.clone(), digest)
            .prop_map(|(kind, at, subject, content, words)| {
                let at = Timestamp::from_microsecond(at).unwrap();
                let leaf = Leaf::new(kind, at, subject);
                let leaf = if content.as_bytes()[0] % 2 == 0 { leaf.with_content(content) } else { leaf };
                if words.as_bytes()[0] % 2 == 0 { leaf.with_words(words) } else { leaf }
            })
    }

    proptest! {
        #[test]
        fn a_leaf_reads_back_from_its_bytes(leaf in leaves()) {
            prop_assert_eq!(Leaf::from_bytes(&leaf.bytes()), Ok(leaf));
        }

        #[test]
        fn what_reads_as_a_leaf_has_no_other_spelling(
            mut bytes in proptest::collection::vec(any::<u8>(), LEAF_LEN),
            kind in 0..20_u8,
        ) {
            bytes[0] = FORM;
            bytes[1] = kind;
            bytes[2] = if bytes[2] % 2 == 0 { 0 } else { bytes[2] };
            if let Ok(leaf) = Leaf::from_bytes(&bytes) {
                prop_assert_eq!(leaf.bytes().to_vec(), bytes);
            }
        }
    }

    #[test]
    fn the_bytes_are_these() {
        // Signed logs are made of them: whoever changes this breaks every log that there is.
        let at = Timestamp::from_microsecond(1_700_000_000_123_456).unwrap();
        let leaf = Leaf::new(LeafKind::Seal, at, Digest::from_bytes([0xaa; 32]))
            .with_content(Digest::from_bytes([0xbb; 32]));
        let hex: String = leaf.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = ["0109", "00060a2418202240", &"aa".repeat(32), &"bb".repeat(32), &"00".repeat(32)];
        assert_eq!(hex, expected.concat());
    }

    #[test]
    fn numbers_of_kinds_stay_and_do_not_repeat() {
        let numbers: Vec<u8> = LeafKind::ALL.iter().map(|kind| kind.number()).collect();
        assert_eq!(numbers, (1..=18).collect::<Vec<u8>>());
        for kind in LeafKind::ALL {
            assert_eq!(LeafKind::of(kind.number()), Some(*kind));
        }
    }

    #[test]
    fn what_is_no_leaf_says_why() {
        let good = Leaf::new(LeafKind::Run, Timestamp::UNIX_EPOCH, Digest::of(b"run")).bytes();
        assert_eq!(Leaf::from_bytes(&good[1..]), Err(BadLeaf::Length(105)));
        let with = |place: usize, byte: u8| {
            let mut bytes = good;
            bytes[place] = byte;
            Leaf::from_bytes(&bytes)
        };
        assert_eq!(with(0, 2), Err(BadLeaf::Form(2)));
        assert_eq!(with(1, 0), Err(BadLeaf::Kind(0)));
        assert_eq!(with(1, 99), Err(BadLeaf::Kind(99)));
        assert_eq!(with(2, 0x7f), Err(BadLeaf::Time));
    }

    #[test]
    fn words_cannot_be_guessed_without_what_blinds_them() {
        let of = |blind| words_digest(&[blind; 32], "CONTOSO\\alice");
        assert_ne!(of(1), of(2));
        assert_ne!(of(1), Digest::of(b"CONTOSO\\alice"));
        assert_eq!(of(1), of(1));
    }
}
