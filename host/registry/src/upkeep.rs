//! What changes without a plugin file: trust, revocations, floors, and the time.

use std::sync::atomic::Ordering;

use glasshouse_contract::{Asks, FaultKind};
use glasshouse_ledger::{Actor, Event};
use glasshouse_trust::{Outcome, PluginFile, Revocations, TrustDocument, TrustError};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Generation, Registry, RegistryError,
    admit::{object, plugin_event},
    policy::{Policy, newer_list, to_kept},
    registry::{Note, lock},
};

/// Time is looked at every second. A step back, or one that is longer than this, is a clock that was set.
const CLOCK_SET: SignedDuration = SignedDuration::from_secs(60);

impl Registry {
    /// Reads the trust file, the revocation list and the site's floors again. What is no longer admitted is stopped at
    /// once; then, what is admitted now gets ready.
    ///
    /// A trust file that cannot be read stops nothing that serves: it lets nothing new in.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn reload_trust(&self) -> Result<(), RegistryError> {
        self.reload_policy(&Actor::host())?;
        self.settle(&mut lock(&self.turn))
    }

    /// The part of [`Self::reload_trust`] that waits for no compiler.
    pub(crate) fn reload_policy(&self, actor: &Actor) -> Result<(), RegistryError> {
        self.read_policy(&mut lock(&self.policy), actor)
    }

    /// Changes the trust file, keeping its comments. No change is without its line in the journal.
    ///
    /// # Errors
    /// What `edit` returns, or why the file cannot be read or written.
    pub fn edit_trust(
        &self,
        actor: &Actor,
        event: &Event,
        edit: impl FnOnce(&mut TrustDocument) -> Result<(), TrustError>,
    ) -> Result<(), RegistryError> {
        self.change_trust(actor, event, edit)?;
        self.settle(&mut lock(&self.turn))
    }

    /// The part of [`Self::edit_trust`] for whoever has the turn already.
    pub(crate) fn change_trust(
        &self,
        actor: &Actor,
        event: &Event,
        edit: impl FnOnce(&mut TrustDocument) -> Result<(), TrustError>,
    ) -> Result<(), RegistryError> {
        let mut policy = lock(&self.policy);
        let path = self.state.trust();
        let mut document = TrustDocument::open(&path)?;
        edit(&mut document)?;
        // The line first: a change without its line is what nobody could see afterwards. After a crash
        // in between there is a line without its change, which is plain to see.
        self.note(actor, event)?;
        if let Err(error) = document.save(&path) {
            let failed = Event {
                event: "change failed",
                object: event.object.clone(),
                detail: serde_json::json!({ "of": event.event, "why": error.to_string() }),
            };
            self.note(actor, &failed)?;
            return Err(error.into());
        }
        self.read_policy(&mut policy, actor)
    }

    /// Follows a newer revocation list from now on.
    ///
    /// # Errors
    /// When it is not signed by a key that may revoke, or not newer than the one in force.
    pub fn install_revocations(&self, bytes: &[u8], actor: &Actor) -> Result<(), RegistryError> {
        let mut policy = lock(&self.policy);
        let trust = policy.trust().map_err(|fault| RegistryError::NotJudged(fault.clone()))?;
        let list = policy.list().map(AsRef::as_ref);
        if newer_list(bytes, trust, list, self.clock.now())?.is_some() {
            let path = self.state.revocations();
            Revocations::save(bytes, &path).map_err(|source| RegistryError::Io { path, source })?;
            self.read_policy(&mut policy, actor)?;
        }
        drop(policy);
        self.settle(&mut lock(&self.turn))
    }

    fn read_policy(&self, policy: &mut Policy, actor: &Actor) -> Result<(), RegistryError> {
        let now = self.clock.now();
        let (next, new_list) = Policy::read(&self.state, &self.ledger, now)?;
        // First it stops, then that is written down: a disk that is full keeps nothing serving. What could not be written
        // is read and written again.
        *policy = next;
        self.unsettled.store(true, Ordering::Release);
        let enforced = self.enforce(policy);
        if let Some(list) = new_list {
            let kept = to_kept(&list)?;
            let detail = serde_json::json!({
                "keys": list.keys.len(), "files": list.digests.len(), "plugins": list.plugins.len(),
            });
            let object = format!("version {}", list.version);
            self.ledger.change(|change| {
                change.keep_revocation_list(&kept, now)?;
                change.note(now, actor, &Event { event: "revocations accepted", object, detail })
            })?;
        }
        enforced
    }

    /// Stops whatever serves and is no longer admitted.
    fn enforce(&self, policy: &Policy) -> Result<(), RegistryError> {
        if policy.trust().is_err() {
            return Ok(());
        }
        for generation in self.live.load().values() {
            let judged = self.store.get(generation.digest()).map_err(RegistryError::from).and_then(|file| {
                let ratchet = self.ledger.ratchet(&file.manifest().id)?;
                let verdict = policy.judge_serving(&file, ratchet.as_ref(), self.clock.now())?;
                // Floors that cannot be read stop nothing that serves, as trust that cannot be.
                if policy.floors().is_ok() {
                    policy.hold(&file)?;
                }
                Ok(verdict)
            });
            match judged.map(|verdict| verdict.outcome) {
                Ok(Outcome::Admitted { .. }) => {}
                Ok(Outcome::Waiting { beyond }) => {
                    self.stop(generation, "its grant was taken back", Note::Beyond(beyond))?;
                }
                Ok(Outcome::Refused { refusal }) => {
                    let why = refusal.to_string();
                    self.stop(generation, &why, Note::Stopped(why.clone()))?;
                }
                Err(error) => {
                    let why = error.fault(generation.manifest().id.as_str()).cause;
                    self.stop(generation, &why, Note::Stopped(why.clone()))?;
                }
            }
        }
        Ok(())
    }

    /// First it stops, then that is written down.
    fn stop(&self, generation: &Generation, why: &str, note: Note) -> Result<(), RegistryError> {
        generation.plugin().stop(why);
        self.withdraw(generation, why, note)
    }

    fn withdraw(&self, generation: &Generation, why: &str, note: Note) -> Result<(), RegistryError> {
        let manifest = generation.manifest();
        self.publish(&manifest.id, None);
        self.mark(generation.digest(), note);
        tracing::warn!(plugin = %manifest.id, version = %manifest.version, why, "stopped");
        let name = format!("{} {}", manifest.id, manifest.version);
        let detail = serde_json::json!({ "why": why });
        self.note(&Actor::host(), &plugin_event("plugin stopped", name, generation.digest(), detail))
    }

    /// What the passing of time does: a plugin that expired gets no new call (those in flight are
    /// finished), and a key that expired no longer counts. After the clock was set everything is judged anew: what
    /// seemed to have expired, or not to be valid yet, under a wrong clock serves again.
    ///
    /// # Errors
    /// When the ledger fails.
    pub fn tick(&self) -> Result<(), RegistryError> {
        let now = self.clock.now();
        let mut policy = lock(&self.policy);
        for generation in self.live.load().values().filter(|generation| now >= generation.not_after()) {
            let why = format!("it expired at {}", generation.not_after());
            self.withdraw(generation, &why, Note::Stopped(why.clone()))?;
        }
        let mut ticked = lock(&self.ticked);
        if ticked.is_some_and(|before| was_set(before, now)) {
            self.read_policy(&mut policy, &Actor::host())?;
        } else if policy.a_key_expired_by(now) {
            policy.read_at(now);
            self.enforce(&policy)?;
        }
        *ticked = Some(now);
        Ok(())
    }

    /// Compiles and tries a file as if these asks were granted.
    pub(crate) fn try_out(&self, file: &PluginFile, asks: &Asks) -> Result<(), RegistryError> {
        let plugin = self
            .sandbox
            .load(file.manifest().clone(), asks, file.digest(), file.signed_bytes())
            .map_err(|source| RegistryError::Load { plugin: object(file), source })?;
        plugin.dry_call().map_err(|source| RegistryError::DryCall { plugin: object(file), source })
    }

    /// Notes a problem of the background work where people look for problems.
    pub(crate) fn report(&self, result: Result<(), RegistryError>) {
        let problems = match result {
            Ok(()) => Vec::new(),
            Err(error) => {
                tracing::error!(%error, "the registry cannot do its work");
                let mut fault = error.fault(&self.state.root().display().to_string());
                fault.kind = FaultKind::Unreachable;
                vec![fault]
            }
        };
        lock(&self.board).other_problems = problems;
    }
}

fn was_set(before: Timestamp, now: Timestamp) -> bool {
    now < before || now.duration_since(before) > CLOCK_SET
}
