//! Drafts: runs of which nothing leaves before a person has seen all of it.
//!
//! An approved draft is the run of its week, and so is one that nobody has decided about yet. One that was denied is as
//! if it had never been: its week's run is still to come.

use std::collections::BTreeSet;

use glasshouse_contract::Name;
use rusqlite::OptionalExtension as _;

use crate::{Change, HoldId, HoldState, Ledger, LedgerError};

/// How a draft stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The hold that holds it; none where nothing was to be held yet.
    pub hold: Option<HoldId>,
    /// What was decided. Without a hold there is nothing to decide yet.
    pub state: HoldState,
}

impl Ledger {
    /// How a run stands as a draft; nothing where it is none.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn draft(&self, run: &str) -> Result<Option<Draft>, LedgerError> {
        let found: Option<Option<i64>> = {
            let connection = self.connection();
            let mut statement = connection.prepare_cached("SELECT hold FROM draft WHERE run = ?1")?;
            statement.query_row([run], |row| row.get(0)).optional()?
        };
        let Some(hold) = found.map(|hold| hold.map(HoldId::new)) else { return Ok(None) };
        let row = hold.map(|hold| self.hold(hold)).transpose()?.flatten();
        Ok(Some(Draft { hold, state: row.map_or(HoldState::Open, |row| row.state) }))
    }

    /// The runs of a site that were drafts and were denied.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn denied_drafts(&self, site: &Name) -> Result<BTreeSet<String>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT draft.run FROM draft JOIN hold ON hold.id = draft.hold
             WHERE hold.state = 'denied' AND hold.site = ?1",
        )?;
        Ok(statement.query_map([site.as_str()], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}

impl Change<'_> {
    /// Makes a run a draft, in the change that begins it.
    ///
    /// # Errors
    /// When there is no such run, or the disk fails.
    pub fn begin_draft(&self, run: &str) -> Result<(), LedgerError> {
        self.execute("INSERT INTO draft (run) VALUES (?1)", &[&run])?;
        Ok(())
    }

    /// Says which hold holds a draft, in the change that opens the hold.
    ///
    /// # Errors
    /// When the run is no draft, or the disk fails.
    pub fn hold_draft(&self, run: &str, hold: HoldId) -> Result<(), LedgerError> {
        match self.execute("UPDATE draft SET hold = ?2 WHERE run = ?1", &[&run, &hold.number()])? {
            0 => Err(LedgerError::NoSuch { what: "draft", name: run.to_owned() }),
            _ => Ok(()),
        }
    }

    /// Refuses where a hold holds a draft that is not whole: what comes later would leave unseen.
    pub(crate) fn must_be_whole(&self, hold: HoldId) -> Result<(), LedgerError> {
        let mut running = self.prepare(
            "SELECT 1 FROM draft JOIN run ON run.id = draft.run WHERE draft.hold = ?1 AND run.state = 'running'",
        )?;
        if running.query_row([hold.number()], |_| Ok(())).optional()?.is_none() {
            return Ok(());
        }
        Err(LedgerError::NotNow {
            what: "hold",
            name: hold.to_string(),
            state: HoldState::Open.to_string(),
            rule: "a draft is approved when its run is over and all of it can be seen",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        HoldKind, NewHold, RunState,
        desk::{self, Desk, QUERY, anna, at, decision, target},
    };

    /// A run that is a draft, with one request in it.
    fn drafted(desk: &Desk, run: &str) -> HoldId {
        let hold = NewHold {
            kind: HoldKind::Draft,
            site: desk::name("cas"),
            touches: Vec::new(),
            difference: Vec::new(),
            opened: at(0),
        };
        let part = desk.part(run, QUERY);
        let hold = desk
            .ledger
            .change(|change| {
                change.begin_draft(run)?;
                let hold = change.open_hold(&hold)?;
                change.hold_draft(run, hold)?;
                Ok::<_, LedgerError>(hold)
            })
            .unwrap();
        desk::add(&desk.ledger, &part, run, QUERY, &target("hq"), &[1], Some(hold));
        desk.ledger.change(|change| change.finish_part(&part, &[], &[])).unwrap();
        hold
    }

    fn over(desk: &Desk, run: &str) {
        desk.ledger.change(|change| change.end_run(run, RunState::Done, at(1))).unwrap();
    }

    #[test]
    fn a_draft_that_was_denied_is_told_of_and_one_that_was_approved_is_not() {
        let (desk, who) = (Desk::new(), anna());
        let holds = ["1", "2"].map(|run| drafted(&desk, run));
        let site = desk::name("cas");
        assert_eq!(desk.ledger.draft("3").unwrap(), None);
        let open = Draft { hold: Some(holds[0]), state: HoldState::Open };
        assert_eq!(desk.ledger.draft("1").unwrap(), Some(open));
        ["1", "2"].iter().for_each(|run| over(&desk, run));
        assert_eq!(desk.ledger.denied_drafts(&site).unwrap(), BTreeSet::new());
        desk.ledger.deny_hold(holds[0], &decision(&who)).unwrap();
        desk.ledger.approve_hold(holds[1], &decision(&who)).unwrap();
        assert_eq!(desk.ledger.denied_drafts(&site).unwrap(), ["1".to_owned()].into());
        assert_eq!(desk.ledger.denied_drafts(&desk::name("other")).unwrap(), BTreeSet::new());
        assert_eq!(desk.ledger.draft("2").unwrap().unwrap().state, HoldState::Approved);
        assert_eq!(desk.ledger.verify().unwrap().damage, []);
    }

    #[test]
    fn a_draft_is_approved_when_all_of_it_can_be_seen_and_denied_at_any_time() {
        let (desk, who) = (Desk::new(), anna());
        let hold = drafted(&desk, "1");
        let error = desk.ledger.approve_hold(hold, &decision(&who)).unwrap_err();
        assert!(matches!(error, LedgerError::NotNow { .. }), "{error}");
        assert_eq!(desk.ledger.draft("1").unwrap().unwrap().state, HoldState::Open);
        desk.ledger.deny_hold(hold, &decision(&who)).unwrap();

        let hold = drafted(&desk, "2");
        over(&desk, "2");
        desk.ledger.approve_hold(hold, &decision(&who)).unwrap();
    }

    #[test]
    fn a_hold_holds_a_run_that_is_a_draft() {
        let desk = Desk::new();
        let _part = desk.part("1", QUERY);
        let hold = HoldId::from_number(1);
        let error = desk.ledger.change(|change| change.hold_draft("1", hold)).unwrap_err();
        assert!(matches!(error, LedgerError::NoSuch { .. }), "{error}");
    }
}
