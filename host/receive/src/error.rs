use std::{io, path::PathBuf};

use glasshouse_audit::BadVerifier;
use glasshouse_contract::{Fault, FaultKind, Name};
use glasshouse_secret::SecretError;

/// Why a receiver cannot be set up, looked into or run. What is answered to a sender is no such error.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// A file or folder.
    #[error("{source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// There is a receiver in this folder.
    #[error("there is a receiver in it")]
    Exists {
        /// Which folder.
        path: PathBuf,
    },
    /// There is none.
    #[error("there is no receiver in it")]
    NoReceiver {
        /// Which folder.
        path: PathBuf,
    },
    /// `receive.toml`.
    #[error("{why}")]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        why: String,
    },
    /// The receiver's name.
    #[error(transparent)]
    Name(#[from] BadVerifier),
    /// The key of receipts.
    #[error(transparent)]
    Key(#[from] SecretError),
    /// The file of the key holds something else.
    #[error("it holds no key of receipts: 64 hexadecimal digits on one line are one")]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The server's certificate or its key.
    #[error("{why}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Certificates for trying could not be made.
    #[error("certificates cannot be made: {0}")]
    Authority(#[from] rcgen::Error),
    /// The address is taken, or not of this machine.
    #[error("it cannot be listened at: {source}")]
    Listen {
        /// Which.
        address: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// The database.
    #[error("the database: {0}")]
    Database(#[from] rusqlite::Error),
    /// A file that is another program's.
    #[error("it is no database of a receiver")]
    Foreign {
        /// Which.
        path: PathBuf,
    },
    /// A file that a newer receiver wrote.
    #[error("a newer receiver wrote it (schema {found}; this one knows {known})")]
    Newer {
        /// Which.
        path: PathBuf,
        /// The schema in the file.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// Something in the database that no receiver wrote.
    #[error("the database is damaged: {what}")]
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
    /// There is such a tenant.
    #[error("there is a tenant of that name")]
    TenantExists(Name),
    /// There is no such tenant.
    #[error("there is no tenant of that name")]
    NoTenant(Name),
    /// There is no such request.
    #[error("no request of this id has come from that tenant")]
    NoRequest(String),
    /// It was deleted.
    #[error("the request was deleted at {0}; its receipts are kept")]
    Gone(jiff::Timestamp),
    /// No randomness, no threads.
    #[error("{0}")]
    System(String),
}

impl ReceiveError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    /// The error for the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let database = "the receiver's database";
        let (kind, object, mend) = match self {
            Self::File { path, .. } => (
                FaultKind::Unreachable,
                path.display().to_string(),
                "check the path and that this account may read and write it",
            ),
            Self::Exists { path } => (
                FaultKind::Malformed,
                path.display().to_string(),
                "choose another folder, or run the one that is there",
            ),
            Self::NoReceiver { path } => (
                FaultKind::Unreachable,
                path.display().to_string(),
                "name the folder that `glasshouse receive init` made",
            ),
            Self::Config { path, .. } => (
                FaultKind::Malformed,
                path.display().to_string(),
                "correct the file; what `glasshouse receive init` writes explains each line",
            ),
            Self::Name(_) => (
                FaultKind::Malformed,
                "the receiver's name".to_owned(),
                "take a DNS name, as receiver.contoso.example",
            ),
            Self::Key(_) => (
                FaultKind::Unreachable,
                "the key of receipts".to_owned(),
                "bring it back from a backup, and chmod 600 it; with another key senders refuse the receipts",
            ),
            Self::NotAKey { path } => (
                FaultKind::Malformed,
                path.display().to_string(),
                "bring it back from a backup; with another key senders refuse the receipts",
            ),
            Self::Certificate { path, .. } => (
                FaultKind::Malformed,
                path.display().to_string(),
                "put the server's certificate and its key there, PEM; for trying, `glasshouse receive init --own-authority` makes them",
            ),
            Self::Authority(_) => (
                FaultKind::Malformed,
                "--own-authority".to_owned(),
                "name hosts or addresses that the certificate is for",
            ),
            Self::Listen { address, .. } => {
                (FaultKind::Unreachable, address.clone(), "choose another `listen` in receive.toml")
            }
            Self::Database(_) => (
                FaultKind::Unreachable,
                database.to_owned(),
                "see whether the disk is full or the folder is another account's",
            ),
            Self::Foreign { path } => (
                FaultKind::Malformed,
                path.display().to_string(),
                "name the folder that `glasshouse receive init` made",
            ),
            Self::Newer { path, .. } => {
                (FaultKind::Refused, path.display().to_string(), "use the newer receiver")
            }
            Self::Damaged { .. } => (
                FaultKind::Finding,
                database.to_owned(),
                "stop the receiver and bring the database back from a backup",
            ),
            Self::TenantExists(name) => (
                FaultKind::Malformed,
                name.to_string(),
                "give it a new token with `glasshouse receive tenant renew`, or choose another name",
            ),
            Self::NoTenant(name) => {
                (FaultKind::Malformed, name.to_string(), "see `glasshouse receive tenant list`")
            }
            Self::NoRequest(id) => (FaultKind::Finding, id.clone(), "see `glasshouse receive list`"),
            Self::Gone(_) => {
                (FaultKind::Finding, "the request".to_owned(), "see `glasshouse receive receipts`")
            }
            Self::System(_) => (
                FaultKind::Unreachable,
                "the receiver".to_owned(),
                "see whether the machine is out of memory or threads",
            ),
        };
        Fault::new(kind, object, self, mend)
    }
}
