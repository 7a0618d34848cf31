use std::collections::BTreeMap;

use glasshouse_contract::{Digest, EndpointHosts, Kind, Level, Name, PluginId, PseudonymKeyId};
use glasshouse_ledger::Find;
use glasshouse_registry::Passphrase;
use glasshouse_trust::{PublicKey, TrustedKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AuditRequest, Blob, LedgerRequest, SendingRequest};

/// Everything that can be asked of a state directory, whether a host runs on it or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// What is going on.
    Status,
    /// The plugins and what they are now.
    List,
    /// What was done, and at whose word.
    Journal {
        /// Only lines after the one with this number.
        after: u64,
        /// Only the newest of them, so many; all of them otherwise.
        last: Option<u32>,
    },
    /// Take a plugin file in, as if it had been put into the inbox.
    Install {
        /// What the file is called, for messages.
        name: String,
        /// Its bytes.
        file: Blob,
    },
    /// Grant a waiting plugin what it asks for.
    Approve {
        /// The plugin.
        plugin: PluginId,
        /// The very file that the administrator looked at; another one that came meanwhile is
        /// not meant.
        digest: Digest,
    },
    /// Take a plugin out, in every version; its grant and its ratchet stay.
    Remove {
        /// The plugin.
        plugin: PluginId,
    },
    /// Go back to the version that ran before.
    Rollback {
        /// The plugin.
        plugin: PluginId,
    },
    /// Stop a plugin's version and keep it from coming back.
    Quarantine {
        /// The plugin.
        plugin: PluginId,
        /// Why, for the list and the journal.
        reason: String,
    },
    /// Judge a plugin file without running it or taking it in.
    Inspect {
        /// What the file is called, for messages.
        name: String,
        /// Its bytes.
        file: Blob,
    },
    /// The keys, policies, grants and revocations.
    TrustShow,
    /// Trust a key.
    TrustAdd {
        /// The key, and what it may sign.
        key: NewKey,
    },
    /// Trust a key no longer.
    TrustRemove {
        /// The key's name.
        name: Name,
    },
    /// Put a signed revocation list in force.
    TrustRevoke {
        /// The list in its envelope.
        list: Blob,
    },
    /// The keys that pseudonyms are made with.
    KeyList,
    /// Make a new key, for runs that begin from now on.
    KeyNew {
        /// The key's name.
        name: Name,
    },
    /// Delete a key that is kept from before.
    KeyDelete {
        /// The key's name.
        name: Name,
        /// Its id.
        id: PseudonymKeyId,
    },
    /// Seal the key that is in use. It never leaves the host in any other form.
    KeyExport {
        /// The key's name.
        name: Name,
        /// What opens it.
        passphrase: Passphrase,
    },
    /// Take a sealed key into use.
    KeyImport {
        /// The sealed key, as text.
        sealed: String,
        /// What opens it.
        passphrase: Passphrase,
    },
    /// Collect from sites now; a run that was cut short goes on.
    Collect {
        /// The sites; all that are described where none is named.
        #[serde(default)]
        sites: Vec<Name>,
        /// Whether somebody watches, and wants to be told every step.
        #[serde(default)]
        watched: bool,
    },
    /// What would run at a level, and why the rest would not.
    Plan {
        /// The site whose last run is shown beside it.
        #[serde(default)]
        site: Option<Name>,
        /// The level; the one in force where none is named.
        #[serde(default)]
        level: Option<Level>,
    },
    /// Which documented items are collected, and why the others are not.
    Coverage,
    /// What was collected.
    Results(Wanted),
    /// What redaction did in a run.
    Redaction {
        /// The site; where none is named, the one whose run is the newest.
        #[serde(default)]
        site: Option<Name>,
        /// The run; where none is named, the newest that is over.
        #[serde(default)]
        run: Option<String>,
    },
    /// Whether sites can be worked with, and what their logins need.
    Doctor {
        /// The sites; all that are described where none is named.
        #[serde(default)]
        sites: Vec<Name>,
    },
    /// Run recorded tables through running plugins, without sending or keeping anything.
    Try(Trial),
    /// Run recorded tables through the rules of a route, as it has them.
    TryRules(RuleTrial),
    /// What the tripwire held, and which finds are allowed.
    TripwireList,
    /// Say of a find of the tripwire that it is none.
    TripwireAllow {
        /// The find.
        find: Find,
        /// Why it identifies nobody.
        reason: String,
    },
    /// Take that back.
    TripwireForbid {
        /// The find.
        find: Find,
    },
    /// What leaves this machine.
    Sending(SendingRequest),
    /// Something about the audit log.
    Audit(AuditRequest),
    /// Something about the ledger itself.
    Ledger(LedgerRequest),
}

