//! The revocation list: signed, versioned, and good for a limited time only.

use std::{fmt, path::Path};

use glasshouse_contract::{Digest, Fault, FaultKind, Name, PluginId, shown};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Envelope, EnvelopeError, KeyId, SigningKey, TrustStore, durable::replace_file};

const PAYLOAD_TYPE: &str = "application/vnd.glasshouse.revocations+json";

/// What must no longer run: everything that some keys signed, some files, some plugins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocations {
    /// Grows with each list; a list older than one that was seen is refused.
    pub version: u64,
    /// When it was signed.
    pub issued: Timestamp,
    /// From when on nothing new is admitted by it.
    pub expires: Timestamp,
    /// Keys whose signatures no longer count.
    pub keys: Vec<KeyId>,
    /// Files that must not run.
    pub digests: Vec<Digest>,
    /// Plugins of which no version may run.
    pub plugins: Vec<PluginId>,
}

/// Why a revocation list is not followed. Nothing new is admitted then.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum RevocationError {
    /// No envelope around a list.
    #[error("{0}")]
    Envelope(#[from] EnvelopeError),
    /// No JSON, or not the fields of a list.
    #[error("the list cannot be read: {0}")]
    Syntax(String),
    /// The same list could be written otherwise, and this is not how it is written here.
    #[error("the list is not in its one canonical spelling")]
    Spelling,
    /// Expires before it is issued.
    #[error("the list is never valid: it expires before it is issued")]
    NeverValid,
    /// No key of the trust file that may sign such lists has signed it.
    #[error("no key that may revoke has signed it")]
    NotSigned,
    /// The signing key has expired.
    #[error("the key `{0}` that signed it has expired")]
    KeyExpired(Name),
    /// The signing key was itself revoked by the list in force.
    #[error("the key `{0}` that signed it was revoked")]
    KeyRevoked(Name),
    /// A signature that does not verify.
    #[error("the signature by `{0}` does not verify: the list was changed after it was signed")]
    BadSignature(Name),
    /// One key signed twice.
    #[error("one key signed it twice")]
    SameKeyTwice,
    /// An old list replayed.
    #[error("it has version {found}, and version {seen} was seen already")]
    Older {
        /// The list's version.
        found: u64,
        /// The highest version seen.
        seen: u64,
    },
}

impl RevocationError {
    /// The error for the person who reads it, about the list that they know as `object`.
    #[must_use]
    pub fn fault(&self, object: impl fmt::Display) -> Fault {
        let (kind, mend) = match self {
            Self::Envelope(_) | Self::Syntax(_) | Self::Spelling | Self::NeverValid | Self::SameKeyTwice => (
                FaultKind::Malformed,
                "get the list again from whoever signs it; until then nothing new is admitted",
            ),
            Self::NotSigned => (
                FaultKind::Refused,
                "trust its signer with `revoke = true` in trust.toml, if that is who may revoke here",
            ),
            Self::KeyExpired(_) | Self::KeyRevoked(_) => {
                (FaultKind::Refused, "have a list signed with another key that may revoke")
            }
            Self::BadSignature(_) => {
                (FaultKind::Refused, "get the list again from whoever signs it, and find out who changed it")
            }
            Self::Older { .. } => {
                (FaultKind::Refused, "get the newest list; somebody may be replaying an old one")
            }
        };
        Fault::new(kind, object, self, mend)
    }
}

impl Revocations {
    /// 30,000 entries fit.
    pub const MAX_BYTES: usize = 4 << 20;

    /// The list that follows `earlier`: the same entries and the next version.
    #[must_use]
    pub fn following(earlier: Option<&Self>, issued: Timestamp, expires: Timestamp) -> Self {
        match earlier {
            None => Self { version: 1, issued, expires, keys: vec![], digests: vec![], plugins: vec![] },
            Some(earlier) => {
                Self { version: earlier.version.saturating_add(1), issued, expires, ..earlier.clone() }
            }
        }
    }

    /// Reads a list and checks who signed it.
    ///
    /// `in_force` is the list that this one is to replace: a key that it revokes cannot sign a
    /// list that takes it back. Whether the list is older than one that was seen is for
    /// [`Self::check_not_older`]; whether it has expired, for [`crate::Admission`].
    ///
    /// # Errors
    /// When it cannot be read, or no trusted key that may revoke has signed it.
    pub fn verify(
        bytes: &[u8],
        trust: &TrustStore,
        in_force: Option<&Self>,
        now: Timestamp,
    ) -> Result<Self, RevocationError> {
        let envelope = Envelope::parse_within(bytes, Self::MAX_BYTES)?;
        let list = Self::parse(envelope.payload_of_type(PAYLOAD_TYPE)?)?;
        if envelope.key_named_twice().is_some() {
            return Err(RevocationError::SameKeyTwice);
        }
        let message = envelope.signed_message();
        let mut why_not = RevocationError::NotSigned;
        let mut signed = false;
        for signature in envelope.signatures() {
            let Some(key) = trust.key(signature.key()).filter(|key| key.revoke) else { continue };
            if !signature.is_by(&key.public, &message) {
                return Err(RevocationError::BadSignature(key.name.clone()));
            }
            if in_force.is_some_and(|list| list.keys.contains(&signature.key())) {
                why_not = RevocationError::KeyRevoked(key.name.clone());
            } else if key.has_expired(now) {
                why_not = RevocationError::KeyExpired(key.name.clone());
            } else {
                signed = true;
            }
        }
        if signed { Ok(list) } else { Err(why_not) }
    }

    fn parse(bytes: &[u8]) -> Result<Self, RevocationError> {
        let list: Self = serde_json::from_slice(bytes)
            .map_err(|error| RevocationError::Syntax(shown(&error.to_string())))?;
        if list.expires <= list.issued {
            return Err(RevocationError::NeverValid);
        }
        if list.to_payload() == bytes { Ok(list) } else { Err(RevocationError::Spelling) }
    }

    fn to_payload(&self) -> Vec<u8> {
        // Numbers and strings: there is nothing in it that JSON cannot say.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The list as a signed file.
    #[must_use]
    pub fn signed_with(&self, keys: &[&SigningKey]) -> Vec<u8> {
        let mut envelope = Envelope::unsigned(PAYLOAD_TYPE, self.to_payload());
        for key in keys {
            envelope.sign(key);
        }
        envelope.to_bytes()
    }

    /// Writes a signed list in the place of an earlier one.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn save(signed: &[u8], path: &Path) -> std::io::Result<()> {
        replace_file(path, signed, 0o644)
    }

    /// Refuses a list that is older than one that was seen: replaying it would take back what
    /// was revoked since.
    ///
    /// # Errors
    /// When it is older.
    pub const fn check_not_older(&self, highest_seen: u64) -> Result<(), RevocationError> {
        if self.version < highest_seen {
            Err(RevocationError::Older { found: self.version, seen: highest_seen })
        } else {
            Ok(())
        }
    }

    /// Whether nothing new is admitted by it any more.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now >= self.expires
    }
}
