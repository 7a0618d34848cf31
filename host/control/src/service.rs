//! What is done with each request, the same in a host and in a command that works by itself.

use std::sync::Arc;

use glasshouse_contract::{Fault, FaultKind, Kind, Name, PluginId};
use glasshouse_ledger::{Actor, Event};
use glasshouse_pipeline::{Flow, Occasion};
use glasshouse_registry::{Generation, PluginState, Registry, RegistryError, host_version};
use glasshouse_sandbox::{Keys, Severity};
use glasshouse_trust::{PluginFile, TrustDocument, TrustError, TrustedKey};
use jiff::Timestamp;

use crate::{
    Blob, HostReport, JournalReport, Reply, Request, RequestReport, SendingStatus, SiteStatus, StatusReport,
    Trial, TrialReport, TrialStep,
    audit::{self, Keeper},
    collected, examine, ledger_care,
    look::Looks,
    pseudonym_keys,
    recorded::{read_tables, write_table},
    redaction, rule_trial,
    sending::{self, Delivering},
    server::Answers,
    sites::{Current, How, Sites},
    tripwire, trust_report,
};

/// A name for the run of a trial: it is never kept, so it need not be one of a kind.
const TRIAL_RUN: &str = "trial";

/// Lines of the journal in one answer: some MiB. Who wants more asks again from the last one on.
const JOURNAL_LINES: u32 = 10_000;

/// An opened registry and what is asked of it.
pub(crate) struct Service {
    registry: Arc<Registry>,
    sites: Arc<Sites>,
    delivering: Arc<Delivering>,
    keeper: Arc<Keeper>,
    looks: Looks,
    /// Since when a host runs on it; nothing where a command works by itself.
    host_since: Option<Timestamp>,
}

impl Service {
    pub(crate) fn new(registry: Arc<Registry>, host_since: Option<Timestamp>) -> Self {
        let keeper = Arc::new(Keeper::of(registry.state(), registry.clock().clone()));
        let sites = Sites::new(Arc::clone(&registry), Arc::clone(&keeper));
        let delivering = Delivering::new(Arc::clone(&registry), Arc::clone(&sites));
        Self { registry, sites, delivering, keeper, looks: Looks::default(), host_since }
    }

    /// The sites that are collected from.
    pub(crate) const fn sites(&self) -> &Arc<Sites> {
        &self.sites
    }

    /// What sends.
    pub(crate) const fn delivering(&self) -> &Arc<Delivering> {
        &self.delivering
    }

    /// What keeps the audit log.
    pub(crate) const fn keeper(&self) -> &Arc<Keeper> {
        &self.keeper
    }

    fn status(&self) -> Result<Reply, Fault> {
        let registry = &self.registry;
        let listing = registry.list().map_err(|error| error.fault("the state"))?;
        let count = |state| listing.plugins.iter().filter(|plugin| plugin.state == state).count();
        let mut problems = listing.problems.clone();
        problems.extend(self.keeper.catch_up(registry.ledger()).err());
        // A configuration that cannot be read hides no plugin.
        let mut of_routes = Vec::new();
        let (level, sites, sending) = match self.sites.current().and_then(|current| self.stands(current)) {
            Ok((current, sites, stands)) => {
                problems.extend(current.config.unfollowable(registry));
                of_routes = collected::route_warnings(registry, &current);
                of_routes.extend(current.config.undescribed_targets());
                (current.config.level, sites, stands)
            }
            Err(fault) => {
                problems.push(fault);
                Default::default()
            }
        };
        let warnings = listing.plugins.iter().flat_map(|plugin| {
            plugin.warnings.iter().map(move |warning| format!("{} {}: {warning}", plugin.id, plugin.version))
        });
        Ok(Reply::Status(StatusReport {
            state_dir: registry.state().root().to_owned(),
            host: self.host_since.map(|since| HostReport {
                version: host_version(),
                pid: std::process::id(),
                since,
            }),
            running: count(PluginState::Running),
            waiting: count(PluginState::Waiting),
            stopped: count(PluginState::Stopped),
            quarantined: count(PluginState::Quarantined) + listing.quarantined.len(),
            warnings: warnings.chain(of_routes).collect(),
            level,
            sites,
            sending,
            problems,
        }))
    }