/// Which rows of which tables are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wanted {
    /// The site; where none is named, the one whose run is the newest.
    pub site: Option<Name>,
    /// The run; where none is named, the newest that is over.
    pub run: Option<String>,
    /// The route whose rows are meant; where none is named, what is kept here.
    pub route: Option<Name>,
    /// Only tables of this query.
    pub query: Option<PluginId>,
    /// Only tables of this name.
    pub table: Option<Name>,
    /// The number of each table's first row that is wanted, from 0.
    pub from: u32,
    /// At most so many rows of each table.
    pub rows: u32,
}

/// A key to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What administrators call it.
    pub name: Name,
    /// The key.
    pub public: PublicKey,
    /// The kinds of plugin that it may sign.
    pub kinds: Vec<Kind>,
    /// When it is trusted no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Whether it may sign revocation lists.
    #[serde(default)]
    pub revoke: bool,
}

/// A flow to try, and the recorded tables that go into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// The query; without one the tables go to the rules as they are.
    #[serde(default)]
    pub query: Option<PluginId>,
    /// The rules, in order.
    #[serde(default)]
    pub rules: Vec<PluginId>,
    /// The target; without one nothing is rendered.
    #[serde(default)]
    pub target: Option<PluginId>,
    /// The hosts of the target's endpoints that its manifest leaves open.
    #[serde(default)]
    pub hosts: EndpointHosts,
    /// The level to try at.
    pub level: Level,
    /// When the run is said to be due.
    pub scheduled: Timestamp,
    /// Recorded tables, each as its file's text.
    pub tables: Vec<String>,
}

/// Rules to try, and the recorded tables that go through them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleTrial {
    /// The route whose rules are meant, with their settings.
    pub route: Name,
    /// These rules in their place, as their manifests set them.
    #[serde(default)]
    pub rules: Option<Vec<PluginId>>,
    /// A name for the run.
    pub run: String,
    /// The level to try at.
    pub level: Level,
    /// When the run is said to be due.
    pub scheduled: Timestamp,
    /// Words that stand in for the host's keys of these names, so that what comes out is the same everywhere.
    #[serde(default)]
    pub keys: BTreeMap<Name, String>,
    /// Rows of one batch.
    pub batch_rows: u32,
    /// Recorded tables, each as its file's text.
    pub tables: Vec<String>,
}

impl From<NewKey> for TrustedKey {
    fn from(key: NewKey) -> Self {
        Self {
            name: key.name,
            public: key.public,
            kinds: key.kinds.into_iter().collect(),
            expires: key.expires,
            revoke: key.revoke,
        }
    }
}

impl Request {
    /// Whether the answer leaves everything as it was.
    #[must_use]
    pub const fn only_looks(&self) -> bool {
        if let Self::Sending(request) = self {
            return request.only_looks();
        }
        if let Self::Ledger(request) = self {
            return request.only_looks();
        }
        matches!(
            self,
            Self::Status
                | Self::List
                | Self::Journal { .. }
                | Self::Inspect { .. }
                | Self::TrustShow
                | Self::KeyList
                | Self::Plan { .. }
                | Self::Coverage
                | Self::Results(_)
                | Self::Redaction { .. }
                | Self::Doctor { .. }
                | Self::Try(_)
                | Self::TryRules(_)
                | Self::TripwireList
                | Self::Audit(_)
        )
    }

    /// Whether it holds files or tables, of any size.
    #[must_use]
    pub(crate) const fn may_be_large(&self) -> bool {
        matches!(
            self,
            Self::Install { .. } | Self::Inspect { .. } | Self::Try(_) | Self::TryRules(_) | Self::Audit(_)
        )
    }

    /// What is asked, in a word for the log.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::List => "list",
            Self::Journal { .. } => "journal",
            Self::Install { .. } => "install",
            Self::Approve { .. } => "approve",
            Self::Remove { .. } => "remove",
            Self::Rollback { .. } => "rollback",
            Self::Quarantine { .. } => "quarantine",
            Self::Inspect { .. } => "inspect",
            Self::TrustShow => "trust show",
            Self::TrustAdd { .. } => "trust add",
            Self::TrustRemove { .. } => "trust remove",
            Self::TrustRevoke { .. } => "trust revoke",
            Self::KeyList => "key list",
            Self::KeyNew { .. } => "key new",
            Self::KeyDelete { .. } => "key delete",
            Self::KeyExport { .. } => "key export",
            Self::KeyImport { .. } => "key import",
            Self::Collect { .. } => "collect",
            Self::Plan { .. } => "plan",
            Self::Coverage => "coverage",
            Self::Results(_) => "results",
            Self::Redaction { .. } => "redaction",
            Self::Doctor { .. } => "doctor",
            Self::Try(_) => "try",
            Self::TryRules(_) => "rule test",
            Self::TripwireList => "tripwire list",
            Self::TripwireAllow { .. } => "tripwire allow",
            Self::TripwireForbid { .. } => "tripwire forbid",
            Self::Sending(request) => request.verb(),
            Self::Audit(request) => request.verb(),
            Self::Ledger(request) => request.verb(),
        }
    }
}
