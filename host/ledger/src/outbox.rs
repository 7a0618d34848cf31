//! The outbox: what is to be sent, to whom, and what became of it.
//!
//! A queue for each target, oldest first. What one call of a target rendered goes in order: the next request
//! is due when the one before was accepted. A request that fails waits by itself, and what was sealed after it
//! goes on; one that is refused goes aside, with those of its call that would come after it.

use glasshouse_contract::{Digest, Leaf, LeafKind, Name, PluginId};
use jiff::Timestamp;
use rusqlite::OptionalExtension as _;

use crate::{
    Actor, Change, Event, Ledger, LedgerError, RequestId, RequestState, Wanted,
    plugins::{digest, parse},
    sealed::time,
};

/// A request that may be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The request; [`Ledger::request`] has its bytes.
    pub id: RequestId,
    /// The endpoint's name.
    pub endpoint: Name,
    /// Which request of its call it is.
    pub step: u32,
    /// How many requests the call has.
    pub steps: u32,
    /// How long its body is.
    pub size: u64,
    /// How many attempts have failed.
    pub attempts: u32,
    /// Why the last of them did.
    pub failure: Option<Name>,
    /// How often the plugin has gone back in this call: one that does so for ever has to be stopped.
    pub jumps: u32,
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it was made.
    pub at: Timestamp,
    /// When the next one may be made.
    pub next_at: Timestamp,
    /// Why it failed, in a word of the host's: `connect`, `status-503`.
    pub failure: Name,
}

/// That a receiver took a request.
#[derive(Clone, Copy, Debug)]
pub struct Accepted<'a> {
    /// When.
    pub at: Timestamp,
    /// The digest of what was handed to TLS. It has to be that which was sealed.
    pub sent: Digest,
    /// The receipt, where the receiver gives any.
    pub receipt: Option<&'a [u8]>,
    /// The request of the call to go on with, where it is not the one that follows.
    pub next: Option<u32>,
}

/// How a call of a target goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// This request of it is next.
    Next(u32),
    /// It has none left.
    Over,
}

/// What a person decided, and why.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: &'a Actor,
    /// Why, in their words.
    pub reason: &'a str,
}

/// A request as the outbox changes it.
struct Moving {
    seq: i64,
    delivery: i64,
    step: u32,
    state: RequestState,
    digest: Digest,
    next: u32,
    steps: u32,
}

/// What became of requests that were aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    /// Requests that wait again.
    pub waiting: usize,
    /// Requests that stay aside: their bytes are gone, or nobody approved what holds them.
    pub aside: usize,
}

pub const PASSED_OVER: &str = "its plugin went on without it";
const BEHIND_A_REFUSED: &str = "a request before it was refused";

