//! What the host remembers: which plugin was admitted, how far each ratchet has come, what each run of a
//! site collected, what a plugin carries to its next run, and who did what when.
//!
//! One SQLite file, written in transactions that are on disk before they are told about. A change
//! and its line in the journal are one transaction, or neither happened. All SQL of the product's
//! own state is in this crate and leaves it as typed values.
//! What may not come in: wasmtime, trust decisions, sockets, a clock (times are passed in), and
//! rows of the site that were not redacted.

#![forbid(unsafe_code)]

mod actor;
mod allowances;
mod carried;
mod change;
mod error;
mod held;
mod journal;
mod ledger;
mod parts;
mod plugins;
mod ratchets;
mod reason;
mod redaction;
mod results;
mod runs;
mod schema;
mod sites;

pub use actor::Actor;
pub use allowances::{Allowance, Find};
pub use carried::Carried;
pub use change::Change;
pub use error::LedgerError;
pub use held::{HeldRow, HeldWhy};
pub use journal::{Entry, Event};
pub use ledger::Ledger;
pub use parts::{PartOf, PartRow, PendingPart, StatementRow, StatementState, TableRow};
pub use plugins::{PluginRow, Standing};
pub use ratchets::{Barred, RevocationList};
pub use reason::{NoReason, Reason};
pub use redaction::{BadChainId, ChainId, PartRedaction, RedactionRow, RouteRow, RuleRow, ScanRow};
pub use results::ResultTable;
pub use runs::{RunRow, RunState};
pub use schema::SCHEMA;
pub use sites::SiteRow;
