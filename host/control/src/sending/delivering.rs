//! Sending: by itself in a host that is online, and when somebody asks for it. One of them at a time.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    time::Duration,
};

use glasshouse_contract::{Fault, FaultKind, PluginId};
use glasshouse_egress::{Egress, TargetConfig};
use glasshouse_pipeline::{
    Backoff, DeliverError, DeliverSettings, Deliverer, DeliveryEvent, Outlets, WatchDelivery,
};
use glasshouse_registry::Registry;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex as Turn, watch};
use tracing::{debug, info, warn};

use super::{ConnectivityReport, DeliveredReport, connectivity, fault_of, outbox};
use crate::{
    Config, Mode,
    sites::{LOOK_EVERY, SIGN_OF_LIFE, Sites, with_runtime},
};

/// How often receivers are asked for: daily, as the site's own service connection point does it.
const CHECK_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// How often the clock is looked at: no timer knows of a sleep of the machine or a jump of the clock.
const CLOCK_EVERY: Duration = Duration::from_secs(60);

/// What sends.
pub(crate) struct Delivering {
    registry: Arc<Registry>,
    sites: Arc<Sites>,
    /// Held by whoever sends.
    turn: Turn<()>,
    wishes: watch::Sender<Wishes>,
    seen: Arc<Mutex<Seen>>,
}

/// What keeps the host from sending by itself.
#[derive(Clone, Copy, Default)]
struct Wishes {
    /// How many ask to send now.
    askers: usize,
    /// Whether the host stops.
    stopping: bool,
}

/// What was seen of the world.
#[derive(Default)]
struct Seen {
    check: Option<ConnectivityReport>,
    /// The targets about whose requests nothing can be noted.
    disk_full: BTreeSet<PluginId>,
}

impl Delivering {
    pub fn new(registry: Arc<Registry>, sites: Arc<Sites>) -> Arc<Self> {
        Arc::new(Self {
            registry,
            sites,
            turn: Turn::new(()),
            wishes: watch::Sender::new(Wishes::default()),
            seen: Arc::default(),
        })
    }

