//! What waits for a person: plans that differ from the approved one, and drafts.
//!
//! A hold is opened once, before the run that it touches. What that run seals for it names it, and is
//! [`RequestState::Held`](crate::RequestState) or `Draft`. Approving sends those very bytes; nothing is
//! collected or rendered again. Denying erases them.
//!
//! What a query carries to its next run at the site comes into force only when nothing of its part waits for
//! a person and nothing of it was denied: the next run then collects once more what never left. Until then it
//! lies beside the part. Where a newer run came into force meanwhile, the older state is dropped, for the newer
//! run began from the same place and has collected what the older one had.

use std::fmt;

use glasshouse_contract::{Digest, Name};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row};
use serde::{Deserialize, Serialize};

use crate::{
    Actor, Change, Decision, Event, Ledger, LedgerError,
    parts::json,
    plugins::{digest, parse},
};

/// The number of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HoldId(i64);

impl HoldId {
    pub(crate) const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The hold that a person named; whether there is one is found when it is looked for.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }
}

impl std::str::FromStr for HoldId {
    type Err = std::num::ParseIntError;

    fn from_str(number: &str) -> Result<Self, Self::Err> {
        number.parse().map(Self)
    }
}

impl fmt::Display for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What a person is asked to approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldKind {
    /// A plan that is another than the approved one: its canonical text.
    Plan(String),
    /// What a run collected to be looked at first.
    Draft,
}

impl HoldKind {
    /// The kind's name.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Plan(_) => "plan",
            Self::Draft => "draft",
        }
    }
}

/// How far a hold is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldState {
    /// Nobody has decided yet.
    Open,
    /// What it held is sent.
    Approved,
    /// What it held is erased.
    Denied,
}

impl HoldState {
    const ALL: [Self; 3] = [Self::Open, Self::Approved, Self::Denied];

    /// The state's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Denied => "denied",
        }
    }
}

impl fmt::Display for HoldState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A hold that is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHold {
    /// What is to be approved.
    pub kind: HoldKind,
    /// The site.
    pub site: Name,
    /// The queries and routes that it touches.
    pub touches: Vec<String>,
    /// The difference, a sentence each.
    pub difference: Vec<String>,
    /// When it is opened.
    pub opened: Timestamp,
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRow {
    /// Its number.
    pub id: HoldId,
    /// What was said when it was opened.
    pub hold: NewHold,
    /// How far it is.
    pub state: HoldState,
    /// When it was decided, by whom and why.
    pub decided: Option<(Timestamp, Actor, String)>,
    /// How many requests it holds now.
    pub requests: u64,
}

/// A plan that a person approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedPlan {
    /// The site.
    pub site: Name,
    /// The digest of the text.
    pub digest: Digest,
    /// The plan in its canonical text.
    pub text: String,
    /// When it was approved.
    pub at: Timestamp,
    /// Who approved it.
    pub actor: Actor,
    /// Why.
    pub reason: String,
}

const COLUMNS: &str =
    "SELECT id, kind, site, touches, difference, plan, opened, state, decided, actor, reason,
    (SELECT count(*) FROM request JOIN delivery ON delivery.id = request.delivery
     WHERE delivery.hold = hold.id AND request.state IN ('held', 'draft')) AS requests FROM hold";

