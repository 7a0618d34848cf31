use std::{collections::BTreeMap, fmt};

use glasshouse_contract::{Level, Name, PseudonymKeyId};
use jiff::Timestamp;
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::{Change, Ledger, LedgerError, parts::json, plugins::parse};

/// One run of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// The run's name, the same when it is resumed.
    pub id: String,
    /// The site.
    pub site: Name,
    /// Which of the site's weeks it is for.
    pub slot: i64,
    /// How often that week was begun, from 1.
    pub attempt: u32,
    /// The level that was in force.
    pub level: Level,
    /// The hierarchy's hash.
    pub hierarchy: String,
    /// The site's hash.
    pub site_hash: String,
    /// When it was due.
    pub scheduled: Timestamp,
    /// When it was begun.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How far it is.
    pub state: RunState,
    /// Whether the clock was far ahead when it began.
    pub misdated: bool,
    /// Which key of each name its rules make pseudonyms with.
    pub keys: BTreeMap<Name, PseudonymKeyId>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// It was begun: somebody works on it, or it will be resumed.
    Running,
    /// It is over.
    Done,
    /// It was begun and will not be resumed.
    Abandoned,
}

impl RunState {
    const ALL: [Self; 3] = [Self::Running, Self::Done, Self::Abandoned];

    /// The state's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Abandoned => "abandoned",
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

const COLUMNS: &str =
    "SELECT id, site, slot, attempt, level, hierarchy, site_hash, scheduled, started, ended,
    state, misdated, keys FROM run";

impl Ledger {
    /// The newest runs of a site, or of all, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn runs(&self, site: Option<&Name>, most: u32) -> Result<Vec<RunRow>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached(&format!("{COLUMNS} WHERE ?1 IS NULL OR site = ?1 ORDER BY seq DESC LIMIT ?2"))?;
        let mut rows = statement.query((site.map(Name::as_str), most))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// The run of that name.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn run(&self, id: &str) -> Result<Option<RunRow>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
        let mut rows = statement.query([id])?;
        rows.next()?.map(read).transpose()
    }

    /// How often a week of a site was begun.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn attempts(&self, site: &Name, slot: i64) -> Result<u32, LedgerError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached("SELECT coalesce(max(attempt), 0) FROM run WHERE site = ?1 AND slot = ?2")?;
        Ok(statement.query_row((site.as_str(), slot), |row| row.get(0))?)
    }
}

impl Change<'_> {
    /// Notes that a run begins.
    ///
    /// # Errors
    /// When there is such a run already, or the disk fails.
    pub fn begin_run(&self, run: &RunRow) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO run (id, seq, site, slot, attempt, level, hierarchy, site_hash, scheduled, started,
                 state, misdated, keys)
             SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'running', 0, ?10 FROM run",
            &[
                &run.id,
                &run.site.as_str(),
                &run.slot,
                &run.attempt,
                &run.level.as_str(),
                &run.hierarchy,
                &run.site_hash,
                &run.scheduled.to_string(),
                &run.started.to_string(),
                &json(&run.keys),
            ],
        )?;
        Ok(())
    }

    /// Notes the keys of a run that goes on with other rules than it began with.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_run_keys(&self, id: &str, keys: &BTreeMap<Name, PseudonymKeyId>) -> Result<(), LedgerError> {
        self.execute("UPDATE run SET keys = ?2 WHERE id = ?1", &[&id, &json(keys)])?;
        Ok(())
    }

    /// Notes that a run is over, or will not be resumed.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn end_run(&self, id: &str, state: RunState, at: Timestamp) -> Result<(), LedgerError> {
        self.execute(
            "UPDATE run SET state = ?2, ended = ?3 WHERE id = ?1",
            &[&id, &state.as_str(), &at.to_string()],
        )?;
        Ok(())
    }

    /// Notes that the clock was far ahead when a run began: it no longer counts for when the next is due.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn misdate_run(&self, id: &str) -> Result<(), LedgerError> {
        self.execute("UPDATE run SET misdated = 1 WHERE id = ?1", &[&id])?;
        Ok(())
    }
}

pub fn read(row: &Row<'_>) -> Result<RunRow, LedgerError> {
    let ended: Option<String> = row.get("ended")?;
    let state: String = row.get("state")?;
    let keys: String = row.get("keys")?;
    Ok(RunRow {
        id: row.get("id")?,
        site: parse("a site's name", &row.get::<_, String>("site")?)?,
        slot: row.get("slot")?,
        attempt: row.get("attempt")?,
        level: parse("a level", &row.get::<_, String>("level")?)?,
        hierarchy: row.get("hierarchy")?,
        site_hash: row.get("site_hash")?,
        scheduled: parse("a time", &row.get::<_, String>("scheduled")?)?,
        started: parse("a time", &row.get::<_, String>("started")?)?,
        ended: ended.map(|at| parse("a time", &at)).transpose()?,
        state: RunState::ALL
            .into_iter()
            .find(|known| known.as_str() == state)
            .ok_or_else(|| LedgerError::damaged("a run's state", state))?,
        misdated: row.get("misdated")?,
        keys: serde_json::from_str(&keys).map_err(|_| LedgerError::damaged("keys of a run", keys))?,
    })
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn run(id: &str, slot: i64, attempt: u32) -> RunRow {
        let at = Timestamp::from_second(slot * 604_800).unwrap();
        RunRow {
            id: id.to_owned(),
            site: Name::new("cas").unwrap(),
            slot,
            attempt,
            level: Level::Enhanced,
            hierarchy: "h".to_owned(),
            site_hash: "s".to_owned(),
            scheduled: at,
            started: at,
            ended: None,
            state: RunState::Running,
            misdated: false,
            keys: [(Name::new("default").unwrap(), PseudonymKeyId::new("0123456789abcdef").unwrap())].into(),
        }
    }

    #[test]
    fn a_run_is_remembered_from_its_begin_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let (first, second) = (run("a", 7, 1), run("b", 7, 2));
        for run in [&first, &second] {
            ledger.change(|change| change.begin_run(run)).unwrap();
        }
        assert_eq!(ledger.attempts(&first.site, 7).unwrap(), 2);
        assert_eq!(ledger.attempts(&first.site, 8).unwrap(), 0);
        assert_eq!(ledger.runs(Some(&first.site), 9).unwrap(), [second, first.clone()]);
        assert_eq!(ledger.runs(Some(&Name::new("other").unwrap()), 9).unwrap(), []);

        let at = Timestamp::UNIX_EPOCH;
        ledger
            .change(|change| {
                change.misdate_run("a")?;
                change.put_run_keys("a", &BTreeMap::new())?;
                change.end_run("a", RunState::Done, at)
            })
            .unwrap();
        let ended =
            RunRow { ended: Some(at), state: RunState::Done, misdated: true, keys: BTreeMap::new(), ..first };
        assert_eq!(ledger.run("a").unwrap(), Some(ended));
        assert_eq!(ledger.run("c").unwrap(), None);
    }

    #[test]
    fn a_week_has_each_attempt_once() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        ledger.change(|change| change.begin_run(&run("a", 7, 1))).unwrap();
        assert!(ledger.change(|change| change.begin_run(&run("b", 7, 1))).is_err());
    }
}
