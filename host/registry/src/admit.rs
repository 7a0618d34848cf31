//! From bytes to a serving generation: judge, build beside the running one, swap.

use std::sync::{Arc, atomic::Ordering};

use glasshouse_contract::{Asks, Digest};
use glasshouse_ledger::{Actor, Event, PluginRow, Standing};
use glasshouse_sandbox::Plugin;
use glasshouse_trust::{Outcome, PluginFile, Signer, Verdict};
use semver::Version;

use crate::{
    Generation, Installed, Registry, RegistryError,
    generation::names,
    intake::Intake,
    policy::Policy,
    registry::{Note, lock},
};

/// How a file comes to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It is new here, or was approved.
    New,
    /// It served when the host was stopped, or until its trust was in doubt.
    Resumed,
    /// An administrator goes back to it, and takes the newer file back.
    RolledBack(Option<PluginRow>),
    /// An administrator lets a file serve that was taken back.
    Released,
}

/// A file that was judged, compiled and tried, and does not serve yet.
struct Candidate {
    file: PluginFile,
    granted: Asks,
    plugin: Plugin,
}

impl Registry {
    /// Takes a plugin file: it serves from then on, or waits for approval.
    ///
    /// # Errors
    /// When it is not admitted or does not work. What served before still does.
    pub fn install(&self, bytes: Vec<u8>, actor: &Actor) -> Result<Installed, RegistryError> {
        let file = PluginFile::parse(bytes).map_err(RegistryError::File)?;
        self.admit(&mut lock(&self.turn), file, Entry::New, actor)
    }

    pub(crate) fn admit(
        &self,
        _turn: &mut Intake,
        file: PluginFile,
        entry: Entry,
        actor: &Actor,
    ) -> Result<Installed, RegistryError> {
        if entry != Entry::Released
            && let Some(barred) = self.ledger.barred(file.digest())?
        {
            let (plugin, digest) = (object(&file), file.digest());
            return Err(RegistryError::Barred { plugin, digest, why: barred.why });
        }
        let mut file = file;
        loop {
            let policy = lock(&self.policy).clone();
            let verdict = self.judge_for(&policy, &file, &entry)?;
            if !matches!(verdict.outcome, Outcome::Refused { .. }) {
                // Before anybody is asked about it, and before it is compiled.
                policy.hold(&file)?;
            }
            let granted = match verdict.outcome {
                Outcome::Admitted { granted } => granted,
                Outcome::Waiting { beyond } => {
                    return self.put_to_wait(&file, beyond, &verdict.signers, actor);
                }
                Outcome::Refused { refusal } => {
                    return Err(RegistryError::Refused { plugin: verdict.object, refusal });
                }
            };
            let serving = self.live.load().get(&file.manifest().id).cloned();
            let plugin = match serving.filter(|serving| serving.digest() == file.digest()) {
                Some(serving) if !renews(&file, &verdict.signers, &serving) => {
                    let (id, version) = identity(&file);
                    return Ok(Installed::Already { id, version, digest: file.digest() });
                }
                // The same code under new signatures: it runs already.
                Some(serving) => serving.plugin().clone(),
                None => self.build(&file, &granted, entry != Entry::Resumed)?,
            };
            match self.swap_in(Candidate { file, granted, plugin }, &entry, actor)? {
                Swap::Done(installed) => return Ok(installed),
                // Trust changed while it was built.
                Swap::JudgeAgain(returned) => file = *returned,
            }
        }
    }

    /// Compiles and tries a file. What served when the host was stopped was tried before.
    fn build(&self, file: &PluginFile, granted: &Asks, dry_call: bool) -> Result<Plugin, RegistryError> {
        let plugin = self
            .sandbox
            .load(file.manifest().clone(), granted, file.digest(), file.signed_bytes())
            .map_err(|source| RegistryError::Load { plugin: object(file), source })?;
        if dry_call {
            plugin.dry_call().map_err(|source| RegistryError::DryCall { plugin: object(file), source })?;
        }
        Ok(plugin)
    }

