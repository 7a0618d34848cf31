use glasshouse_contract::Digest;
use serde::{Deserialize, Serialize};

/// What is asked about the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AuditRequest {
    /// How long it is, and what is in it.
    Show,
    /// Whether its files, the leaves and what witnesses saw are one log.
    Verify {
        /// What somebody else kept of it.
        witnesses: Vec<WitnessNote>,
        /// Keys of receivers beside those that the configuration names.
        #[serde(default)]
        receivers: Vec<String>,
    },
    /// A proof that something is in it.
    Prove {
        /// What.
        subject: Subject,
    },
    /// Leaves, as they are.
    Page {
        /// The number of the first one.
        from: u64,
    },
}

impl AuditRequest {
    /// What is asked, in a word for the log.
    pub(crate) const fn verb(&self) -> &'static str {
        match self {
            Self::Show => "audit show",
            Self::Verify { .. } => "audit verify",
            Self::Prove { .. } => "audit prove",
            Self::Page { .. } => "audit export",
        }
    }
}

/// What is to be proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A leaf by its number.
    Leaf(u64),
    /// A line of the journal by its number.
    Line(u64),
    /// What a leaf tells of: a request's id, a plugin's digest.
    Digest(Digest),
}

/// A text that vouches for how the log was once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessNote {
    /// What it is called: the file's name, or the request's id.
    pub name: String,
    /// The signed note: a receipt, or a checkpoint of the log itself.
    pub note: String,
}
