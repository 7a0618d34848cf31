use std::{fmt, str::FromStr};

use glasshouse_contract::{Digest, Kind, PluginId};
use jiff::Timestamp;
use rusqlite::Row;
use semver::Version;

use crate::{Change, Ledger, LedgerError};

/// What a plugin file that passed its checks is now. Whether a serving one may still run is decided
/// anew at each start and each change of trust, never remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The version that callers get.
    Serving,
    /// It asks for more than was granted.
    Waiting,
    /// Another version took its place.
    Superseded,
    /// An administrator took it back.
    Quarantined,
}

/// A plugin file that the ledger knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginRow {
    /// The plugin's identity, and its name in the store.
    pub digest: Digest,
    /// The plugin.
    pub id: PluginId,
    /// Its version.
    pub version: Version,
    /// Its kind.
    pub kind: Kind,
    /// What it is now.
    pub standing: Standing,
    /// Whose signatures counted when it was last judged.
    pub signers: Vec<String>,
    /// Whether it ever served: only such a version can be rolled back to.
    pub served: bool,
    /// Since when it is what it is now.
    pub since: Timestamp,
}

const COLUMNS: &str = "SELECT digest, id, version, kind, state, signers, served, since FROM plugin";

impl Ledger {
    /// All plugin files, by id and version.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn plugins(&self) -> Result<Vec<PluginRow>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(COLUMNS)?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        found.sort_by(|a, b| (&a.id, &a.version, a.digest).cmp(&(&b.id, &b.version, b.digest)));
        Ok(found)
    }

    /// The plugin file of that digest.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn plugin(&self, digest: Digest) -> Result<Option<PluginRow>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE digest = ?1"))?;
        let mut rows = statement.query([digest.hex()])?;
        rows.next()?.map(read).transpose()
    }
}

impl Change<'_> {
    /// Notes what a plugin file is from now on. That a file served is never forgotten.
    ///
    /// # Errors
    /// When another file of that plugin has the same unique standing, or the disk fails.
    pub fn put_plugin(&self, row: &PluginRow) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO plugin (digest, id, version, kind, state, signers, served, since)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (digest) DO UPDATE
             SET state = excluded.state, signers = excluded.signers,
                 served = max(served, excluded.served), since = excluded.since",
            &[
                &row.digest.hex(),
                &row.id.as_str(),
                &row.version.to_string(),
                &row.kind.as_str(),
                &row.standing.as_str(),
                &signers_text(&row.signers),
                &row.served,
                &row.since.to_string(),
            ],
        )?;
        Ok(())
    }

    /// Moves all files of a plugin that have one standing to another.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn move_plugins(
        &self,
        id: &PluginId,
        from: Standing,
        to: Standing,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        self.execute(
            "UPDATE plugin SET state = ?3, since = ?4 WHERE id = ?1 AND state = ?2",
            &[&id.as_str(), &from.as_str(), &to.as_str(), &at.to_string()],
        )?;
        Ok(())
    }

    /// Forgets a plugin's files. Its ratchet and what was barred stay.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn forget_plugin(&self, id: &PluginId) -> Result<(), LedgerError> {
        self.execute("DELETE FROM plugin WHERE id = ?1", &[&id.as_str()])?;
        Ok(())
    }
}

impl Standing {
    const ALL: [Self; 4] = [Self::Serving, Self::Waiting, Self::Superseded, Self::Quarantined];

    /// The standing's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Waiting => "waiting",
            Self::Superseded => "superseded",
            Self::Quarantined => "quarantined",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

fn read(row: &Row<'_>) -> Result<PluginRow, LedgerError> {
    let state: String = row.get("state")?;
    Ok(PluginRow {
        digest: digest(&row.get::<_, String>("digest")?)?,
        id: parse("a plugin id", &row.get::<_, String>("id")?)?,
        version: parse("a version", &row.get::<_, String>("version")?)?,
        kind: parse("a kind of plugin", &row.get::<_, String>("kind")?)?,
        standing: Standing::ALL
            .into_iter()
            .find(|standing| standing.as_str() == state)
            .ok_or_else(|| LedgerError::damaged("a standing", state))?,
        signers: signers(&row.get::<_, String>("signers")?)?,
        served: row.get("served")?,
        since: parse("a time", &row.get::<_, String>("since")?)?,
    })
}

fn signers_text(signers: &[String]) -> String {
    serde_json::Value::from(signers.to_vec()).to_string()
}

fn signers(text: &str) -> Result<Vec<String>, LedgerError> {
    serde_json::from_str(text).map_err(|_| LedgerError::damaged("a list of signers", text))
}

pub fn digest(hex: &str) -> Result<Digest, LedgerError> {
    Digest::from_hex(hex).map_err(|_| LedgerError::damaged("a digest", hex))
}

pub fn parse<T: FromStr>(what: &'static str, text: &str) -> Result<T, LedgerError> {
    text.parse().map_err(|_| LedgerError::damaged(what, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: &str, standing: Standing) -> PluginRow {
        PluginRow {
            digest: Digest::of(version.as_bytes()),
            id: PluginId::new("contoso.devices").unwrap(),
            version: version.parse().unwrap(),
            kind: Kind::Query,
            standing,
            signers: vec!["build-2026".to_owned()],
            served: standing == Standing::Serving,
            since: Timestamp::UNIX_EPOCH,
        }
    }

    fn put(ledger: &Ledger, row: &PluginRow) -> Result<(), LedgerError> {
        ledger.change(|change| change.put_plugin(row))
    }

    #[test]
    fn plugins_survive_a_restart_and_sort_by_version() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let rows = [row("1.9.0", Standing::Superseded), row("1.10.0", Standing::Serving)];
        for row in rows.iter().rev() {
            put(&Ledger::open(&path).unwrap(), row).unwrap();
        }
        let ledger = Ledger::open(&path).unwrap();
        assert_eq!(ledger.plugins().unwrap(), rows);
        assert_eq!(ledger.plugin(rows[0].digest).unwrap().as_ref(), Some(&rows[0]));
        assert_eq!(ledger.plugin(Digest::of(b"other")).unwrap(), None);
    }

    #[test]
    fn of_one_plugin_two_versions_never_serve_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        put(&ledger, &row("1.0.0", Standing::Serving)).unwrap();
        assert!(put(&ledger, &row("1.1.0", Standing::Serving)).is_err());
        assert_eq!(ledger.plugins().unwrap().len(), 1);
    }

    #[test]
    fn that_a_version_served_is_not_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        put(&ledger, &row("1.0.0", Standing::Serving)).unwrap();
        put(&ledger, &row("1.0.0", Standing::Superseded)).unwrap();
        let rows = ledger.plugins().unwrap();
        assert!(rows[0].served && rows[0].standing == Standing::Superseded, "{rows:?}");
    }

    #[test]
    fn a_change_that_fails_halfway_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let result: Result<(), LedgerError> = ledger.change(|change| {
            change.put_plugin(&row("1.0.0", Standing::Serving))?;
            Err(LedgerError::damaged("a test", "x"))
        });
        assert!(result.is_err());
        assert_eq!(ledger.plugins().unwrap(), []);
    }
}
