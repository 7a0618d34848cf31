//! A run of a site, from its begin or from where it was cut short to its end.

use std::{collections::BTreeSet, error::Error, sync::Arc};

use glasshouse_contract::{Digest, Level, Name, PluginId, PseudonymKeyId, one_way_hash};
use glasshouse_ledger::{HoldState, LedgerError, PartOf, RouteRow, RunRow, RunState, SiteRow};
use glasshouse_registry::{HostKeyError, KeyIds, Registry, host_version};
use glasshouse_site::About;
use jiff::Timestamp;
use tokio::{
    sync::Semaphore,
    task::{JoinSet, spawn_blocking},
};

use super::{
    CollectError, CollectSettings, CollectSite, Event, Progress, Receipt, SealSettings,
    kept::{KeepError, Keeper},
    own,
    part::do_part,
    shape::seal_kept,
};
use crate::{
    Due, Occasion, PastRun, Schedule,
    plan::{Job, OWN, job},
    redact::{
        chain::{Chain, UsedRoute, chains, used_routes},
        scan::Scan,
        table,
    },
    seal::{Sealing, sealing},
};

/// What all parts of a run have in common.
pub(crate) struct Run {
    pub registry: Arc<Registry>,
    pub site: Arc<CollectSite>,
    pub row: RunRow,
    pub chains: Vec<Chain>,
    pub scan: Scan,
    pub sealing: Sealing,
    pub cell_kib: u64,
    pub progress: Arc<dyn Progress>,
}

/// When a run is to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Where one is due, or was cut short.
    Due,
    /// Now, because somebody asks for it.
    Now,
    /// Now, and nothing of it leaves before somebody has seen and approved it.
    Draft,
}

/// What is to be done at a site.
struct Opened {
    row: RunRow,
    resumed: bool,
    /// Plugins whose part is over.
    over: BTreeSet<PluginId>,
    /// Whether nothing of it leaves before somebody has seen all of it.
    draft: bool,
}

impl Run {
    pub fn occasion(&self) -> Occasion {
        Occasion {
            run: self.row.id.clone(),
            scheduled_us: self.row.scheduled.as_microsecond(),
            level: self.row.level,
            site: self.row.site_hash.clone(),
            hierarchy: self.row.hierarchy.clone(),
            state: Vec::new(),
        }
    }

    /// The part of a plugin, which begins now.
    pub fn part_of<'a>(&'a self, job: &'a Job) -> PartOf<'a> {
        let manifest = job.generation.manifest();
        PartOf {
            run: &self.row.id,
            plugin: &manifest.id,
            version: &manifest.version,
            digest: Some(job.generation.digest()),
            started: self.registry.clock().now(),
        }
    }

    pub fn tell(&self, event: &Event) {
        self.progress.happened(event);
    }
}

