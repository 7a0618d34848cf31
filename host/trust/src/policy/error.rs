use std::{
    io,
    path::{Path, PathBuf},
};

use glasshouse_contract::{Fault, FaultKind};

use super::TrustStore;

/// Why there is no trust store. Nothing is loaded without one.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// No such file.
    #[error("there is no trust file, so nothing is trusted")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("{source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Others than its owner can change it.
    #[error("others than its owner can change it (mode {mode:03o})")]
    Writable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Somebody else's: an owner can change a file whatever its mode.
    #[error("it belongs to uid {owner}, not to root or to the owner of its folder")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// Bigger than any trust file.
    #[error("it has more than {} KiB", TrustStore::MAX_BYTES >> 10)]
    TooBig,
    /// No TOML, or not the fields of a trust file.
    #[error("line {line}: {why}")]
    Syntax {
        /// Which line, from 1.
        line: usize,
        /// What is wrong there.
        why: String,
    },
    /// Another version of the format.
    #[error("its version is {0}; this host reads version {ours}", ours = TrustStore::VERSION)]
    Version(u32),
    /// Something in it that contradicts itself or trusts nobody.
    #[error("{place}: {why}")]
    Rule {
        /// The key, policy or grant.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// Asked to change what is not in it.
    #[error("there is no {0} in it")]
    NotThere(String),
    /// Asked to add what is in it.
    #[error("there is a {0} in it already")]
    AlreadyThere(String),
    /// One of the above, and the file that it is about.
    #[error("{source}")]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<Self>,
    },
}

impl TrustError {
    pub(super) fn in_file(self, path: &Path) -> Self {
        Self::InFile { path: path.to_owned(), source: Box::new(self) }
    }

    /// The error for the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let (object, kind, mend) = match self {
            Self::InFile { path, source } => {
                let fault = source.fault();
                return Fault { object: path.display().to_string(), ..fault };
            }
            Self::Missing { path } => (
                path.display().to_string(),
                FaultKind::Refused,
                "trust a first key with `glasshouse trust add`, or restore the file".to_owned(),
            ),
            Self::Io { path, .. } => (
                path.display().to_string(),
                FaultKind::Unreachable,
                "check the path, and that this account may read and write it".to_owned(),
            ),
            Self::Writable { path, .. } => (
                path.display().to_string(),
                FaultKind::Refused,
                format!("look through it, then: chmod go-w {}", path.display()),
            ),
            Self::Foreign { path, .. } => (
                path.display().to_string(),
                FaultKind::Refused,
                format!(
                    "look through it, then give it to the account that the host runs as: chown {}",
                    path.display()
                ),
            ),
            Self::NotThere(_) => {
                (named(), FaultKind::Malformed, "`glasshouse trust show` lists what is".to_owned())
            }
            Self::AlreadyThere(_) => {
                (named(), FaultKind::Malformed, "choose another name, or remove it first".to_owned())
            }
            Self::TooBig => {
                (named(), FaultKind::Malformed, "remove keys and grants that are not used".to_owned())
            }
            Self::Syntax { .. } | Self::Rule { .. } => {
                (named(), FaultKind::Malformed, "correct it; nothing is loaded until then".to_owned())
            }
            Self::Version(_) => {
                (named(), FaultKind::Malformed, format!("begin it with `version = {}`", TrustStore::VERSION))
            }
        };
        Fault::new(kind, object, self, mend)
    }
}

/// What a trust file is called where its path is not known.
fn named() -> String {
    "trust.toml".to_owned()
}
