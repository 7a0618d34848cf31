use glasshouse_contract::{ApiMismatch, BadHost, Fault, FaultKind};

use crate::LimitExceeded;

/// Why a component cannot be made ready to run.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// This machine cannot run the engine as configured.
    #[error("the sandbox engine cannot start: {0}")]
    Engine(String),
    /// The compiler refused the component.
    #[error("the component does not compile: {0}")]
    Invalid(String),
    /// Compiling took more than it may.
    #[error("compiling the component took more than {limit}")]
    CompileLimit {
        /// Which limit, in words.
        limit: String,
    },
    /// The compiler process could not be run.
    #[error("the compiler process failed: {0}")]
    Compiler(String),
    /// The component needs what no plugin gets.
    #[error("the component does not fit the sandbox: {0}")]
    Shape(String),
    /// The component lacks what its kind must have.
    #[error("the component exports no `{0}`")]
    NoExport(String),
    /// Made for another contract.
    #[error(transparent)]
    Api(#[from] ApiMismatch),
    /// The code cache could not be read or written.
    #[error("the code cache {path}: {why}")]
    Cache {
        /// The file.
        path: String,
        /// What happened.
        why: String,
    },
}

/// Why a call into a plugin gave no result. The instance is thrown away in each case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It used more than it may.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// It trapped. The words are the plugin's own and may quote data.
    #[error("the plugin trapped: {trap}{}", last_words.as_ref().map_or_else(String::new, |words| format!(" ({words})")))]
    Trap {
        /// What wasm calls it.
        trap: String,
        /// What the plugin said before.
        last_words: Option<String>,
    },
    /// It gave up. The words are the plugin's own and may quote data.
    #[error("the plugin gave up: {0}")]
    GaveUp(String),
    /// It handed over something that breaks the contract.
    #[error("the plugin handed over something wrong: {0}")]
    Contract(String),
    /// It was stopped from outside.
    #[error("the plugin was stopped: {0}")]
    Stopped(String),
    /// Its requests would have no host to go to, or two.
    #[error(transparent)]
    Host(#[from] BadHost),
    /// The call is for another kind of plugin.
    #[error("the plugin is no {0}")]
    WrongKind(&'static str),
    /// All places in the pool are taken.
    #[error("all {0} places for running plugins are taken")]
    Busy(u32),
}

impl SandboxError {
    /// The error for the person who reads it.
    #[must_use]
    pub fn fault(&self, object: &str) -> Fault {
        let (kind, mend) = match self {
            Self::Engine(_) => {
                (FaultKind::Unreachable, "run it on a 64-bit machine with virtual memory to spare")
            }
            Self::Invalid(_) | Self::NoExport(_) => {
                (FaultKind::Malformed, "build the plugin again with `glasshouse plugin build`")
            }
            Self::CompileLimit { .. } | Self::Shape(_) => (FaultKind::Refused, "make the component smaller"),
            Self::Compiler(_) => {
                (FaultKind::Unreachable, "see whether the machine is out of memory, then try again")
            }
            Self::Api(_) => {
                (FaultKind::Refused, "build the plugin for this host's contract, or update the host")
            }
            Self::Cache { .. } => {
                (FaultKind::Unreachable, "see that the cache folder belongs to the service account")
            }
        };
        Fault::new(kind, object, self, mend)
    }
}

impl CallError {
    /// The error for the person who reads it.
    #[must_use]
    pub fn fault(&self, object: &str) -> Fault {
        let (kind, mend) = match self {
            Self::Limit(limit) => (
                FaultKind::Refused,
                format!("ask for more in the manifest (`[limits]` {}), or do less in one call", limit.name),
            ),
            Self::Trap { .. } | Self::Contract(_) | Self::GaveUp(_) => (
                FaultKind::Finding,
                "tell the plugin's author; `glasshouse plugin test` reproduces it".to_owned(),
            ),
            Self::Stopped(_) => {
                (FaultKind::Refused, "see `glasshouse plugin list` for the reason".to_owned())
            }
            Self::Host(_) => (
                FaultKind::Malformed,
                "name one host for each endpoint that has none in its manifest; `glasshouse plugin inspect` shows them"
                    .to_owned(),
            ),
            Self::WrongKind(kind) => (FaultKind::Malformed, format!("name a plugin that is a {kind}")),
            Self::Busy(_) => (FaultKind::Unreachable, "try again when other runs have ended".to_owned()),
        };
        Fault::new(kind, object, self, mend)
    }
}
