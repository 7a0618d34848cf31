//! What an administrator asks for by name.

use glasshouse_contract::{Digest, PluginId, shown};
use glasshouse_ledger::{Actor, PluginRow, Standing};
use glasshouse_trust::Outcome;

use crate::{
    Installed, Registry, RegistryError,
    admit::{Entry, object, plugin_event, take_back},
    registry::lock,
};

impl Registry {
    /// Grants what a waiting version asks for, and lets it serve. `shown` is the digest of what the
    /// person looked at: another file that took its place since is not approved. The digest of a
    /// file that was taken back lets that file serve again.
    ///
    /// # Errors
    /// When nothing waits, something else waits, or the version does not work. The grant is
    /// written only for a version that does.
    pub fn approve(
        &self,
        id: &PluginId,
        shown: Option<Digest>,
        actor: &Actor,
    ) -> Result<Installed, RegistryError> {
        let mut turn = lock(&self.turn);
        let row = self.to_approve(id, shown)?;
        let file = self.store.get(row.digest)?;
        let entry = if row.standing == Standing::Quarantined { Entry::Released } else { Entry::New };
        let verdict = self.judge(&file)?;
        match verdict.outcome {
            Outcome::Refused { refusal } => {
                return Err(RegistryError::Refused { plugin: verdict.object, refusal });
            }
            Outcome::Admitted { .. } => {}
            Outcome::Waiting { .. } => {
                // A grant is written only for what can serve.
                lock(&self.policy).hold(&file)?;
                let asks = file.manifest().asks();
                self.try_out(&file, &asks)?;
                let facts: Vec<String> = asks.iter().map(ToString::to_string).collect();
                let detail = serde_json::json!({ "asks": facts });
                let event = plugin_event("plugin approved", object(&file), file.digest(), detail);
                self.change_trust(actor, &event, |document| document.grant(id, &asks))?;
            }
        }
        self.admit(&mut turn, file, entry, actor)
    }

    fn to_approve(&self, id: &PluginId, shown: Option<Digest>) -> Result<PluginRow, RegistryError> {
        let rows = self.rows_of(id)?;
        if let Some(shown) = shown
            && let Some(row) =
                rows.iter().find(|row| row.digest == shown && row.standing == Standing::Quarantined)
        {
            return Ok(row.clone());
        }
        let live = self.live.load();
        let waits = |row: &&PluginRow| {
            row.standing == Standing::Waiting
                || (row.standing == Standing::Serving
                    && live.get(id).is_none_or(|serving| serving.digest() != row.digest))
        };
        let waiting = rows
            .iter()
            .filter(waits)
            .max_by(|a, b| a.version.cmp(&b.version))
            .ok_or_else(|| RegistryError::NothingWaits(id.clone()))?;
        match shown {
            Some(shown) if shown != waiting.digest => {
                Err(RegistryError::OtherWaits { plugin: id.clone(), waiting: waiting.digest, shown })
            }
            _ => Ok(waiting.clone()),
        }
    }

    /// Goes back to the version that served before: resets the ratchet, takes the newer file back.
    ///
    /// # Errors
    /// When there is no earlier version, or it is no longer admitted or does not work.
    pub fn rollback(&self, id: &PluginId, actor: &Actor) -> Result<Installed, RegistryError> {
        let mut turn = lock(&self.turn);
        let rows = self.rows_of(id)?;
        let current = rows.iter().find(|row| row.standing == Standing::Serving).cloned();
        let earlier = rows
            .iter()
            .filter(|row| row.standing == Standing::Superseded && row.served)
            .filter(|row| current.as_ref().is_none_or(|current| row.version <= current.version))
            .max_by(|a, b| (&a.version, a.since).cmp(&(&b.version, b.since)))
            .ok_or_else(|| RegistryError::NothingEarlier(id.clone()))?;
        let file = self.store.get(earlier.digest)?;
        // An earlier version is not put to wait: what serves now would be gone for nothing.
        let verdict = lock(&self.policy).judge_new(&file, None, self.clock.now())?;
        if let Outcome::Waiting { beyond } = verdict.outcome {
            let asks: Vec<String> = beyond.iter().map(ToString::to_string).collect();
            return Err(RegistryError::GrantGone { plugin: verdict.object, beyond: asks.join("; ") });
        }
        let installed = self.admit(&mut turn, file, Entry::RolledBack(current), actor)?;
        turn.look_again();
        Ok(installed)
    }

    /// Takes a plugin back at once: what serves is stopped in the middle of its calls, what serves
    /// or waits is not admitted again.
    ///
    /// # Errors
    /// When there is no such plugin.
    pub fn quarantine(&self, id: &PluginId, why: &str, actor: &Actor) -> Result<(), RegistryError> {
        let mut turn = lock(&self.turn);
        let rows: Vec<PluginRow> = self
            .rows_of(id)?
            .into_iter()
            .filter(|row| matches!(row.standing, Standing::Serving | Standing::Waiting))
            .collect();
        if rows.is_empty() {
            return Err(RegistryError::NoSuchPlugin(id.clone()));
        }
        // It is listed and logged from now on, and written by whoever may ask.
        let why = if why.is_empty() { format!("quarantined by {actor}") } else { shown(why) };
        let now = self.clock.now();
        let _policy = lock(&self.policy);
        // First it stops, then that is written down.
        if let Some(serving) = self.live.load().get(id) {
            serving.plugin().stop(&why);
        }
        self.publish(id, None);
        self.ledger.change(|change| {
            for row in &rows {
                take_back(change, row, &why, now)?;
                let name = format!("{id} {}", row.version);
                let detail = serde_json::json!({ "why": why });
                change.note(now, actor, &plugin_event("plugin quarantined", name, row.digest, detail))?;
            }
            Ok::<_, glasshouse_ledger::LedgerError>(())
        })?;
        for row in rows {
            self.unmark(row.digest);
        }
        turn.look_again();
        Ok(())
    }

    /// Removes a plugin with all its versions, its copies in the inbox and what it carries from
    /// run to run. Calls in flight are finished. The ratchet stays: an older version does not come
    /// back this way.
    ///
    /// # Errors
    /// When there is no such plugin.
    pub fn remove(&self, id: &PluginId, actor: &Actor) -> Result<(), RegistryError> {
        let mut turn = lock(&self.turn);
        let rows = self.rows_of(id)?;
        let digests: Vec<Digest> = rows.iter().map(|row| row.digest).collect();
        // First the inbox: a copy that stayed there would come back at the next start.
        self.clear_inbox_of(&mut turn, &digests)?;
        let now = self.clock.now();
        let policy = lock(&self.policy);
        self.ledger.change(|change| {
            change.forget_plugin(id)?;
            change.forget_carried(id)?;
            let versions: Vec<String> = rows.iter().map(|row| row.version.to_string()).collect();
            let detail = serde_json::json!({ "versions": versions, "digests": digests });
            let event = glasshouse_ledger::Event { event: "plugin removed", object: id.to_string(), detail };
            change.note(now, actor, &event)
        })?;
        self.publish(id, None);
        drop(policy);
        for digest in digests {
            self.unmark(digest);
            self.store.remove(digest)?;
        }
        Ok(())
    }

    fn rows_of(&self, id: &PluginId) -> Result<Vec<PluginRow>, RegistryError> {
        let rows: Vec<PluginRow> = self.ledger.plugins()?.into_iter().filter(|row| row.id == *id).collect();
        if rows.is_empty() { Err(RegistryError::NoSuchPlugin(id.clone())) } else { Ok(rows) }
    }
}
