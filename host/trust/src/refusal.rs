use std::fmt;

use glasshouse_contract::{Digest, Fault, FaultKind, Kind, Name, PluginId};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::KeyId;

/// Why a plugin file that can be read is not admitted: one variant for each reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Refusal {
    /// Nobody signed it.
    #[error("it is not signed")]
    NotSigned,
    /// One key signed it twice, to count as two.
    #[error("the key {key} signed it twice")]
    SameKeyTwice {
        /// The key.
        key: KeyId,
    },
    /// A known key's signature does not verify.
    #[error("the signature by `{key}` does not verify: the statement was changed after it was signed")]
    BadSignature {
        /// The key's name.
        key: Name,
    },
    /// The signatures are about some other file.
    #[error("it was signed as another file: the signatures are about {signed_for}, and this is {found}")]
    OtherFile {
        /// The digest that was signed.
        signed_for: Digest,
        /// The file's digest.
        found: Digest,
    },
    /// The signatures are about some other plugin.
    #[error("it was signed as `{signed_for}`, and its manifest says `{found}`")]
    OtherPlugin {
        /// The id that was signed.
        signed_for: PluginId,
        /// The manifest's id.
        found: PluginId,
    },
    /// The signatures are about some other manifest.
    #[error(
        "it was signed with another manifest: the signatures are about {signed_for}, and its manifest is {found}"
    )]
    OtherManifest {
        /// The digest that was signed.
        signed_for: Digest,
        /// The manifest's digest.
        found: Digest,
    },
    /// None of its signers is in the trust file.
    #[error("none of the {signatures} keys that signed it is trusted here")]
    UnknownSigners {
        /// How many signed it.
        signatures: usize,
    },
    /// Its signer may not sign this kind.
    #[error("the key `{key}` signed it and may not sign a {kind}")]
    KeyNotForKind {
        /// The key's name.
        key: Name,
        /// The plugin's kind.
        kind: Kind,
    },
    /// Its signer's key has expired.
    #[error("the key `{key}` that signed it expired at {expired}")]
    KeyExpired {
        /// The key's name.
        key: Name,
        /// When.
        expired: Timestamp,
    },
    /// Its signer's key was revoked.
    #[error("the key `{key}` that signed it was revoked")]
    KeyRevoked {
        /// The key's name.
        key: Name,
    },
    /// Not everybody signed it who has to.
    #[error("too few signatures: a {kind} needs {needs}; signed by {signed}")]
    TooFewSignatures {
        /// The plugin's kind.
        kind: Kind,
        /// What the policy asks for.
        needs: String,
        /// Whose signatures count.
        signed: String,
    },
    /// Its time has not come.
    #[error("it is not valid before {not_before}")]
    NotYetValid {
        /// When it begins.
        not_before: Timestamp,
    },
    /// Its time is over.
    #[error("it expired at {not_after}")]
    Expired {
        /// When it ended.
        not_after: Timestamp,
    },
    /// It needs a newer host.
    #[error("it needs host {minimum_host} or newer, and this is {host}")]
    HostTooOld {
        /// What it needs.
        minimum_host: Version,
        /// What this host is.
        host: Version,
    },
    /// The revocation list is out of date: what was revoked since is not known.
    #[error(
        "the revocation list (version {version}) expired at {expired}, so what was revoked since is not known"
    )]
    RevocationsExpired {
        /// The list's version.
        version: u64,
        /// When.
        expired: Timestamp,
    },
    /// This file was revoked.
    #[error("this file was revoked ({digest})")]
    DigestRevoked {
        /// The file's digest.
        digest: Digest,
    },
    /// The plugin was revoked, in every version.
    #[error("the plugin `{plugin}` was revoked in every version")]
    PluginRevoked {
        /// The plugin's id.
        plugin: PluginId,
    },
    /// A newer version was admitted before.
    #[error("it is version {found}, and version {highest} was admitted before")]
    Older {
        /// Its version.
        found: Version,
        /// The highest admitted version.
        highest: Version,
    },
    /// Its SQL is none that is run, or its columns are called less than they are. The statement guard says so;
    /// here it has its place among the other reasons.
    #[error("{why}")]
    Query {
        /// The guard's words.
        why: String,
    },
}

impl Refusal {
    /// The reason as one word for machines.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::NotSigned => "not-signed",
            Self::SameKeyTwice { .. } => "same-key-twice",
            Self::BadSignature { .. } => "bad-signature",
            Self::OtherFile { .. } => "other-file",
            Self::OtherPlugin { .. } => "other-plugin",
            Self::OtherManifest { .. } => "other-manifest",
            Self::UnknownSigners { .. } => "unknown-signers",
            Self::KeyNotForKind { .. } => "key-not-for-kind",
            Self::KeyExpired { .. } => "key-expired",
            Self::KeyRevoked { .. } => "key-revoked",
            Self::TooFewSignatures { .. } => "too-few-signatures",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::Expired { .. } => "expired",
            Self::HostTooOld { .. } => "host-too-old",
            Self::RevocationsExpired { .. } => "revocations-expired",
            Self::DigestRevoked { .. } => "digest-revoked",
            Self::PluginRevoked { .. } => "plugin-revoked",
            Self::Older { .. } => "older",
            Self::Query { .. } => "query",
        }
    }

    /// What the reader can do.
    #[must_use]
    pub const fn mend(&self) -> &'static str {
        match self {
            Self::NotSigned => "have it signed with `glasshouse plugin sign` by a key in trust.toml",
            Self::SameKeyTwice { .. } => "get the file again from its signer: one key is one signature",
            Self::BadSignature { .. }
            | Self::OtherFile { .. }
            | Self::OtherPlugin { .. }
            | Self::OtherManifest { .. } => {
                "get the file again from its signer; if it is the same, somebody changed it: do not use it"
            }
            Self::UnknownSigners { .. } => "if you trust its signer, add the key with `glasshouse trust add`",
            Self::KeyNotForKind { .. } => {
                "have it signed by a key that may, or change the key's `kinds` in trust.toml"
            }
            Self::KeyExpired { .. } => "have it signed with the signer's new key, and add that to trust.toml",
            Self::KeyRevoked { .. } => {
                "have it signed by a key that is not revoked, once you know why this one was"
            }
            Self::TooFewSignatures { .. } => {
                "have the others sign the same file with `glasshouse plugin sign`"
            }
            Self::NotYetValid { .. } => "wait, and check this machine's clock",
            Self::Expired { .. } => {
                "get a newer version, or have this one signed anew; check this machine's clock"
            }
            Self::HostTooOld { .. } => "use a newer host, or an older version of the plugin",
            Self::RevocationsExpired { .. } => {
                "get the newest revocation list and put it into the state directory"
            }
            Self::DigestRevoked { .. } | Self::PluginRevoked { .. } => {
                "remove it; whoever signs your revocation list knows why"
            }
            Self::Older { .. } => "to go back on purpose, use `glasshouse plugin rollback`",
            Self::Query { .. } => {
                "get a version with that mended; `glasshouse plugin inspect` shows all that is wrong"
            }
        }
    }

    /// The refusal for the person who reads it, about the plugin that they know as `object`.
    #[must_use]
    pub fn fault(&self, object: impl fmt::Display) -> Fault {
        Fault::new(FaultKind::Refused, object, self, self.mend())
    }
}
