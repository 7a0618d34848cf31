use std::path::PathBuf;

use glasshouse_contract::{Digest, Fault, FaultKind, PluginId};
use glasshouse_guard::GuardError;
use glasshouse_ledger::LedgerError;
use glasshouse_sandbox::{CallError, SandboxError};
use glasshouse_trust::{FileError, Refusal, RevocationError, TrustError};

use crate::{HostKeyError, SealedKeyError, StoreError, state_dir::has_no_room};

/// Why the registry did not do what it was asked. Whatever served before still does.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The bytes are no plugin file.
    #[error("{0}")]
    File(FileError),
    /// The plugin is not admitted.
    #[error("{plugin}: {refusal}")]
    Refused {
        /// Its id and version.
        plugin: String,
        /// Why.
        refusal: Refusal,
    },
    /// An administrator took this very file back.
    #[error("{plugin}: this file was taken back: {why}")]
    Barred {
        /// Its id and version.
        plugin: String,
        /// The file.
        digest: Digest,
        /// What the administrator did.
        why: String,
    },
    /// Nothing can be judged: there is no trust, or it is not known what is revoked.
    #[error("{0}")]
    NotJudged(Fault),
    /// Its SQL is not run, or its classes are below what its SQL reads.
    #[error("{plugin}: {source}")]
    Guard {
        /// Its id and version.
        plugin: String,
        /// What is wrong, statement by statement.
        source: GuardError,
    },
    /// It does not become ready to run.
    #[error("{plugin}: {source}")]
    Load {
        /// Its id and version.
        plugin: String,
        /// Why.
        source: SandboxError,
    },
    /// It fails on the rows that it brings itself.
    #[error("{plugin}: its dry call failed: {source}")]
    DryCall {
        /// Its id and version.
        plugin: String,
        /// How.
        source: CallError,
    },
    /// There is no such plugin.
    #[error("there is no plugin `{0}`")]
    NoSuchPlugin(PluginId),
    /// No version of it waits for approval.
    #[error("no version of `{0}` waits for approval")]
    NothingWaits(PluginId),
    /// Another version waits than the one that was looked at.
    #[error("of `{plugin}` another file waits now, {waiting}, than the one that was shown, {shown}")]
    OtherWaits {
        /// The plugin.
        plugin: PluginId,
        /// What waits.
        waiting: Digest,
        /// What was shown.
        shown: Digest,
    },
    /// No earlier version is there.
    #[error("there is no earlier version of `{0}` that served here")]
    NothingEarlier(PluginId),
    /// The earlier version asks for what is no longer granted.
    #[error("{plugin}: it asks for more than is granted now: {beyond}")]
    GrantGone {
        /// Its id and version.
        plugin: String,
        /// What is not granted.
        beyond: String,
    },
    /// The trust file.
    #[error("{0}")]
    Trust(#[from] TrustError),
    /// A revocation list.
    #[error("the revocation list: {0}")]
    Revocations(#[from] RevocationError),
    /// A key of the host.
    #[error(transparent)]
    Key(#[from] HostKeyError),
    /// A sealed key.
    #[error(transparent)]
    SealedKey(#[from] SealedKeyError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There was a ledger, and it is not there.
    #[error("{}: the ledger is gone, and the audit log says that there was one", .path.display())]
    LedgerGone {
        /// Where it was.
        path: PathBuf,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the state directory.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        source: std::io::Error,
    },
}

const CHECK_STATE: &str = "check the state directory, its owner and the free disk space";

/// The ledger's own errors that have a mend say it in their text.
fn of_ledger(error: &LedgerError, object: &str) -> Fault {
    let text = error.to_string();
    let (cause, mend) = text.split_once("\n  mend: ").unwrap_or((&text, CHECK_STATE));
    Fault::new(FaultKind::Unreachable, object, cause, mend)
}

impl RegistryError {
    /// Whether the file itself is at fault, so that trying it again would end the same way.
    #[must_use]
    pub(crate) const fn blames_the_file(&self) -> bool {
        match self {
            // What was revoked since is not known: that is no fault of the file's.
            Self::Refused { refusal: Refusal::RevocationsExpired { .. }, .. } => false,
            Self::File(_) | Self::Refused { .. } | Self::Guard { .. } | Self::Barred { .. } => true,
            Self::Load { source, .. } => !matches!(
                source,
                SandboxError::Engine(_) | SandboxError::Compiler(_) | SandboxError::Cache { .. }
            ),
            Self::DryCall { source, .. } => !matches!(source, CallError::Busy(_)),
            _ => false,
        }
    }

    /// Whether it is over as soon as the disk has room.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Ledger(error) => error.is_disk_full(),
            Self::Key(error) => error.is_disk_full(),
            Self::Io { source, .. } => has_no_room(source),
            _ => false,
        }
    }

    /// The error for the person who reads it, about what they know as `object`.
    #[must_use]
    pub fn fault(&self, object: &str) -> Fault {
        let fault = |kind, mend: &str| Fault::new(kind, object, self, mend);
        match self {
            Self::File(error) => error.fault(object),
            Self::Refused { plugin, refusal } => refusal.fault(plugin),
            Self::NotJudged(fault) => fault.clone(),
            Self::Guard { plugin, source } => source.fault(plugin),
            Self::Load { plugin, source } => source.fault(plugin),
            Self::DryCall { plugin, source } => {
                let fault = source.fault(plugin);
                Fault { cause: format!("its dry call failed: {source}"), ..fault }
            }
            Self::Trust(error) => error.fault(),
            Self::Revocations(error) => error.fault(object),
            Self::Key(error) => error.fault(),
            Self::SealedKey(error) => error.fault(object),
            Self::Barred { plugin, why, digest } => Fault::new(
                FaultKind::Refused,
                plugin,
                format!("this file was taken back: {why}"),
                format!("install a newer version, or approve this file by its digest, {digest}"),
            ),
            Self::NoSuchPlugin(_) | Self::NothingWaits(_) => {
                fault(FaultKind::Malformed, "`glasshouse plugin list` shows what there is")
            }
            Self::OtherWaits { .. } => fault(FaultKind::Refused, "look at what waits now, then approve that"),
            Self::NothingEarlier(_) => {
                fault(FaultKind::Refused, "install the version that you want, signed, with a higher number")
            }
            Self::GrantGone { plugin, beyond } => Fault::new(
                FaultKind::Refused,
                plugin,
                format!("it asks for more than is granted now: {beyond}"),
                "grant that in trust.toml first",
            ),
            Self::LedgerGone { path } => Fault::new(
                FaultKind::Unreachable,
                path.display(),
                "the ledger is gone, and the audit log says that there was one",
                "`glasshouse restore` takes a backup; to begin anew, and to lose what the host remembers, move `tiles` \
                 away as well",
            ),
            Self::Ledger(error) => of_ledger(error, object),
            Self::Store(_) | Self::Io { .. } => fault(FaultKind::Unreachable, CHECK_STATE),
        }
    }
}
