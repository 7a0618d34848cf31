use std::collections::BTreeMap;

use glasshouse_audit::{Checkpoint, Report};
use glasshouse_contract::{Digest, Fault};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Blob;

/// How the audit log stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditReport {
    /// What the log is called.
    pub log: String,
    /// The key that checks its signatures, as C2SP's signed notes write it. Keep it elsewhere.
    pub key: String,
    /// How many leaves the ledger has.
    pub leaves: u64,
    /// What was signed last.
    pub checkpoint: Option<Signed>,
    /// The same as a signed note. Whoever keeps it elsewhere has a witness.
    pub note: Option<String>,
    /// How many leaves of each kind there are.
    pub kinds: BTreeMap<String, u64>,
    /// Why nothing more is signed.
    pub trouble: Option<Fault>,
}

/// How much of a log was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// How many leaves.
    pub size: u64,
    /// The root of their tree.
    pub root: Digest,
}

impl From<Checkpoint> for Signed {
    fn from(checkpoint: Checkpoint) -> Self {
        Self { size: checkpoint.size(), root: *checkpoint.root() }
    }
}

/// What came of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditVerified {
    /// The key that the checkpoint was held against.
    pub key: String,
    /// What was signed last.
    pub checkpoint: Option<Signed>,
    /// How many leaves were read.
    pub leaves: u64,
    /// How many files were compared.
    pub files: u64,
    /// How many witnesses were asked: each distinct thing that somebody saw counts once.
    pub witnesses: usize,
    /// How many of them saw just this log.
    pub agreeing: usize,
    /// How many receipts no key was known for: what they say was believed as it stands.
    #[serde(default)]
    pub unchecked: usize,
    /// What is wrong.
    pub findings: Vec<AuditFinding>,
}

/// Something that is wrong with the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFinding {
    /// What, in words.
    pub what: String,
    /// Whether only files are concerned that are made again from leaves: the past is as it was signed.
    pub repairable: bool,
}

impl AuditVerified {
    pub(super) fn of(key: String, witnesses: usize, unchecked: usize, report: Report) -> Self {
        let findings = report.findings.iter();
        Self {
            key,
            checkpoint: report.checkpoint.map(Into::into),
            leaves: report.leaves,
            files: report.files,
            witnesses,
            agreeing: report.witnesses,
            unchecked,
            findings: findings
                .map(|finding| AuditFinding {
                    what: finding.to_string(),
                    repairable: finding.is_repairable(),
                })
                .collect(),
        }
    }
}

/// A proof that a leaf is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditProof {
    /// The leaf's number.
    pub index: u64,
    /// What kind of thing it tells of.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// What it tells of.
    pub subject: Digest,
    /// The digest of the bytes that it is about.
    pub content: Option<Digest>,
    /// The other leaves about the same, each with its kind.
    pub others: BTreeMap<u64, String>,
    /// The leaf's bytes, which are proved.
    pub leaf: Blob,
    /// The proof, as C2SP's tlog-proof.
    pub proof: String,
    /// The key that checks it.
    pub key: String,
}

/// Some leaves of the log, one behind the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The newest signed checkpoint.
    pub note: String,
    /// The key that checks it.
    pub key: String,
    /// The leaves' bytes; each has the same length.
    pub leaves: Blob,
}
