//! One request on its way and its answer back.

use std::sync::Arc;

use glasshouse_contract::{Digest, PluginId, Response};
use glasshouse_ledger::{Due, LedgerError, RequestId, SealedRequest};
use glasshouse_registry::{Generation, Registry};
use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::{
    answer::{NOT_READ, Verdict, of_answer, of_failure},
    deliverer::{DeliverError, DeliverSettings},
    receipt::unproved,
};

/// What became of one request, to be noted in the ledger.
pub struct Back {
    pub due: Due,
    /// Nothing where its bytes could not be had.
    pub verdict: Verdict,
    pub sent: Option<Digest>,
    pub receipt: Option<Vec<u8>>,
    /// Whether the endpoint could be reached; nothing where that was not tried.
    pub reached: Option<bool>,
}

/// Sends one request and has its answer read.
pub async fn send(registry: &Arc<Registry>, settings: &DeliverSettings, target: &PluginId, due: Due) -> Back {
    let not_tried = |verdict| Back { due: due.clone(), verdict, sent: None, receipt: None, reached: None };
    let wait = |failure: String| Verdict::Later { failure, after: None };
    let (generation, way) = match settings.outlets.running(registry, target).and_then(|generation| {
        let way = settings.outlets.way(&generation, &due.endpoint)?;
        Ok((generation, way))
    }) {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%target, "nothing can be sent: {error}");
            let verdict = wait(error.word());
            return Back { due, verdict, sent: None, receipt: None, reached: Some(false) };
        }
    };
    let sealed = match stored(registry, due.id).await {
        Ok(Some(sealed)) => sealed,
        Ok(None) => return not_tried(Verdict::Never { reason: "its bytes were erased".to_owned() }),
        Err(DeliverError::Ledger(error @ LedgerError::NotAsSealed { .. })) => {
            return not_tried(Verdict::Never { reason: error.to_string() });
        }
        Err(error) => {
            tracing::warn!(%target, request = %due.id, "its bytes cannot be read: {error}");
            return not_tried(wait("ledger".to_owned()));
        }
    };
    match settings.outlets.egress().send(&way, &sealed.request).await {
        Ok(sent) => {
            let (now, asked, response) = (registry.clock().now(), due.clone(), sent.response);
            let read = spawn_blocking(move || {
                let verdict = read(&generation, &asked, &response, now);
                (verdict, response)
            });
            let (verdict, response) = match read.await {
                Ok(read) => read,
                Err(error) => {
                    tracing::warn!(%target, request = %due.id, "nobody could read the answer: {error}");
                    return not_tried(wait(NOT_READ.to_owned()));
                }
            };
            // What stands for an endpoint that is there and cannot: the ones behind it would fare alike.
            let reached = !(matches!(verdict, Verdict::Later { .. }) && response.status >= 500);
            let (verdict, receipt) = vouched(settings, target, &sealed, verdict, &response);
            // Nothing where the receiver answered before it had all of it. The stored bytes were held against their
            // digest a moment ago, so comparing bytes is enough.
            let handed = sent.handed.filter(|handed| handed.is(&sealed.request));
            let sent = handed.map(|_| sealed.row.digest);
            Back { due, verdict, sent, receipt, reached: Some(reached) }
        }
        Err(error) => {
            tracing::warn!(%target, request = %due.id, "not sent: {error}");
            settings.outlets.failed(&way, &error);
            let reached = error.retry().then_some(false);
            Back { verdict: of_failure(&error), due, sent: None, receipt: None, reached }
        }
    }
}

/// Has the target's plugin read an answer.
fn read(generation: &Generation, due: &Due, response: &Response, now: Timestamp) -> Verdict {
    // A plugin that goes back and forth for ever would send for ever.
    if u64::from(due.jumps) > generation.manifest().limits.steps {
        return Verdict::Never {
            reason: "its target goes from request to request and comes to no end".to_owned(),
        };
    }
    let outcome = generation.plugin().delivery(due.steps).interpret(due.step, response);
    if let Err(error) = &outcome {
        let target = &generation.manifest().id;
        tracing::warn!(%target, request = %due.id, "it cannot read the answer: {error}");
    }
    of_answer(response, outcome, due, now)
}

async fn stored(registry: &Arc<Registry>, id: RequestId) -> Result<Option<SealedRequest>, DeliverError> {
    let registry = Arc::clone(registry);
    Ok(spawn_blocking(move || registry.ledger().request(&id)).await??)
}

/// What an answer comes to that its target's plugin reads as yes: where the receiver's key is known, nothing without a
/// receipt by that key for just this request; elsewhere nothing with a receipt for another one.
fn vouched(
    settings: &DeliverSettings,
    target: &PluginId,
    sealed: &SealedRequest,
    verdict: Verdict,
    response: &Response,
) -> (Verdict, Option<Vec<u8>>) {
    if !matches!(verdict, Verdict::Taken { .. }) {
        return (verdict, None);
    }
    let receipt = match settings.outlets.expected(target, sealed) {
        Ok(Some(expected)) => expected.receipt_in(response).map(Some).map_err(str::to_owned),
        Ok(None) => unproved(response, sealed.row.id.digest(), sealed.row.digest).map_err(str::to_owned),
        Err(error) => Err(error.word()),
    };
    match receipt {
        Ok(receipt) => (verdict, receipt),
        Err(word) => {
            tracing::warn!(%target, request = %sealed.row.id, "the answer does not count: {word}");
            (Verdict::Later { failure: word, after: None }, None)
        }
    }
}
