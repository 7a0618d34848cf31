//! What failed waits, longer each time; a person who knows that it will work now need not.

use glasshouse_contract::PluginId;

use crate::{Ledger, LedgerError};

impl Ledger {
    /// Makes due what waits for its next attempt; how many requests that are. How often each has failed stays: one
    /// that fails again waits as long as it would have.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn end_waits(&self, target: &PluginId) -> Result<usize, LedgerError> {
        self.change(|change| {
            change.execute(
                "UPDATE delivery SET due = 0 WHERE target = ?1 AND state = 'waiting' AND due > 0",
                &[&target.as_str()],
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Attempt, RequestState,
        desk::{Desk, QUERY, at, name, target},
    };

    #[test]
    fn what_waits_is_due_and_keeps_how_often_it_failed() {
        let desk = Desk::new();
        let (hq, lake) = (target("hq"), target("lake"));
        let (ours, theirs) =
            (desk.seal(QUERY, &hq, &[2, 1], None), desk.seal("contoso.users", &lake, &[1], None));
        let failed = Attempt { at: at(10), next_at: at(9_000), failure: name("pin") };
        for id in [&ours[0], &ours[2], &theirs[0]] {
            desk.ledger.change(|change| change.record_attempt(id, &failed)).unwrap();
        }
        assert_eq!(desk.ledger.next_due(&hq, at(20)).unwrap(), None);
        assert_eq!(desk.ledger.end_waits(&hq).unwrap(), 2);
        let due = desk.ledger.due(&hq, at(20), 9, |_| false).unwrap();
        assert_eq!(
            due.iter().map(|due| (due.id, due.attempts)).collect::<Vec<_>>(),
            [(ours[0], 1), (ours[2], 1)]
        );
        assert_eq!(desk.ledger.next_due(&lake, at(20)).unwrap(), None, "another target's wait as they did");
    }

    #[test]
    fn what_does_not_wait_for_time_is_left_alone() {
        let desk = Desk::new();
        let hq = target("hq");
        let ids = desk.seal(QUERY, &hq, &[1, 1], None);
        desk.ledger.change(|change| change.refuse(&ids[0], "no", at(6))).unwrap();
        assert_eq!(desk.ledger.end_waits(&hq).unwrap(), 0);
        assert_eq!(desk.state(&ids[0]), RequestState::Refused);
    }
}
