//! How much there is for each target, and how much disk what is not sent takes.

use std::collections::BTreeMap;

use glasshouse_contract::{Name, PluginId};
use jiff::Timestamp;
use rusqlite::Connection;

use crate::{Ledger, LedgerError, RequestState, plugins::parse};

/// How many requests, and how many bytes their bodies have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Requests.
    pub requests: u64,
    /// Bytes of their bodies, as they were sealed.
    pub bytes: u64,
}

/// The counters of one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// The target.
    pub target: PluginId,
    /// How many requests were ever sealed for it; counted when they were. It is the sum of those below.
    pub sealed: u64,
    /// What became of them.
    pub by_state: BTreeMap<RequestState, Amount>,
    /// When the oldest that waits was sealed: how far delivery lags behind.
    pub oldest: Option<Timestamp>,
}

impl Backlog {
    /// How much is in a state.
    #[must_use]
    pub fn of(&self, state: RequestState) -> Amount {
        self.by_state.get(&state).copied().unwrap_or_default()
    }

    /// Whether each request that was sealed is in one of the states. Where it is not, rows were lost.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.sealed == self.by_state.values().map(|amount| amount.requests).sum::<u64>()
    }
}

/// How much disk bodies may take that are not sent. Where they take more, the host stops to collect. It never
/// drops what was not sent: only an administrator's `withdraw` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskPolicy {
    /// Bytes of bodies that are not sent.
    pub unsent_bytes: u64,
}

/// How much of the room that a [`DiskPolicy`] gives is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes of bodies that are not sent.
    pub unsent: u64,
    /// How many there may be.
    pub most: u64,
}

impl Room {
    /// Whether a run may begin.
    #[must_use]
    pub const fn may_collect(&self) -> bool {
        self.unsent < self.most
    }
}

impl Ledger {
    /// The counters of all targets for which anything was ever sealed, by id.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn backlog(&self) -> Result<Vec<Backlog>, LedgerError> {
        read(&self.connection())
    }

    /// Why what waits was not sent the last time that it was tried, by target: how many requests for each word.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn failures(&self) -> Result<BTreeMap<PluginId, BTreeMap<Name, u64>>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT target, failure, count(*) FROM delivery
             WHERE state = 'waiting' AND failure IS NOT NULL GROUP BY target, failure",
        )?;
        let mut rows = statement.query([])?;
        let mut failures: BTreeMap<PluginId, BTreeMap<Name, u64>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let target = parse("a plugin id", &row.get::<_, String>(0)?)?;
            let failure = parse("a word", &row.get::<_, String>(1)?)?;
            let count = row.get::<_, i64>(2)?.unsigned_abs();
            failures.entry(target).or_default().insert(failure, count);
        }
        Ok(failures)
    }

    /// How much of the room for what is not sent is taken.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn room(&self, policy: DiskPolicy) -> Result<Room, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT coalesce(sum(size), 0) FROM request WHERE state NOT IN ('sent', 'withdrawn')",
        )?;
        let unsent: i64 = statement.query_row([], |row| row.get(0))?;
        Ok(Room { unsent: unsent.unsigned_abs(), most: policy.unsent_bytes })
    }
}

pub fn read(connection: &Connection) -> Result<Vec<Backlog>, LedgerError> {
    let mut statement = connection.prepare_cached(
        "SELECT target, NULL AS state, requests, 0 AS bytes,
                 (SELECT sealed FROM delivery WHERE delivery.target = sealed_count.target
                      AND delivery.state = 'waiting' ORDER BY delivery.id LIMIT 1) AS oldest
             FROM sealed_count
             UNION ALL
             SELECT target, state, count(*), sum(size), NULL FROM request
             WHERE state <> 'pending' GROUP BY target, state
             ORDER BY target, state",
    )?;
    let mut rows = statement.query([])?;
    let mut found: BTreeMap<PluginId, Backlog> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let target: PluginId = parse("a plugin id", &row.get::<_, String>("target")?)?;
        let requests = row.get::<_, i64>("requests")?.unsigned_abs();
        let backlog = found.entry(target.clone()).or_insert_with(|| Backlog {
            target,
            sealed: 0,
            by_state: BTreeMap::new(),
            oldest: None,
        });
        if let Some(state) = row.get::<_, Option<String>>("state")? {
            let bytes = row.get::<_, i64>("bytes")?.unsigned_abs();
            backlog.by_state.insert(parse("a request's state", &state)?, Amount { requests, bytes });
        } else {
            let oldest: Option<String> = row.get("oldest")?;
            backlog.sealed = requests;
            backlog.oldest = oldest.map(|at| parse("a time", &at)).transpose()?;
        }
    }
    Ok(found.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Attempt,
        desk::{self, Desk, QUERY, at, target},
    };

    #[test]
    fn why_what_waits_was_not_sent_is_counted_by_target_and_word() {
        let desk = Desk::new();
        let (to, other) = (target("hq"), target("other"));
        let ids = desk.seal(QUERY, &to, &[1, 1, 1], None);
        desk.seal_in("2", QUERY, &other, &[1], None);
        assert_eq!(desk.ledger.failures().unwrap(), BTreeMap::new());
        for (id, word) in ids.iter().zip(["connect", "no-receipt", "connect"]) {
            let attempt = Attempt { at: at(1), next_at: at(60), failure: desk::name(word) };
            desk.ledger.change(|change| change.record_attempt(id, &attempt)).unwrap();
        }
        let words = [(desk::name("connect"), 2), (desk::name("no-receipt"), 1)].into();
        assert_eq!(desk.ledger.failures().unwrap(), [(to.clone(), words)].into());
        desk.accept(&ids[1], None);
        assert_eq!(desk.ledger.failures().unwrap()[&to], [(desk::name("connect"), 2)].into());
    }
}
