use std::fmt;

use glasshouse_contract::{Asks, Fault, Name};
use serde::{Deserialize, Serialize};

use crate::{KeyId, Refusal};

/// What was decided about a plugin file, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The plugin's id and version.
    pub object: String,
    /// Each thing that was looked at, in order. After the first that failed, nothing was looked at.
    pub steps: Vec<Step>,
    /// Who signed it.
    pub signers: Vec<Signer>,
    /// What will matter soon.
    pub warnings: Vec<String>,
    /// The decision.
    pub outcome: Outcome,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was looked at: `signatures`, `file`, `validity`, `host`, `revocations`, `ratchet`, `grant`.
    pub check: String,
    /// How it went.
    pub outcome: StepOutcome,
    /// The same in words.
    pub words: String,
}

/// How one check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepOutcome {
    /// As it should be.
    Passed,
    /// It refuses the plugin.
    Failed,
    /// An administrator has to decide.
    Waiting,
}

/// Somebody who signed a plugin, or is said to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// The key's id.
    pub key: KeyId,
    /// The key's name in the trust file, where it has one.
    pub name: Option<Name>,
    /// Whether the signature counts.
    pub state: SignerState,
}

/// Whether a signature counts, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignerState {
    /// It verifies and counts.
    Counts,
    /// The key is not in the trust file, so the signature cannot be checked.
    Unknown,
    /// It does not verify.
    Bad,
    /// The key was revoked.
    Revoked,
    /// The key has expired.
    Expired,
    /// The key may not sign this kind of plugin.
    OtherKind,
}

/// The decision about a plugin file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "lowercase")]
pub enum Outcome {
    /// It may be compiled and run, with this and nothing more.
    Admitted {
        /// What it may do beyond what its kind gives to every plugin.
        granted: Asks,
    },
    /// It is signed as it should be, and waits for an administrator to grant what it asks.
    Waiting {
        /// What it asks for and was not granted; empty where it asks for nothing and has no grant.
        beyond: Asks,
    },
    /// It must not run.
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

impl Verdict {
    /// Whether it may be compiled and run.
    #[must_use]
    pub const fn is_admitted(&self) -> bool {
        matches!(self.outcome, Outcome::Admitted { .. })
    }

    /// Why it must not run, where it must not.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match &self.outcome {
            Outcome::Refused { refusal } => Some(refusal),
            _ => None,
        }
    }

    /// The refusal for the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        self.refusal().map(|refusal| refusal.fault(&self.object))
    }
}

impl SignerState {
    /// The state as a person reads it after the key's name.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Counts => "verified",
            Self::Unknown => "not in the trust file, not checked",
            Self::Bad => "does not verify",
            Self::Revoked => "verified, but the key was revoked",
            Self::Expired => "verified, but the key has expired",
            Self::OtherKind => "verified, but the key may not sign this kind",
        }
    }
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} ({}): {}", self.key.short(), self.state.words()),
            None => write!(f, "{}: {}", self.key.short(), self.state.words()),
        }
    }
}
