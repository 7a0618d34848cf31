use std::{collections::BTreeMap, path::PathBuf};

use glasshouse_contract::{
    Asks, ColumnName, Digest, Fault, Kind, Level, Name, PluginId, PseudonymKeyId, Schema,
};
use glasshouse_ledger::{Allowance, Entry, HeldRow, RuleRow};
use glasshouse_pipeline::{CoverageReport, Plan, PlannedRoute, Receipt};
use glasshouse_registry::{Installed, Listing};
use glasshouse_trust::{KeyId, Revocations};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{
    AuditPage, AuditProof, AuditReport, AuditVerified, Blob, Collected, Inspection, LedgerReply,
    RedactionReport, SendingReply, SendingStatus,
};

/// What a request is answered with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// To `status`.
    Status(StatusReport),
    /// To `list`.
    List(Listing),
    /// To `journal`.
    Journal(JournalReport),
    /// To `install` and `approve`: what came of the file.
    Installed(Installed),
    /// To other changes: what was done.
    Done(String),
    /// To `inspect`.
    Inspection(Box<Inspection>),
    /// To `trust show`.
    Trust(TrustReport),
    /// To `key list`.
    Keys(PseudonymKeysReport),
    /// To `key export`.
    SealedKey(SealedKeyReport),
    /// To `collect`: what came of each site.
    Collected(Vec<Collected>),
    /// To `plan`.
    Plan(PlanReport),
    /// To `coverage`.
    Coverage(CoverageReport),
    /// To `results`.
    Results(ResultsReport),
    /// To `redaction`.
    Redaction(Box<RedactionReport>),
    /// To `doctor`.
    Doctor(Vec<SiteReport>),
    /// To `try`.
    Trial(TrialReport),
    /// To `rule test`.
    RuleTrial(RuleTrialReport),
    /// To `tripwire list`.
    Tripwire(TripwireReport),
    /// To all that is about sending.
    Sending(SendingReply),
    /// To `audit show`.
    Audit(AuditReport),
    /// To `audit verify`.
    AuditVerified(AuditVerified),
    /// To `audit prove`.
    AuditProof(Box<AuditProof>),
    /// To `audit export`: some of the leaves.
    AuditPage(AuditPage),
    /// To what is about the ledger itself.
    Ledger(LedgerReply),
}

/// What is going on in a state directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReport {
    /// The state directory.
    pub state_dir: PathBuf,
    /// The host that runs on it, where one does.
    pub host: Option<HostReport>,
    /// What keeps the registry from doing its work.
    pub problems: Vec<Fault>,
    /// How many plugins run.
    pub running: usize,
    /// How many wait for an administrator.
    pub waiting: usize,
    /// How many would run and may not any more.
    pub stopped: usize,
    /// How many files are in quarantine.
    pub quarantined: usize,
    /// What will matter soon, each with the plugin that it is about.
    pub warnings: Vec<String>,
    /// The level in force.
    pub level: Level,
    /// The sites that are described, by name.
    pub sites: Vec<SiteStatus>,
    /// What is sent, and what waits.
    #[serde(default)]
    pub sending: SendingStatus,
}

/// How a site stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteStatus {
    /// The site.
    pub site: Name,
    /// Its newest run, without its statements.
    pub last: Option<LastRun>,
    /// When the next one is due; none where the site was never reached.
    pub next: Option<Timestamp>,
    /// Why the last attempt did not come to its end, or why there can be none.
    pub trouble: Option<Fault>,
}

/// A site's newest run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    /// The run.
    pub run: String,
    /// `running`, `done` or `abandoned`.
    pub state: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// What would run, and what would become of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanReport {
    /// The statements.
    #[serde(flatten)]
    pub plan: Plan,
    /// The ways that results would go, and what becomes of each column there.
    pub routes: Vec<PlannedRoute>,
    /// What an administrator should know of.
    pub warnings: Vec<String>,
}

/// Rows that were collected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultsReport {
    /// The run that they are of.
    pub receipt: Receipt,
    /// Its tables, by query and name.
    pub tables: Vec<ResultsTable>,
}

/// A table of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultsTable {
    /// The query that made it.
    pub query: PluginId,
    /// Its version.
    pub version: Version,
    /// The table.
    pub table: Name,
    /// The lowest level at which its rows may be seen.
    pub level: Level,
    /// The columns that were kept.
    pub columns: Schema,
    /// The columns that were not, each with the number of values that were left out.
    pub left_out: BTreeMap<ColumnName, u64>,
    /// How many rows there are in all.
    pub total: u64,
    /// The rows that were wanted, each a JSON object.
    pub rows: Vec<String>,
}

/// Whether a site can be worked with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteReport {
    /// The site.
    pub site: Name,
    /// The version of the server.
    pub server: Option<String>,
    /// The database.
    pub database: Option<String>,
    /// The hierarchy's hash, where its id is known.
    pub hierarchy: Option<String>,
    /// What the login may do beyond reading; empty where it may only read.
    pub rights: Option<RightsReport>,
    /// What the statements of the running queries need at this level.
    pub needs: Vec<NeedReport>,
    /// Why the site cannot be worked with.
    pub fault: Option<Fault>,
    /// T-SQL that makes a login which can read what the statements read, and nothing else.
    pub least_privilege: String,
}

