use std::collections::BTreeMap;

use glasshouse_contract::{Digest, Fault, Name, PluginId};
use glasshouse_ledger::{HoldId, HoldState, RequestId, RequestRow, RequestState};
use glasshouse_pipeline::Delivered;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Blob, Collected, Mode};

/// What a question about sending is answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SendingReply {
    /// To `preview`.
    Preview(PreviewReport),
    /// To `preview --collect`.
    Draft(DraftReport),
    /// To `deliver`.
    Delivered(DeliveredReport),
    /// To `outbox list`.
    List(Vec<SealedReport>),
    /// To `outbox show`.
    Show(Box<SealedInFull>),
    /// To changes: what was done.
    Done(String),
    /// To `hold list`.
    Holds(Vec<HoldReport>),
    /// To `hold show`.
    Hold(Box<HoldReport>),
    /// To `plan diff`.
    PlanDiff(Vec<PlanDiffReport>),
    /// To `target test`.
    Targets(ConnectivityReport),
    /// To `metrics`: the text that a monitoring system reads.
    Metrics(String),
}

/// What is sealed and not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewReport {
    /// Whether the host sends by itself.
    pub mode: Mode,
    /// The requests, those of one table in one state together.
    pub tables: Vec<SealedTable>,
}

/// The requests of one table that are not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedTable {
    /// The target.
    pub target: PluginId,
    /// The route.
    pub route: Name,
    /// The site.
    pub site: Name,
    /// The query.
    pub query: PluginId,
    /// The table.
    pub table: Name,
    /// What they are now.
    pub state: RequestState,
    /// The hold that they wait for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldId>,
    /// How many.
    pub requests: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// When the oldest was sealed.
    pub oldest: Timestamp,
    /// The first of them.
    pub first: RequestId,
}

/// What came of collecting for a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftReport {
    /// What came of each site.
    pub collected: Vec<Collected>,
    /// The drafts that wait for a person now.
    pub drafts: Vec<HoldReport>,
}

/// What a run sealed for a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedCount {
    /// The route.
    pub route: Name,
    /// Its target.
    pub target: PluginId,
    /// What the requests are now.
    pub state: RequestState,
    /// The hold that they wait for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldId>,
    /// How many.
    pub requests: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
}

/// What was sent, and what is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveredReport {
    /// What became of what was due.
    pub targets: Vec<Delivered>,
    /// How each target stands now.
    pub left: Vec<TargetStatus>,
}

/// A sealed request, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedReport {
    /// Its place in the order of sealing.
    pub seq: u64,
    /// Its id.
    pub id: RequestId,
    /// What it is now.
    pub state: RequestState,
    /// Since when.
    pub since: Timestamp,
    /// The target.
    pub target: PluginId,
    /// The target's file.
    pub target_digest: Digest,
    /// The route.
    pub route: Name,
    /// The site.
    pub site: Name,
    /// The run.
    pub run: String,
    /// The query.
    pub query: PluginId,
    /// The table.
    pub table: Name,
    /// Which call of the target.
    pub chunk: u32,
    /// Which request of the call, of how many.
    pub step: u32,
    /// How many requests the call has.
    pub steps: u32,
    /// The endpoint.
    pub endpoint: Name,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// How long its body is.
    pub bytes: u64,
    /// SHA-256 of method, URL, headers and body.
    pub digest: Digest,
    /// When it was sealed.
    pub sealed: Timestamp,
    /// The hold that it waited or waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldId>,
    /// Why it is aside or withdrawn. May quote a receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Attempts that failed.
    pub attempts: u32,
    /// When the next one may be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
    /// Why the last one failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Name>,
    /// The leaf of the audit log that tells of its seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaf: Option<u64>,
}

impl From<RequestRow> for SealedReport {
    fn from(row: RequestRow) -> Self {
        Self {
            seq: row.seq,
            id: row.id,
            state: row.state,
            since: row.since,
            target: row.target,
            target_digest: row.target_digest,
            route: row.route,
            site: row.site,
            run: row.run,
            query: row.query,
            table: row.table,
            chunk: row.chunk,
            step: row.step,
            steps: row.steps,
            endpoint: row.endpoint,
            method: row.method,
            url: row.url,
            bytes: row.size,
            digest: row.digest,
            sealed: row.sealed,
            hold: row.hold,
            reason: row.reason,
            attempts: row.attempts,
            next: row.next_at,
            failure: row.failure,
            leaf: row.leaf,
        }
    }
}