impl Ledger {
    /// The requests for a target that may be sent now, oldest first, at most `most`. What `skip` says yes to is
    /// passed over: requests that are on their way, endpoints that do not answer.
    ///
    /// A request whose last attempt lies in the future is due: the clock was put back since.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn due(
        &self,
        target: &PluginId,
        now: Timestamp,
        most: usize,
        mut skip: impl FnMut(&Due) -> bool,
    ) -> Result<Vec<Due>, LedgerError> {
        let connection = self.reader();
        let mut statement = connection.prepare_cached(
            "SELECT request.id, delivery.failure, request.endpoint, delivery.step, delivery.steps,
                 request.size, delivery.attempts, delivery.jumps
             FROM delivery JOIN request ON request.delivery = delivery.id AND request.step = delivery.step
             WHERE delivery.target = ?1 AND delivery.state = 'waiting'
                 AND (delivery.due <= ?2 OR delivery.tried > ?2)
             ORDER BY delivery.id",
        )?;
        let mut rows = statement.query((target.as_str(), now.as_microsecond()))?;
        let mut found = Vec::new();
        while found.len() < most
            && let Some(row) = rows.next()?
        {
            let due = Due {
                id: parse("a request's id", &row.get::<_, String>(0)?)?,
                failure: row
                    .get::<_, Option<String>>(1)?
                    .map(|word| parse("why an attempt failed", &word))
                    .transpose()?,
                endpoint: parse("an endpoint", &row.get::<_, String>(2)?)?,
                step: row.get(3)?,
                steps: row.get(4)?,
                size: row.get::<_, i64>(5)?.unsigned_abs(),
                attempts: row.get(6)?,
                jumps: row.get(7)?,
            };
            if !skip(&due) {
                found.push(due);
            }
        }
        Ok(found)
    }

    /// The oldest request for a target that may be sent now.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn next_due(&self, target: &PluginId, now: Timestamp) -> Result<Option<Due>, LedgerError> {
        Ok(self.due(target, now, 1, |_| false)?.pop())
    }

    /// When the next of the requests that have to wait may be tried again. One whose last attempt lies in the future
    /// does not have to: it is due.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn next_wake(&self, target: &PluginId, now: Timestamp) -> Result<Option<Timestamp>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT min(due) FROM delivery
             WHERE target = ?1 AND state = 'waiting' AND due > ?2 AND tried <= ?2",
        )?;
        let wake: Option<i64> =
            statement.query_row((target.as_str(), now.as_microsecond()), |row| row.get(0))?;
        wake.map(time).transpose()
    }

    /// Sends a refused request once more, and those of its call that went aside with it.
    ///
    /// # Errors
    /// When there is no such request, it is not aside, or the disk fails.
    pub fn retry(&self, id: &RequestId, decision: &Decision<'_>) -> Result<(), LedgerError> {
        self.change(|change| {
            let moving = change.moving(id)?;
            let rule = "only a request that is aside is sent once more";
            moving.must_be(id, &[RequestState::Refused], rule)?;
            if let Some(rule) = change.keeps_aside(&moving)? {
                return Err(moving.not_now(id, rule));
            }
            change.put_back(id, &moving, decision).map(drop)
        })
    }

    /// Sends every refused request once more, all or those for one target, but for those that cannot be or that nobody
    /// approved. What goes aside again meanwhile is not among them.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn retry_all(
        &self,
        target: Option<&PluginId>,
        decision: &Decision<'_>,
    ) -> Result<Retried, LedgerError> {
        const PAGE: u32 = 100;
        let state = Some(RequestState::Refused);
        let mut wanted = Wanted { target: target.cloned(), state, ..Wanted::default() };
        let mut retried = Retried::default();
        loop {
            let page = self.requests(&wanted, PAGE)?;
            let Some(last) = page.last() else { return Ok(retried) };
            wanted.after = last.seq;
            let piece = self.change(|change| {
                let mut piece = Retried::default();
                for row in &page {
                    let moving = change.moving(&row.id)?;
                    // One whose call is back already came back with it.
                    if moving.state != RequestState::Refused {
                        continue;
                    }
                    match change.keeps_aside(&moving)? {
                        Some(_) => piece.aside += 1,
                        None => piece.waiting += change.put_back(&row.id, &moving, decision)?,
                    }
                }
                Ok::<_, LedgerError>(piece)
            })?;
            retried.waiting += piece.waiting;
            retried.aside += piece.aside;
        }
    }

    /// Takes back a request that was not sent, and what else of its call was not: an administrator's word to
    /// lose it. Their bodies are erased. What a part carries on stays pending for good where it was pending, so
    /// that the next run collects this again.
    ///
    /// # Errors
    /// When there is no such request, nothing of it is left to take back, or the disk fails.
    pub fn withdraw(&self, id: &RequestId, decision: &Decision<'_>) -> Result<(), LedgerError> {
        use RequestState::{Draft, Held, Refused, Waiting};
        self.change(|change| {
            let moving = change.moving(id)?;
            let rule = "what was sent cannot be taken back";
            moving.must_be(id, &[Waiting, Held, Draft, Refused], rule)?;
            change.execute(
                "DELETE FROM carried_pending WHERE part = (SELECT part FROM delivery WHERE id = ?1)
                 AND (SELECT state FROM delivery WHERE id = ?1) IN ('held', 'draft')",
                &[&moving.delivery],
            )?;
            change.withdraw_rest(moving.delivery, "withdrawn", decision.at)?;
            change.decided("request withdrawn", &id.to_string(), decision)
        })?;
        self.erase_leaving()
    }

    /// Erases the bodies of what was withdrawn, in pieces: so it works on a disk that is full.
    pub(crate) fn erase_leaving(&self) -> Result<(), LedgerError> {
        while self.change(|change| change.erase_some())? > 0 {}
        Ok(())
    }
}

