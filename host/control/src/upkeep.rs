//! What a host does beside collecting and sending: keeps the audit log level, and erases what is old.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use glasshouse_contract::FaultKind;
use glasshouse_ledger::{Actor, Decision, KeptFor};
use glasshouse_registry::Registry;
use tracing::{info, warn};

use crate::{audit::Keeper, sites::Sites};

/// As long as a leaf waits for its signature.
const EVERY: Duration = Duration::from_secs(1);

/// After a disk that is full, say, it is tried again so soon.
const TROUBLE: Duration = Duration::from_secs(5);

/// A log that is not what its leaves say needs a person; to look at all of it costs seconds.
const FINDING: Duration = Duration::from_secs(300);

/// How often what is old is erased; besides whenever `[retention]` is another one.
const PURGE_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Works for as long as this is awaited.
pub(crate) async fn keep(sites: Arc<Sites>, keeper: Arc<Keeper>) {
    let mut last: Option<(Instant, KeptFor)> = None;
    loop {
        let (of, by) = (Arc::clone(&sites), Arc::clone(&keeper));
        let worked = tokio::task::spawn_blocking(move || {
            // Nothing is erased by a configuration that cannot be read: it may say that it is kept.
            let kept_for = of.current().ok().map(|current| current.config.kept_for);
            let due = kept_for.filter(|kept_for| is_due(last, *kept_for));
            // One that failed is tried again with the next look.
            let purged = due.filter(|kept_for| purge(of.registry(), *kept_for));
            (purged, by.catch_up(of.registry().ledger()))
        });
        let (purged, level) = match worked.await {
            Ok((purged, level)) => (purged, Some(level)),
            Err(_) => (None, None),
        };
        last = purged.map(|kept_for| (Instant::now(), kept_for)).or(last);
        tokio::time::sleep(match level {
            Some(Err(fault)) if fault.kind == FaultKind::Finding => FINDING,
            Some(Err(_)) | None => TROUBLE,
            Some(Ok(())) => EVERY,
        })
        .await;
    }
}

fn is_due(last: Option<(Instant, KeptFor)>, kept_for: KeptFor) -> bool {
    last.is_none_or(|(at, by)| at.elapsed() >= PURGE_EVERY || by != kept_for)
}

/// Erases rows and bodies that are older than they may get. Whether that went well.
fn purge(registry: &Registry, kept_for: KeptFor) -> bool {
    let now = registry.clock().now();
    let actor = Actor::host();
    let decision = Decision { at: now, actor: &actor, reason: "they are as old as they may get" };
    let purged = registry.ledger().purge(&kept_for.over_at(now), &decision);
    match &purged {
        Ok(purged) if purged.tables + purged.bodies > 0 => {
            info!("erased what is old: {} tables of results, {} bodies", purged.tables, purged.bodies);
        }
        Ok(_) => {}
        Err(error) => warn!("what is old could not be erased: {error}"),
    }
    purged.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_is_erased_daily_and_whenever_it_may_get_another_age() {
        let (now, usual) = (Instant::now(), KeptFor::default());
        let shorter = KeptFor { sent_days: 7, ..usual };
        assert!(is_due(None, usual));
        assert!(!is_due(Some((now, usual)), usual));
        assert!(is_due(Some((now, usual)), shorter));
        if let Some(yesterday) = now.checked_sub(PURGE_EVERY) {
            assert!(is_due(Some((yesterday, usual)), usual));
        }
    }
}
