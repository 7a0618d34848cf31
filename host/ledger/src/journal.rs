use jiff::Timestamp;

use crate::{Actor, Change, Ledger, LedgerError, plugins::parse};

/// Something that happened, before it has its number and time.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What happened, in two words: `plugin admitted`.
    pub event: &'static str,
    /// To what.
    pub object: String,
    /// The facts; never data of the site.
    pub detail: serde_json::Value,
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number; numbers only grow.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Who asked for it.
    pub actor: Actor,
    /// What happened.
    pub event: String,
    /// To what.
    pub object: String,
    /// The facts.
    pub detail: serde_json::Value,
}

impl Ledger {
    /// The lines after number `after`, oldest first, at most `most` of them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn journal(&self, after: u64, most: u32) -> Result<Vec<Entry>, LedgerError> {
        self.journal_lines(
            "SELECT seq, at, actor, event, object, detail FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            after,
            most,
        )
    }

    /// The newest of the lines after number `after`, at most `most` of them; oldest first too.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn journal_end(&self, after: u64, most: u32) -> Result<Vec<Entry>, LedgerError> {
        let mut entries = self.journal_lines(
            "SELECT seq, at, actor, event, object, detail FROM journal WHERE seq > ?1 ORDER BY seq DESC LIMIT ?2",
            after,
            most,
        )?;
        entries.reverse();
        Ok(entries)
    }

    fn journal_lines(&self, sql: &str, after: u64, most: u32) -> Result<Vec<Entry>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((i64::try_from(after).unwrap_or(i64::MAX), most))?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let detail: String = row.get("detail")?;
            entries.push(Entry {
                seq: row.get::<_, i64>("seq")?.unsigned_abs(),
                at: parse("a time", &row.get::<_, String>("at")?)?,
                actor: Actor::new(&row.get::<_, String>("actor")?),
                event: row.get("event")?,
                object: row.get("object")?,
                detail: serde_json::from_str(&detail).map_err(|_| LedgerError::damaged("JSON", detail))?,
            });
        }
        Ok(entries)
    }
}

impl Change<'_> {
    /// Adds a line to the journal.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn note(&self, at: Timestamp, actor: &Actor, event: &Event) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO journal (at, actor, event, object, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
            &[&at.to_string(), &actor.as_str(), &event.event, &event.object, &event.detail.to_string()],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(ledger: &Ledger, object: &str) {
        let event = Event {
            event: "plugin admitted",
            object: object.to_owned(),
            detail: serde_json::json!({ "version": "1.0.0" }),
        };
        ledger.change(|change| change.note(Timestamp::UNIX_EPOCH, &Actor::new("uid 7"), &event)).unwrap();
    }

    #[test]
    fn lines_come_back_in_order_and_in_pages() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        for object in ["a", "b", "c"] {
            note(&ledger, object);
        }
        let objects = |after, most| -> Vec<String> {
            ledger.journal(after, most).unwrap().into_iter().map(|entry| entry.object).collect()
        };
        assert_eq!(objects(0, 2), ["a", "b"]);
        assert_eq!(objects(2, 2), ["c"]);
        let newest = |after, most| -> Vec<String> {
            ledger.journal_end(after, most).unwrap().into_iter().map(|entry| entry.object).collect()
        };
        assert_eq!(newest(0, 2), ["b", "c"]);
        assert_eq!(newest(2, 9), ["c"]);
        let entry = ledger.journal(0, 1).unwrap().remove(0);
        assert_eq!((entry.seq, entry.actor.as_str()), (1, "uid 7"));
        assert_eq!(entry.detail["version"], "1.0.0");
    }

    #[test]
    fn a_line_can_be_neither_changed_nor_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        note(&ledger, "a");
        for sql in ["DELETE FROM journal", "UPDATE journal SET actor = 'somebody else'"] {
            let error = ledger.connection().execute(sql, []).unwrap_err().to_string();
            assert!(error.contains("append-only"), "{error}");
        }
        assert_eq!(ledger.journal(0, 9).unwrap().len(), 1);
    }
}