    fn judge_for(&self, policy: &Policy, file: &PluginFile, entry: &Entry) -> Result<Verdict, RegistryError> {
        let now = self.clock.now();
        let ratchet = self.ledger.ratchet(&file.manifest().id)?;
        match entry {
            Entry::New | Entry::Released => policy.judge_new(file, ratchet.as_ref(), now),
            Entry::Resumed => policy.judge_serving(file, ratchet.as_ref(), now),
            // To go back is what the ratchet is there to prevent, unless it is asked for.
            Entry::RolledBack(_) => policy.judge_new(file, None, now),
        }
    }

    /// Under the trust that is in force at this moment, not when the compiler began.
    fn swap_in(&self, candidate: Candidate, entry: &Entry, actor: &Actor) -> Result<Swap, RegistryError> {
        let Candidate { file, granted, plugin } = candidate;
        let policy = lock(&self.policy);
        let verdict = self.judge_for(&policy, &file, entry)?;
        let held = policy.hold(&file).is_ok();
        if !held || verdict.outcome != (Outcome::Admitted { granted: granted.clone() }) {
            return Ok(Swap::JudgeAgain(Box::new(file)));
        }
        let (id, version) = identity(&file);
        let digest = file.digest();
        let replaced = self.live.load().get(&id).map(|serving| serving.manifest().version.clone());
        if *entry != Entry::Resumed {
            // First the bytes, then the word that they serve: after a crash the ledger is right.
            self.store.put(&file)?;
            self.write_admission(&file, &verdict.signers, entry, replaced.as_ref(), actor)?;
        } else if self.unmark(digest).is_some() {
            self.note(actor, &event("plugin resumed", &file, serde_json::json!({})))?;
        }
        self.unmark(digest);
        self.publish(&id, Some(Arc::new(Generation::new(&file, granted, verdict.signers, plugin))));
        drop(policy);
        tracing::info!(plugin = %id, %version, %digest, "serving");
        Ok(Swap::Done(Installed::Serving { id, version, digest, replaced }))
    }

    fn write_admission(
        &self,
        file: &PluginFile,
        signers: &[Signer],
        entry: &Entry,
        replaced: Option<&Version>,
        actor: &Actor,
    ) -> Result<(), RegistryError> {
        let (id, version) = identity(file);
        let now = self.clock.now();
        let rows = self.ledger.plugins()?;
        let highest = self.ledger.ratchet(&id)?;
        let what = match entry {
            Entry::New | Entry::Resumed => "plugin admitted",
            Entry::RolledBack(_) => "plugin rolled back",
            Entry::Released => "plugin released",
        };
        let detail = serde_json::json!({ "replaced": replaced, "signers": names(signers) });
        self.ledger.change(|change| {
            change.move_plugins(&id, Standing::Serving, Standing::Superseded, now)?;
            for row in rows.iter().filter(|row| row.id == id && row.standing == Standing::Waiting) {
                if row.version <= version {
                    change.put_plugin(&PluginRow {
                        standing: Standing::Superseded,
                        since: now,
                        ..row.clone()
                    })?;
                }
            }
            if let Entry::RolledBack(Some(newer)) = entry {
                take_back(change, newer, &format!("rolled back to {version}"), now)?;
            }
            change.unbar(file.digest())?;
            change.put_plugin(&row_of(file, signers, Standing::Serving, now))?;
            let forward = highest.as_ref().is_none_or(|highest| version.cmp_precedence(highest).is_gt());
            if forward || matches!(entry, Entry::RolledBack(_)) {
                change.set_ratchet(&id, &version)?;
            }
            change.note(now, actor, &event(what, file, detail))
        })?;
        Ok(())
    }

    fn put_to_wait(
        &self,
        file: &PluginFile,
        beyond: Asks,
        signers: &[Signer],
        actor: &Actor,
    ) -> Result<Installed, RegistryError> {
        let (id, version) = identity(file);
        let digest = file.digest();
        let rows = self.ledger.plugins()?;
        let known = rows.iter().find(|row| row.digest == digest).map(|row| row.standing);
        // What serves by the ledger's word keeps its place while its grant is looked at again.
        if !matches!(known, Some(Standing::Serving | Standing::Waiting)) {
            let now = self.clock.now();
            let other = rows.iter().find(|row| row.id == id && row.standing == Standing::Waiting);
            let standing = match other {
                Some(other) if other.version > version => Standing::Superseded,
                _ => Standing::Waiting,
            };
            self.store.put(file)?;
            let asks: Vec<String> = beyond.iter().map(ToString::to_string).collect();
            let detail = serde_json::json!({ "asks": asks, "signers": names(signers) });
            self.ledger.change(|change| {
                if standing == Standing::Waiting {
                    change.move_plugins(&id, Standing::Waiting, Standing::Superseded, now)?;
                }
                change.put_plugin(&row_of(file, signers, standing, now))?;
                change.note(now, actor, &event("plugin waits", file, detail))
            })?;
        }
        self.mark(digest, Note::Beyond(beyond.clone()));
        Ok(Installed::Waiting { id, version, digest, beyond })
    }

