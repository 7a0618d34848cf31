//! What can go wrong at a site.
//!
//! A [`SiteError`] is a site and a [`Cause`]. [`SiteError::fault`] is for the person at this machine and may quote
//! what the server said, escaped and capped; [`SiteError::kind`] and [`SiteError::number`] quote nothing, and are
//! all that may get into a receipt or a metric.

mod fault;
mod server;

use std::{fmt, time::Duration};

use glasshouse_contract::{ColumnType, Name, shown};
use glasshouse_secret::SecretError;

use crate::tls::{ByteBudget, TlsError};

/// What went wrong, and at which site.
#[derive(Debug)]
pub struct SiteError {
    site: Name,
    // Boxed, for it is rare and large.
    cause: Box<Cause>,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// A setting of the site is wrong.
    #[error("`{setting}`: {why}")]
    Config {
        /// The setting.
        setting: &'static str,
        /// What is wrong.
        why: String,
        /// How to mend it.
        mend: String,
    },
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(BadSecret),
    /// No connection.
    #[error("no connection to {address}: {why}")]
    Connect {
        /// Host and port.
        address: String,
        /// What the operating system or SQL Browser says.
        why: String,
    },
    /// No encrypted connection.
    #[error(transparent)]
    Tls(TlsError),
    /// The server refused the login or the database.
    #[error("the login is refused (error {number}): {message}")]
    Login {
        /// SQL Server's error number.
        number: u32,
        /// What the server says.
        message: String,
    },
    /// The login failed without an answer of the server.
    #[error("the login failed: {0}")]
    LoginFailed(String),
    /// The server sent this host elsewhere twice.
    #[error("the server that this host was sent to sends it on, to {0}")]
    RoutedTwice(String),
    /// The login can write.
    #[error("the login can do more than read: {}", what.join(", "))]
    Writes {
        /// What it may do.
        what: Vec<&'static str>,
    },
    /// Whether the login can write could not be found out.
    #[error("whether the login can write cannot be found out: {0}")]
    RightsUnknown(String),
    /// The server did not answer in time.
    #[error("no answer within {} s during {stage}", after.as_secs())]
    Timeout {
        /// During what.
        stage: &'static str,
        /// After how long.
        after: Duration,
    },
    /// The connection ended in the middle of something.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// A view, table or function is not there (208, 2812, 4121).
    #[error("{} is not there (error {number})", quoted(name))]
    MissingObject {
        /// SQL Server's error number.
        number: u32,
        /// Its name, where the server tells it.
        name: Option<String>,
    },
    /// A column is not there (207).
    #[error("the column {} is not there (error {number})", quoted(name))]
    MissingColumn {
        /// SQL Server's error number.
        number: u32,
        /// Its name, where the server tells it.
        name: Option<String>,
    },
    /// The login may not do this (229, 230, 297, 300 and others).
    #[error("the login has not the right (error {number}): {message}")]
    Permission {
        /// SQL Server's error number.
        number: u32,
        /// What the server says.
        message: String,
    },
    /// The statement was chosen to end a deadlock (1205).
    #[error("the statement was ended to resolve a deadlock (error 1205)")]
    Deadlock,
    /// A lock was not given in time (1222).
    #[error("a lock was not given in time (error 1222)")]
    LockTimeout,
    /// Any other error of the server.
    #[error("the server says (error {number}, severity {class}, state {state}): {message}")]
    Server {
        /// SQL Server's error number.
        number: u32,
        /// Its state.
        state: u8,
        /// Its severity.
        class: u8,
        /// What the server says.
        message: String,
    },
    /// The columns are not those of the manifest.
    #[error("the columns are not those of the manifest: {}", columns(missing, extra, *reordered, types))]
    Columns {
        /// Declared and not there.
        missing: Vec<String>,
        /// There and not declared.
        extra: Vec<String>,
        /// All are there, in another order.
        reordered: bool,
        /// Of another type.
        types: Vec<WrongType>,
    },
    /// A null where the manifest promises a value.
    #[error("column `{column}` has a null in row {row} and is not nullable")]
    Null {
        /// The column.
        column: String,
        /// The row, from 1.
        row: u64,
    },
    /// A value that the declared type cannot hold.
    #[error("column `{column}`, row {row}: {why}")]
    Value {
        /// The column.
        column: String,
        /// The row, from 1.
        row: u64,
        /// Why not; says nothing of the value.
        why: &'static str,
    },
    /// A row is larger than any that is taken.
    #[error("a row has more than {limit} bytes")]
    TooLarge {
        /// What a row may have.
        limit: u64,
    },
    /// The answer cannot be read.
    #[error("the server's answer cannot be read: {0}")]
    Malformed(String),
}

/// A column of another type than the manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongType {
    /// The column.
    pub column: String,
    /// What the manifest says.
    pub declared: ColumnType,
    /// What the server sends.
    pub found: &'static str,
}

/// Why a secret cannot be read; the secret is not in it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BadSecret(SecretError);

