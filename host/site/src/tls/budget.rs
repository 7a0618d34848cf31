//! How many bytes may arrive between two rows.

use std::{
    io,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

/// What a connection may receive before the next row is handed over. The driver holds a whole row in memory, and a
/// value may be announced with 2 GiB; when the budget is used up the stream ends instead.
///
/// One task reads and resets, so nothing here orders anything: relaxed is enough.
#[derive(Debug)]
pub(crate) struct ByteBudget {
    limit: AtomicU64,
    used: AtomicU64,
    exceeded: AtomicBool,
}

impl ByteBudget {
    pub(crate) const fn new(limit: u64) -> Self {
        Self { limit: AtomicU64::new(limit), used: AtomicU64::new(0), exceeded: AtomicBool::new(false) }
    }

    /// Sets another limit and begins anew.
    pub(crate) fn set(&self, limit: u64) {
        self.limit.store(limit, Relaxed);
        self.reset();
    }

    /// A row was handed over.
    pub(crate) fn reset(&self) {
        self.used.store(0, Relaxed);
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit.load(Relaxed)
    }

    /// Whether this is why the stream ended: the driver keeps an error's text and not its type.
    pub(crate) fn exceeded(&self) -> bool {
        self.exceeded.load(Relaxed)
    }

    /// Counts bytes that arrived.
    pub(super) fn take(&self, bytes: usize) -> io::Result<()> {
        let used = self.used.load(Relaxed) + bytes as u64;
        self.used.store(used, Relaxed);
        if used <= self.limit() && !self.exceeded() {
            return Ok(());
        }
        // It stays so: a connection that was stopped in the middle of a value can never be read on.
        self.exceeded.store(true, Relaxed);
        Err(io::Error::other("more bytes than a row may have"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_that_was_exceeded_stays_so() {
        let budget = ByteBudget::new(10);
        budget.take(10).unwrap();
        budget.reset();
        budget.take(10).unwrap();
        assert!(!budget.exceeded());
        budget.take(1).unwrap_err();
        budget.reset();
        assert!(budget.exceeded() && budget.take(0).is_err());
    }
}
