//! Sealing: what a table became on a route is turned into requests, which are looked through and then stay as they are.
//!
//! A target renders what is kept, read back from the ledger: what `show` shows is what is sent. The host adds the
//! request's id and its newest checkpoint, looks through every byte for what the run knows to identify, and adds the
//! requests to the part that is at work. They are sealed when the part is done, in the transaction that makes its rows
//! seen and carries on its state: all of it, or nothing.

mod approval;
mod holds;
mod render;

use std::{collections::BTreeMap, sync::Arc};

use glasshouse_contract::{DataClass, EndpointHosts, Name, PluginId};
use glasshouse_ledger::{ChainId, HoldId};
use glasshouse_registry::Generation;

pub use approval::{PlanDifference, PlanText, difference};
pub use holds::departure_plan;
pub(crate) use holds::sealing;
pub(crate) use render::{About, Sealed, seal};

/// What a run seals with.
#[derive(Debug, Default)]
pub(crate) struct Sealing {
    /// The routes that lead to a target.
    pub routes: Vec<SealedRoute>,
    /// The newest checkpoint, signed, in Base64; none before the first.
    pub checkpoint: Option<String>,
}

/// A route that leads to a target.
#[derive(Debug)]
pub(crate) struct SealedRoute {
    pub route: Name,
    pub chain: ChainId,
    pub target: Arc<Generation>,
    /// The hosts that the configuration names for the target's endpoints.
    pub hosts: EndpointHosts,
    /// What a person has to look at first, query by query.
    pub holds: BTreeMap<PluginId, HoldId>,
    /// What an administrator wrote about the way: hosts, paths, names. It is in every request, and tells nothing of
    /// what was read.
    pub written: Vec<String>,
    /// What may go this way: above `pseudonym`, identifiers are in tables of level full on purpose.
    pub ceiling: DataClass,
}
