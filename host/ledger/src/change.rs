use rusqlite::{CachedStatement, Transaction};

use crate::LedgerError;

/// One change while it is being made; see [`crate::Ledger::change`]. The things that can be
/// changed are methods of this type, each beside the type that it stores.
#[derive(Debug)]
pub struct Change<'a>(Transaction<'a>);

impl<'a> Change<'a> {
    pub(crate) const fn new(transaction: Transaction<'a>) -> Self {
        Self(transaction)
    }

    pub(crate) fn commit(self) -> Result<(), LedgerError> {
        Ok(self.0.commit()?)
    }

    pub(crate) fn execute(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<usize, LedgerError> {
        Ok(self.0.prepare_cached(sql)?.execute(values)?)
    }

    pub(crate) fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, LedgerError> {
        Ok(self.0.prepare_cached(sql)?)
    }

    pub(crate) fn last_id(&self) -> i64 {
        self.0.last_insert_rowid()
    }
}
