//! The sites that `glasshouse.toml` describes, as it describes them now.
//!
//! The file is read again whenever somebody asks, so that a change needs no restart. A site that is still
//! described in the same words stays the same site: its connections, and the run that is at work.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

use glasshouse_contract::{Fault, FaultKind, Name};
use glasshouse_guard::Floors;
use glasshouse_pipeline::{
    Checkpoints, CollectSettings, CollectSite, Progress, Receipt, Scheduler, SealSettings, SiteTimes,
    run_draft, run_now,
};
use glasshouse_registry::Registry;
use serde::{Deserialize, Serialize};
use tokio::{runtime::Runtime, task::JoinSet};
use tracing::{info, warn};

use crate::{
    Config, SealedCount,
    audit::Keeper,
    redaction,
    sending::{fault_of, note_changes, sealed_by, whose_receipts_count},
    telling::{Log, Teller},
};

/// How often a host looks whether its configuration has changed.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Less than an asker waits for a word.
pub(crate) const SIGN_OF_LIFE: Duration = Duration::from_secs(60);

/// The sites of one state directory.
pub(crate) struct Sites {
    registry: Arc<Registry>,
    keeper: Arc<Keeper>,
    current: Mutex<Option<Arc<Current>>>,
    /// Whose receipts count, as it was last looked at: a file with keys changes without the configuration.
    receivers: Mutex<Option<String>>,
}

/// A configuration and what was made of it.
pub(crate) struct Current {
    pub config: Config,
    pub scheduler: Arc<Scheduler>,
    /// Sites that cannot be worked with as they are described.
    pub unusable: BTreeMap<Name, Fault>,
}

/// What becomes of what is collected because somebody asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The same as of any other run.
    Now,
    /// It is held until a person has approved it.
    Draft,
}

/// What came of collecting from one site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collected {
    /// The site.
    pub site: Name,
    /// What the run did, where it came to its end.
    pub receipt: Option<Receipt>,
    /// What the run sealed, by route, and what of it waits for whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sealed: Vec<SealedCount>,
    /// What an administrator should know of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Why it did not.
    pub fault: Option<Fault>,
}

impl Sites {
    pub fn new(registry: Arc<Registry>, keeper: Arc<Keeper>) -> Arc<Self> {
        Arc::new(Self { registry, keeper, current: Mutex::default(), receivers: Mutex::default() })
    }

    /// The plugins and the ledger of the state directory.
    pub const fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The sites as they are described now.
    pub fn current(&self) -> Result<Arc<Current>, Fault> {
        let config = Config::load(self.registry.state())?;
        let floors = self.registry.floors()?;
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let receivers = whose_receipts_count(&config.sending.targets, &self.registry);
        let mut seen = self.receivers.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_none_or(|before| before.config != config) || seen.as_ref() != Some(&receivers)
        {
            note_changes(&self.registry, &config)?;
            *seen = Some(receivers);
        }
        drop(seen);
        let before = current
            .as_ref()
            .filter(|before| before.config == config && *before.scheduler.settings().floors == *floors);
        if let Some(before) = before.filter(|before| before.unusable.is_empty()) {
            return Ok(Arc::clone(before));
        }
        // What a site was missing, a password's file say, may be there by now.
        let made = self.make(config, floors, current.as_deref());
        if let Some(before) = before.filter(|before| before.unusable == made.unusable) {
            return Ok(Arc::clone(before));
        }
        let made = Arc::new(made);
        *current = Some(Arc::clone(&made));
        Ok(made)
    }