    /// Gets ready whatever the ledger says should serve and does not, as far as trust allows.
    pub(crate) fn settle(&self, turn: &mut Intake) -> Result<(), RegistryError> {
        self.unsettled.store(false, Ordering::Release);
        turn.retry_settling = None;
        // Files that could not be judged may be by now.
        turn.look_again();
        let live = self.live.load_full();
        let rows: Vec<PluginRow> = self
            .ledger
            .plugins()?
            .into_iter()
            .filter(|row| match row.standing {
                Standing::Serving => live.get(&row.id).is_none_or(|serving| serving.digest() != row.digest),
                Standing::Waiting => true,
                Standing::Superseded | Standing::Quarantined => false,
            })
            .collect();
        for row in rows {
            let entry = if row.standing == Standing::Serving { Entry::Resumed } else { Entry::New };
            let result = self
                .store
                .get(row.digest)
                .map_err(RegistryError::from)
                .and_then(|file| self.admit(turn, file, entry, &Actor::host()));
            if let Err(error) = result {
                tracing::warn!(plugin = %row.id, version = %row.version, %error, "not serving");
                if matches!(error, RegistryError::Load { .. } | RegistryError::DryCall { .. })
                    && !error.blames_the_file()
                {
                    turn.retry_settling = Some(Intake::try_again_later(self.clock.now()));
                }
                self.mark(row.digest, Note::Stopped(error.fault(row.id.as_str()).cause));
            }
        }
        Ok(())
    }
}

enum Swap {
    Done(Installed),
    JudgeAgain(Box<PluginFile>),
}

/// Whether the same plugin, signed anew, is worth taking: it lasts longer or more signatures count.
fn renews(file: &PluginFile, signers: &[Signer], serving: &Generation) -> bool {
    let lasts = file.statement().is_some_and(|statement| statement.validity.not_after > serving.not_after());
    lasts || names(signers).len() > serving.signers().len()
}

/// Makes a file one that is not admitted again.
pub fn take_back(
    change: &glasshouse_ledger::Change<'_>,
    row: &PluginRow,
    why: &str,
    now: jiff::Timestamp,
) -> Result<(), glasshouse_ledger::LedgerError> {
    change.put_plugin(&PluginRow { standing: Standing::Quarantined, since: now, ..row.clone() })?;
    change.bar(&glasshouse_ledger::Barred {
        digest: row.digest,
        id: row.id.clone(),
        why: why.to_owned(),
        since: now,
    })
}

fn row_of(file: &PluginFile, signers: &[Signer], standing: Standing, since: jiff::Timestamp) -> PluginRow {
    let (id, version) = identity(file);
    PluginRow {
        digest: file.digest(),
        id,
        version,
        kind: file.manifest().kind(),
        standing,
        signers: names(signers),
        served: standing == Standing::Serving,
        since,
    }
}

fn identity(file: &PluginFile) -> (glasshouse_contract::PluginId, Version) {
    (file.manifest().id.clone(), file.manifest().version.clone())
}

/// What messages call a plugin file.
pub fn object(file: &PluginFile) -> String {
    format!("{} {}", file.manifest().id, file.manifest().version)
}

fn event(what: &'static str, file: &PluginFile, detail: serde_json::Value) -> Event {
    plugin_event(what, object(file), file.digest(), detail)
}

/// A line about a plugin file: its digest is always among the facts.
pub fn plugin_event(
    what: &'static str,
    object: String,
    digest: Digest,
    mut detail: serde_json::Value,
) -> Event {
    if let Some(facts) = detail.as_object_mut() {
        facts.insert("digest".to_owned(), digest.to_string().into());
    }
    Event { event: what, object, detail }
}