impl Ledger {
    /// The holds, newest first: those in a state, or all.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn holds(&self, state: Option<HoldState>, most: u32) -> Result<Vec<HoldRow>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached(&format!("{COLUMNS} WHERE ?1 IS NULL OR state = ?1 ORDER BY id DESC LIMIT ?2"))?;
        let mut rows = statement.query((state.map(HoldState::as_str), most))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// The hold of that number.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn hold(&self, id: HoldId) -> Result<Option<HoldRow>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
        let mut rows = statement.query([id.0])?;
        rows.next()?.map(read).transpose()
    }

    /// The plan of a site that is in force.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn approved_plan(&self, site: &Name) -> Result<Option<ApprovedPlan>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT site, digest, text, at, actor, reason FROM plan_approved
             WHERE site = ?1 ORDER BY seq DESC LIMIT 1",
        )?;
        let mut rows = statement.query([site.as_str()])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        Ok(Some(ApprovedPlan {
            site: parse("a site's name", &row.get::<_, String>("site")?)?,
            digest: digest(&row.get::<_, String>("digest")?)?,
            text: row.get("text")?,
            at: parse("a time", &row.get::<_, String>("at")?)?,
            actor: Actor::new(&row.get::<_, String>("actor")?),
            reason: row.get("reason")?,
        }))
    }

    /// Approves what a hold holds: those very requests wait for their target now. A plan comes into force with
    /// it.
    ///
    /// # Errors
    /// When there is no such hold, it was decided, it is a draft that is not whole, or the disk fails.
    pub fn approve_hold(&self, id: HoldId, decision: &Decision<'_>) -> Result<(), LedgerError> {
        self.change(|change| {
            change.must_be_whole(id)?;
            let hold = change.decide(id, HoldState::Approved, decision)?;
            if let HoldKind::Plan(text) = &hold.kind {
                change.put_plan(&hold.site, text, decision)?;
            }
            change.execute(
                "UPDATE request SET state = 'waiting', since = ?2 WHERE state IN ('held', 'draft')
                 AND delivery IN (SELECT id FROM delivery WHERE hold = ?1)",
                &[&id.0, &decision.at.as_microsecond()],
            )?;
            let parts = change.held_parts(id)?;
            change.execute(
                "UPDATE delivery SET state = 'waiting' WHERE hold = ?1 AND state IN ('held', 'draft')",
                &[&id.0],
            )?;
            parts.into_iter().try_for_each(|part| change.settle(part))?;
            change.decided("hold approved", &id.to_string(), decision)
        })
    }

    /// Denies what a hold holds: it is never sent, its bodies are erased, and what its queries would have
    /// carried on is forgotten. A draft's week is still to have its run.
    ///
    /// # Errors
    /// When there is no such hold, it was decided, or the disk fails.
    pub fn deny_hold(&self, id: HoldId, decision: &Decision<'_>) -> Result<(), LedgerError> {
        self.change(|change| {
            change.decide(id, HoldState::Denied, decision)?;
            for part in change.held_parts(id)? {
                change.execute("DELETE FROM carried_pending WHERE part = ?1", &[&part])?;
            }
            for delivery in change.unsent_deliveries(id)? {
                change.withdraw_rest(delivery, "the hold was denied", decision.at)?;
            }
            change.decided("hold denied", &id.to_string(), decision)
        })?;
        self.erase_leaving()
    }
}

