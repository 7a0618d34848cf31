//! What only goes forward: the highest version of each plugin, the newest revocation list, and the
//! digests that were taken back.

use glasshouse_contract::{Digest, PluginId};
use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use semver::Version;

use crate::{
    Change, Ledger, LedgerError,
    plugins::{digest, parse},
};

/// A plugin file that an administrator took back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barred {
    /// The file.
    pub digest: Digest,
    /// The plugin that it is a version of.
    pub id: PluginId,
    /// What the administrator did.
    pub why: String,
    /// When.
    pub since: Timestamp,
}

/// The newest revocation list that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationList {
    /// Its version.
    pub version: u64,
    /// The signed file.
    pub bytes: Vec<u8>,
}

impl Ledger {
    /// The highest version of a plugin that was ever admitted.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn ratchet(&self, id: &PluginId) -> Result<Option<Version>, LedgerError> {
        let version: Option<String> = self
            .connection()
            .prepare_cached("SELECT version FROM ratchet WHERE id = ?1")?
            .query_row([id.as_str()], |row| row.get(0))
            .optional()?;
        version.map(|version| parse("a version", &version)).transpose()
    }

    /// The newest revocation list that was ever accepted.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn revocation_list(&self) -> Result<Option<RevocationList>, LedgerError> {
        let found: Option<(i64, Vec<u8>)> = self
            .connection()
            .prepare_cached("SELECT version, bytes FROM revocation_list")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        found
            .map(|(version, bytes)| {
                let version = u64::try_from(version)
                    .map_err(|_| LedgerError::damaged("a list version", version.to_string()))?;
                Ok(RevocationList { version, bytes })
            })
            .transpose()
    }

    /// Whether a plugin file was taken back, and why.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn barred(&self, file: Digest) -> Result<Option<Barred>, LedgerError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT digest, id, why, since FROM barred WHERE digest = ?1")?;
        let mut rows = statement.query([file.hex()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Barred {
            digest: digest(&row.get::<_, String>("digest")?)?,
            id: parse("a plugin id", &row.get::<_, String>("id")?)?,
            why: row.get("why")?,
            since: parse("a time", &row.get::<_, String>("since")?)?,
        }))
    }
}

impl Change<'_> {
    /// Sets a plugin's ratchet. Whether it may go back is the caller's decision: only a rollback,
    /// which is in the journal, does.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn set_ratchet(&self, id: &PluginId, version: &Version) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO ratchet (id, version) VALUES (?1, ?2)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version",
            &[&id.as_str(), &version.to_string()],
        )?;
        Ok(())
    }

    /// Keeps a revocation list. One that is older than what is kept changes nothing.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn keep_revocation_list(&self, list: &RevocationList, at: Timestamp) -> Result<(), LedgerError> {
        let version = i64::try_from(list.version)
            .map_err(|_| LedgerError::damaged("a list version", list.version.to_string()))?;
        self.execute(
            "INSERT INTO revocation_list (one, version, bytes, since) VALUES (1, ?1, ?2, ?3)
             ON CONFLICT (one) DO UPDATE
             SET version = excluded.version, bytes = excluded.bytes, since = excluded.since
             WHERE excluded.version >= version",
            &[&version, &list.bytes, &at.to_string()],
        )?;
        Ok(())
    }

    /// Takes a plugin file back by its digest.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn bar(&self, barred: &Barred) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO barred (digest, id, why, since) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (digest) DO UPDATE SET why = excluded.why, since = excluded.since",
            &[&barred.digest.hex(), &barred.id.as_str(), &barred.why, &barred.since.to_string()],
        )?;
        Ok(())
    }

    /// Lets a plugin file be judged again.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn unbar(&self, file: Digest) -> Result<(), LedgerError> {
        self.execute("DELETE FROM barred WHERE digest = ?1", &[&file.hex()])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        (folder, ledger)
    }

    #[test]
    fn a_ratchet_keeps_its_last_version() {
        let (_folder, ledger) = ledger();
        let id = PluginId::new("contoso.devices").unwrap();
        assert_eq!(ledger.ratchet(&id).unwrap(), None);
        for version in ["1.0.0", "1.2.0-rc.1", "1.1.0"] {
            let version = version.parse().unwrap();
            ledger.change(|change| change.set_ratchet(&id, &version)).unwrap();
            assert_eq!(ledger.ratchet(&id).unwrap(), Some(version));
        }
    }

    #[test]
    fn an_older_revocation_list_does_not_replace_a_newer_one() {
        let (_folder, ledger) = ledger();
        for version in [3, 2, 5] {
            let list = RevocationList { version, bytes: vec![u8::try_from(version).unwrap()] };
            ledger.change(|change| change.keep_revocation_list(&list, Timestamp::UNIX_EPOCH)).unwrap();
            let kept = ledger.revocation_list().unwrap().unwrap();
            assert_eq!(kept.version, version.max(3));
            assert_eq!(kept.bytes, [u8::try_from(version.max(3)).unwrap()]);
        }
    }

    #[test]
    fn a_barred_file_stays_barred_until_it_is_let_go() {
        let (_folder, ledger) = ledger();
        let barred = Barred {
            digest: Digest::of(b"file"),
            id: PluginId::new("contoso.devices").unwrap(),
            why: "rolled back".to_owned(),
            since: Timestamp::UNIX_EPOCH,
        };
        ledger.change(|change| change.bar(&barred)).unwrap();
        assert_eq!(ledger.barred(barred.digest).unwrap().as_ref(), Some(&barred));
        ledger.change(|change| change.unbar(barred.digest)).unwrap();
        assert_eq!(ledger.barred(barred.digest).unwrap(), None);
    }
}
