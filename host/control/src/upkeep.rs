//! What a host does beside collecting and sending: keeps the audit log level, and erases what is old.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use glasshouse_contract::FaultKind;
use glasshouse_ledger::{Actor, Decision, Retention};
use glasshouse_registry::Registry;
use tracing::{info, warn};

use crate::audit::Keeper;

/// As long as a leaf waits for its signature.
const EVERY: Duration = Duration::from_secs(1);

/// After a disk that is full, say, it is tried again so soon.
const TROUBLE: Duration = Duration::from_secs(5);

/// A log that is not what its leaves say needs a person; to look at all of it costs seconds.
const FINDING: Duration = Duration::from_secs(300);

/// How often what is old is erased.
const PURGE_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Works for as long as this is awaited.
pub(crate) async fn keep(registry: Arc<Registry>, keeper: Arc<Keeper>) {
    let mut purged: Option<Instant> = None;
    loop {
        let due = purged.is_none_or(|purged| purged.elapsed() >= PURGE_EVERY);
        let (of, by) = (Arc::clone(&registry), Arc::clone(&keeper));
        let worked = tokio::task::spawn_blocking(move || {
            if due {
                purge(&of);
            }
            by.catch_up(of.ledger())
        });
        if due {
            purged = Some(Instant::now());
        }
        tokio::time::sleep(match worked.await {
            Ok(Err(fault)) if fault.kind == FaultKind::Finding => FINDING,
            Ok(Err(_)) | Err(_) => TROUBLE,
            Ok(Ok(())) => EVERY,
        })
        .await;
    }
}

/// Erases rows and bodies that are older than the usual retention.
fn purge(registry: &Registry) {
    let now = registry.clock().now();
    let actor = Actor::host();
    let decision = Decision { at: now, actor: &actor, reason: "they are as old as they may get" };
    match registry.ledger().purge(&Retention::usual(now), &decision) {
        Ok(purged) if purged.tables + purged.bodies > 0 => {
            info!("erased what is old: {} tables of results, {} bodies", purged.tables, purged.bodies);
        }
        Ok(_) => {}
        Err(error) => warn!("what is old could not be erased: {error}"),
    }
}
