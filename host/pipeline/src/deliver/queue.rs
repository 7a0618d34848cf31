//! One target's queue: what is on its way, and which endpoints are left alone.

use std::collections::{BTreeMap, BTreeSet};

use glasshouse_contract::{Name, PluginId};
use glasshouse_ledger::{Due, Ledger, LedgerError, RequestId};
use jiff::Timestamp;

use super::circuit::Circuit;

/// So many requests of a target are on their way at a time: while some wait for the receiver's disk, others use the
/// line, and the ledger notes what came of several in one transaction.
pub const ON_THEIR_WAY: usize = 8;

#[derive(Debug)]
pub struct Queue {
    pub target: PluginId,
    on_their_way: BTreeSet<RequestId>,
    circuits: BTreeMap<Name, Circuit>,
    /// Whether the last note found no room.
    pub disk_full: bool,
}

impl Queue {
    pub const fn of(target: PluginId) -> Self {
        Self { target, on_their_way: BTreeSet::new(), circuits: BTreeMap::new(), disk_full: false }
    }

    /// Takes what may be sent now, as much as there is room for.
    pub fn take_due(&mut self, ledger: &Ledger, now: Timestamp) -> Result<Vec<Due>, LedgerError> {
        let room = ON_THEIR_WAY.saturating_sub(self.on_their_way.len());
        if room == 0 {
            return Ok(Vec::new());
        }
        let (on_their_way, circuits) = (&self.on_their_way, &mut self.circuits);
        let due = ledger.due(&self.target, now, room, |due| {
            on_their_way.contains(&due.id)
                || !circuits.entry(due.endpoint.clone()).or_default().lets_pass(now)
        })?;
        self.on_their_way.extend(due.iter().map(|due| due.id));
        Ok(due)
    }

    /// What became of a request is in the ledger.
    pub fn came_back(&mut self, id: &RequestId) {
        self.on_their_way.remove(id);
    }

    /// Whoever sent them is gone: they are sent once more.
    pub fn forget_those_on_their_way(&mut self) {
        self.on_their_way.clear();
        self.circuits.values_mut().for_each(Circuit::not_tried);
    }

    /// The circuit of an endpoint.
    pub fn circuit(&mut self, endpoint: &Name) -> &mut Circuit {
        self.circuits.entry(endpoint.clone()).or_default()
    }

    /// When the first of the endpoints that are left alone may be asked again.
    #[must_use]
    pub fn next_probe(&self) -> Option<Timestamp> {
        self.circuits.values().filter_map(Circuit::open_until).min()
    }
}
