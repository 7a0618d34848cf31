use glasshouse_contract::{BadHost, Fault, FaultKind, Name, PluginId};
use glasshouse_ledger::{LedgerError, Room};
use glasshouse_registry::{HostKeyError, RegistryError, StateError};
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
    /// A target that a route leads to is not there. Nothing is collected: what was to be sent would be lost.
    #[error("the target `{0}`, which a route leads to, does not run")]
    NoTarget(PluginId),
    /// An endpoint of a target has no host.
    #[error("target `{target}`: {error}")]
    NoHost {
        /// The target.
        target: PluginId,
        /// What is wrong.
        error: BadHost,
    },
    /// A route sets what a rule does not know. Nothing is collected: the rule would not do what was meant.
    #[error("route `{route}` gives the rule `{rule}` a setting `{setting}`, and it has no such setting")]
    UnknownSetting {
        /// The route.
        route: Name,
        /// The rule.
        rule: PluginId,
        /// What the route sets.
        setting: Name,
        /// What there is to set.
        declared: Vec<Name>,
    },
    /// So much is sealed and not sent that nothing more is collected. Nothing is dropped.
    #[error("{} bytes of requests are sealed and not sent, and there may be {}", .0.unsent, .0.most)]
    NoRoom(Room),
    /// A key that a rule uses cannot be had.
    #[error(transparent)]
    Key(#[from] HostKeyError),
    /// The system gave no random numbers.
    #[error("the system gives no random numbers")]
    NoRandom,
    /// There is no place for what the run remembers.
    #[error(transparent)]
    State(#[from] StateError),
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
            Self::NoTarget(_) => "no-target",
            Self::NoHost { .. } => "no-host",
            Self::UnknownSetting { .. } => "unknown-setting",
            Self::NoRoom(_) => "no-room",
            Self::Key(_) => "key",
            Self::NoRandom => "no-random",
            Self::State(_) => "state",
            Self::Ledger(_) => "ledger",
            Self::Registry(_) => "registry",
            Self::Worker => "worker",
        }
    }

    /// Whether it is over as soon as the disk has room: nobody has to mend anything else.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Ledger(error) => error.is_disk_full(),
            Self::Registry(error) => error.is_disk_full(),
            Self::State(error) => error.is_disk_full(),
            Self::Key(error) => error.is_disk_full(),
            _ => false,
        }
    }

    /// Whether it is over as soon as there is room, on the disk or in the outbox. The site has nothing to do with it.
    #[must_use]
    pub fn is_for_want_of_room(&self) -> bool {
        self.is_disk_full() || matches!(self, Self::NoRoom(_))
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
            Self::NoTarget(target) => Fault::new(
                FaultKind::Refused,
                target,
                "a route leads to this target, and it does not run",
                "see `glasshouse plugin list` for the reason, or take the route out of the configuration",
            ),
            Self::NoHost { target, error } => Fault::new(
                FaultKind::Malformed,
                target,
                error,
                "name it in glasshouse.toml: `[[target]]` with `endpoint.NAME = { host = \"..\" }`",
            ),
            Self::NoRule(rule) => Fault::new(
                FaultKind::Refused,
                rule,
                "the configuration names this rule, and it does not run",
                "see `glasshouse plugin list` for the reason, or take it out of the configuration",
            ),
            Self::UnknownSetting { route, rule, setting, declared } => {
                let declared: Vec<String> = declared.iter().map(|name| format!("`{name}`")).collect();
                let mend = match declared.as_slice() {
                    [] => "take the settings out of the configuration: it has none".to_owned(),
                    declared => format!("name one of {} in the configuration", declared.join(", ")),
                };
                let cause =
                    format!("it gives the rule `{rule}` a setting `{setting}`, and it has no such setting");
                Fault::new(FaultKind::Malformed, format!("route `{route}`"), cause, mend)
            }
            Self::NoRoom(_) => Fault::new(
                FaultKind::Refused,
                "the outbox",
                format!("{self}: nothing is collected, and nothing is dropped"),
                "have it sent (`glasshouse status` shows what is in the way) or withdrawn (`glasshouse outbox list`), or give \
                 more room: `unsent_mib` of [outbox] in glasshouse.toml",
            ),
            Self::Key(error) => error.fault(),
            Self::NoRandom => Fault::new(
                FaultKind::Unreachable,
                "run",
                self,
                "see whether the system's entropy source works",
            ),
            Self::State(error) => error.fault(),
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