/// Does what is to be done at a site; nothing where nothing is.
///
/// Dropped before its end it is like a host that was killed: what is done stays done, and the run goes on from
/// there the next time.
pub(crate) async fn collect(
    registry: &Arc<Registry>,
    site: &Arc<CollectSite>,
    settings: &CollectSettings,
    progress: &Arc<dyn Progress>,
    when: When,
) -> Result<Option<Receipt>, CollectError> {
    let Ok(_turn) = site.turn.try_lock() else { return Err(CollectError::Busy(site.name.clone())) };
    if when == When::Due && !is_wanted(registry, site, settings.level).await? {
        return Ok(None);
    }
    has_room(registry, &settings.seal).await?;
    let routes = used_routes(registry, &settings.routes, settings.level)?;
    let keys = keys_in_use(registry, &routes)?;
    let about = site.site.about().await?;
    let opened = {
        let (registry, site, level) = (Arc::clone(registry), Arc::clone(site), settings.level);
        let rows: Vec<RouteRow> = routes.iter().map(UsedRoute::row).collect();
        blocking(move || open(&registry, &site, &about, level, (&keys, &rows), when)).await??
    };
    let Some(Opened { row, resumed, over, draft }) = opened else { return Ok(None) };
    let chains = chains(&routes, row.level, &registry.keys(), &row.keys)?;
    let spill = registry.state().spill_file()?;
    let scan = Scan::new([run_key()?, run_key()?], spill, registry.ledger().allowances()?);
    let sealing = {
        let (registry, site, routes, level) = (Arc::clone(registry), site.name.clone(), routes, row.level);
        let (floors, seal) = (Arc::clone(&settings.floors), settings.seal.clone());
        let draft = draft.then(|| row.id.clone());
        blocking(move || sealing(&registry, &site, level, &routes, &floors, &seal, draft.as_deref()))
            .await??
    };
    let jobs: Vec<Job> = registry
        .serving()
        .iter()
        .filter(|generation| {
            let id = &generation.manifest().id;
            // A plugin of the host's own name would have a part where the host writes its own.
            id.as_str() != OWN && !over.contains(id)
        })
        .filter_map(|generation| job(generation, row.level, &settings.floors))
        .collect();
    let run = Arc::new(Run {
        registry: Arc::clone(registry),
        site: Arc::clone(site),
        row,
        chains,
        scan,
        sealing,
        cell_kib: settings.cell_kib,
        progress: Arc::clone(progress),
    });
    let statements =
        jobs.iter().flat_map(|job| &job.statements).filter(|statement| statement.run.is_ok()).count();
    run.tell(&Event::RunBegan {
        site: site.name.clone(),
        run: run.row.id.clone(),
        level: run.row.level,
        resumed,
        statements: statements as u64,
    });
    do_parts(&run, jobs).await?;
    let ending = Arc::clone(&run);
    let receipt = blocking(move || end(&ending)).await??;
    run.tell(&Event::RunEnded { site: site.name.clone(), run: run.row.id.clone() });
    Ok(receipt)
}

/// The parts, as many at a time as there are connections.
async fn do_parts(run: &Arc<Run>, jobs: Vec<Job>) -> Result<(), CollectError> {
    let places = Arc::new(Semaphore::new(run.site.connections()));
    // Dropped, it ends all of them: nothing goes on behind the back of a run that broke off.
    let mut parts = JoinSet::new();
    for job in jobs {
        let (run, places) = (Arc::clone(run), Arc::clone(&places));
        parts.spawn(async move {
            let _place = places.acquire_owned().await;
            do_part(run, job).await
        });
    }
    while let Some(ended) = parts.join_next().await {
        ended.map_err(|_| CollectError::Worker)??;
    }
    Ok(())
}

/// Whether what is sealed and not sent leaves room for more.
async fn has_room(registry: &Arc<Registry>, settings: &SealSettings) -> Result<(), CollectError> {
    let Some(policy) = settings.unsent else { return Ok(()) };
    let registry = Arc::clone(registry);
    let room = blocking(move || registry.ledger().room(policy)).await??;
    if room.may_collect() { Ok(()) } else { Err(CollectError::NoRoom(room)) }
}

/// Whether a run is due or was cut short, as far as is known without asking the site.
async fn is_wanted(
    registry: &Arc<Registry>,
    site: &Arc<CollectSite>,
    level: Level,
) -> Result<bool, CollectError> {
    let (registry, site) = (Arc::clone(registry), Arc::clone(site));
    blocking(move || {
        let ledger = registry.ledger();
        // A site that was never seen is asked who it is, so that its weeks have a beginning.
        let Some(known) = ledger.site(&site.name)? else { return Ok(true) };
        let anchor = site.installed.unwrap_or(known.first_seen);
        let schedule = schedule(&registry, &site.name, anchor)?;
        let now = registry.clock().now();
        Ok(schedule.due(now).is_some() || unfinished(&registry, &site.name, level)?.is_some())
    })
    .await?
}

/// The weeks of a site, and which of them had their run. A draft that was denied is none: nothing of it ever left.
pub(crate) fn schedule(registry: &Registry, site: &Name, anchor: Timestamp) -> Result<Schedule, LedgerError> {
    let runs = registry.ledger().runs(Some(site), u32::MAX)?;
    let denied = registry.ledger().denied_drafts(site)?;
    let past = runs
        .into_iter()
        .filter(|run| run.state == RunState::Done && !run.misdated && !denied.contains(&run.id))
        .map(|run| PastRun { id: run.id, scheduled: run.scheduled })
        .collect();
    Ok(Schedule { anchor, past })
}

/// The run that was cut short, where it may go on: a run has one level from its begin to its end.
fn unfinished(registry: &Registry, site: &Name, level: Level) -> Result<Option<RunRow>, LedgerError> {
    let runs = registry.ledger().runs(Some(site), 1)?;
    Ok(runs.into_iter().find(|run| run.state == RunState::Running && run.level == level))
}