impl Change<'_> {
    /// Opens a hold, with its line in the journal.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn open_hold(&self, hold: &NewHold) -> Result<HoldId, LedgerError> {
        let plan = match &hold.kind {
            HoldKind::Plan(text) => Some(text),
            HoldKind::Draft => None,
        };
        self.execute(
            "INSERT INTO hold (kind, site, touches, difference, plan, opened, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open')",
            &[
                &hold.kind.word(),
                &hold.site.as_str(),
                &json(&hold.touches),
                &json(&hold.difference),
                &plan,
                &hold.opened.to_string(),
            ],
        )?;
        let id = HoldId(self.last_id());
        let detail =
            serde_json::json!({ "kind": hold.kind.word(), "site": hold.site, "touches": hold.touches });
        let event = Event { event: "hold opened", object: id.to_string(), detail };
        self.note(hold.opened, &Actor::host(), &event)?;
        Ok(id)
    }

    /// Puts a plan of a site in force that was shown to a person, with its line in the journal. Where a hold is
    /// open for it, [`Ledger::approve_hold`] does this.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn approve_plan(&self, site: &Name, text: &str, decision: &Decision<'_>) -> Result<(), LedgerError> {
        self.put_plan(site, text, decision)?;
        let digest = Digest::of(text.as_bytes());
        let detail = serde_json::json!({ "digest": digest, "reason": decision.reason });
        let event = Event { event: "plan approved", object: site.to_string(), detail };
        self.note(decision.at, decision.actor, &event)
    }

    fn put_plan(&self, site: &Name, text: &str, decision: &Decision<'_>) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO plan_approved (site, digest, text, at, actor, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            &[
                &site.as_str(),
                &Digest::of(text.as_bytes()).hex(),
                &text,
                &decision.at.to_string(),
                &decision.actor.as_str(),
                &decision.reason,
            ],
        )?;
        Ok(())
    }

    fn decide(&self, id: HoldId, to: HoldState, decision: &Decision<'_>) -> Result<NewHold, LedgerError> {
        let found = {
            let mut statement = self.prepare(&format!("{COLUMNS} WHERE id = ?1"))?;
            let mut rows = statement.query([id.0])?;
            rows.next()?.map(read).transpose()?
        };
        let row = found.ok_or_else(|| LedgerError::NoSuch { what: "hold", name: id.to_string() })?;
        if row.state != HoldState::Open {
            let rule = "a hold is decided once";
            return Err(LedgerError::NotNow {
                what: "hold",
                name: id.to_string(),
                state: row.state.to_string(),
                rule,
            });
        }
        self.execute(
            "UPDATE hold SET state = ?2, decided = ?3, actor = ?4, reason = ?5 WHERE id = ?1",
            &[&id.0, &to.as_str(), &decision.at.to_string(), &decision.actor.as_str(), &decision.reason],
        )?;
        Ok(row.hold)
    }

    /// What the hold holds, also what a repair put aside.
    fn unsent_deliveries(&self, id: HoldId) -> Result<Vec<i64>, LedgerError> {
        let mut statement = self.prepare(
            "SELECT id FROM delivery WHERE hold = ?1 AND (state IN ('held', 'draft') OR EXISTS (
                 SELECT 1 FROM request WHERE request.delivery = delivery.id AND request.state = 'refused'))",
        )?;
        Ok(statement.query_map([id.0], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Parts of which the hold held something at all, or still does.
    fn held_parts(&self, id: HoldId) -> Result<Vec<i64>, LedgerError> {
        let mut statement = self
            .prepare("SELECT DISTINCT part FROM delivery WHERE hold = ?1 AND state IN ('held', 'draft')")?;
        Ok(statement.query_map([id.0], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Whether nothing of a part waits for a person.
    pub(crate) fn is_settled(&self, part: i64) -> Result<bool, LedgerError> {
        let mut waits =
            self.prepare("SELECT 1 FROM delivery WHERE part = ?1 AND state IN ('held', 'draft')")?;
        Ok(waits.query_row([part], |_| Ok(())).optional()?.is_none())
    }
}

fn read(row: &Row<'_>) -> Result<HoldRow, LedgerError> {
    let text = |column: &str| row.get::<_, String>(column);
    let list = |column: &str| {
        let list = text(column)?;
        serde_json::from_str(&list).map_err(|_| LedgerError::damaged("a list of texts", list))
    };
    let plan: Option<String> = row.get("plan")?;
    let state = text("state")?;
    let decided: Option<String> = row.get("decided")?;
    Ok(HoldRow {
        id: HoldId(row.get("id")?),
        hold: NewHold {
            kind: plan.map_or(HoldKind::Draft, HoldKind::Plan),
            site: parse("a site's name", &text("site")?)?,
            touches: list("touches")?,
            difference: list("difference")?,
            opened: parse("a time", &text("opened")?)?,
        },
        state: HoldState::ALL
            .into_iter()
            .find(|known| known.as_str() == state)
            .ok_or_else(|| LedgerError::damaged("a hold's state", state))?,
        decided: decided
            .map(|at| {
                Ok::<_, LedgerError>((parse("a time", &at)?, Actor::new(&text("actor")?), text("reason")?))
            })
            .transpose()?,
        requests: row.get::<_, i64>("requests")?.unsigned_abs(),
    })
}

#[cfg(test)]
mod tests;
