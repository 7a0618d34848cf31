use glasshouse_contract::{Digest, Name, PluginId};
use jiff::Timestamp;

use crate::{
    Change, Ledger, LedgerError, PendingPart,
    plugins::{digest, parse},
};

/// What a plugin carries from its last completed run at a site to the next one there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The run that made it: a run that is resumed sees that it is done already.
    pub run: String,
    /// The plugin file that made it.
    pub digest: Digest,
    /// The state itself.
    pub bytes: Vec<u8>,
    /// When it was written.
    pub since: Timestamp,
}

impl Ledger {
    /// What a plugin carries to its next run at a site.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn carried(&self, id: &PluginId, site: &Name) -> Result<Option<Carried>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached("SELECT run, digest, bytes, since FROM carried WHERE id = ?1 AND site = ?2")?;
        let mut rows = statement.query([id.as_str(), site.as_str()])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        Ok(Some(Carried {
            run: row.get("run")?,
            digest: digest(&row.get::<_, String>("digest")?)?,
            bytes: row.get("bytes")?,
            since: parse("a time", &row.get::<_, String>("since")?)?,
        }))
    }
}

impl Change<'_> {
    /// Keeps what a plugin carries to its next run at a site.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn carry(&self, id: &PluginId, site: &Name, carried: &Carried) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO carried (id, site, run, digest, bytes, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id, site) DO UPDATE
             SET run = excluded.run, digest = excluded.digest, bytes = excluded.bytes, since = excluded.since",
            &[
                &id.as_str(),
                &site.as_str(),
                &carried.run,
                &carried.digest.hex(),
                &carried.bytes,
                &carried.since.to_string(),
            ],
        )?;
        Ok(())
    }

    /// Keeps what a part carries to the next run of its query at its site. Call it in the change that finishes
    /// the part. It comes into force at once where nothing of the part waits for a person, else when all of
    /// it was approved; where something was denied, never.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn carry_when_settled(&self, part: &PendingPart, carried: &Carried) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO carried_pending (part, digest, bytes, since) SELECT ?1, ?2, ?3, ?4
             WHERE NOT EXISTS (SELECT 1 FROM delivery JOIN hold ON hold.id = delivery.hold
                 WHERE delivery.part = ?1 AND hold.state = 'denied')",
            &[&part.id(), &carried.digest.hex(), &carried.bytes, &carried.since.to_string()],
        )?;
        self.settle(part.id())
    }

    /// Puts in force what a part would carry on, where nothing of it waits any more. A newer run's state stays:
    /// it was made from an older state than this one, and so has what this one has.
    pub(crate) fn settle(&self, part: i64) -> Result<(), LedgerError> {
        if !self.is_settled(part)? {
            return Ok(());
        }
        self.execute(
            "INSERT INTO carried (id, site, run, digest, bytes, since)
             SELECT part.plugin, run.site, run.id, pending.digest, pending.bytes, pending.since
             FROM carried_pending AS pending JOIN part ON part.id = pending.part JOIN run ON run.id = part.run
             WHERE pending.part = ?1 AND NOT EXISTS (
                 SELECT 1 FROM carried JOIN run AS newer ON newer.id = carried.run
                 WHERE carried.id = part.plugin AND carried.site = run.site AND newer.seq > run.seq)
             ON CONFLICT (id, site) DO UPDATE
             SET run = excluded.run, digest = excluded.digest, bytes = excluded.bytes, since = excluded.since",
            &[&part],
        )?;
        self.execute("DELETE FROM carried_pending WHERE part = ?1", &[&part])?;
        Ok(())
    }

    /// Forgets what a plugin carries, at every site, and what it would carry once it is approved.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn forget_carried(&self, id: &PluginId) -> Result<(), LedgerError> {
        self.execute(
            "DELETE FROM carried_pending WHERE part IN (SELECT id FROM part WHERE plugin = ?1)",
            &[&id.as_str()],
        )?;
        self.execute("DELETE FROM carried WHERE id = ?1", &[&id.as_str()])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_runs_state_at_each_site_is_what_is_carried() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let id = PluginId::new("contoso.devices").unwrap();
        let [cas, primary] = ["cas", "primary"].map(|site| Name::new(site).unwrap());
        let carried = |run: &str| Carried {
            run: run.to_owned(),
            digest: Digest::of(b"file"),
            bytes: run.as_bytes().to_vec(),
            since: Timestamp::UNIX_EPOCH,
        };
        for (site, run) in [(&cas, "one"), (&primary, "other"), (&cas, "two")] {
            ledger.change(|change| change.carry(&id, site, &carried(run))).unwrap();
            assert_eq!(ledger.carried(&id, site).unwrap(), Some(carried(run)));
        }
        assert_eq!(ledger.carried(&id, &primary).unwrap(), Some(carried("other")));
        ledger.change(|change| change.forget_carried(&id)).unwrap();
        assert_eq!(ledger.carried(&id, &cas).unwrap(), None);
        assert_eq!(ledger.carried(&id, &primary).unwrap(), None);
    }
}