    fn make(&self, config: Config, floors: Arc<Floors>, before: Option<&Current>) -> Current {
        let base = self.registry.state().root();
        let mut sites = Vec::new();
        let mut unusable = BTreeMap::new();
        for described in &config.sites {
            let known = before.and_then(|before| {
                let as_described = before.config.sites.contains(described);
                before.scheduler.site(&described.name).map(|site| (site, as_described))
            });
            let made = match known {
                Some((site, true)) => Ok(Arc::clone(site)),
                Some((site, false)) => CollectSite::in_place_of(site, described, base).map(Arc::new),
                None => CollectSite::new(described, base).map(Arc::new),
            };
            match made {
                Ok(site) => sites.push(site),
                Err(error) => drop(unusable.insert(described.name.clone(), error.fault())),
            }
        }
        let seal = SealSettings {
            hosts: config.sending.hosts.clone(),
            unsent: Some(config.sending.policy()),
            checkpoint: self.checkpoints(),
        };
        let settings =
            CollectSettings { routes: config.routes(), floors, seal, ..CollectSettings::at(config.level) };
        let scheduler = Scheduler::new(Arc::clone(&self.registry), sites, settings, Arc::new(Log));
        Current { config, scheduler: Arc::new(scheduler), unusable }
    }

    /// The audit log's newest checkpoint, whenever a run begins.
    fn checkpoints(&self) -> Checkpoints {
        let (registry, keeper) = (Arc::clone(&self.registry), Arc::clone(&self.keeper));
        Checkpoints::from(move || {
            // One that cannot be gone on with is shown by `status`; what was signed is still true.
            let _ = keeper.catch_up(registry.ledger());
            keeper.newest()
        })
    }

