//! What is sealed: looked at, sent once more, taken back; and how each target stands.

use std::collections::BTreeMap;

use glasshouse_contract::{Fault, FaultKind, Name, PluginId};
use glasshouse_ledger::{
    Actor, Backlog, Decision, Event, HoldId, Ledger, LedgerError, RequestId, RequestRow, RequestState,
    Retried, Wanted,
};
use glasshouse_registry::Registry;
use jiff::Timestamp;

use super::{SealedCount, SealedInFull, SealedReport, SealedTable, TargetStatus, fault_of, request::Listed};
use crate::{Blob, Config, config::Sending, reason::stated};

/// Requests in one answer. Who wants more asks again from the last one on.
const MOST: u32 = 100_000;

/// What mends a retry without a reason.
const WHY_NOW: &str = "say in a sentence why the receiver will take it now";

/// Requests that are read at a time, to be counted.
const PAGE: u32 = 1_000;

/// What is not sent, and may still be.
const NOT_SENT: [RequestState; 4] =
    [RequestState::Waiting, RequestState::Held, RequestState::Draft, RequestState::Refused];

/// Sealed requests in the order in which they were sealed.
pub(crate) fn list(registry: &Registry, listed: &Listed) -> Result<Vec<SealedReport>, Fault> {
    let wanted = Wanted {
        target: listed.target.clone(),
        state: listed.state,
        run: None,
        hold: listed.hold,
        after: listed.after,
    };
    let rows = registry.ledger().requests(&wanted, listed.most.min(MOST)).map_err(fault_of("the outbox"))?;
    Ok(rows.into_iter().map(SealedReport::from).collect())
}

/// A sealed request, whole. Who looked at it is noted: it may hold what identifies.
pub(crate) fn show(
    registry: &Registry,
    config: &Config,
    id: &RequestId,
    actor: &Actor,
) -> Result<SealedInFull, Fault> {
    let ledger = registry.ledger();
    let object = format!("request {id}");
    let row = ledger.request_row(id).map_err(fault_of(&object))?.ok_or_else(|| no_such(id))?;
    let sealed = ledger.request(id).map_err(fault_of(&object))?;
    let receipt = ledger.receipt(id).map_err(fault_of(&object))?;
    let event = Event {
        event: "request shown",
        object: id.to_string(),
        detail: serde_json::json!({ "target": row.target, "table": format!("{}/{}", row.query, row.table) }),
    };
    let now = registry.clock().now();
    ledger.change(|change| change.note(now, actor, &event)).map_err(fault_of("the journal"))?;
    let described = config.sending.targets.iter().find(|target| target.plugin == row.target);
    Ok(SealedInFull {
        credential: described.and_then(|target| Some(target.credential.as_ref()?.shown())),
        report: row.into(),
        raw: sealed.map(|sealed| Blob(sealed.request.bytes())),
        receipt: receipt.map(|receipt| String::from_utf8_lossy(&receipt).into_owned()),
    })
}

/// Sends a request that is aside once more; what was done, in words.
pub(crate) fn retry(
    registry: &Registry,
    id: &RequestId,
    reason: &str,
    actor: &Actor,
) -> Result<String, Fault> {
    let reason = stated(reason, WHY_NOW)?;
    let decision = Decision { at: registry.clock().now(), actor, reason };
    registry.ledger().retry(id, &decision).map_err(fault_of(&format!("request {id}")))?;
    Ok(format!("request {id} waits for its target again"))
}

/// The same for all that are aside.
pub(crate) fn retry_all(
    registry: &Registry,
    target: Option<&PluginId>,
    reason: &str,
    actor: &Actor,
) -> Result<String, Fault> {
    let reason = stated(reason, WHY_NOW)?;
    let decision = Decision { at: registry.clock().now(), actor, reason };
    let Retried { waiting, aside } =
        registry.ledger().retry_all(target, &decision).map_err(fault_of("the outbox"))?;
    let whose = target.map_or_else(String::new, |target| format!(" for {target}"));
    let mut words = match waiting {
        0 if aside == 0 => format!("no request{whose} is aside"),
        1 => format!("1 request{whose} waits again"),
        count => format!("{count} requests{whose} wait again"),
    };
    if aside > 0 {
        words += &format!(
            "; {aside} cannot be sent and stay aside: `outbox retry` of one of them says why, `outbox withdraw` gives it up"
        );
    }
    Ok(words)
}

/// Takes a request back; what was done, in words.
pub(crate) fn withdraw(
    registry: &Registry,
    id: &RequestId,
    reason: &str,
    actor: &Actor,
) -> Result<String, Fault> {
    let reason = stated(reason, "say in a sentence why it is to be lost")?;
    let decision = Decision { at: registry.clock().now(), actor, reason };
    registry.ledger().withdraw(id, &decision).map_err(fault_of(&format!("request {id}")))?;
    Ok(format!("request {id} is never sent; its bytes are erased"))
}