    /// Sends whatever is sealed and may go, and asks for receivers daily, for as long as this is awaited and the
    /// configuration says so. A change of it counts at once.
    pub async fn keep_delivering(self: Arc<Self>) {
        loop {
            let Ok(current) = self.sites.current() else {
                // Who collects says why.
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            };
            let sending = &current.config.sending;
            let changed = async {
                let same = || self.sites.current().map_or(true, |now| now.config.sending == *sending);
                while same() {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            };
            self.seen().disk_full.clear();
            if sending.mode == Mode::Offline || sending.targets.is_empty() {
                self.seen().check = None;
                changed.await;
                continue;
            }
            info!("online: sending to {} targets", sending.targets.len());
            let targets: Vec<&TargetConfig> = sending.targets.iter().collect();
            let outlets = self.outlets(&targets);
            tokio::select! {
                () = changed => info!("what glasshouse.toml says of sending has changed"),
                () = self.deliver_on(&outlets) => {}
                () = self.check_daily(&outlets, &targets) => {}
            }
        }
    }

    /// Whoever sends lets go at once; what is on its way is sent once more.
    pub fn stop(&self) {
        self.wishes.send_modify(|wishes| wishes.stopping = true);
    }

    async fn deliver_on(&self, outlets: &Arc<Outlets>) {
        let deliverer = Deliverer::new(
            Arc::clone(&self.registry),
            DeliverSettings {
                outlets: Arc::clone(outlets),
                backoff: Backoff::default(),
                watch: Arc::new(Noting { seen: Arc::clone(&self.seen), said: None }),
            },
        );
        let mut wishes = self.wishes.subscribe();
        loop {
            // Who asks goes first: to wait for the turn before them would keep them out.
            let _ = wishes.wait_for(|wishes| wishes.askers == 0 && !wishes.stopping).await;
            let _turn = self.turn.lock().await;
            let wanted = async {
                let _ = wishes.wait_for(|wishes| wishes.askers > 0 || wishes.stopping).await;
            };
            deliverer.run(wanted).await;
            // It looks anew when it begins again.
            self.seen().disk_full.clear();
        }
    }

    async fn check_daily(&self, outlets: &Outlets, targets: &[&TargetConfig]) {
        loop {
            let now = self.registry.clock().now();
            if !self.last_check().is_some_and(|last| is_fresh(last.at, now)) {
                let report = connectivity::check(&self.registry, outlets, targets, now).await;
                connectivity::log(&report);
                self.seen().check = Some(report);
            }
            tokio::time::sleep(CLOCK_EVERY).await;
        }
    }

    /// Sends what is due now, or `all` that waits for nothing but time.
    pub fn deliver_now(
        self: &Arc<Self>,
        target: Option<&PluginId>,
        all: bool,
        say: &dyn Fn(&str),
    ) -> Result<DeliveredReport, Fault> {
        let current = self.sites.current()?;
        let targets = meant(&current.config, target)?;
        for target in targets.iter().filter(|_| all) {
            self.registry.ledger().end_waits(&target.plugin).map_err(fault_of("the outbox"))?;
        }
        let (said, heard) = mpsc::channel();
        let watch = Arc::new(Noting { seen: Arc::clone(&self.seen), said: Some(Mutex::new(said)) });
        let settings =
            DeliverSettings { outlets: self.outlets(&targets), backoff: Backoff::default(), watch };
        let deliverer = Deliverer::new(Arc::clone(&self.registry), settings);
        let asking = Asking::of(&self.wishes);
        let done = with_runtime(|handle| {
            let this = Arc::clone(self);
            let work = handle.spawn(async move {
                let mut wishes = this.wishes.subscribe();
                tokio::select! {
                    _ = wishes.wait_for(|wishes| wishes.stopping) => None,
                    done = async {
                        let _turn = this.turn.lock().await;
                        deliverer.deliver_now().await
                    } => Some(done),
                }
            });
            loop {
                match heard.recv_timeout(SIGN_OF_LIFE) {
                    Ok(text) => say(&text),
                    Err(mpsc::RecvTimeoutError::Timeout) => say("still waiting for the receiver"),
                    Err(mpsc::RecvTimeoutError::Disconnected) => break,
                }
            }
            handle.block_on(work)
        })?;
        drop(asking);
        let broke_off = |cause: String| Fault::new(FaultKind::Unreachable, "delivering", cause, "try again");
        let done = match done {
            Ok(Some(Ok(done))) => done,
            Ok(Some(Err(DeliverError::Ledger(error)))) => return Err(fault_of("the outbox")(error)),
            Ok(Some(Err(error))) => return Err(broke_off(error.to_string())),
            Ok(None) => return Err(broke_off("the host stops; what was noted stays".to_owned())),
            Err(error) => return Err(broke_off(error.to_string())),
        };
        let now = self.registry.clock().now();
        let left = outbox::targets(self.registry.ledger(), &current.config.sending, now);
        let mut left = left.map_err(fault_of("the outbox"))?;
        left.retain(|status| done.iter().any(|done| done.target == status.target));
        Ok(DeliveredReport { targets: done, left })
    }

    /// Asks whether receivers can be reached.
    pub fn test(&self, target: Option<&PluginId>, say: &dyn Fn(&str)) -> Result<ConnectivityReport, Fault> {
        let current = self.sites.current()?;
        let targets = meant(&current.config, target)?;
        let outlets = self.outlets(&targets);
        let now = self.registry.clock().now();
        say("asking for receivers");
        let work = connectivity::check(&self.registry, &outlets, &targets, now);
        let report = with_runtime(|handle| handle.block_on(work))?;
        if target.is_none() {
            self.seen().check = Some(report.clone());
        }
        Ok(report)
    }

    /// What was found when receivers were asked for the last time.
    pub fn last_check(&self) -> Option<ConnectivityReport> {
        self.seen().check.clone()
    }

    /// Whether sending waits for nothing but room on the disk.
    pub fn waits_for_disk(&self) -> bool {
        !self.seen().disk_full.is_empty()
    }

    /// The ways out. The one place that makes them, and never asked where the mode is offline.
    fn outlets(&self, targets: &[&TargetConfig]) -> Arc<Outlets> {
        let described: Vec<TargetConfig> = targets.iter().map(|target| (*target).clone()).collect();
        Arc::new(Outlets::new(Egress::new(), &described, self.registry.state().root().to_owned()))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether receivers were asked for a while ago. One that lies in the future was made by a clock that was ahead.
fn is_fresh(check: Timestamp, now: Timestamp) -> bool {
    check <= now && now.duration_since(check) < CHECK_EVERY
}

/// The targets that are meant, where anything may be sent at all.
fn meant<'a>(config: &'a Config, target: Option<&PluginId>) -> Result<Vec<&'a TargetConfig>, Fault> {
    let sending = &config.sending;
    if sending.mode == Mode::Offline {
        return Err(Fault::new(
            FaultKind::Refused,
            "glasshouse.toml",
            "the mode is offline: no connection is opened but to sites",
            "write `mode = \"online\"` at the beginning of the file",
        ));
    }
    let all = sending.targets.iter();
    let named: Vec<&TargetConfig> =
        all.filter(|known| target.is_none_or(|target| known.plugin == *target)).collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let all: Vec<&str> = sending.targets.iter().map(|target| target.plugin.as_str()).collect();
    let (object, mend) = match (target, all.is_empty()) {
        (Some(target), false) => {
            (format!("target {target}"), format!("name one of these: {}", all.join(", ")))
        }
        _ => (
            "glasshouse.toml".to_owned(),
            "write a [[target]] into it; the file that `glasshouse init` makes has an example".to_owned(),
        ),
    };
    Err(Fault::new(FaultKind::Malformed, object, "the configuration describes no such target", mend))
}

/// Somebody asks to send; for as long as it is there the host does not.
struct Asking<'a>(&'a watch::Sender<Wishes>);

