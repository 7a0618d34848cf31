//! What the host remembers: which plugin was admitted, how far each ratchet has come, what each run of a
//! site collected and sealed, what is to be sent and what became of it, what a plugin carries to its next run,
//! who did what when, and the leaves of the audit log.
//!
//! One SQLite file, written in transactions that are on disk before they are told about. A change
//! and its line in the journal are one transaction, or neither happened. All SQL of the product's
//! own state is in this crate and leaves it as typed values.
//! What may not come in: wasmtime, trust decisions, sockets, a clock (times are passed in), and
//! rows of the site that were not redacted.
//!
//! # The life of a request
//!
//! ```
//! # use glasshouse_contract::{Body, Digest, Level, Name, PluginId, Request};
//! # use glasshouse_ledger::*;
//! # use jiff::Timestamp;
//! # use std::collections::BTreeMap;
//! # let folder = tempfile::tempdir()?;
//! # let now: Timestamp = "2026-01-07T14:00:00Z".parse()?;
//! # let (route, table) = (Name::new("headquarters")?, Name::new("devices")?);
//! # let (query, target) = (PluginId::new("contoso.devices")?, PluginId::new("contoso.https")?);
//! # let (version, target_digest) = ("1.0.0".parse()?, Digest::of(b"the target's file"));
//! let ledger = Ledger::open(&folder.path().join("ledger.sqlite"))?;
//! # let run = RunRow { id: "run".into(), site: Name::new("cas")?, slot: 1, attempt: 1, level: Level::Basic,
//! #     hierarchy: "h".into(), site_hash: "s".into(), scheduled: now, started: now, ended: None,
//! #     state: RunState::Running, misdated: false, keys: BTreeMap::new() };
//! # ledger.change(|change| change.begin_run(&run))?;
//! let part = ledger.begin_part(&PartOf {
//!     run: &run.id, plugin: &query, version: &version, digest: None, started: now,
//! })?;
//!
//! // Render: one call of the target made one request. Its id goes into it before it is scanned and sealed.
//! let id = RequestId::of(&RequestOf {
//!     hierarchy: &run.hierarchy, site: &run.site_hash, route: &route, query: &query, table: &table,
//!     run: &run.id, chunk: 0, step: 0,
//! });
//! let request = Request {
//!     endpoint: Name::new("ingest")?,
//!     method: "POST".into(),
//!     url: "https://telemetry.contoso.example/v1/devices".into(),
//!     headers: vec![("idempotency-key".into(), id.to_string())],
//!     body: Body(br#"{"devices":7}"#.to_vec()),
//! };
//!
//! // Seal: on disk in pieces, and seen with the whole part: rows, state, requests and leaves in one change.
//! ledger.add_requests(&part, &[Rendered {
//!     route: &route, table: &table, chunk: 0, target: &target, target_digest, hold: None,
//!     requests: &[(id, request)], sealed: now,
//! }])?;
//! assert!(ledger.next_due(&target, now)?.is_none());
//! ledger.change(|change| {
//!     change.finish_part(&part, &[], &[])?;
//!     change.carry_when_settled(&part, &Carried {
//!         run: run.id.clone(), digest: Digest::of(b"the query's file"), bytes: vec![1], since: now,
//!     })
//! })?;
//!
//! // Deliver: the oldest that is due, and exactly what was sealed. It fails first, and waits.
//! let due = ledger.next_due(&target, now)?.ok_or("nothing is due")?;
//! let later = now + jiff::SignedDuration::from_secs(30);
//! let failed = Attempt { at: now, next_at: later, failure: Name::new("connect")? };
//! ledger.change(|change| change.record_attempt(&due.id, &failed))?;
//! assert!(ledger.next_due(&target, now)?.is_none());
//!
//! let sealed = ledger.request(&due.id)?.ok_or("its body was erased")?;
//! let sent = sealed.request.digest();
//! let accepted = Accepted { at: later, sent, receipt: Some(b"the receiver's receipt"), next: None };
//! let progress = ledger.change(|change| change.accept(&due.id, &accepted))?;
//! assert_eq!(progress, Progress::Over);
//!
//! // Look back: it is counted, and the audit log tells of its seal, its way and its receipt.
//! let backlog = ledger.backlog()?.remove(0);
//! assert!(backlog.adds_up() && backlog.of(RequestState::Sent).requests == 1);
//! assert_eq!(ledger.leaf_count()?, 3);
//! assert_eq!(ledger.verify()?.damage, []);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! Where a person has to look first, [`Change::open_hold`] gives the number that goes into [`Rendered::hold`], and
//! [`Ledger::approve_hold`] or [`Ledger::deny_hold`] decides.

#![forbid(unsafe_code)]

mod actor;
mod allowances;
mod audited;
mod backlog;
mod carried;
mod change;
mod contents;
mod copied;
#[cfg(test)]
mod desk;
mod drafts;
mod due_now;
mod error;
#[cfg(test)]
mod faults;
mod held;
mod holds;
mod journal;
mod leaves;
mod ledger;
mod log;
mod mend_schema;
mod outbox;
mod parts;
mod plugins;
mod ratchets;
mod reason;
mod redaction;
mod repair;
mod request;
mod restore;
mod results;
mod retention;
mod runs;
mod salvage;
mod schema;
mod sealed;
mod sites;
mod sums;
mod verify;

pub use actor::Actor;
pub use allowances::{Allowance, Find};
pub use audited::Received;
pub use backlog::{Amount, Backlog, DiskPolicy, Room};
pub use carried::Carried;
pub use change::Change;
pub use contents::ContentOf;
pub use drafts::Draft;
pub use error::LedgerError;
pub use held::{HeldRow, HeldWhy};
pub use holds::{ApprovedPlan, HoldId, HoldKind, HoldRow, HoldState, NewHold};
pub use journal::{Entry, Event};
pub use ledger::Ledger;
pub use outbox::{Accepted, Attempt, Decision, Due, Progress, Retried};
pub use parts::{PartOf, PartRow, PendingPart, StatementRow, StatementState, TableRow};
pub use plugins::{PluginRow, Standing};
pub use ratchets::{Barred, RevocationList};
pub use reason::{NoReason, Reason};
pub use redaction::{BadChainId, ChainId, PartRedaction, RedactionRow, RouteRow, RuleRow, ScanRow};
pub use repair::Repaired;
pub use request::{
    BadRequestId, NoRequestState, Rendered, RequestId, RequestOf, RequestRow, RequestState, SealedRequest,
    Wanted,
};
pub use restore::{Restored, TakenOver};
pub use results::ResultTable;
pub use retention::{KeptFor, Purged, Retention};
pub use runs::{RunRow, RunState};
pub use schema::SCHEMA;
pub use sites::SiteRow;
pub use verify::{Damage, Verified};