/// What is sealed and not sent, those of one table in one state together.
pub(crate) fn preview(registry: &Registry, target: Option<&PluginId>) -> Result<Vec<SealedTable>, Fault> {
    let mut tables = Tables::default();
    for state in NOT_SENT {
        let wanted = Wanted { target: target.cloned(), state: Some(state), ..Wanted::default() };
        tables.count(registry.ledger(), wanted).map_err(fault_of("the outbox"))?;
    }
    Ok(tables.done())
}

/// What a hold holds.
pub(crate) fn held_by(ledger: &Ledger, hold: HoldId) -> Result<Vec<SealedTable>, LedgerError> {
    let mut tables = Tables::default();
    tables.count(ledger, Wanted { hold: Some(hold), ..Wanted::default() })?;
    Ok(tables.done())
}

/// What a run sealed, by route, state and hold.
pub(crate) fn sealed_by(ledger: &Ledger, run: &str) -> Result<Vec<SealedCount>, LedgerError> {
    let mut counts = BTreeMap::new();
    each(ledger, Wanted { run: Some(run.to_owned()), ..Wanted::default() }, |row| {
        let together = (row.route.clone(), row.target.clone(), row.state, row.hold);
        let count = counts.entry(together).or_insert_with(|| SealedCount {
            route: row.route,
            target: row.target,
            state: row.state,
            hold: row.hold,
            requests: 0,
            bytes: 0,
        });
        count.requests += 1;
        count.bytes += row.size;
    })?;
    Ok(counts.into_values().collect())
}

/// How each target stands: those for which anything was ever sealed, and those that are described.
pub(crate) fn targets(
    ledger: &Ledger,
    sending: &Sending,
    now: Timestamp,
) -> Result<Vec<TargetStatus>, LedgerError> {
    let mut all: BTreeMap<PluginId, TargetStatus> =
        sending.targets.iter().map(|target| (target.plugin.clone(), nothing(&target.plugin))).collect();
    let mut failures = ledger.failures()?;
    for backlog in ledger.backlog()? {
        let next = ledger.next_wake(&backlog.target, now)?;
        let failures = failures.remove(&backlog.target).unwrap_or_default();
        all.insert(backlog.target.clone(), TargetStatus { failures, ..status(&backlog, next, now) });
    }
    Ok(all.into_values().collect())
}

fn nothing(target: &PluginId) -> TargetStatus {
    TargetStatus {
        target: target.clone(),
        sealed: 0,
        requests: BTreeMap::new(),
        bytes: BTreeMap::new(),
        lag_seconds: 0,
        next: None,
        stopped: None,
        failures: BTreeMap::new(),
    }
}

fn status(backlog: &Backlog, next: Option<Timestamp>, now: Timestamp) -> TargetStatus {
    let waited = backlog.oldest.map_or(0, |oldest| now.duration_since(oldest).as_secs());
    TargetStatus {
        target: backlog.target.clone(),
        sealed: backlog.sealed,
        requests: backlog.by_state.iter().map(|(state, amount)| (*state, amount.requests)).collect(),
        bytes: backlog.by_state.iter().map(|(state, amount)| (*state, amount.bytes)).collect(),
        // A clock that was put back.
        lag_seconds: u64::try_from(waited).unwrap_or(0),
        next,
        stopped: None,
        failures: BTreeMap::new(),
    }
}

/// What requests of one table in one state have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Together {
    target: PluginId,
    route: Name,
    site: Name,
    query: PluginId,
    table: Name,
    state: RequestState,
    hold: Option<HoldId>,
}

#[derive(Default)]
struct Tables(BTreeMap<Together, SealedTable>);

impl Tables {
    fn count(&mut self, ledger: &Ledger, wanted: Wanted) -> Result<(), LedgerError> {
        each(ledger, wanted, |row| self.add(row))
    }

    fn add(&mut self, row: RequestRow) {
        let together = Together {
            target: row.target.clone(),
            route: row.route.clone(),
            site: row.site.clone(),
            query: row.query.clone(),
            table: row.table.clone(),
            state: row.state,
            hold: row.hold,
        };
        let table = self.0.entry(together).or_insert_with(|| SealedTable {
            target: row.target,
            route: row.route,
            site: row.site,
            query: row.query,
            table: row.table,
            state: row.state,
            hold: row.hold,
            requests: 0,
            bytes: 0,
            oldest: row.sealed,
            first: row.id,
        });
        table.requests += 1;
        table.bytes += row.size;
        table.oldest = table.oldest.min(row.sealed);
    }

    fn done(self) -> Vec<SealedTable> {
        self.0.into_values().collect()
    }
}

/// Each of the requests, however many there are.
fn each(ledger: &Ledger, mut wanted: Wanted, mut work: impl FnMut(RequestRow)) -> Result<(), LedgerError> {
    loop {
        let rows = ledger.requests(&wanted, PAGE)?;
        let Some(last) = rows.last() else { return Ok(()) };
        wanted.after = last.seq;
        rows.into_iter().for_each(&mut work);
    }
}

fn no_such(id: &RequestId) -> Fault {
    Fault::new(
        FaultKind::Malformed,
        format!("request {id}"),
        "there is no such request",
        "`glasshouse outbox list` shows the requests that there are",
    )
}