/// A sealed request, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedInFull {
    /// What is known of it.
    #[serde(flatten)]
    pub report: SealedReport,
    /// Method, URL, headers and body, exactly as they are stored and sent; nothing where they were erased.
    pub raw: Option<Blob>,
    /// What is added when it is sent, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// What the receiver signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// Something that waits for a person, or waited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldReport {
    /// Its number.
    pub hold: HoldId,
    /// `plan` or `draft`.
    pub kind: String,
    /// The site.
    pub site: Name,
    /// The queries and routes that it touches.
    pub touches: Vec<String>,
    /// The difference to the plan that was approved, line by line.
    pub difference: Vec<String>,
    /// When it was opened.
    pub opened: Timestamp,
    /// How far it is.
    pub state: HoldState,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Decided>,
    /// How many requests it holds now.
    pub requests: u64,
    /// These requests, those of one table together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<SealedTable>,
}

/// What a person decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// How what would leave from a site differs from what was approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDiffReport {
    /// The site.
    pub site: Name,
    /// The plan as it would be now.
    pub digest: Digest,
    /// How many lines it has.
    pub lines: usize,
    /// What was approved, when and by whom; nothing yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Decided>,
    /// The queries and routes that differ.
    pub touches: Vec<String>,
    /// Lines that begin with `+` or `-`.
    pub difference: Vec<String>,
    /// The hold that is open for just this plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldId>,
}

/// Whether receivers can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectivityReport {
    /// When it was asked.
    pub at: Timestamp,
    /// The endpoints.
    pub endpoints: Vec<EndpointReport>,
    /// What there is to say of them, with the numbers of Configuration Manager's status messages.
    pub messages: Vec<MessageReport>,
}

/// Whether an endpoint can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointReport {
    /// The target.
    pub target: PluginId,
    /// The endpoint.
    pub endpoint: Name,
    /// What each of its URLs begins with, where there is a way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it is an error that it cannot be reached.
    pub critical: bool,
    /// Whether it can.
    pub reached: bool,
    /// `status 404`, or why there is no answer.
    pub answer: String,
    /// The proxy on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// What is added to requests, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Whether the receiver showed a key that is not the first pin.
    #[serde(default)]
    pub backup_key: bool,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

/// A status message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReport {
    /// Its number.
    pub id: u16,
    /// `info`, `warning` or `error`.
    pub severity: String,
    /// What it says.
    pub text: String,
}

/// How sending stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendingStatus {
    /// Whether the host sends by itself.
    pub mode: Mode,
    /// The targets for which something was sealed or which are described.
    pub targets: Vec<TargetStatus>,
    /// Targets of which no `receiver_key` says whose receipts count: whoever answers is believed.
    #[serde(default)]
    pub believed: Vec<PluginId>,
    /// Holds that wait for a person.
    pub holds: Vec<HoldId>,
    /// Bytes that are not sent.
    pub unsent: u64,
    /// How many there may be; over it nothing is collected.
    pub unsent_most: u64,
    /// Whether so much is not sent that nothing is collected. It goes on by itself when something is sent or withdrawn.
    #[serde(default)]
    pub outbox_full: bool,
    /// Whether the host waits for room on its disk. It goes on by itself.
    pub waiting_for_disk: bool,
    /// What the host found when it asked the last time whether receivers can be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connectivity: Option<ConnectivityReport>,
}

/// How delivery to a target stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetStatus {
    /// The target.
    pub target: PluginId,
    /// How many requests were ever sealed for it: the sum of those below.
    pub sealed: u64,
    /// How many there are in each state.
    pub requests: BTreeMap<RequestState, u64>,
    /// Bytes of their bodies.
    pub bytes: BTreeMap<RequestState, u64>,
    /// How long the oldest request that waits has waited.
    pub lag_seconds: u64,
    /// When a request that failed is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
    /// Why its plugin does not run, where it does not: what is sealed for it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Why what waits was not sent the last time that it was tried: how many requests for each word.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failures: BTreeMap<Name, u64>,
}

impl TargetStatus {
    /// How many requests are in a state.
    #[must_use]
    pub fn of(&self, state: RequestState) -> u64 {
        self.requests.get(&state).copied().unwrap_or_default()
    }
}
