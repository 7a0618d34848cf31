use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a statement was skipped or failed: one of a few words of the host, never text from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It is for a higher level than the one in force.
    Level,
    /// The statement guard refuses it, or a class is below what the column is made from.
    Refused,
    /// The site has no such view, table or function.
    MissingObject,
    /// A view has no such column.
    MissingColumn,
    /// The login may not read it.
    Permission,
    /// It took longer than it may.
    Timeout,
    /// It was chosen as the victim of a deadlock, each time.
    Deadlock,
    /// Somebody else held a lock on what it reads.
    LockTimeout,
    /// The site returned other columns than the manifest declares.
    Columns,
    /// SQL Server reported another error.
    Server,
    /// The connection broke.
    Broken,
    /// The site's answer is too large, or none that can be read.
    Unreadable,
    /// Another statement of the query failed, and the query makes one thing of all of them.
    Incomplete,
    /// The plugin gave up, trapped or broke the contract.
    Plugin,
    /// The plugin ran into a limit.
    Limit,
    /// The plugin was stopped: revoked, quarantined or expired.
    Stopped,
    /// A redaction rule failed.
    Rule,
}

impl Reason {
    const ALL: [Self; 17] = [
        Self::Level,
        Self::Refused,
        Self::MissingObject,
        Self::MissingColumn,
        Self::Permission,
        Self::Timeout,
        Self::Deadlock,
        Self::LockTimeout,
        Self::Columns,
        Self::Server,
        Self::Broken,
        Self::Unreadable,
        Self::Incomplete,
        Self::Plugin,
        Self::Limit,
        Self::Stopped,
        Self::Rule,
    ];

    /// The reason's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Refused => "refused",
            Self::MissingObject => "missing-object",
            Self::MissingColumn => "missing-column",
            Self::Permission => "permission",
            Self::Timeout => "timeout",
            Self::Deadlock => "deadlock",
            Self::LockTimeout => "lock-timeout",
            Self::Columns => "columns",
            Self::Server => "server",
            Self::Broken => "broken",
            Self::Unreadable => "unreadable",
            Self::Incomplete => "incomplete",
            Self::Plugin => "plugin",
            Self::Limit => "limit",
            Self::Stopped => "stopped",
            Self::Rule => "rule",
        }
    }

    /// The reason as a person reads it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Level => "it is for a higher level",
            Self::Refused => "the host does not run it as it is written",
            Self::MissingObject => "the site has no such view",
            Self::MissingColumn => "a view of the site lacks a column",
            Self::Permission => "the login may not read it",
            Self::Timeout => "it took too long",
            Self::Deadlock => "it lost a deadlock each time",
            Self::LockTimeout => "what it reads was locked",
            Self::Columns => "the site returned other columns than declared",
            Self::Server => "SQL Server reported an error",
            Self::Broken => "the connection broke",
            Self::Unreadable => "the answer is too large or cannot be read",
            Self::Incomplete => "another statement of the query failed",
            Self::Plugin => "the plugin failed",
            Self::Limit => "the plugin ran into a limit",
            Self::Stopped => "the plugin was stopped",
            Self::Rule => "a redaction rule failed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is no reason.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("there is no such reason")]
pub struct NoReason;

impl FromStr for Reason {
    type Err = NoReason;

    fn from_str(text: &str) -> Result<Self, NoReason> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(NoReason)
    }
}
