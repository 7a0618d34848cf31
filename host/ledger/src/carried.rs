use glasshouse_contract::{Digest, Name, PluginId};
use jiff::Timestamp;

use crate::{
    Change, Ledger, LedgerError,
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
        let Some(row) = rows.next()? else { return Ok(None) };
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

    /// Forgets what a plugin carries, at every site.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn forget_carried(&self, id: &PluginId) -> Result<(), LedgerError> {
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
