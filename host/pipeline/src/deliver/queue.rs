//! One target's queue: what is on its way, and which endpoints are left alone.

use std::collections::{BTreeMap, BTreeSet};

use glasshouse_contract::{Name, PluginId};
use glasshouse_ledger::{Due, Ledger, LedgerError, RequestId};
use jiff::Timestamp;

use super::circuit::Circuit;

/// So many requests of a target are on their way at a time: while some wait for the receiver's disk, others use the
/// line, and the ledger notes what came of several in one transaction.
const ON_THEIR_WAY: usize = 8;
/// So many were taken and what became of them is not in the ledger: where it cannot be noted, no more are sent.
const TAKEN: usize = 2 * ON_THEIR_WAY;

#[derive(Debug)]
pub struct Queue {
    pub target: PluginId,
    /// Sent, or to be sent, and not noted yet: the ledger calls them due.
    taken: BTreeSet<RequestId>,
    circuits: BTreeMap<Name, Circuit>,
    /// Whether the last note found no room.
    pub disk_full: bool,
}

impl Queue {
    pub const fn of(target: PluginId) -> Self {
        Self { target, taken: BTreeSet::new(), circuits: BTreeMap::new(), disk_full: false }
    }

    /// How many may be sent in addition to those that are on their way. None where it could not be noted.
    pub fn room(&self, on_their_way: usize) -> usize {
        if self.disk_full {
            return 0;
        }
        ON_THEIR_WAY.saturating_sub(on_their_way).min(TAKEN.saturating_sub(self.taken.len()))
    }

    /// Takes what may be sent now, at most `most`.
    pub fn take_due(
        &mut self,
        ledger: &Ledger,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Due>, LedgerError> {
        let (taken, circuits) = (&self.taken, &mut self.circuits);
        let due = ledger.due(&self.target, now, most, |due| {
            taken.contains(&due.id) || !circuits.entry(due.endpoint.clone()).or_default().lets_pass(now)
        })?;
        self.taken.extend(due.iter().map(|due| due.id));
        Ok(due)
    }

    /// What became of a request is in the ledger.
    pub fn is_noted(&mut self, id: &RequestId) {
        self.taken.remove(id);
    }

    /// Whoever sent them is gone: they are sent once more.
    pub fn forget_those_on_their_way(&mut self) {
        self.taken.clear();
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
