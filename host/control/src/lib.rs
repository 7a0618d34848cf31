//! One owner of the state: every verb is a [`Request`], and it is answered the same way by a host
//! that runs and by a command that works by itself.
//!
//! A host holds the lock of its state directory and answers over a Unix socket in it (a named pipe
//! on Windows), to its own account, to root and to the members of a configured group. [`ask`] speaks
//! to that host; where none runs it takes the lock itself and does the same work in-process.
//! Who asked, as the operating system says, goes into the journal beside what was done.
//!
//! What may not come in: text for a terminal, decisions about plugins (they are the registry's and
//! trust's), listeners on a network.

#![forbid(unsafe_code)]

mod actor;
mod ask;
mod audit;
mod blob;
mod client;
mod collected;
mod config;
mod dictionary;
mod difference;
mod endpoint;
mod examine;
mod frame;
mod host;
mod inspection;
mod ledger_care;
mod look;
mod pseudonym_keys;
mod reason;
mod recorded;
mod redaction;
mod reply;
mod request;
mod rule_trial;
mod sending;
mod server;
mod service;
mod sites;
mod statements;
mod telling;
mod tripwire;
mod trust_report;
mod upkeep;

pub use ask::ask;
pub use audit::{
    AuditFinding, AuditPage, AuditProof, AuditReport, AuditRequest, AuditVerified, Exported, Signed, Subject,
    WitnessNote, Witnesses, check, export, read_witnesses, verify_folder,
};
pub use blob::Blob;
pub use config::{COMMENTED, Config, Mode};
pub use dictionary::{Dictionary, Guesses, Recovered, Tried, guess};
pub use difference::{Change, Difference};
pub use endpoint::Access;
pub use host::host;
pub use inspection::{AskReport, Inspection, LimitReport};
pub use ledger_care::{LedgerRepaired, LedgerReply, LedgerRequest, LedgerRestored, LedgerVerified, back_up};
pub use redaction::{RedactionReport, mend};
pub use reply::{
    GrantReport, HeldFind, HostReport, JournalLine, JournalReport, KeyReport, LastRun, NeedReport,
    PlanReport, PolicyReport, PseudonymKeyReport, PseudonymKeysReport, Reply, RequestReport, ResultsReport,
    ResultsTable, RightsReport, RuleTrialReport, SealedKeyReport, SiteReport, SiteStatus, StatusReport,
    TrialReport, TrialStep, TripwireReport, TrustReport,
};
pub use request::{NewKey, Request, RuleTrial, Trial, Wanted};
pub use sending::{
    ConnectivityReport, Decided, DeliveredReport, DraftReport, EndpointReport, HoldReport, Listed,
    MessageReport, PlanDiffReport, PreviewReport, SealedCount, SealedInFull, SealedReport, SealedTable,
    SendingReply, SendingRequest, SendingStatus, TargetStatus,
};
pub use sites::Collected;
pub use statements::{FindingReport, GuardReport, LineageReport, OutputReport, StatementReport};

/// What a sealed key is opened with.
pub use glasshouse_registry::{Passphrase, SealedKeyError};

/// What answers are made of, for who shows them.
pub use glasshouse_ledger::{
    Allowance, Find, HeldRow, HeldWhy, HoldId, HoldState, Reason, RedactionRow, RequestId, RequestState,
    RouteRow, RuleRow, ScanRow, StatementState, TakenOver,
};
pub use glasshouse_pipeline::{
    ColumnFate, ColumnRule, Coverage, CoverageReport, Delivered, Plan, PlannedColumn, PlannedQuery,
    PlannedRoute, PlannedStatement, PlannedTable, QueryReceipt, Receipt, RedactionTotal, Route, RoutedColumn,
    StatementReceipt, TableReceipt, Take, Total, UnknownItem, WhyNot,
};
