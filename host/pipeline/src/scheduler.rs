use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use glasshouse_contract::{Fault, Name};
use glasshouse_ledger::{LedgerError, RunRow};
use glasshouse_registry::Registry;
use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::{
    CollectError, CollectSettings, CollectSite, Progress,
    collect::{run_due, schedule},
};

/// How often the clock is looked at: a run begins within this of its moment, also after a sleep of the machine
/// or a jump of the clock, of which no timer knows.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How long a full disk, or a full outbox, is left alone: within ten seconds after there is room the site is
/// collected from.
const ROOM_PAUSE: Duration = Duration::from_secs(5);
/// After this many failures in a row the pause grows no more: an hour's pause at most.
const MOST_DOUBLINGS: u32 = 6;

/// Collects from sites whenever it is time. Each has its own schedule and its own run; they do not wait for
/// each other.
pub struct Scheduler {
    registry: Arc<Registry>,
    sites: Vec<Arc<CollectSite>>,
    settings: CollectSettings,
    progress: Arc<dyn Progress>,
    look_every: Duration,
    troubles: Mutex<BTreeMap<Name, Trouble>>,
}

/// Why a run did not come to its end.
struct Trouble {
    kind: &'static str,
    fault: Fault,
    disk_full: bool,
    wants_room: bool,
}

/// How a site stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteTimes {
    /// The site.
    pub site: Name,
    /// Its newest run.
    pub last: Option<RunRow>,
    /// When the next one is due; none where the site was never reached.
    pub next: Option<Timestamp>,
    /// Why the last attempt did not come to its end.
    pub trouble: Option<Fault>,
    /// Whether it waits for nothing but room on the disk.
    pub waits_for_disk: bool,
}

impl Scheduler {
    /// A scheduler of some sites. It does nothing before [`Self::run`].
    #[must_use]
    pub fn new(
        registry: Arc<Registry>,
        sites: Vec<Arc<CollectSite>>,
        settings: CollectSettings,
        progress: Arc<dyn Progress>,
    ) -> Self {
        Self { registry, sites, settings, progress, look_every: LOOK_EVERY, troubles: Mutex::default() }
    }

    /// Looks at the clock more often, for tests.
    #[must_use]
    pub const fn looking_every(mut self, every: Duration) -> Self {
        self.look_every = every;
        self
    }

    /// The sites.
    #[must_use]
    pub fn sites(&self) -> &[Arc<CollectSite>] {
        &self.sites
    }

    /// The site of that name.
    #[must_use]
    pub fn site(&self, name: &Name) -> Option<&Arc<CollectSite>> {
        self.sites.iter().find(|site| site.name() == name)
    }

    /// What collecting depends on.
    #[must_use]
    pub const fn settings(&self) -> &CollectSettings {
        &self.settings
    }

    /// Collects whenever it is time, until `stop` is there. A run that is at work then breaks off at once,
    /// and goes on where it was when the host runs again.
    pub async fn run(self: &Arc<Self>, stop: impl Future<Output = ()>) {
        let mut sites = JoinSet::new();
        for site in &self.sites {
            let (scheduler, site) = (Arc::clone(self), Arc::clone(site));
            sites.spawn(async move { scheduler.watch(&site).await });
        }
        stop.await;
        sites.shutdown().await;
    }

    async fn watch(&self, site: &Arc<CollectSite>) {
        let mut failures = 0;
        loop {
            let mut pause = self.look_every;
            match run_due(&self.registry, site, &self.settings, &self.progress).await {
                // Somebody asked for a run, which is at work; what comes of it is told to them.
                Err(CollectError::Busy(_)) => {}
                Ok(_) => {
                    failures = 0;
                    let over = self.troubles().remove(site.name());
                    if over.is_some_and(|trouble| trouble.wants_room) {
                        tracing::info!(site = %site.name(), "there is room again");
                    }
                }
                Err(error) => {
                    self.note_trouble(site.name(), &error);
                    if error.is_for_want_of_room() {
                        pause = pause.min(ROOM_PAUSE);
                    } else {
                        failures = (failures + 1).min(MOST_DOUBLINGS);
                        pause *= 2u32.pow(failures);
                    }
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Keeps why a run did not come to its end, for who asks how the site stands, and logs it. What is looked at every
    /// few seconds is logged once.
    fn note_trouble(&self, site: &Name, error: &CollectError) {
        let trouble = Trouble {
            kind: error.kind(),
            fault: error.fault(),
            disk_full: error.is_disk_full(),
            wants_room: error.is_for_want_of_room(),
        };
        let (kind, wants_room) = (trouble.kind, trouble.wants_room);
        let before = self.troubles().insert(site.clone(), trouble);
        if wants_room && before.is_some_and(|before| before.kind == kind && before.wants_room) {
            return;
        }
        match error {
            CollectError::NoRoom(room) => tracing::warn!(
                %site, unsent = room.unsent, most = room.most,
                "waiting: outbox; nothing is collected until something of it is sent or withdrawn"
            ),
            error if error.is_disk_full() => {
                tracing::warn!(%site, "waiting: disk; collecting goes on when there is room");
            }
            // What a server said stays out of logs.
            _ => tracing::warn!(%site, cause = kind, "a run did not come to its end"),
        }
    }

    /// How each site stands.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn times(&self) -> Result<Vec<SiteTimes>, LedgerError> {
        self.sites.iter().map(|site| self.times_of(site)).collect()
    }

    fn times_of(&self, site: &CollectSite) -> Result<SiteTimes, LedgerError> {
        let ledger = self.registry.ledger();
        let seen = ledger.site(site.name())?.map(|known| known.first_seen);
        let next = match site.installed().or(seen) {
            Some(anchor) => {
                Some(schedule(&self.registry, site.name(), anchor)?.next(self.registry.clock().now()))
            }
            None => None,
        };
        let troubles = self.troubles();
        let trouble = troubles.get(site.name());
        Ok(SiteTimes {
            site: site.name().clone(),
            last: ledger.runs(Some(site.name()), 1)?.pop(),
            next,
            trouble: trouble.map(|trouble| trouble.fault.clone()),
            waits_for_disk: trouble.is_some_and(|trouble| trouble.disk_full),
        })
    }

    fn troubles(&self) -> MutexGuard<'_, BTreeMap<Name, Trouble>> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
