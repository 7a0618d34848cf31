//! The plugins of one state directory: what was dropped in, what waits, what serves.
//!
//! [`StateDir`] is owned by one process at a time. [`Registry`] takes files from the inbox or from a
//! command, has them judged (`glasshouse-trust`), their SQL held to the floors (`glasshouse-guard`) and
//! made ready (`glasshouse-sandbox`) beside what runs, and swaps them in without a call noticing. What it decides is in the ledger before it is
//! told about. The store, not the inbox, is what a restart loads from, and it is judged anew.
//! What may not come in: sockets, text of a command line, trust decisions, SQL, and a clock that
//! cannot be passed in.

#![forbid(unsafe_code)]

mod admit;
mod clock;
mod error;
mod floors;
mod generation;
mod host_keys;
mod inbox;
mod intake;
mod layout;
mod policy;
mod private;
mod pseudonym_keys;
mod quarantine;
mod registry;
mod sealed_key;
mod state_dir;
mod status;
mod store;
mod upkeep;
mod verbs;
mod watch;

pub use clock::Clock;
pub use error::RegistryError;
pub use generation::Generation;
pub use host_keys::{AuditKey, HostKeyError, HostKeys, KeyIds};
pub use inbox::{Inbox, InboxError, Opened, Stamp};
pub use intake::{Arrival, Scan};
pub use layout::Layout;
pub use policy::host_version;
pub use pseudonym_keys::{KeyImported, PseudonymKey, PseudonymKeys};
pub use quarantine::{Quarantine, Quarantined, Reason};
pub use registry::Registry;
pub use sealed_key::{Passphrase, SealedKeyError};
pub use state_dir::{StateDir, StateError};
pub use status::{Installed, Listing, PluginState, PluginStatus};
pub use store::{Store, StoreError};
pub use watch::Watch;