    /// Collects whenever it is time, for as long as this is awaited. A change of the configuration counts at
    /// once; a run that is at work then goes on where it was.
    pub async fn keep_collecting(self: Arc<Self>) {
        let mut complaint = None;
        loop {
            match self.current() {
                Ok(current) => {
                    for fault in current.unusable.values() {
                        complain(&mut complaint, fault);
                    }
                    if let [_, ..] = current.scheduler.sites() {
                        let level = current.config.level;
                        info!("collecting at level {level} from {}", names(&current));
                    }
                    current.scheduler.run(self.until_other_than(&current)).await;
                    info!("glasshouse.toml has changed");
                }
                Err(fault) => {
                    complain(&mut complaint, &fault);
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
    }

    /// Is done when the configuration is another one that can be read. One that cannot be read leaves
    /// everything as it was, and is told about.
    async fn until_other_than(&self, current: &Arc<Current>) {
        let mut complaint = None;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match self.current() {
                Ok(now) if Arc::ptr_eq(&now, current) => {}
                Ok(_) => return,
                Err(fault) => complain(&mut complaint, &fault),
            }
        }
    }

    /// Collects from some sites now, side by side; from all where none is named.
    pub fn collect(
        &self,
        names: &[Name],
        watched: bool,
        how: How,
        say: &dyn Fn(&str),
    ) -> Result<Vec<Collected>, Fault> {
        let current = self.current()?;
        // Before anything is connected to: with the line of the file, which the run does not know.
        if let Some(fault) = current.config.unfollowable(&self.registry).into_iter().next() {
            return Err(fault);
        }
        let (said, heard) = mpsc::channel();
        let teller: Arc<dyn Progress> = Arc::new(Teller::new(said, watched));
        let mut done = Vec::new();
        let mut chosen = Vec::new();
        for name in current.chosen(names)? {
            match (current.scheduler.site(&name), current.unusable.get(&name)) {
                (Some(site), _) => chosen.push(Arc::clone(site)),
                (None, fault) => done.push(Collected {
                    site: name,
                    receipt: None,
                    sealed: Vec::new(),
                    warnings: Vec::new(),
                    fault: fault.cloned(),
                }),
            }
        }
        let (registry, settings) = (Arc::clone(&self.registry), current.scheduler.settings().clone());
        done.extend(with_runtime(|handle| {
            let work = handle.spawn(async move {
                let mut runs = JoinSet::new();
                for site in chosen {
                    let (registry, settings, teller) =
                        (Arc::clone(&registry), settings.clone(), Arc::clone(&teller));
                    runs.spawn(async move {
                        let ran = match how {
                            How::Now => run_now(&registry, &site, &settings, &teller).await,
                            How::Draft => run_draft(&registry, &site, &settings, &teller).await,
                        };
                        let (receipt, fault) = match ran {
                            Ok(receipt) => (receipt, None),
                            Err(error) => (None, Some(error.fault())),
                        };
                        let site = site.name().clone();
                        Collected { site, receipt, sealed: Vec::new(), warnings: Vec::new(), fault }
                    });
                }
                runs.join_all().await
            });
            // Ends when the last run has dropped its teller. A slow statement says nothing for minutes, and whoever
            // asked over the socket would give the host up.
            loop {
                match heard.recv_timeout(SIGN_OF_LIFE) {
                    Ok(text) => say(&text),
                    Err(mpsc::RecvTimeoutError::Timeout) => say("the site is still at work"),
                    Err(mpsc::RecvTimeoutError::Disconnected) => break,
                }
            }
            handle.block_on(work).map_err(|error| broke_off(&error))
        })??);
        for collected in &mut done {
            if let Some(receipt) = &collected.receipt {
                collected.warnings = redaction::warnings(&self.registry, &current.config, receipt);
                let sealed = sealed_by(self.registry.ledger(), &receipt.run);
                collected.sealed = sealed.map_err(fault_of("the outbox"))?;
            }
        }
        done.sort_by(|a, b| a.site.cmp(&b.site));
        Ok(done)
    }

    /// Whether collecting from a site waits for nothing but room on the disk.
    pub fn wait_for_disk(&self) -> Result<bool, Fault> {
        Ok(self.times()?.0.iter().any(|times| times.waits_for_disk))
    }

    /// How each site stands.
    pub fn times(&self) -> Result<(Vec<SiteTimes>, BTreeMap<Name, Fault>), Fault> {
        let current = self.current()?;
        let times = current.scheduler.times().map_err(|error| {
            Fault::new(FaultKind::Unreachable, "the ledger", error, "look at the disk that it lies on")
        })?;
        Ok((times, current.unusable.clone()))
    }
}

impl Current {
    /// The sites that are meant: those that are named, or all.
    pub fn chosen(&self, names: &[Name]) -> Result<Vec<Name>, Fault> {
        let known = || self.config.sites.iter().map(|site| &site.name);
        if self.config.sites.is_empty() {
            return Err(Fault::new(
                FaultKind::Malformed,
                "glasshouse.toml",
                "it describes no site",
                "write a [[site]] into it; the one that `glasshouse init` made has an example to begin with",
            ));
        }
        if let Some(stranger) = names.iter().find(|name| !known().any(|known| known == *name)) {
            let all: Vec<&str> = known().map(Name::as_str).collect();
            return Err(Fault::new(
                FaultKind::Malformed,
                format!("site `{stranger}`"),
                "glasshouse.toml describes no such site",
                format!("name one of these: {}", all.join(", ")),
            ));
        }
        Ok(known().filter(|known| names.is_empty() || names.contains(known)).cloned().collect())
    }
}

fn names(current: &Current) -> String {
    let names: Vec<&str> = current.scheduler.sites().iter().map(|site| site.name().as_str()).collect();
    names.join(", ")
}

/// Says what is wrong, once for as long as it stays the same.
fn complain(last: &mut Option<Fault>, fault: &Fault) {
    if last.as_ref() != Some(fault) {
        warn!("{}: {}", fault.object, fault.cause);
        *last = Some(fault.clone());
    }
}

fn broke_off(error: &tokio::task::JoinError) -> Fault {
    Fault::new(
        FaultKind::Finding,
        "the run",
        format!("it broke off by a fault in the host itself: {error}"),
        "begin it again; it goes on where it was",
    )
}

/// Lends the runtime of the host, or one of this command's own.
pub(crate) fn with_runtime<T>(work: impl FnOnce(&tokio::runtime::Handle) -> T) -> Result<T, Fault> {
    if let Ok(handle) = tokio::runtime::Handle::try_current() {
        return Ok(work(&handle));
    }
    let runtime = Runtime::new().map_err(|error| {
        Fault::new(FaultKind::Unreachable, "this command", error, "see whether the machine is out of threads")
    })?;
    Ok(work(runtime.handle()))
}
