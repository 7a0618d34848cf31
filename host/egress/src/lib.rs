//! What leaves the machine, and nothing else opens a connection to send it: requests as they were sealed, to the
//! endpoints that manifest, grant and configuration name together.
//!
//! [`Egress::open`] turns these three into a [`Destination`], or says why not. [`Egress::send`] hands the very bytes of
//! a request to TLS, adds the credential last, and tells what it handed over. [`Egress::check`] asks whether an
//! endpoint can be reached, with nothing to say.
//!
//! Nothing is sent but by HTTPS, to an address that was looked at, to a receiver whose certificate (and key, where it is
//! pinned) was checked. What may not come in: queues, retries and the ledger; what a request means. Secrets stay in
//! [`Destination`] and never come out in an error, a log line or `Debug`.

#![forbid(unsafe_code)]

mod address;
mod answer;
mod body;
mod config;
mod connectivity;
mod credential;
mod destination;
mod distrust;
mod error;
mod quiet;
mod request;
mod resolve;
mod send;
mod trust;

pub use address::{AddressGrant, BadAddressGrant};
pub use body::Handed;
pub use config::{CredentialConfig, CredentialKind, EndpointConfig, TargetConfig};
pub use connectivity::{Checked, Connectivity, Severity, StatusMessage, status_messages};
pub use destination::{BadDestination, Destination};
pub use distrust::Distrust;
pub use error::{Cause, SendError, Stage};
pub use resolve::{Resolve, Resolving, SystemResolver};
pub use send::{Egress, Sent};
