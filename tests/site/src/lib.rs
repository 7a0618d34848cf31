//! A pretend site database: a SQL Server that starts in a second, for trying and testing.
//!
//! It listens on loopback, speaks TDS 7.4 (PRELOGIN, TLS, LOGIN7, batches, sp_executesql) and
//! answers from a synthetic hierarchy of the size that was asked for. It misbehaves on request.
//! Nothing of the product is in it: what talks to it goes the same way as to a real server.
//! What may not come in: any room of `host/`, real data, a listener that is not on loopback.

#![forbid(unsafe_code)]

mod answer;
mod browser;
mod data;
mod fault;
mod log;
mod logins;
mod options;
mod replay;
mod session;
mod site;
mod tls;
mod tsql;
mod wire;

pub use answer::{Answer, ColumnMeta, Database, Databases, Moment, Row, Rows, SqlError, SqlType, Value};
pub use data::{Canary, Class, Clock, DataError, Hierarchy, Plan, SiteData};
pub use fault::{FAULTS, Fault, FaultError, FaultHelp, FaultKind};
pub use log::{Client, Entry, Log, What};
pub use logins::{Login, Rights};
pub use options::{Browser, Encryption, Options};
pub use site::{Running, Site};
