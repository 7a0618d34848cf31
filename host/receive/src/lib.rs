//! The receiving side of deliveries: an HTTPS server that keeps each request of its tenants once, and answers with
//! a receipt that it signs when the request is on disk.
//!
//! A [`Folder`] is all that there is on disk: `receive.toml`, the key of receipts, one SQLite file.
//! [`Receiver`] serves it over HTTPS; [`Store`] is what commands look into, also while it is served.
//!
//! What may not come in: what the requests mean (bytes are kept as they came), state of a host that collects,
//! plugins. One tenant's data is never part of an answer to another, and no data of any is in a log or an error.

#![forbid(unsafe_code)]

mod aging;
mod answer;
mod authority;
mod body;
mod config;
mod error;
mod folder;
mod sealed;
mod server;
mod service;
mod space;
mod store;
mod taking;
mod tenants;
mod token;
mod writer;

pub use authority::Authority;
pub use config::{COMMENTED, ReceiveConfig};
pub use error::ReceiveError;
pub use folder::{Folder, Made};
pub use server::Receiver;
pub use store::{Kept, Purged, Store, TenantState};
pub use token::Token;
