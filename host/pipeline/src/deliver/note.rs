//! What became of a request, into the ledger.

use std::time::Duration;

use glasshouse_contract::{Name, PluginId};
use glasshouse_ledger::{Accepted, Actor, Attempt, Change, Event, LedgerError, RequestState};
use jiff::{SignedDuration, Timestamp};

use super::{answer::Verdict, backoff::Backoff, deliverer::DeliverError, event::DeliveryEvent, send::Back};

/// Notes what became of a request; nothing where somebody withdrew it while it was on its way. They were told that it
/// is never sent: that its receiver took it is in the journal.
pub fn note(
    change: &Change<'_>,
    back: &Back,
    target: &PluginId,
    backoff: &Backoff,
    now: Timestamp,
) -> Result<Option<DeliveryEvent>, DeliverError> {
    match outcome(change, back, target, backoff, now) {
        Err(DeliverError::Ledger(LedgerError::NotNow { state, .. })) => {
            let request = back.due.id;
            tracing::warn!(%target, %request, "it was on its way and is {state} meanwhile");
            let is_withdrawn = state == RequestState::Withdrawn.as_str();
            if is_withdrawn && matches!(back.verdict, Verdict::Taken { .. }) {
                let (event, detail) = ("request taken though withdrawn", Default::default());
                let event = Event { event, object: request.to_string(), detail };
                change.note(now, &Actor::host(), &event)?;
            }
            Ok(None)
        }
        noted => noted.map(Some),
    }
}

fn outcome(
    change: &Change<'_>,
    back: &Back,
    target: &PluginId,
    backoff: &Backoff,
    now: Timestamp,
) -> Result<DeliveryEvent, DeliverError> {
    let (target, request) = (target.clone(), back.due.id);
    match (&back.verdict, back.sent) {
        (Verdict::Taken { next }, Some(sent)) => {
            let receipt = back.receipt.as_deref();
            change.accept(&request, &Accepted { at: now, sent, receipt, next: *next })?;
            Ok(DeliveryEvent::Sent { target, request, digest: sent, receipt: receipt.is_some() })
        }
        // It says that it has what it was not handed: nobody knows what it has.
        (Verdict::Taken { .. }, None) => {
            later(change, back, target, "answered-early", backoff.after(back.due.attempts + 1), now)
        }
        (Verdict::Later { failure, after }, _) => {
            let own = backoff.after(back.due.attempts + 1);
            let wait = after.map_or(own, |after| backoff.asked(after));
            later(change, back, target, failure, wait, now)
        }
        (Verdict::Never { reason }, _) => {
            change.refuse(&request, reason, now)?;
            Ok(DeliveryEvent::Aside { target, request })
        }
    }
}

fn later(
    change: &Change<'_>,
    back: &Back,
    target: PluginId,
    failure: &str,
    wait: Duration,
    now: Timestamp,
) -> Result<DeliveryEvent, DeliverError> {
    let failure = Name::new(failure)?;
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    let next = now.checked_add(wait).unwrap_or(Timestamp::MAX);
    change.record_attempt(&back.due.id, &Attempt { at: now, next_at: next, failure: failure.clone() })?;
    Ok(DeliveryEvent::Later { target, request: back.due.id, failure, next })
}