/// Notes what the site is, and begins a run or takes up the one that was cut short.
fn open(
    registry: &Registry,
    site: &CollectSite,
    about: &About,
    level: Level,
    (keys, routes): (&KeyIds, &[RouteRow]),
    when: When,
) -> Result<Option<Opened>, CollectError> {
    let ledger = registry.ledger();
    let now = registry.clock().now();
    let hierarchy = about.hierarchy.as_deref().ok_or_else(|| CollectError::NoHierarchy(site.name.clone()))?;
    let seen = ledger.site(&site.name)?.map_or(now, |known| known.first_seen);
    let known = SiteRow {
        name: site.name.clone(),
        first_seen: seen,
        installed: site.installed,
        hierarchy: one_way_hash(hierarchy),
        hash: site_hash(hierarchy, &about.database),
    };
    ledger.change(|change| change.put_site(&known))?;
    let schedule = schedule(registry, &site.name, known.anchor())?;
    let due = schedule.due(now);
    let slot = schedule.slot(now);
    let cut_short = unfinished(registry, &site.name, level)?;
    // Its parts went through what its routes had then: the others must go the same ways.
    let cut_short = match cut_short {
        Some(run) if ledger.run_routes(&run.id)? != routes => None,
        run => run,
    };
    let cut_short = cut_short
        // A newer week has begun, or the database behind the name is another one.
        .filter(|run| {
            run.hierarchy == known.hierarchy
                && run.site_hash == known.hash
                && (due.is_none() || schedule.slot(run.scheduled) >= slot)
                // Its rows would have pseudonyms of two keys, for the one that it began with was deleted.
                && !run.keys.iter().any(|(name, id)| is_deleted(registry, name, id))
        });
    // What was begun as a draft stays one to its end, and one that was denied does not go on. Where a draft is asked for,
    // no run goes on of which something leaves by itself.
    let draft = cut_short.as_ref().map(|run| ledger.draft(&run.id)).transpose()?.flatten();
    let cut_short = cut_short.filter(|_| match draft {
        Some(draft) => draft.state != HoldState::Denied,
        None => when != When::Draft,
    });
    if let Some(mut row) = cut_short {
        let known = row.keys.len();
        for (name, id) in keys {
            row.keys.entry(name.clone()).or_insert_with(|| id.clone());
        }
        if row.keys.len() > known {
            ledger.change(|change| change.put_run_keys(&row.id, &row.keys))?;
        }
        ledger.throw_away_pending(Some(&row.id))?;
        let over = ledger.parts(&row.id)?.into_iter().map(|part| part.plugin).collect();
        return Ok(Some(Opened { row, resumed: true, over, draft: draft.is_some() }));
    }
    abandon(registry, &site.name, now)?;
    let due = match (due, when) {
        (Some(due), _) => due,
        (None, When::Now | When::Draft) => {
            Due { slot, scheduled: schedule.begin_of(slot), misdated: Vec::new() }
        }
        (None, When::Due) => return Ok(None),
    };
    let attempt = ledger.attempts(&site.name, due.slot)? + 1;
    let row = RunRow {
        id: run_id(hierarchy, &site.name, due.slot, attempt),
        site: site.name.clone(),
        slot: due.slot,
        attempt,
        level,
        hierarchy: known.hierarchy,
        site_hash: known.hash,
        scheduled: due.scheduled,
        started: now,
        ended: None,
        state: RunState::Running,
        misdated: false,
        keys: keys.clone(),
    };
    ledger.change(|change| {
        for run in &due.misdated {
            change.misdate_run(run)?;
        }
        change.begin_run(&row)?;
        if when == When::Draft {
            change.begin_draft(&row.id)?;
        }
        change.put_run_routes(&row.id, routes)
    })?;
    Ok(Some(Opened { row, resumed: false, over: BTreeSet::new(), draft: when == When::Draft }))
}

/// Gives up the runs that will not go on. What they finished stays.
fn abandon(registry: &Registry, site: &Name, now: Timestamp) -> Result<(), LedgerError> {
    let ledger = registry.ledger();
    for run in ledger.runs(Some(site), u32::MAX)?.iter().filter(|run| run.state == RunState::Running) {
        ledger.throw_away_pending(Some(&run.id))?;
        ledger.change(|change| change.end_run(&run.id, RunState::Abandoned, now))?;
    }
    Ok(())
}

