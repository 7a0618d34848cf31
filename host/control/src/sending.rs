//! All that is asked about what leaves this machine: what is sealed, what waits for a person, whether receivers can be
//! reached, and sending itself.
//!
//! Offline nothing here makes a way out: [`Delivering`] alone can, and only where the configuration says `online`.

mod connectivity;
mod delivering;
mod holds;
mod metrics;
mod outbox;
mod reply;
mod request;
mod serving;
mod settings_seen;

use std::sync::Arc;

use glasshouse_contract::{Fault, FaultKind, PluginId};
use glasshouse_ledger::{Actor, HoldState, LedgerError};
use glasshouse_registry::{PluginState, Registry, RegistryError};

use crate::sites::{Current, How, Sites};

pub(crate) use delivering::Delivering;
pub(crate) use outbox::sealed_by;
pub use reply::{
    ConnectivityReport, Decided, DeliveredReport, DraftReport, EndpointReport, HoldReport, MessageReport,
    PlanDiffReport, PreviewReport, SealedCount, SealedInFull, SealedReport, SealedTable, SendingReply,
    SendingStatus, TargetStatus,
};
pub use request::{Listed, SendingRequest};
pub(crate) use serving::serve_metrics;
pub(crate) use settings_seen::{note_changes, whose_receipts_count};

/// Holds that are looked at; a person has long lost sight of more.
const MOST_HOLDS: u32 = 1_000;

/// Does what is asked about sending.
pub(crate) fn answer(
    registry: &Arc<Registry>,
    sites: &Arc<Sites>,
    delivering: &Arc<Delivering>,
    request: SendingRequest,
    actor: &Actor,
    say: &dyn Fn(&str),
) -> Result<SendingReply, Fault> {
    Ok(match request {
        SendingRequest::Preview { target } => SendingReply::Preview(PreviewReport {
            mode: sites.current()?.config.mode(),
            tables: outbox::preview(registry, target.as_ref())?,
        }),
        SendingRequest::Draft { sites: named, watched } => {
            SendingReply::Draft(draft(registry, sites, &named, watched, say)?)
        }
        SendingRequest::Deliver { target, all } => {
            SendingReply::Delivered(delivering.deliver_now(target.as_ref(), all, say)?)
        }
        SendingRequest::List(listed) => SendingReply::List(outbox::list(registry, &listed)?),
        SendingRequest::Show { id } => {
            SendingReply::Show(Box::new(outbox::show(registry, &sites.current()?.config, &id, actor)?))
        }
        SendingRequest::Retry { id, reason } => {
            SendingReply::Done(outbox::retry(registry, &id, &reason, actor)?)
        }
        SendingRequest::RetryAll { target, reason } => {
            SendingReply::Done(outbox::retry_all(registry, target.as_ref(), &reason, actor)?)
        }
        SendingRequest::Withdraw { id, reason } => {
            SendingReply::Done(outbox::withdraw(registry, &id, &reason, actor)?)
        }
        SendingRequest::Holds { decided } => SendingReply::Holds(holds::list(registry, decided)?),
        SendingRequest::Hold { hold } => SendingReply::Hold(Box::new(holds::show(registry, hold)?)),
        SendingRequest::Decide { hold, approve, reason } => {
            SendingReply::Done(holds::decide(registry, hold, approve, &reason, actor)?)
        }
        SendingRequest::PlanDiff { sites: named } => {
            SendingReply::PlanDiff(holds::plan_diff(registry, &*sites.current()?, &named)?)
        }
        SendingRequest::PlanApprove { site, digest, reason } => {
            let current = sites.current()?;
            SendingReply::Done(holds::plan_approve(registry, &current, &site, digest, &reason, actor)?)
        }
        SendingRequest::TestTargets { target } => {
            SendingReply::Targets(delivering.test(target.as_ref(), say)?)
        }
        SendingRequest::Metrics => SendingReply::Metrics(metrics::text(sites, delivering)?),
    })
}

/// Collects, and holds what would leave as a draft.
fn draft(
    registry: &Registry,
    sites: &Sites,
    named: &[glasshouse_contract::Name],
    watched: bool,
    say: &dyn Fn(&str),
) -> Result<DraftReport, Fault> {
    let before = holds::list(registry, false)?;
    let collected = sites.collect(named, watched, How::Draft, say)?;
    let is_new = |hold: &HoldReport| hold.kind == "draft" && !before.iter().any(|old| old.hold == hold.hold);
    let drafts = holds::list(registry, false)?.into_iter().filter(is_new);
    let drafts = drafts.map(|hold| holds::show(registry, hold.hold)).collect::<Result<_, _>>()?;
    Ok(DraftReport { collected, drafts })
}

/// How sending stands.
pub(crate) fn status(
    registry: &Registry,
    current: &Current,
    delivering: &Delivering,
    sites_wait_for_disk: bool,
) -> Result<SendingStatus, Fault> {
    let unreadable = fault_of("the outbox");
    let ledger = registry.ledger();
    let sending = &current.config.sending;
    let room = ledger.room(sending.policy()).map_err(&unreadable)?;
    let holds = ledger.holds(Some(HoldState::Open), MOST_HOLDS).map_err(&unreadable)?;
    let mut targets = outbox::targets(ledger, sending, registry.clock().now()).map_err(unreadable)?;
    for target in &mut targets {
        target.stopped = why_stopped(registry, &target.target)?;
    }
    Ok(SendingStatus {
        mode: sending.mode,
        targets,
        believed: sending.believed().cloned().collect(),
        holds: holds.into_iter().map(|row| row.id).rev().collect(),
        unsent: room.unsent,
        unsent_most: room.most,
        outbox_full: !room.may_collect(),
        waiting_for_disk: sites_wait_for_disk || delivering.waits_for_disk(),
        connectivity: delivering.last_check(),
    })
}

/// Why a target's plugin does not run; nothing where it does.
fn why_stopped(registry: &Registry, target: &PluginId) -> Result<Option<String>, Fault> {
    if registry.get(target).is_some() {
        return Ok(None);
    }
    let listing = registry.list().map_err(|error| error.fault("the plugins"))?;
    let newest = listing
        .plugins
        .into_iter()
        .filter(|plugin| plugin.id == *target && plugin.state != PluginState::Superseded)
        .max_by(|one, other| one.version.cmp(&other.version));
    Ok(Some(newest.map_or_else(
        || "it is not installed".to_owned(),
        |plugin| format!("version {} is {}: {}", plugin.version, plugin.state, plugin.why),
    )))
}

/// What the ledger said, for who asked about `object`.
pub(crate) fn fault_of(object: &str) -> impl Fn(LedgerError) -> Fault + use<> {
    let object = object.to_owned();
    move |error| match error {
        LedgerError::NoSuch { what, .. } => Fault::new(
            FaultKind::Malformed,
            &object,
            format!("there is no such {what}"),
            "`glasshouse outbox list` and `glasshouse hold list --all` show what there is",
        ),
        LedgerError::NotNow { state, rule, .. } => {
            Fault::new(FaultKind::Refused, &object, format!("it is {state}: {rule}"), "")
        }
        error => RegistryError::from(error).fault(&object),
    }
}