impl<'a> Asking<'a> {
    fn of(wishes: &'a watch::Sender<Wishes>) -> Self {
        wishes.send_modify(|wishes| wishes.askers += 1);
        Self(wishes)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|wishes| wishes.askers = wishes.askers.saturating_sub(1));
    }
}

/// Writes what happens into the log, and tells who asked.
struct Noting {
    seen: Arc<Mutex<Seen>>,
    said: Option<Mutex<mpsc::Sender<String>>>,
}

impl Noting {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WatchDelivery for Noting {
    fn happened(&self, event: &DeliveryEvent) {
        let text = words(event);
        match event {
            DeliveryEvent::Sent { .. } => debug!("{text}"),
            // The deliverer says it itself.
            DeliveryEvent::DiskFull { target } => drop(self.seen().disk_full.insert(target.clone())),
            DeliveryEvent::DiskHasRoom { target } => drop(self.seen().disk_full.remove(target)),
            DeliveryEvent::Later { .. } | DeliveryEvent::Silent { .. } => info!("{text}"),
            DeliveryEvent::Aside { .. } => warn!("{text}"),
        }
        if let Some(said) = &self.said {
            // Who asked may have left; what is on its way goes on.
            let _ = said.lock().unwrap_or_else(PoisonError::into_inner).send(text);
        }
    }
}

fn words(event: &DeliveryEvent) -> String {
    match event {
        DeliveryEvent::Sent { target, request, receipt, .. } => {
            let receipt = if *receipt { ", with a receipt" } else { "" };
            format!("{target}: {request} is sent{receipt}")
        }
        DeliveryEvent::Later { target, request, failure, next } => {
            format!("{target}: {request} was not sent ({failure}); once more at {next}")
        }
        DeliveryEvent::Aside { target, request } => {
            format!("{target}: {request} is put aside; `glasshouse outbox show {request}` has the reason")
        }
        DeliveryEvent::Silent { target, endpoint, until } => {
            format!("{target}: {endpoint} does not answer and is left alone until {until}")
        }
        DeliveryEvent::DiskFull { target } => format!("{target}: waiting: disk"),
        DeliveryEvent::DiskHasRoom { target } => format!("{target}: the disk has room again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receivers_are_asked_for_daily_by_whatever_clock() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let hours = SignedDuration::from_hours;
        for (since, fresh) in
            [(0, true), (23, true), (24, false), (400 * 24, false), (-1, false), (-400 * 24, false)]
        {
            assert_eq!(is_fresh(now - hours(since), now), fresh, "{since} hours ago");
        }
    }
}
