use glasshouse_contract::{Digest, Leaf, LeafKind};

use crate::{Change, Ledger, LedgerError};

impl Ledger {
    /// The leaves from number `from` on, in order, at most `most` of them. Numbers begin with 0 and have no gap.
    ///
    /// # Errors
    /// When the ledger cannot be read, or holds something that is no leaf.
    pub fn leaves(&self, from: u64, most: u32) -> Result<Vec<Leaf>, LedgerError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT seq, bytes FROM leaf WHERE seq >= ?1 ORDER BY seq LIMIT ?2")?;
        let mut rows = statement.query((i64::try_from(from).unwrap_or(i64::MAX), most))?;
        let mut leaves = Vec::new();
        while let Some(row) = rows.next()? {
            if row.get::<_, i64>("seq")?.unsigned_abs() != from + leaves.len() as u64 {
                return Err(LedgerError::damaged("a leaf", "a gap"));
            }
            leaves.push(read(&row.get::<_, Vec<u8>>("bytes")?)?);
        }
        Ok(leaves)
    }

    /// The bytes of leaves with their numbers, from number `from` on, at most `most` of them: as they are, also
    /// where somebody changed them or took some away. What is wrong with them, and where, is for the audit log's
    /// verification to say.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn leaf_bytes(&self, from: u64, most: u32) -> Result<Vec<(u64, Vec<u8>)>, LedgerError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT seq, bytes FROM leaf WHERE seq >= ?1 ORDER BY seq LIMIT ?2")?;
        let rows = statement.query_map((i64::try_from(from).unwrap_or(i64::MAX), most), |row| {
            Ok((row.get::<_, i64>("seq")?.unsigned_abs(), row.get("bytes")?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many leaves there are.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn leaf_count(&self) -> Result<u64, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT coalesce(max(seq) + 1, 0) FROM leaf")?;
        Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }
}

impl Change<'_> {
    /// Adds a leaf to the audit log, in the same transaction as what it tells of. Returns its number.
    ///
    /// What this crate does itself with requests, holds and retention, and every line of the journal, has its
    /// leaf already. A leaf with words is a line's, and [`Change::note`] makes it: `verify` misses the line else.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn leaf(&self, leaf: &Leaf) -> Result<u64, LedgerError> {
        let seq = self.next_leaf()?;
        self.execute("INSERT INTO leaf (seq, bytes) VALUES (?1, ?2)", &[&seq, &leaf.bytes()])?;
        Ok(seq.unsigned_abs())
    }

    pub(crate) fn next_leaf(&self) -> Result<i64, LedgerError> {
        let mut next = self.prepare("SELECT coalesce(max(seq) + 1, 0) FROM leaf")?;
        Ok(next.query_row([], |row| row.get(0))?)
    }
}

pub fn read(bytes: &[u8]) -> Result<Leaf, LedgerError> {
    Leaf::from_bytes(bytes).map_err(|error| LedgerError::damaged("a leaf", error.to_string()))
}

/// What the leaf of a line in the journal is about: the plugin file where the line names one, else the object.
pub fn subject_of(object: &str, detail: &serde_json::Value) -> Digest {
    let named = detail.get("digest").and_then(|digest| digest.as_str()?.parse().ok());
    named.unwrap_or_else(|| Digest::of(object.as_bytes()))
}

