//! What waits for a person: looked at and decided; plans compared with what was approved.

use glasshouse_contract::{Digest, Fault, FaultKind, Name};
use glasshouse_ledger::{Actor, Decision, HoldId, HoldKind, HoldRow, HoldState, LedgerError};
use glasshouse_pipeline::{PlanText, departure_plan, difference};
use glasshouse_registry::Registry;

use super::{Decided, HoldReport, PlanDiffReport, fault_of, outbox};
use crate::{reason::stated, sites::Current};

/// Holds in one answer, the newest.
const MOST: u32 = 1_000;

/// The holds, the newest first: those that wait, or all.
pub(crate) fn list(registry: &Registry, decided: bool) -> Result<Vec<HoldReport>, Fault> {
    let state = (!decided).then_some(HoldState::Open);
    let holds = registry.ledger().holds(state, MOST).map_err(fault_of("the holds"))?;
    Ok(holds.into_iter().map(report).collect())
}

/// One hold, with what it holds.
pub(crate) fn show(registry: &Registry, hold: HoldId) -> Result<HoldReport, Fault> {
    let unreadable = fault_of(&format!("hold {hold}"));
    let none = || LedgerError::NoSuch { what: "hold", name: hold.to_string() };
    let found = registry.ledger().hold(hold).and_then(|found| found.ok_or_else(none)).map_err(&unreadable)?;
    let tables = outbox::held_by(registry.ledger(), hold).map_err(unreadable)?;
    Ok(HoldReport { tables, ..report(found) })
}

/// Approves or denies what a hold holds; what was done, in words.
pub(crate) fn decide(
    registry: &Registry,
    hold: HoldId,
    approve: bool,
    reason: &str,
    actor: &Actor,
) -> Result<String, Fault> {
    let reason = stated(reason, "say in a sentence why; it is kept in the journal")?;
    let decision = Decision { at: registry.clock().now(), actor, reason };
    let shown = show(registry, hold)?;
    let (held, is_draft) = (shown.requests, shown.kind == HoldKind::Draft.word());
    let ledger = registry.ledger();
    let object = format!("hold {hold}");
    if approve {
        ledger.approve_hold(hold, &decision).map_err(fault_of(&object))?;
        Ok(format!("hold {hold} is approved: {held} requests wait for their targets now"))
    } else {
        ledger.deny_hold(hold, &decision).map_err(fault_of(&object))?;
        let again = if is_draft { "; a week without another run still has its own" } else { "" };
        Ok(format!(
            "hold {hold} is denied: {held} requests are never sent, and their bytes are erased{again}"
        ))
    }
}

/// How what would leave from each site differs from what was approved for it.
pub(crate) fn plan_diff(
    registry: &Registry,
    current: &Current,
    sites: &[Name],
) -> Result<Vec<PlanDiffReport>, Fault> {
    let plan = plan_now(registry, current)?;
    current.chosen(sites)?.iter().map(|site| diff_of(registry, site, &plan)).collect()
}

/// Approves the plan of a site that was shown, and with it what is held for it; what was done, in words.
pub(crate) fn plan_approve(
    registry: &Registry,
    current: &Current,
    site: &Name,
    shown: Digest,
    reason: &str,
    actor: &Actor,
) -> Result<String, Fault> {
    let reason = stated(reason, "say in a sentence why this may leave; it is kept in the journal")?;
    current.chosen(std::slice::from_ref(site))?;
    let plan = plan_now(registry, current)?;
    let diff = diff_of(registry, site, &plan)?;
    if diff.digest != shown {
        return Err(Fault::new(
            FaultKind::Refused,
            format!("the plan of site `{site}`"),
            "it is another one than the plan that was shown",
            "look at what differs now: `glasshouse plan diff`",
        ));
    }
    let decision = Decision { at: registry.clock().now(), actor, reason };
    let ledger = registry.ledger();
    let unwritable = fault_of("the plan");
    let Some(hold) = diff.hold else {
        if diff.difference.is_empty() {
            return Ok(format!("nothing differs from the plan that was approved for site {site}"));
        }
        ledger.change(|change| change.approve_plan(site, &plan.text(), &decision)).map_err(unwritable)?;
        return Ok(format!("the plan of site {site} is approved; nothing was held for it"));
    };
    let held = show(registry, hold)?.requests;
    ledger.approve_hold(hold, &decision).map_err(unwritable)?;
    Ok(format!(
        "the plan of site {site} is approved, and hold {hold} with it: {held} requests wait for their targets now"
    ))
}

fn plan_now(registry: &Registry, current: &Current) -> Result<PlanText, Fault> {
    let settings = current.scheduler.settings();
    departure_plan(registry, &settings.routes, settings.level, &settings.floors, &settings.seal.hosts)
        .map_err(|error| error.fault())
}

fn diff_of(registry: &Registry, site: &Name, plan: &PlanText) -> Result<PlanDiffReport, Fault> {
    let unreadable = fault_of("the plan");
    let ledger = registry.ledger();
    let approved = ledger.approved_plan(site).map_err(&unreadable)?;
    let before = approved.as_ref().map(|approved| PlanText::read(&approved.text)).unwrap_or_default();
    let differs = difference(&before, plan);
    let text = plan.text();
    let open = ledger.holds(Some(HoldState::Open), MOST).map_err(unreadable)?;
    let kind = HoldKind::Plan(text.clone());
    let hold = open.into_iter().find(|row| row.hold.site == *site && row.hold.kind == kind).map(|row| row.id);
    Ok(PlanDiffReport {
        site: site.clone(),
        digest: Digest::of(text.as_bytes()),
        lines: text.lines().count(),
        approved: approved.map(|approved| Decided {
            at: approved.at,
            actor: approved.actor.to_string(),
            reason: approved.reason,
        }),
        touches: differs.touched(),
        difference: differs.words,
        hold,
    })
}

fn report(row: HoldRow) -> HoldReport {
    HoldReport {
        hold: row.id,
        kind: row.hold.kind.word().to_owned(),
        site: row.hold.site,
        touches: row.hold.touches,
        difference: row.hold.difference,
        opened: row.hold.opened,
        state: row.state,
        decided: row.decided.map(|(at, actor, reason)| Decided { at, actor: actor.to_string(), reason }),
        requests: row.requests,
        tables: Vec::new(),
    }
}
