use glasshouse_contract::{ColumnName, Name, PluginId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Actor, Change, Event, Ledger, LedgerError, plugins::parse};

/// What the tripwire may find without holding the table: finds of one kind in one column of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Find {
    /// The query.
    pub query: PluginId,
    /// Its table.
    pub table: Name,
    /// The column.
    pub column: ColumnName,
    /// What is found there, in the word that the record of the run has for it.
    pub kind: String,
}

/// A find that an administrator says is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// What is allowed.
    pub find: Find,
    /// Since when.
    pub since: Timestamp,
    /// Who allowed it.
    pub actor: String,
    /// Why it is a false alarm.
    pub reason: String,
}

impl Ledger {
    /// All finds that are allowed, by query, table, column and kind.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn allowances(&self) -> Result<Vec<Allowance>, LedgerError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT * FROM allowance ORDER BY query, name, column, kind")?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Allowance {
                find: Find {
                    query: parse("a plugin id", &row.get::<_, String>("query")?)?,
                    table: parse("a table's name", &row.get::<_, String>("name")?)?,
                    column: parse("a column", &row.get::<_, String>("column")?)?,
                    kind: row.get("kind")?,
                },
                since: parse("a time", &row.get::<_, String>("since")?)?,
                actor: row.get("actor")?,
                reason: row.get("reason")?,
            });
        }
        Ok(found)
    }
}

impl Change<'_> {
    /// Allows a find from the next run on, with its line in the journal. What is allowed already gets the new
    /// reason.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_allowance(
        &self,
        find: &Find,
        reason: &str,
        at: Timestamp,
        actor: &Actor,
    ) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO allowance (query, name, column, kind, since, actor, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (query, name, column, kind) DO UPDATE
             SET since = excluded.since, actor = excluded.actor, reason = excluded.reason",
            &[
                &find.query.as_str(),
                &find.table.as_str(),
                &find.column.as_str(),
                &find.kind,
                &at.to_string(),
                &actor.as_str(),
                &reason,
            ],
        )?;
        self.note(at, actor, &find.event("find allowed", serde_json::json!({ "reason": reason })))
    }

    /// Takes an allowance back, with its line in the journal; whether there was one.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn remove_allowance(&self, find: &Find, at: Timestamp, actor: &Actor) -> Result<bool, LedgerError> {
        let removed = self.execute(
            "DELETE FROM allowance WHERE query = ?1 AND name = ?2 AND column = ?3 AND kind = ?4",
            &[&find.query.as_str(), &find.table.as_str(), &find.column.as_str(), &find.kind],
        )?;
        if removed == 0 {
            return Ok(false);
        }
        self.note(at, actor, &find.event("find disallowed", serde_json::json!({})))?;
        Ok(true)
    }
}

impl Find {
    fn event(&self, event: &'static str, mut detail: serde_json::Value) -> Event {
        if let Some(detail) = detail.as_object_mut() {
            detail.insert("column".to_owned(), self.column.as_str().into());
            detail.insert("kind".to_owned(), self.kind.as_str().into());
        }
        Event { event, object: format!("{}/{}", self.query, self.table), detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(kind: &str) -> Find {
        Find {
            query: PluginId::new("contoso.devices").unwrap(),
            table: Name::new("models").unwrap(),
            column: ColumnName::new("Model").unwrap(),
            kind: kind.to_owned(),
        }
    }

    #[test]
    fn what_is_allowed_and_what_is_no_more_is_in_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let (at, actor) = (Timestamp::UNIX_EPOCH, Actor::new("uid 7"));
        let allow = |kind: &str, reason: &str| {
            ledger.change(|change| change.put_allowance(&find(kind), reason, at, &actor)).unwrap();
        };
        allow("known-value", "a product's name");
        allow("ipv4", "a version");
        allow("ipv4", "a version of drivers");
        let kinds: Vec<(String, String)> =
            ledger.allowances().unwrap().into_iter().map(|found| (found.find.kind, found.reason)).collect();
        let of = |kind: &str, reason: &str| (kind.to_owned(), reason.to_owned());
        assert_eq!(kinds, [of("ipv4", "a version of drivers"), of("known-value", "a product's name")]);

        let remove = |kind: &str| {
            ledger
                .change::<_, LedgerError>(|change| change.remove_allowance(&find(kind), at, &actor))
                .unwrap()
        };
        assert!(remove("ipv4") && !remove("ipv4") && !remove("email"));
        assert_eq!(ledger.allowances().unwrap().len(), 1);
        let journal = ledger.journal(0, 9).unwrap();
        let events: Vec<&str> = journal.iter().map(|entry| entry.event.as_str()).collect();
        assert_eq!(events, ["find allowed", "find allowed", "find allowed", "find disallowed"]);
        assert_eq!(journal[0].object, "contoso.devices/models");
        assert_eq!(journal[0].detail["reason"], "a product's name");
        assert_eq!(journal[3].detail["kind"], "ipv4");
    }
}