impl From<SecretError> for Cause {
    fn from(error: SecretError) -> Self {
        Self::Secret(BadSecret(error))
    }
}

impl SiteError {
    pub(crate) fn new(site: &Name, cause: Cause) -> Self {
        Self { site: site.clone(), cause: Box::new(cause) }
    }

    /// At which site.
    #[must_use]
    pub const fn site(&self) -> &Name {
        &self.site
    }

    /// What went wrong.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Whether the same again may work.
    #[must_use]
    pub fn retry(&self) -> bool {
        self.cause.retry()
    }

    /// SQL Server's error number, where there is one.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        match *self.cause {
            Cause::Login { number, .. }
            | Cause::MissingObject { number, .. }
            | Cause::MissingColumn { number, .. }
            | Cause::Permission { number, .. }
            | Cause::Server { number, .. } => Some(number),
            Cause::Deadlock => Some(1205),
            Cause::LockTimeout => Some(1222),
            _ => None,
        }
    }

    /// Whether this is about the whole site and not about one statement: no other statement will do better.
    #[must_use]
    pub fn is_of_site(&self) -> bool {
        matches!(
            *self.cause,
            Cause::Config { .. }
                | Cause::Secret(_)
                | Cause::Connect { .. }
                | Cause::Tls(_)
                | Cause::Login { .. }
                | Cause::LoginFailed(_)
                | Cause::RoutedTwice(_)
                | Cause::Writes { .. }
                | Cause::RightsUnknown(_)
                | Cause::Timeout { stage: stage::CONNECT | stage::PRELOGIN | stage::LOGIN, .. }
        )
    }
}

/// Stages that have a timeout.
pub(crate) mod stage {
    pub(crate) const CONNECT: &str = "connecting";
    pub(crate) const PRELOGIN: &str = "PRELOGIN and the TLS handshake";
    pub(crate) const LOGIN: &str = "login";
    pub(crate) const STATEMENT: &str = "a statement";
}

impl Cause {
    pub(crate) fn retry(&self) -> bool {
        match self {
            Self::Deadlock | Self::Broken(_) => true,
            // From severity 20 on the server ends the connection, for reasons that may be over.
            Self::Server { class, .. } => *class >= 20,
            // A server that starts, fails over or is at its limit of connections.
            Self::Connect { .. } => true,
            Self::Tls(error) => {
                matches!(error, TlsError::Closed(_) | TlsError::Late(_) | TlsError::Transport { .. })
            }
            // It is being upgraded; or (Azure) it moves, is overloaded or is not available right now.
            Self::Login { number, .. } => {
                matches!(number, 18401 | 40197 | 40501 | 40613 | 49918 | 49919 | 49920)
            }
            _ => false,
        }
    }

    /// Whether the answer ended with this, so that the connection can be used again. SQL Server ends it itself from
    /// severity 20 on, and after a deadlock nothing of the statement is left.
    pub(crate) const fn leaves_connection(&self) -> bool {
        matches!(
            self,
            Self::MissingObject { .. }
                | Self::MissingColumn { .. }
                | Self::Permission { .. }
                | Self::Deadlock
                | Self::LockTimeout
                | Self::Server { class: ..20, .. }
        )
    }

    /// What the driver says went wrong while it read or wrote.
    pub(crate) fn of_driver(error: tiberius::error::Error, budget: &ByteBudget) -> Self {
        use tiberius::error::Error;
        if budget.exceeded() {
            return Self::TooLarge { limit: budget.limit() };
        }
        match error {
            Error::Server(error) => {
                server::cause(error.code(), error.state(), error.class(), error.message())
            }
            Error::Io { message, .. } => Self::Broken(shown(&message)),
            other => Self::Malformed(shown(&other.to_string())),
        }
    }

    /// The same for a login, where a server's error means that it was refused.
    pub(crate) fn of_login(error: tiberius::error::Error, budget: &ByteBudget) -> Self {
        use tiberius::error::Error;
        match error {
            Error::Server(error) if error.class() < 20 => {
                Self::Login { number: error.code(), message: shown(error.message()) }
            }
            Error::Server(_) | Error::Io { .. } => Self::of_driver(error, budget),
            other => Self::LoginFailed(shown(&other.to_string())),
        }
    }
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "site `{}`: {}", self.site, self.cause)
    }
}

impl std::error::Error for SiteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.cause)
    }
}

fn quoted(name: &Option<String>) -> String {
    name.as_ref().map_or_else(|| "something that the statement reads".to_owned(), |name| format!("`{name}`"))
}

fn columns(missing: &[String], extra: &[String], reordered: bool, types: &[WrongType]) -> String {
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("missing {}", missing.join(", ")));
    }
    if !extra.is_empty() {
        parts.push(format!("not declared {}", extra.join(", ")));
    }
    if reordered {
        parts.push("in another order".to_owned());
    }
    for WrongType { column, declared, found } in types {
        parts.push(format!("{column} is {found} where {declared} is declared"));
    }
    parts.join("; ")
}
