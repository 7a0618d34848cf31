//! SQL Server, and nothing else of the host knows it: connections to a site database, and rows as they come
//! in turned into column batches.
//!
//! What runs is a statement that the guard printed ([`Site::query`] takes nothing else), and what this room asks
//! for itself (settings of a session, rights of a login) is text of its own. Every connection is encrypted and
//! verified unless the configuration has a line that says otherwise; every login that can write is refused.
//!
//! What may not come in: what a statement is for, levels, plugins, the ledger. Secrets stay in [`Site`] and never
//! come out in an error, a log line or `Debug`.

#![forbid(unsafe_code)]

mod browser;
mod config;
mod error;
mod pool;
mod quiet;
mod rights;
mod rows;
mod session;
mod site;
mod tls;

pub use config::{LoginConfig, PinConfig, SiteConfig, TlsConfig};
pub use error::{Cause, SiteError, WrongType};
pub use rights::{Grant, LoginRights, least_privilege_sql};
pub use rows::Rows;
pub use site::{About, Site};
pub use tls::TlsError;
