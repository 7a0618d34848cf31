//! Whether endpoints can be reached, and the status messages that say so: those of Configuration Manager's service
//! connection point (SMS_SERVICE_CONNECTOR), so that a site's own filters and alerts know them.

use std::fmt;

use glasshouse_contract::{Name, PluginId};

use crate::{destination::Destination, error::SendError};

/// What came of asking for an endpoint.
#[derive(Debug)]
pub enum Connectivity {
    /// It answered, with this status.
    Answered(u16),
    /// There was no answer.
    Failed(SendError),
    /// Nobody asked: what manifest, grant and configuration say does not fit together, or the target does not run.
    NoWay(String),
}

/// Statuses that are not the receiver's, but of something on the way: proxies (407, 408, 451, 502, 511), wrong TLS
/// settings (426), and timeouts of proxies that no RFC knows (598, 599).
const FAILING: [u16; 8] = [407, 408, 426, 451, 502, 511, 598, 599];

impl Connectivity {
    /// Whether the endpoint can be reached. Any answer will do but those eight: 401, 404 and 500 come from the receiver.
    #[must_use]
    pub fn fine(&self) -> bool {
        match self {
            Self::Answered(status) => !FAILING.contains(status),
            Self::Failed(_) | Self::NoWay(_) => false,
        }
    }
}

impl fmt::Display for Connectivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => write!(f, "status {status}"),
            Self::Failed(error) => error.cause().fmt(f),
            Self::NoWay(why) => f.write_str(why),
        }
    }
}

/// One endpoint that was asked for.
#[derive(Debug)]
pub struct Checked {
    /// Which plugin's.
    pub target: PluginId,
    /// Which endpoint of the plugin.
    pub endpoint: Name,
    /// Whether it is an error, and not a warning, that it cannot be reached.
    pub critical: bool,
    /// What came of it.
    pub connectivity: Connectivity,
}

impl Checked {
    /// What came of asking for a destination.
    #[must_use]
    pub fn of(destination: &Destination, connectivity: Connectivity) -> Self {
        Self {
            target: destination.target().clone(),
            endpoint: destination.endpoint().clone(),
            critical: destination.critical(),
            connectivity,
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// All is well.
    Info,
    /// Something that can be done without.
    Warning,
    /// Something that cannot.
    Error,
}

/// A status message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusMessage {
    /// Its number.
    pub id: u16,
    /// How bad it is.
    pub severity: Severity,
    /// What it says.
    pub text: String,
}

/// What is to be said of endpoints that were asked for: first one message over all, the worst that holds (11410, 11411,
/// 11412), then 11488 for each endpoint that is critical and cannot be reached.
#[must_use]
pub fn status_messages(checked: &[Checked]) -> Vec<StatusMessage> {
    let failed: Vec<&Checked> = checked.iter().filter(|one| !one.connectivity.fine()).collect();
    let named = |one: &&Checked| format!("{} {} ({})", one.target, one.endpoint, one.connectivity);
    let list = failed.iter().map(named).collect::<Vec<_>>().join("; ");
    let critical = || failed.iter().filter(|one| one.critical);
    let over_all = match (failed.is_empty(), critical().next()) {
        (true, _) => StatusMessage {
            id: 11410,
            severity: Severity::Info,
            text: format!("all endpoints can be reached ({})", checked.len()),
        },
        (false, None) => StatusMessage {
            id: 11411,
            severity: Severity::Warning,
            text: format!("endpoints cannot be reached, none of them critical: {list}"),
        },
        (false, Some(_)) => StatusMessage {
            id: 11412,
            severity: Severity::Error,
            text: format!("endpoints cannot be reached, critical ones among them: {list}"),
        },
    };
    let required = critical().map(|one| StatusMessage {
        id: 11488,
        severity: Severity::Error,
        text: format!("the required endpoint {} cannot be connected to", named(one)),
    });
    std::iter::once(over_all).chain(required).collect()
}
