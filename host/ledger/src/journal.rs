use glasshouse_contract::{Leaf, words_digest};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use crate::{
    Actor, Change, Ledger, LedgerError,
    leaves::{self, kind_of, subject_of},
    parts::json,
    plugins::parse,
};

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
    /// The number of its leaf in the audit log; lines from before there was one have none.
    pub leaf: Option<u64>,
}

impl Ledger {
    /// The lines after number `after`, oldest first, at most `most` of them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn journal(&self, after: u64, most: u32) -> Result<Vec<Entry>, LedgerError> {
        self.journal_lines(
            "SELECT seq, at, actor, event, object, detail, leaf FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2",
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
            "SELECT seq, at, actor, event, object, detail, leaf FROM journal WHERE seq > ?1 ORDER BY seq DESC LIMIT ?2",
            after,
            most,
        )?;
        entries.reverse();
        Ok(entries)
    }

    /// The newest line about an event.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_of(&self, event: &str) -> Result<Option<Entry>, LedgerError> {
        let newest: Option<i64> = {
            let connection = self.connection();
            let mut statement = connection
                .prepare_cached("SELECT seq FROM journal WHERE event = ?1 ORDER BY seq DESC LIMIT 1")?;
            statement.query_row([event], |row| row.get(0)).optional()?
        };
        let Some(seq) = newest else { return Ok(None) };
        Ok(self.journal(seq.unsigned_abs().saturating_sub(1), 1)?.pop())
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
                leaf: row.get::<_, Option<i64>>("leaf")?.map(i64::unsigned_abs),
            });
        }
        Ok(entries)
    }
}

impl Change<'_> {
    /// Adds a line to the journal, and to the audit log a leaf with the line's digest: who edits the line is
    /// found.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn note(&self, at: Timestamp, actor: &Actor, event: &Event) -> Result<(), LedgerError> {
        let leaf = self.next_leaf()?;
        // SQLite's generator is seeded by the operating system.
        let blind: [u8; 32] = self.prepare("SELECT randomblob(32)")?.query_row([], |row| row.get(0))?;
        let (time, detail) = (at.to_string(), event.detail.to_string());
        self.execute(
            "INSERT INTO journal (at, actor, event, object, detail, leaf, blind)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            &[&time, &actor.as_str(), &event.event, &event.object, &detail, &leaf, &blind],
        )?;
        let line = [&time, actor.as_str(), event.event, &event.object, &detail];
        let words = words_digest(&blind, &words(self.last_id(), line));
        let subject = subject_of(&event.object, &event.detail);
        self.leaf(&Leaf::new(kind_of(event.event), at, subject).with_words(words))?;
        Ok(())
    }
}

/// A line as one text, of which its leaf holds the digest.
fn words(seq: i64, line: [&str; 5]) -> String {
    json(&(seq, line))
}

/// The numbers of lines that are not what their leaves say, or have none though a line before them has.
pub fn differing(connection: &Connection) -> Result<Vec<u64>, LedgerError> {
    let mut statement = connection.prepare(
        "SELECT journal.seq, at, actor, event, object, detail, leaf, blind, leaf.bytes FROM journal
         LEFT JOIN leaf ON leaf.seq = journal.leaf ORDER BY journal.seq",
    )?;
    let mut rows = statement.query([])?;
    let (mut differing, mut begun) = (Vec::new(), false);
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(0)?;
        let texts: Result<Vec<String>, _> = (1..6).map(|column| row.get(column)).collect();
        let (leaf, blind): (Option<i64>, Option<Vec<u8>>) = (row.get(6)?, row.get(7)?);
        if leaf.is_none() && !begun {
            continue;
        }
        begun = true;
        let holds = || {
            let [at, actor, event, object, detail] = <[String; 5]>::try_from(texts.ok()?).ok()?;
            let line = words(seq, [&at, &actor, &event, &object, &detail]);
            let digest = words_digest(&blind?.try_into().ok()?, &line);
            let leaf = leaves::read(&row.get::<_, Vec<u8>>(8).ok()?).ok()?;
            Some(leaf.words() == Some(&digest))
        };
        if holds() != Some(true) {
            differing.push(seq.unsigned_abs());
        }
    }
    Ok(differing)
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
        assert_eq!(ledger.last_of("plugin admitted").unwrap().unwrap().object, "c");
        assert_eq!(ledger.last_of("mode changed").unwrap(), None);
        let entry = ledger.journal(0, 1).unwrap().remove(0);
        assert_eq!((entry.seq, entry.actor.as_str()), (1, "uid 7"));
        assert_eq!(entry.detail["version"], "1.0.0");
    }

    #[test]
    fn every_line_has_a_leaf_that_finds_its_edit() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        // From before there were leaves.
        let old = "INSERT INTO journal (at, actor, event, object, detail) VALUES ('t', 'a', 'e', 'o', '{}')";
        ledger.connection().execute(old, []).unwrap();
        for object in ["a", "b"] {
            note(&ledger, object);
        }
        assert_eq!(ledger.leaf_count().unwrap(), 2);
        assert_eq!(ledger.leaves(0, 1).unwrap()[0].kind(), glasshouse_contract::LeafKind::Admission);
        let differing = || differing(&ledger.connection()).unwrap();
        assert_eq!(differing(), [0; 0]);
        let edits = [
            "actor = 'somebody else' WHERE seq = 2",
            "detail = '{}' WHERE seq = 2",
            "blind = zeroblob(32) WHERE seq = 2",
            "leaf = NULL WHERE seq = 2",
        ];
        for (edit, found) in edits.into_iter().zip([vec![2], vec![2], vec![2], vec![]]) {
            let connection = ledger.connection();
            connection
                .execute_batch(&format!(
                    "BEGIN; DROP TRIGGER journal_lines_do_not_change; UPDATE journal SET {edit};"
                ))
                .unwrap();
            let told = super::differing(&connection).unwrap();
            connection.execute_batch("ROLLBACK").unwrap();
            // The first line with a leaf can be made to look like an old one; that its leaf is left over is
            // what `verify` finds.
            assert_eq!(told, found, "{edit}");
        }
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
