use glasshouse_contract::{Digest, Name, PluginId};
use glasshouse_ledger::{HoldId, RequestId, RequestState};
use serde::{Deserialize, Serialize};

/// What can be asked about what leaves this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SendingRequest {
    /// What is sealed and not sent, for each target and table.
    Preview {
        /// Only for this target.
        #[serde(default)]
        target: Option<PluginId>,
    },
    /// Collect now, and seal what would leave as a draft.
    Draft {
        /// The sites; all that are described where none is named.
        #[serde(default)]
        sites: Vec<Name>,
        /// Whether somebody watches, and wants to be told every step.
        #[serde(default)]
        watched: bool,
    },
    /// Send what is due.
    Deliver {
        /// Only to this target.
        #[serde(default)]
        target: Option<PluginId>,
        /// Also what failed and waits for its next attempt.
        #[serde(default)]
        all: bool,
    },
    /// Sealed requests, in the order in which they were sealed.
    List(Listed),
    /// A sealed request, and its very bytes.
    Show {
        /// The request.
        id: RequestId,
    },
    /// Send a request that is aside once more.
    Retry {
        /// The request.
        id: RequestId,
        /// Why.
        reason: String,
    },
    /// Send all requests that are aside once more.
    RetryAll {
        /// Only those for this target.
        target: Option<PluginId>,
        /// Why.
        reason: String,
    },
    /// Never send a request.
    Withdraw {
        /// The request.
        id: RequestId,
        /// Why.
        reason: String,
    },
    /// What waits for a person.
    Holds {
        /// Those that were decided as well.
        #[serde(default)]
        decided: bool,
    },
    /// One hold.
    Hold {
        /// Its number.
        hold: HoldId,
    },
    /// Approve or deny what a hold holds.
    Decide {
        /// Its number.
        hold: HoldId,
        /// Whether it is sent; else it is erased.
        approve: bool,
        /// Why.
        reason: String,
    },
    /// How what would leave now differs from what was approved.
    PlanDiff {
        /// The sites; all that are described where none is named.
        #[serde(default)]
        sites: Vec<Name>,
    },
    /// Approve the plan of a site.
    PlanApprove {
        /// The site.
        site: Name,
        /// The plan that was shown; another one that came meanwhile is not meant.
        digest: Digest,
        /// Why.
        reason: String,
    },
    /// Whether receivers can be reached.
    TestTargets {
        /// Only this one.
        #[serde(default)]
        target: Option<PluginId>,
    },
    /// How much was sealed, sent and waits, for a monitoring system.
    Metrics,
}

/// Which requests are to be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listed {
    /// Only for this target.
    pub target: Option<PluginId>,
    /// Only those in this state.
    pub state: Option<RequestState>,
    /// Only those that this hold holds.
    pub hold: Option<HoldId>,
    /// Only those sealed after the one with this number.
    pub after: u64,
    /// At most so many.
    pub most: u32,
}

impl SendingRequest {
    /// Whether the answer leaves everything as it was. Who looks at a request's bytes is noted in the journal.
    pub(crate) const fn only_looks(&self) -> bool {
        matches!(
            self,
            Self::Preview { .. }
                | Self::List(_)
                | Self::Holds { .. }
                | Self::Hold { .. }
                | Self::PlanDiff { .. }
                | Self::TestTargets { .. }
                | Self::Metrics
        )
    }

    pub(crate) const fn verb(&self) -> &'static str {
        match self {
            Self::Preview { .. } => "preview",
            Self::Draft { .. } => "preview --collect",
            Self::Deliver { .. } => "deliver",
            Self::List(_) => "outbox list",
            Self::Show { .. } => "outbox show",
            Self::Retry { .. } | Self::RetryAll { .. } => "outbox retry",
            Self::Withdraw { .. } => "outbox withdraw",
            Self::Holds { .. } => "hold list",
            Self::Hold { .. } => "hold show",
            Self::Decide { approve: true, .. } => "hold approve",
            Self::Decide { approve: false, .. } => "hold deny",
            Self::PlanDiff { .. } => "plan diff",
            Self::PlanApprove { .. } => "plan approve",
            Self::TestTargets { .. } => "target test",
            Self::Metrics => "metrics",
        }
    }
}
