//! How long rows and bodies are kept. What they were, their digests, and that they are gone stays.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::{Change, Decision, Event, Ledger, LedgerError};

/// What is old enough to be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Rows of results that were collected before.
    pub results_before: Timestamp,
    /// Bodies of requests that were sent before. What was not sent is never erased by its age.
    pub bodies_before: Timestamp,
}

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Tables that have no rows any more.
    pub tables: u64,
    /// Bodies of sent requests.
    pub bodies: u64,
}

/// How many days what may be erased by its age is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptFor {
    /// Rows of results, from the day on which they were collected.
    pub results_days: u32,
    /// Bodies of requests, from the day on which they were sent.
    pub sent_days: u32,
}

impl Default for KeptFor {
    /// Results a year and a month, to compare with last year's; what was sent a quarter of a year, to answer questions
    /// about it.
    fn default() -> Self {
        Self { results_days: 400, sent_days: 90 }
    }
}

impl KeptFor {
    /// What is older than that. Where there is no such time, nothing is.
    #[must_use]
    pub fn over_at(self, now: Timestamp) -> Retention {
        let before = |days: u32| {
            now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
        };
        Retention { results_before: before(self.results_days), bodies_before: before(self.sent_days) }
    }
}

impl fmt::Display for KeptFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "results {} days, sent {} days", self.results_days, self.sent_days)
    }
}

impl Ledger {
    /// Erases what is old. That it goes is in the journal before the first row does; a purge that was cut short
    /// is finished by the next one.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn purge(&self, retention: &Retention, decision: &Decision<'_>) -> Result<Purged, LedgerError> {
        let purged = self.change(|change| change.mark_old(retention, decision))?;
        let erased: Vec<i64> = {
            let connection = self.connection();
            let mut statement =
                connection.prepare_cached("SELECT id FROM result_digest WHERE erased IS NOT NULL")?;
            statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        for table in erased {
            self.delete_rows(table)?;
        }
        self.erase_leaving()?;
        Ok(purged)
    }
}

impl Change<'_> {
    fn mark_old(&self, retention: &Retention, decision: &Decision<'_>) -> Result<Purged, LedgerError> {
        // Texts of times sort like the times, but for fractions of one second.
        let tables = self.execute(
            "UPDATE result_digest SET erased = ?2 WHERE erased IS NULL AND id IN (
                 SELECT result_table.id FROM result_table JOIN part ON part.id = result_table.part
                 WHERE part.state = 'done' AND part.started < ?1)",
            &[&retention.results_before.to_string(), &decision.at.to_string()],
        )?;
        let bodies = self.execute(
            "UPDATE request SET body = 'leaving' WHERE state = 'sent' AND body = 'kept' AND since < ?1
             AND (SELECT state FROM delivery WHERE delivery.id = request.delivery) = 'over'",
            &[&retention.bodies_before.as_microsecond()],
        )?;
        let purged = Purged { tables: tables as u64, bodies: bodies as u64 };
        if purged != Purged::default() {
            let detail = serde_json::json!({
                "tables": purged.tables,
                "results_before": retention.results_before.to_string(),
                "bodies": purged.bodies,
                "bodies_before": retention.bodies_before.to_string(),
                "reason": decision.reason,
            });
            let event = Event { event: "data purged", object: "ledger".to_owned(), detail };
            self.note(decision.at, decision.actor, &event)?;
        }
        Ok(purged)
    }
}

#[cfg(test)]
mod tests;