/// The kind of the leaf for a line of the journal. What no word tells of is a change of the configuration.
pub fn kind_of(event: &str) -> LeafKind {
    const WORDS: &[(&str, LeafKind)] = &[
        ("level", LeafKind::LevelChange),
        ("mode", LeafKind::ModeChange),
        ("run", LeafKind::Run),
        ("key", LeafKind::Key),
        ("limit", LeafKind::LimitHit),
        ("admitted", LeafKind::Admission),
        ("released", LeafKind::Admission),
        ("approved", LeafKind::Approval),
        ("retried", LeafKind::Approval),
        ("denied", LeafKind::Denial),
        ("withdrawn", LeafKind::Denial),
        ("waits", LeafKind::Refusal),
        ("quarantined", LeafKind::Refusal),
        ("refused", LeafKind::Refusal),
        ("failed", LeafKind::Refusal),
        ("opened", LeafKind::Hold),
        ("stopped", LeafKind::Swap),
        ("removed", LeafKind::Swap),
        ("resumed", LeafKind::Swap),
        ("rolled", LeafKind::Swap),
        ("purged", LeafKind::Purge),
        ("looked", LeafKind::Look),
        ("shown", LeafKind::Look),
        ("restored", LeafKind::Restore),
        ("repaired", LeafKind::Restore),
        ("anew", LeafKind::Restore),
        ("copied", LeafKind::Look),
    ];
    let words = event.split(' ').filter_map(|word| WORDS.iter().find(|(known, _)| *known == word));
    words.map(|(_, kind)| *kind).next().unwrap_or(LeafKind::Configuration)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn leaf(subject: &str) -> Leaf {
        Leaf::new(LeafKind::Look, Timestamp::UNIX_EPOCH, Digest::of(subject.as_bytes()))
    }

    #[test]
    fn leaves_come_back_in_order_and_in_pages() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let put = |subject| ledger.change(|change| change.leaf(&leaf(subject))).unwrap();
        assert_eq!([put("a"), put("b"), put("c")], [0, 1, 2]);
        assert_eq!(ledger.leaf_count().unwrap(), 3);
        assert_eq!(ledger.leaves(1, 1).unwrap(), [leaf("b")]);
        assert_eq!(ledger.leaves(1, 9).unwrap(), [leaf("b"), leaf("c")]);
        assert_eq!(ledger.leaves(3, 9).unwrap(), []);
    }

    #[test]
    fn the_bytes_of_leaves_come_also_where_somebody_changed_them() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        for subject in ["a", "b", "c", "d"] {
            ledger.change(|change| change.leaf(&leaf(subject))).unwrap();
        }
        let sql = "DROP TRIGGER leaves_stay; DROP TRIGGER leaves_do_not_change;
                   DELETE FROM leaf WHERE seq = 1; UPDATE leaf SET bytes = x'00' WHERE seq = 2;";
        ledger.connection().execute_batch(sql).unwrap();
        assert!(ledger.leaves(0, 9).is_err());
        let bytes = |subject| leaf(subject).bytes().to_vec();
        let expected = [(0, bytes("a")), (2, vec![0]), (3, bytes("d"))];
        assert_eq!(ledger.leaf_bytes(0, 9).unwrap(), expected);
        assert_eq!(ledger.leaf_bytes(1, 1).unwrap(), expected[1..2]);
    }

    #[test]
    fn a_leaf_can_be_neither_changed_nor_replaced_nor_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        ledger.change(|change| change.leaf(&leaf("a"))).unwrap();
        for sql in [
            "DELETE FROM leaf",
            "UPDATE leaf SET bytes = x'00'",
            "REPLACE INTO leaf VALUES (0, x'00')",
            "INSERT INTO leaf VALUES (7, x'00')",
        ] {
            let error = ledger.connection().execute(sql, []).unwrap_err().to_string();
            assert!(error.contains("append-only"), "{error}");
        }
        assert_eq!(ledger.leaves(0, 9).unwrap(), [leaf("a")]);
    }

    #[test]
    fn an_event_is_of_the_kind_that_its_words_tell() {
        for (event, kind) in [
            ("plugin admitted", LeafKind::Admission),
            ("file quarantined", LeafKind::Refusal),
            ("plugin stopped", LeafKind::Swap),
            ("key removed", LeafKind::Key),
            ("hold opened", LeafKind::Hold),
            ("hold approved", LeafKind::Approval),
            ("revocations accepted", LeafKind::Configuration),
        ] {
            assert_eq!(kind_of(event), kind, "{event}");
        }
    }
}
