use glasshouse_contract::{Fault, FaultKind, Name, PluginId};
use glasshouse_ledger::LedgerError;
use glasshouse_registry::{HostKeyError, RegistryError};
use glasshouse_site::SiteError;

/// Why a run could not begin, or broke off. What was done up to then is kept; the run goes on from there the
/// next time.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The site as a whole cannot be worked with.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// Nobody knows which hierarchy the site belongs to.
    #[error("site `{0}`: its database does not tell the hierarchy's id, and neither does the configuration")]
    NoHierarchy(Name),
    /// Another run of the site is at work.
    #[error("site `{0}`: a run is at work already")]
    Busy(Name),
    /// A rule that the configuration names is not there. Without it nothing is collected: rows would be kept
    /// that it should have changed.
    #[error("the rule `{0}`, which the configuration names, does not run")]
    NoRule(PluginId),
    /// A key that a rule uses cannot be had.
    #[error(transparent)]
    Key(#[from] HostKeyError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The plugins cannot be listed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A part of the work ended as it never should.
    #[error("a worker of the run ended without a word")]
    Worker,
}

impl CollectError {
    /// What went wrong in a word of the host's, for logs: nothing of it is from outside.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Site(error) => error.kind(),
            Self::NoHierarchy(_) => "no-hierarchy",
            Self::Busy(_) => "busy",
            Self::NoRule(_) => "no-rule",
            Self::Key(_) => "key",
            Self::Ledger(_) => "ledger",
            Self::Registry(_) => "registry",
            Self::Worker => "worker",
        }
    }

    /// The error for the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Site(error) => error.fault(),
            Self::NoHierarchy(site) => Fault::new(
                FaultKind::Refused,
                format!("site `{site}`"),
                "its database does not tell the hierarchy's id, and neither does the configuration",
                "write the support id as `hierarchy = \"..\"` into its [[site]]; the console shows it under About",
            ),
            Self::Busy(site) => Fault::new(
                FaultKind::Refused,
                format!("site `{site}`"),
                "a run is at work already",
                "wait for its end; `glasshouse status` shows it",
            ),
            Self::NoRule(rule) => Fault::new(
                FaultKind::Refused,
                rule,
                "the configuration names this rule, and it does not run",
                "see `glasshouse plugin list` for the reason, or take it out of the configuration",
            ),
            Self::Key(error) => error.fault(),
            Self::Ledger(error) => {
                Fault::new(FaultKind::Unreachable, "ledger", error, "see that its disk has room")
            }
            Self::Registry(error) => error.fault("plugins"),
            Self::Worker => Fault::new(
                FaultKind::Unreachable,
                "run",
                self,
                "begin it again; it goes on from where it was",
            ),
        }
    }
}