    /// How collecting and sending stand.
    fn stands(&self, current: Arc<Current>) -> Result<(Arc<Current>, Vec<SiteStatus>, SendingStatus), Fault> {
        let sites = collected::status(&self.sites)?;
        let sending =
            sending::status(&self.registry, &current, &self.delivering, self.sites.wait_for_disk()?)?;
        Ok((current, sites, sending))
    }

    fn journal(&self, after: u64, last: Option<u32>) -> Result<Reply, Fault> {
        let ledger = self.registry.ledger();
        let entries = match last {
            Some(last) => ledger.journal_end(after, last.min(JOURNAL_LINES)),
            None => ledger.journal(after, JOURNAL_LINES + 1),
        };
        let entries = entries.map_err(|error| RegistryError::from(error).fault("the journal"))?;
        let more = entries.len() > JOURNAL_LINES as usize;
        let lines = entries.into_iter().take(JOURNAL_LINES as usize).map(Into::into).collect();
        Ok(Reply::Journal(JournalReport { lines, more }))
    }

    fn inspect(&self, name: &str, file: Blob) -> Result<Reply, Fault> {
        let file = PluginFile::parse(file.0).map_err(|error| error.fault(name))?;
        let inspection = examine::against_registry(&self.registry, &file, name)?;
        Ok(Reply::Inspection(Box::new(inspection)))
    }

    fn edit_trust(
        &self,
        actor: &Actor,
        event: &Event,
        edit: impl FnOnce(&mut TrustDocument) -> Result<(), TrustError>,
    ) -> Result<(), Fault> {
        self.registry.edit_trust(actor, event, edit).map_err(|error| error.fault("trust.toml"))
    }

    fn try_flow(&self, trial: Trial) -> Result<Reply, Fault> {
        let flow = Flow {
            query: trial.query.map(|id| self.running(&id, Kind::Query)).transpose()?,
            rules: trial.rules.iter().map(|id| self.running(id, Kind::Rule)).collect::<Result<_, _>>()?,
            target: trial.target.map(|id| self.running(&id, Kind::Target)).transpose()?,
            hosts: trial.hosts,
        };
        let mut keys = Keys::new();
        for name in flow.keys() {
            let key = self.registry.keys().pseudonym(name).map_err(|error| error.fault())?;
            keys = keys.with(name.clone(), &key);
        }
        let occasion = Occasion {
            run: TRIAL_RUN.to_owned(),
            scheduled_us: trial.scheduled.as_microsecond(),
            level: trial.level,
            site: String::new(),
            hierarchy: String::new(),
            state: Vec::new(),
        };
        let tables = read_tables(&trial.tables)?;
        let flowed = flow.run(&occasion, &keys, tables).map_err(|failed| {
            let manifest = failed.by.manifest();
            failed.error.fault(&format!("{} {}", manifest.id, manifest.version))
        })?;
        let steps = flowed.steps.into_iter().map(|done| {
            let manifest = done.by.manifest();
            let skipped = done
                .skipped
                .iter()
                .map(|name| format!("passed over: statement `{name}` is not for level {}", occasion.level));
            let said = done.log.iter().map(|line| match line.severity {
                Severity::Info => line.text.clone(),
                Severity::Warning => format!("warning: {}", line.text),
            });
            TrialStep {
                plugin: manifest.id.clone(),
                version: manifest.version.clone(),
                digest: done.by.digest(),
                kind: manifest.kind(),
                tables: done.tables.iter().map(write_table).collect(),
                log: skipped.chain(said).collect(),
            }
        });
        let requests = flowed.requests.iter().map(|request| RequestReport {
            endpoint: request.endpoint.to_string(),
            digest: request.digest(),
            bytes: Blob(request.bytes()),
        });
        Ok(Reply::Trial(TrialReport { steps: steps.collect(), requests: requests.collect() }))
    }

