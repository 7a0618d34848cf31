//! What is read of the audit log's leaves besides the leaves themselves: how many of each kind, which tell of
//! one thing, and the receipts that vouch for them.

use std::collections::BTreeMap;

use glasshouse_contract::{Digest, Leaf, LeafKind, PluginId};

use crate::{
    Ledger, LedgerError, RequestId, leaves,
    plugins::{digest, parse},
};

/// What a receiver signed, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The request that it answers.
    pub request: RequestId,
    /// The target.
    pub target: PluginId,
    /// The digest of what was sealed and sent.
    pub digest: Digest,
    /// The answer's bytes.
    pub receipt: Vec<u8>,
}

impl Ledger {
    /// How many leaves of each kind there are. What is no leaf is not counted.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn leaf_kinds(&self) -> Result<BTreeMap<LeafKind, u64>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached("SELECT unicode(substr(bytes, 2, 1)), count(*) FROM leaf GROUP BY 1")?;
        let mut rows = statement.query([])?;
        let mut counts = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let (number, count): (Option<i64>, i64) = (row.get(0)?, row.get(1)?);
            let kind = LeafKind::ALL.iter().find(|kind| Some(i64::from(kind.number())) == number);
            if let Some(kind) = kind {
                counts.insert(*kind, count.unsigned_abs());
            }
        }
        Ok(counts)
    }

    /// The leaves that have this digest as their subject or content, with their numbers. Reads all leaves.
    ///
    /// # Errors
    /// When the ledger cannot be read, or one of them is no leaf.
    pub fn leaves_about(&self, digest: &Digest) -> Result<Vec<(u64, Leaf)>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT seq, bytes FROM leaf WHERE substr(bytes, 11, 32) = ?1 OR substr(bytes, 43, 32) = ?1
             ORDER BY seq",
        )?;
        let mut rows = statement.query([digest.as_bytes().as_slice()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            found.push((seq.unsigned_abs(), leaves::read(&row.get::<_, Vec<u8>>(1)?)?));
        }
        Ok(found)
    }

    /// The leaf of a line in the journal, where it has one.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn leaf_of_line(&self, seq: u64) -> Result<Option<u64>, LedgerError> {
        Ok(self
            .journal(seq.saturating_sub(1), 1)?
            .into_iter()
            .find(|line| line.seq == seq)
            .and_then(|line| line.leaf))
    }

    /// The receipts of all requests, oldest first, as they came.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn receipts(&self) -> Result<Vec<Received>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT id, target, digest, receipt FROM request WHERE receipt IS NOT NULL ORDER BY seq",
        )?;
        let mut rows = statement.query([])?;
        let mut receipts = Vec::new();
        while let Some(row) = rows.next()? {
            receipts.push(Received {
                request: parse("a request", &row.get::<_, String>(0)?)?,
                target: parse("a plugin id", &row.get::<_, String>(1)?)?,
                digest: digest(&row.get::<_, String>(2)?)?,
                receipt: row.get(3)?,
            });
        }
        Ok(receipts)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{Actor, Event};

    #[test]
    fn leaves_are_counted_by_kind_and_found_by_what_they_tell_of() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let of = |kind, subject: &[u8]| Leaf::new(kind, Timestamp::UNIX_EPOCH, Digest::of(subject));
        let sealed = of(LeafKind::Seal, b"a").with_content(Digest::of(b"b"));
        for leaf in [of(LeafKind::Look, b"a"), sealed, of(LeafKind::Seal, b"c")] {
            ledger.change(|change| change.leaf(&leaf)).unwrap();
        }
        let expected = BTreeMap::from([(LeafKind::Seal, 2), (LeafKind::Look, 1)]);
        assert_eq!(ledger.leaf_kinds().unwrap(), expected);
        let about = |bytes: &[u8]| -> Vec<u64> {
            let found = ledger.leaves_about(&Digest::of(bytes)).unwrap();
            found.into_iter().map(|(seq, _)| seq).collect()
        };
        assert_eq!((about(b"a"), about(b"b"), about(b"d")), (vec![0, 1], vec![1], vec![]));
    }

    #[test]
    fn a_line_of_the_journal_says_which_leaf_is_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let leaf = Leaf::new(LeafKind::Look, Timestamp::UNIX_EPOCH, Digest::of(b"a"));
        let event = Event { event: "key added", object: "a".to_owned(), detail: serde_json::Value::Null };
        ledger.change(|change| change.leaf(&leaf)).unwrap();
        ledger.change(|change| change.note(Timestamp::UNIX_EPOCH, &Actor::host(), &event)).unwrap();
        assert_eq!(ledger.journal(0, 1).unwrap()[0].leaf, Some(1));
        assert_eq!((ledger.leaf_of_line(1).unwrap(), ledger.leaf_of_line(2).unwrap()), (Some(1), None));
    }
}
