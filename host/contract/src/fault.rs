use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong, for the person who reads it: which object, what the cause is, how to mend it.
///
/// Each room has typed errors of its own; where one reaches a person it becomes a `Fault`, and
/// this is the one place that turns faults into text and exit codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which kind of failure this is; decides the exit code.
    pub kind: FaultKind,
    /// The file, plugin, site or setting that it is about.
    pub object: String,
    /// What is wrong with it.
    pub cause: String,
    /// What the reader can do.
    pub mend: String,
}

/// Kinds of failure, one for each exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultKind {
    /// A check failed or something was found.
    Finding,
    /// Malformed input or usage.
    Malformed,
    /// Something could not be reached or read.
    Unreachable,
    /// A policy refuses it.
    Refused,
}

impl FaultKind {
    /// The exit code of a command that ends this way; 0 is for success.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Finding => 1,
            Self::Malformed => 2,
            Self::Unreachable => 3,
            Self::Refused => 4,
        }
    }
}

impl Fault {
    /// A fault of some kind.
    pub fn new(
        kind: FaultKind,
        object: impl fmt::Display,
        cause: impl fmt::Display,
        mend: impl fmt::Display,
    ) -> Self {
        Self { kind, object: object.to_string(), cause: cause.to_string(), mend: mend.to_string() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.object, self.cause)?;
        if self.mend.is_empty() { Ok(()) } else { write!(f, "\n  mend: {}", self.mend) }
    }
}

impl std::error::Error for Fault {}