    /// The generation of a plugin that serves now; whoever holds it finishes with it.
    fn running(&self, id: &PluginId, kind: Kind) -> Result<Arc<Generation>, Fault> {
        let generation = self.registry.get(id).ok_or_else(|| {
            Fault::new(
                FaultKind::Malformed,
                id,
                "no version of it runs",
                "see `glasshouse plugin list` for what runs, and why others do not",
            )
        })?;
        let found = generation.manifest().kind();
        if found == kind {
            Ok(generation)
        } else {
            let cause = format!("it is a {found}, and a {kind} is needed in its place");
            Err(Fault::new(FaultKind::Malformed, id, cause, "see `glasshouse plugin list` for the kinds"))
        }
    }
}

impl Answers for Service {
    fn answer(&self, request: Request, actor: &Actor, progress: &dyn Fn(&str)) -> Result<Reply, Fault> {
        let ledger = self.registry.ledger();
        let leaves = || ledger.leaf_count().ok();
        let (looks, before) = (request.only_looks(), leaves());
        let reply = self.done(request, actor, progress);
        // What the verb did is done, and what is wrong with the log is shown by `status` and `audit show`.
        if !looks || leaves() != before {
            let _ = self.keeper.catch_up(ledger);
        }
        reply
    }
}

impl Service {
    fn done(&self, request: Request, actor: &Actor, progress: &dyn Fn(&str)) -> Result<Reply, Fault> {
        let registry = &self.registry;
        // A change of the configuration is noted before anything is done by it. Where it cannot be read, the verbs that
        // need it say so.
        let _ = self.sites.current();
        match request {
            Request::Status => self.status(),
            Request::List => registry.list().map(Reply::List).map_err(|error| error.fault("the plugins")),
            Request::Journal { after, last } => self.journal(after, last),
            Request::Install { name, file } => {
                progress(&format!("verifying and compiling {name}"));
                registry.install(file.0, actor).map(Reply::Installed).map_err(|error| error.fault(&name))
            }
            Request::Approve { plugin, digest } => {
                progress(&format!("compiling and trying {plugin}"));
                let done = registry.approve(&plugin, Some(digest), actor);
                done.map(Reply::Installed).map_err(|error| error.fault(plugin.as_str()))
            }
            Request::Remove { plugin } => {
                registry.remove(&plugin, actor).map_err(|error| error.fault(plugin.as_str()))?;
                Ok(Reply::Done(format!("{plugin} is removed; its grant and its highest version are kept")))
            }
            Request::Rollback { plugin } => {
                progress(&format!("getting the earlier version of {plugin} ready"));
                let done = registry.rollback(&plugin, actor);
                done.map(Reply::Installed).map_err(|error| error.fault(plugin.as_str()))
            }
            Request::Quarantine { plugin, reason } => {
                registry.quarantine(&plugin, &reason, actor).map_err(|error| error.fault(plugin.as_str()))?;
                Ok(Reply::Done(format!("{plugin} is stopped, and this version does not come back by itself")))
            }
            Request::Inspect { name, file } => self.inspect(&name, file),
            Request::TrustShow => trust_report::of(registry).map(Reply::Trust),
            Request::TrustAdd { key } => {
                progress("looking again at what waits for this key");
                let key = TrustedKey::from(key);
                let event =
                    trust_event("key added", &key.name, &serde_json::json!({ "id": key.public.id() }));
                self.edit_trust(actor, &event, |document| document.add_key(&key))?;
                Ok(Reply::Done(format!("the key {} ({}) is trusted", key.name, key.public.id().short())))
            }
            Request::TrustRemove { name } => {
                let event = trust_event("key removed", &name, &serde_json::Value::Null);
                self.edit_trust(actor, &event, |document| document.remove_key(&name))?;
                Ok(Reply::Done(format!("the key {name} is trusted no longer")))
            }
            Request::TrustRevoke { list } => {
                let done = registry.install_revocations(&list.0, actor);
                done.map_err(|error| error.fault("the revocation list"))?;
                Ok(Reply::Done(registry.revocations().map_or_else(String::new, |list| {
                    format!("revocation list {} is in force until {}", list.version, list.expires)
                })))
            }
            Request::KeyList => pseudonym_keys::list(registry).map(Reply::Keys),
            Request::KeyNew { name } => pseudonym_keys::new(registry, &name, actor).map(Reply::Done),
            Request::KeyDelete { name, id } => {
                registry.delete_key(&name, &id, actor).map_err(|error| error.fault("the keys"))?;
                Ok(Reply::Done(format!("the key {name}/{id} is deleted")))
            }
            Request::KeyExport { name, passphrase } => {
                pseudonym_keys::export(registry, name, &passphrase, actor).map(Reply::SealedKey)
            }
            Request::KeyImport { sealed, passphrase } => {
                pseudonym_keys::import(registry, &sealed, &passphrase, actor).map(Reply::Done)
            }
            Request::Collect { sites, watched } => {
                let named = self.sites.current()?.chosen(&sites)?;
                let names: Vec<&str> = named.iter().map(Name::as_str).collect();
                let event = Event {
                    event: "collection asked",
                    object: names.join(", "),
                    detail: serde_json::Value::Null,
                };
                let now = registry.clock().now();
                let noted = registry.ledger().change(|change| change.note(now, actor, &event));
                noted.map_err(|error| RegistryError::from(error).fault("the journal"))?;
                self.sites.collect(&named, watched, How::Now, progress).map(Reply::Collected)
            }
            Request::Plan { site, level } => {
                collected::plan(registry, &*self.sites.current()?, site, level).map(Reply::Plan)
            }
            Request::Coverage => Ok(Reply::Coverage(collected::covered(registry))),
            Request::Results(wanted) => {
                let report = collected::results(registry, &wanted)?;
                self.looks.at_results(registry, actor, &wanted, &report)?;
                Ok(Reply::Results(report))
            }
            Request::Redaction { site, run } => {
                let receipt = collected::receipt_of(registry, run.as_deref(), site.as_ref())?;
                redaction::of(registry, &self.sites.current()?.config, receipt)
                    .map(|report| Reply::Redaction(Box::new(report)))
            }
            Request::Doctor { sites } => {
                collected::doctor(registry, &*self.sites.current()?, &sites, progress).map(Reply::Doctor)
            }
            Request::Try(trial) => self.try_flow(trial),
            Request::TryRules(trial) => {
                rule_trial::run(registry, &self.sites.current()?.config, &trial).map(Reply::RuleTrial)
            }
            Request::TripwireList => tripwire::list(registry).map(Reply::Tripwire),
            Request::TripwireAllow { find, reason } => {
                tripwire::allow(registry, &find, &reason, actor).map(Reply::Done)
            }
            Request::TripwireForbid { find } => tripwire::forbid(registry, &find, actor).map(Reply::Done),
            Request::Sending(request) => {
                sending::answer(registry, &self.sites, &self.delivering, request, actor, progress)
                    .map(Reply::Sending)
            }
            Request::Audit(request) => audit::answer(registry, &self.keeper, &request),
            Request::Ledger(request) => ledger_care::answer(registry, &request, actor).map(Reply::Ledger),
        }
    }
}

fn trust_event(event: &'static str, name: &Name, detail: &serde_json::Value) -> Event {
    Event { event, object: name.to_string(), detail: detail.clone() }
}