impl Change<'_> {
    /// Notes that an attempt to send a request failed.
    ///
    /// # Errors
    /// When it is not the one to be sent, or the disk fails.
    pub fn record_attempt(&self, id: &RequestId, attempt: &Attempt) -> Result<(), LedgerError> {
        let moving = self.next_of_its_call(id)?;
        self.execute(
            "UPDATE delivery SET attempts = attempts + 1, tried = ?2, due = ?3, failure = ?4 WHERE id = ?1",
            &[
                &moving.delivery,
                &attempt.at.as_microsecond(),
                &attempt.next_at.as_microsecond(),
                &attempt.failure.as_str(),
            ],
        )?;
        Ok(())
    }

    /// Notes that the receiver took a request, keeps its receipt, and says how the call goes on. Several can
    /// share one change.
    ///
    /// # Errors
    /// When it is not the one to be sent, other bytes were sent than were sealed, the call has no such request
    /// to go on with, or the disk fails.
    pub fn accept(&self, id: &RequestId, accepted: &Accepted<'_>) -> Result<Progress, LedgerError> {
        let moving = self.next_of_its_call(id)?;
        if accepted.sent != moving.digest {
            return Err(LedgerError::NotAsSealed { id: id.to_string() });
        }
        let at = accepted.at.as_microsecond();
        self.execute(
            "UPDATE request SET state = 'sent', since = ?2, receipt = ?3 WHERE seq = ?1",
            &[&moving.seq, &at, &accepted.receipt],
        )?;
        self.leaf(&Leaf::new(LeafKind::Send, accepted.at, id.digest()).with_content(accepted.sent))?;
        if let Some(receipt) = accepted.receipt {
            let content = Digest::of(receipt);
            self.leaf(&Leaf::new(LeafKind::Receipt, accepted.at, id.digest()).with_content(content))?;
        }
        let next = accepted.next.unwrap_or(moving.step + 1);
        if accepted.next.is_some() && next >= moving.steps {
            return Err(LedgerError::NoSuch { what: "request of the call", name: next.to_string() });
        }
        if next <= moving.step {
            // What comes after the request that it goes back to is sent once more as well.
            self.execute(
                "UPDATE request SET state = 'waiting', since = ?3
                 WHERE delivery = ?1 AND step >= ?2 AND state = 'sent'",
                &[&moving.delivery, &next, &at],
            )?;
        }
        let over = next >= moving.steps;
        if over {
            self.withdraw_rest(moving.delivery, PASSED_OVER, accepted.at)?;
        }
        self.execute(
            "UPDATE delivery SET state = iif(?3, 'over', 'waiting'), step = ?2, jumps = jumps + ?4,
                 attempts = 0, tried = 0, due = 0, failure = NULL WHERE id = ?1",
            &[&moving.delivery, &next, &over, &(next <= moving.step)],
        )?;
        Ok(if over { Progress::Over } else { Progress::Next(next) })
    }

    /// Puts a request aside, with what comes after it in its call: the receiver will never take it, or its bytes
    /// are not those that were sealed. What was sealed for the target besides goes on.
    ///
    /// # Errors
    /// When it is not the one to be sent, or the disk fails.
    pub fn refuse(&self, id: &RequestId, reason: &str, at: Timestamp) -> Result<(), LedgerError> {
        let moving = self.next_of_its_call(id)?;
        let reason = glasshouse_contract::shown(reason);
        self.execute(
            "UPDATE request SET state = 'refused', since = ?2,
                 reason = CASE WHEN seq = ?1 THEN ?3 WHEN step > ?6 THEN ?4 ELSE ?7 END
             WHERE delivery = ?5 AND state = 'waiting'",
            &[
                &moving.seq,
                &at.as_microsecond(),
                &reason,
                &BEHIND_A_REFUSED,
                &moving.delivery,
                &moving.step,
                &PASSED_OVER,
            ],
        )?;
        self.execute("UPDATE delivery SET state = 'over' WHERE id = ?1", &[&moving.delivery])?;
        self.leaf(&Leaf::new(LeafKind::Refusal, at, id.digest()).with_content(moving.digest))?;
        Ok(())
    }

    /// What is left of a call is never sent. A request that comes before its next one and is not sent was
    /// passed over.
    pub(crate) fn withdraw_rest(
        &self,
        delivery: i64,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        self.execute(
            "UPDATE request SET state = 'withdrawn', since = ?2, reason = ?3, body = 'leaving'
             WHERE delivery = ?1 AND state IN ('waiting', 'held', 'draft', 'refused')",
            &[&delivery, &at.as_microsecond(), &reason],
        )?;
        self.execute("UPDATE delivery SET state = 'over' WHERE id = ?1", &[&delivery])?;
        Ok(())
    }

    pub(crate) fn decided(
        &self,
        event: &'static str,
        object: &str,
        decision: &Decision<'_>,
    ) -> Result<(), LedgerError> {
        let detail = serde_json::json!({ "reason": decision.reason });
        self.note(decision.at, decision.actor, &Event { event, object: object.to_owned(), detail })
    }

    fn erase_some(&self) -> Result<usize, LedgerError> {
        const PIECE: u32 = 16;
        let some: Vec<i64> = {
            let mut statement = self.prepare("SELECT seq FROM request WHERE body = 'leaving' LIMIT ?1")?;
            statement.query_map([PIECE], |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        for seq in &some {
            self.execute("DELETE FROM body WHERE request = ?1", &[seq])?;
            self.execute("UPDATE request SET body = 'gone' WHERE seq = ?1", &[seq])?;
        }
        Ok(some.len())
    }

    /// The request, where it is the one of its call that is to be sent.
    fn next_of_its_call(&self, id: &RequestId) -> Result<Moving, LedgerError> {
        let moving = self.moving(id)?;
        let rule = "it is not the one that is to be sent";
        moving.must_be(id, &[RequestState::Waiting], rule)?;
        if moving.step == moving.next { Ok(moving) } else { Err(moving.not_now(id, rule)) }
    }

    /// Why the call of a refused request cannot go back into its queue, where it cannot: a call goes whole, from the
    /// request on that was refused, and not before somebody approved what holds it.
    fn keeps_aside(&self, moving: &Moving) -> Result<Option<&'static str>, LedgerError> {
        let (approved, whole, goes_on) = self
            .prepare(
                "SELECT ifnull((SELECT state = 'approved' FROM hold WHERE hold.id = delivery.hold), hold IS NULL),
                     steps = (SELECT count(*) FROM request
                         WHERE delivery = ?1 AND (state <> 'refused' OR body = 'kept')),
                     EXISTS (SELECT 1 FROM request
                         WHERE delivery = ?1 AND step = delivery.step AND state = 'refused')
                 FROM delivery WHERE id = ?1",
            )?
            .query_row([moving.delivery], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(match (approved, whole, goes_on) {
            (false, ..) => Some("nobody has approved what holds its call; `glasshouse hold list` shows it"),
            (true, true, true) => None,
            (true, ..) => Some("its bytes are gone, or those of another request of its call"),
        })
    }

    /// Puts a refused request back into its queue, with those of its call that went aside with it. How many these are.
    fn put_back(
        &self,
        id: &RequestId,
        moving: &Moving,
        decision: &Decision<'_>,
    ) -> Result<usize, LedgerError> {
        let count = self.execute(
            "UPDATE request SET state = 'waiting', since = ?2, reason = NULL
             WHERE delivery = ?1 AND state = 'refused' AND body = 'kept'",
            &[&moving.delivery, &decision.at.as_microsecond()],
        )?;
        self.execute(
            "UPDATE delivery SET state = 'waiting', jumps = 0, attempts = 0, tried = 0, due = 0, failure = NULL
             WHERE id = ?1",
            &[&moving.delivery],
        )?;
        self.decided("request retried", &id.to_string(), decision)?;
        Ok(count)
    }

    fn moving(&self, id: &RequestId) -> Result<Moving, LedgerError> {
        let mut statement = self.prepare(
            "SELECT request.seq, request.delivery, request.step, request.state, request.digest, delivery.step,
                 delivery.steps
             FROM request JOIN delivery ON delivery.id = request.delivery
             WHERE request.id = ?1 AND request.state <> 'pending'",
        )?;
        let found: Option<(i64, i64, u32, String, String, u32, u32)> = statement
            .query_row([id.to_string()], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                ))
            })
            .optional()?;
        let (seq, delivery, step, state, bytes, next, steps) =
            found.ok_or_else(|| LedgerError::NoSuch { what: "sealed request", name: id.to_string() })?;
        let state = parse("a request's state", &state)?;
        Ok(Moving { seq, delivery, step, state, digest: digest(&bytes)?, next, steps })
    }
}

impl Moving {
    fn must_be(
        &self,
        id: &RequestId,
        states: &[RequestState],
        rule: &'static str,
    ) -> Result<(), LedgerError> {
        if states.contains(&self.state) { Ok(()) } else { Err(self.not_now(id, rule)) }
    }

    fn not_now(&self, id: &RequestId, rule: &'static str) -> LedgerError {
        let state = self.state.to_string();
        LedgerError::NotNow { what: "request", name: id.to_string(), state, rule }
    }
}

#[cfg(test)]
mod tests;