/// Ends a run, with the host's own rows about it.
fn end(run: &Run) -> Result<Option<Receipt>, CollectError> {
    let ledger = run.registry.ledger();
    let now = run.registry.clock().now();
    let about = own::About {
        level: run.row.level,
        scheduled: run.row.scheduled,
        started: run.row.started,
        ended: now,
    };
    let impossible = |_: Box<dyn Error>| CollectError::Worker;
    let parts = ledger.parts(&run.row.id)?;
    let tables = own::tables(&about, &parts).map_err(impossible)?;
    let query = own::query().map_err(|error| impossible(error.into()))?;
    let plugin = PluginId::new(OWN).map_err(|error| impossible(error.into()))?;
    let (words, occasion, version) = (own::words(&about, &parts), run.occasion(), host_version());
    let mut part = ledger.begin_part(&PartOf {
        run: &run.row.id,
        plugin: &plugin,
        version: &version,
        digest: None,
        started: now,
    })?;
    let about =
        table::About { id: &plugin, query: &query, occasion: &occasion, scan: &run.scan, words: &words };
    // Kept here as they are: a rule that fails must not take away what tells that it did.
    let here = own::kept_here(&tables);
    for (table, batch) in
        tables.iter().flat_map(|table| table.batches.iter().map(move |batch| (table, batch)))
    {
        ledger.add_rows(&mut part, None, &table.name, batch)?;
    }
    let chains: Vec<Chain> = run.chains.iter().filter_map(Chain::of_those_that_leave).collect();
    let mut keeper = Keeper::new(ledger, part, about, &chains, &[]);
    let basic = |_: &Name| Level::Basic;
    let kept = keeper.finish(tables, basic, basic, |_| true);
    let mut kept = kept.map_err(|error| match error {
        KeepError::Ledger(error) => CollectError::Ledger(error),
        KeepError::Lost { .. } => CollectError::Worker,
    })?;
    let sealed = seal_kept(run, &plugin, &words, &occasion, &mut keeper, &mut kept)?;
    kept.tables.extend(here);
    ledger.change(|change| {
        change.finish_part(keeper.part(), &[], &kept.tables)?;
        change.put_redaction(keeper.part(), &kept.redaction)?;
        for (route, table, content) in &sealed.contents {
            change.put_content(keeper.part(), route, table, *content)?;
        }
        change.end_run(&run.row.id, RunState::Done, now)
    })?;
    Ok(Receipt::of(ledger, &run.row.id)?)
}

/// A key that no other run has, for what this one remembers.
fn run_key() -> Result<[u8; 32], CollectError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| CollectError::NoRandom)?;
    Ok(key)
}

/// The keys that a run which begins now works with to its end.
fn keys_in_use(registry: &Registry, routes: &[UsedRoute]) -> Result<KeyIds, CollectError> {
    let mut ids = KeyIds::new();
    for rule in routes.iter().flat_map(|used| &used.rules) {
        ids.extend(registry.keys().in_use_by(rule.generation.manifest())?);
    }
    Ok(ids)
}

fn is_deleted(registry: &Registry, name: &Name, id: &PseudonymKeyId) -> bool {
    matches!(registry.keys().pseudonym_of(name, id), Err(HostKeyError::NotHeld { .. }))
}

/// A name for the run that is the same whenever the run is resumed, and tells nothing: whoever does not know
/// the hierarchy's id cannot try out names of sites on it.
fn run_id(hierarchy: &str, site: &Name, slot: i64, attempt: u32) -> String {
    let digest = Digest::of(format!("run\0{hierarchy}\0{site}\0{slot}\0{attempt}").as_bytes());
    digest.hex().chars().take(32).collect()
}

/// What stands for the site in rows and requests. The name of its database, which is its code and so one of
/// 46,656, is hashed together with the hierarchy's id, which nobody guesses.
fn site_hash(hierarchy: &str, database: &str) -> String {
    one_way_hash(&format!("{hierarchy}/{database}"))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CollectError> {
    spawn_blocking(work).await.map_err(|_| CollectError::Worker)
}