/// What a login may do beyond reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RightsReport {
    /// Nothing that was asked for.
    ReadOnly,
    /// These roles and permissions.
    Writes(Vec<String>),
    /// The server did not tell, for this reason.
    Unknown(String),
}

/// A right that statements need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedReport {
    /// The right: `SELECT on dbo.v_R_System`.
    pub right: String,
    /// Whether the login has it; none where the server does not say.
    pub held: Option<bool>,
}

/// A host that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostReport {
    /// Its version.
    pub version: Version,
    /// Its process.
    pub pid: u32,
    /// Since when it runs.
    pub since: Timestamp,
}

/// A part of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalReport {
    /// The lines, oldest first.
    pub lines: Vec<JournalLine>,
    /// Whether more lines follow than one answer takes.
    pub more: bool,
}

/// What was done once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalLine {
    /// Its number; numbers only grow.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// At whose word, as the operating system knows them; `host` for the host itself.
    pub actor: String,
    /// What was done: `plugin approved`.
    pub event: String,
    /// To what.
    pub object: String,
    /// The facts.
    pub detail: serde_json::Value,
    /// Its leaf in the audit log; a line from before there was one has none.
    #[serde(default)]
    pub leaf: Option<u64>,
}

impl From<Entry> for JournalLine {
    fn from(entry: Entry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at,
            actor: entry.actor.to_string(),
            event: entry.event,
            object: entry.object,
            detail: entry.detail,
            leaf: entry.leaf,
        }
    }
}

/// Whom this host trusts, with what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrustReport {
    /// The keys.
    pub keys: Vec<KeyReport>,
    /// The policies, in words, one for each kind.
    pub policies: Vec<PolicyReport>,
    /// What was granted to which plugin.
    pub grants: Vec<GrantReport>,
    /// The revocation list in force.
    pub revocations: Option<Revocations>,
}

/// A trusted key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReport {
    /// What administrators call it.
    pub name: String,
    /// Its name for machines.
    pub id: KeyId,
    /// The key.
    pub public: String,
    /// The kinds of plugin that it may sign.
    pub kinds: Vec<Kind>,
    /// When it is trusted no longer.
    pub expires: Option<Timestamp>,
    /// Whether it may sign revocation lists.
    pub revoke: bool,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// Who must have signed a plugin of some kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyReport {
    /// The kind.
    pub kind: Kind,
    /// Who must.
    pub needs: String,
}

/// What an administrator granted to a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantReport {
    /// The plugin.
    pub plugin: PluginId,
    /// What it may.
    pub asks: Asks,
}

/// What a trial gave, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialReport {
    /// What went in, and what each plugin made of it.
    pub steps: Vec<TrialStep>,
    /// What would be sent, before credentials.
    pub requests: Vec<RequestReport>,
}

/// What one plugin made of its tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialStep {
    /// The plugin.
    pub plugin: PluginId,
    /// The version that did it.
    pub version: Version,
    /// The file that did it.
    pub digest: Digest,
    /// The plugin's kind.
    pub kind: Kind,
    /// The tables after it, as recorded tables; none after a target.
    pub tables: Vec<String>,
    /// What it said. Its own words: they may quote data.
    pub log: Vec<String>,
}

/// A request as it was rendered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestReport {
    /// The endpoint's name in the manifest.
    pub endpoint: String,
    /// The digest of method, URL, headers and body.
    pub digest: Digest,
    /// Method, URL, headers and body, exactly.
    pub bytes: Blob,
}

/// The keys that pseudonyms are made with. None of them is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PseudonymKeysReport {
    /// The keys, by name, the one in use first.
    pub keys: Vec<PseudonymKeyReport>,
    /// Files that should be keys and cannot be used.
    pub problems: Vec<Fault>,
}

/// A key that pseudonyms are made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PseudonymKeyReport {
    /// The key's name.
    pub name: Name,
    /// Its id.
    pub id: PseudonymKeyId,
    /// Whether runs that begin now use it; else it is kept from before.
    pub in_use: bool,
    /// How many of the runs that the ledger knows used it.
    pub runs: u64,
}

/// A key sealed by a passphrase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedKeyReport {
    /// The key's name.
    pub name: Name,
    /// Its id.
    pub id: PseudonymKeyId,
    /// The text that `key import` takes.
    pub sealed: String,
}

/// What rules made of recorded tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTrialReport {
    /// The rules, in order, with the versions that did it.
    pub rules: Vec<RuleRow>,
    /// The tables after the last one, as recorded tables.
    pub tables: Vec<String>,
    /// Why a rule gave up, was stopped or did not do what it says, in which case there are no tables.
    pub failed: Option<String>,
}

/// What the tripwire held, and which finds are allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TripwireReport {
    /// The finds that an administrator says are none.
    pub allowances: Vec<Allowance>,
    /// The finds for which a table of a site's newest run is held.
    pub held: Vec<HeldFind>,
}

/// A find for which a table is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldFind {
    /// The site.
    pub site: Name,
    /// The run.
    pub run: String,
    /// The query that made the table.
    pub query: PluginId,
    /// The table, the column, what was found and how often.
    #[serde(flatten)]
    pub row: HeldRow,
}
