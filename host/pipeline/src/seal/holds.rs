//! What of a run has to wait for a person: everything that leaves in another way than was approved.

use std::{collections::BTreeMap, sync::Arc};

use glasshouse_contract::{BadHost, Digest, EndpointHosts, Level, Name, PluginId};
use glasshouse_guard::Floors;
use glasshouse_ledger::{HoldId, HoldKind, HoldState, Ledger, LedgerError, NewHold};
use glasshouse_registry::{Generation, Registry};
use jiff::Timestamp;

use super::{
    SealedRoute, Sealing,
    approval::{PlanDifference, PlanText, difference},
};
use crate::{
    CollectError, PlannedRoute, Route, SealSettings, plan::OWN, planned_routes, redact::chain::UsedRoute,
};

/// Holds that are open at a time; a person has long lost sight of more.
const MOST_HOLDS: u32 = 1_000;

/// The plan that decides what leaves now: what `plan approve` approves, and what a run is held to.
///
/// # Errors
/// When a route's target does not run, or has no host to go to.
pub fn departure_plan(
    registry: &Registry,
    routes: &[Route],
    level: Level,
    floors: &Floors,
    hosts: &BTreeMap<PluginId, EndpointHosts>,
) -> Result<PlanText, CollectError> {
    let leaving: Vec<Route> = routes.iter().filter(|route| route.target.is_some()).cloned().collect();
    let mut plan = PlanText::default();
    for planned in planned_routes(registry, &leaving, level, floors) {
        let Some(target) = &planned.target else { continue };
        let target = running_target(registry, target)?;
        let hosts = hosts.get(&target.manifest().id).cloned().unwrap_or_default();
        describe(&mut plan, registry, &planned, &target, &hosts)?;
    }
    Ok(plan)
}

fn describe(
    plan: &mut PlanText,
    registry: &Registry,
    planned: &PlannedRoute,
    target: &Generation,
    hosts: &EndpointHosts,
) -> Result<(), CollectError> {
    let route = &planned.route;
    let manifest = target.manifest();
    plan.add_route(route, format!("level {}", planned.level));
    let because = planned.because.as_ref().map(|why| format!(" because {}", glasshouse_contract::shown(why)));
    plan.add_route(route, format!("ceiling {}{}", planned.ceiling, because.unwrap_or_default()));
    plan.add_route(route, format!("target {} {} {}", manifest.id, manifest.version, target.digest()));
    let endpoints = manifest.target().map_or(&[][..], |spec| &spec.endpoints);
    for endpoint in endpoints {
        let host = endpoint.host(hosts).map_err(no_host(&manifest.id))?;
        let (name, method, prefix) = (&endpoint.name, &endpoint.method, &endpoint.path_prefix);
        plan.add_route(route, format!("endpoint {name} {method} https://{host}{prefix}"));
    }
    for (rule, place) in planned.rules.iter().zip(1..) {
        let settings = rule.settings.iter().map(|(name, value)| format!(" {name}={}", setting(value)));
        let settings: String = settings.collect();
        plan.add_route(
            route,
            format!("rule {place} {} {} {}{settings}", rule.rule, rule.version, rule.digest),
        );
    }
    for table in &planned.tables {
        if let Some(query) = registry.get(&table.query) {
            let version = &query.manifest().version;
            plan.add(&table.query, route, format!("version {version} {}", query.digest()));
        }
        for column in &table.columns {
            let out = column.class_out.map_or_else(|| "dropped".to_owned(), |class| class.to_string());
            let line = format!("{}.{} {} -> {out}", table.table, column.column, column.class_in);
            plan.add(&table.query, route, line);
        }
    }
    Ok(())
}

/// A setting's value in a plan: another value is another text, also where it is long or looks like two settings.
fn setting(value: &str) -> String {
    const LONG: usize = 64;
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'=' | b'"');
    if (1..=LONG).contains(&value.len()) && value.bytes().all(is_plain) {
        return value.to_owned();
    }
    format!("\"{}\" {}", glasshouse_contract::shown(value), Digest::of(value.as_bytes()))
}

/// What a run seals with: its routes that lead to a target, and what on them waits for whom. `draft` names the run where
/// it is one.
pub(crate) fn sealing(
    registry: &Registry,
    site: &Name,
    level: Level,
    routes: &[UsedRoute],
    floors: &Floors,
    settings: &SealSettings,
    draft: Option<&str>,
) -> Result<Sealing, CollectError> {
    let leaving: Vec<&UsedRoute> = routes.iter().filter(|used| used.route.target.is_some()).collect();
    if leaving.is_empty() {
        return Ok(Sealing::default());
    }
    let plain: Vec<Route> = leaving.iter().map(|used| used.route.clone()).collect();
    let plan = departure_plan(registry, &plain, level, floors, &settings.hosts)?;
    let now = registry.clock().now();
    let held = hold(registry.ledger(), site, &plan, draft, now)?;
    let mut queries: Vec<PluginId> =
        registry.serving().iter().map(|generation| generation.manifest().id.clone()).collect();
    // What the host says of the run is held like anything else.
    queries.extend(PluginId::new(OWN));
    let checkpoint = settings.checkpoint.newest();
    let routes = leaving.into_iter().filter_map(|used| Some((used, used.route.target.as_ref()?)));
    let routes = routes
        .map(|(used, target)| {
            let route = &used.route.name;
            let waits = |query: &&PluginId| held.is_draft || held.difference.touches(query, route);
            let holds = queries.iter().filter(waits).filter_map(|query| Some((query.clone(), held.id?)));
            let target = running_target(registry, target)?;
            let hosts = settings.hosts.get(&target.manifest().id).cloned().unwrap_or_default();
            Ok(SealedRoute {
                route: route.clone(),
                chain: used.chain.clone(),
                written: written(&target, &hosts, checkpoint.as_deref())?,
                target,
                hosts,
                holds: holds.collect(),
                ceiling: used.ceiling,
            })
        })
        .collect::<Result<_, CollectError>>()?;
    Ok(Sealing { routes, checkpoint })
}

/// What requests to a target have in them that nobody read from a site.
fn written(
    target: &Generation,
    hosts: &EndpointHosts,
    checkpoint: Option<&str>,
) -> Result<Vec<String>, CollectError> {
    let manifest = target.manifest();
    let mut written = vec![manifest.id.to_string()];
    for endpoint in manifest.target().map_or(&[][..], |spec| &spec.endpoints) {
        let host = endpoint.host(hosts).map_err(no_host(&manifest.id))?;
        written.extend([host.to_owned(), format!("{host}{}", endpoint.path_prefix)]);
        written.push(host.split_once(':').map_or(host, |(name, _)| name).to_owned());
    }
    // The first line is the log's name.
    written.extend(checkpoint.and_then(|note| note.lines().next()).map(str::to_owned));
    Ok(written)
}

/// What waits in a run.
struct Held {
    id: Option<HoldId>,
    is_draft: bool,
    difference: PlanDifference,
}

/// Opens the hold that a run needs, or takes up the one that is open for the same plan.
fn hold(
    ledger: &Ledger,
    site: &Name,
    plan: &PlanText,
    draft: Option<&str>,
    now: Timestamp,
) -> Result<Held, LedgerError> {
    let approved = ledger.approved_plan(site)?.map(|approved| PlanText::read(&approved.text));
    let difference = difference(&approved.unwrap_or_default(), plan);
    if draft.is_none() && difference.is_empty() {
        return Ok(Held { id: None, is_draft: false, difference });
    }
    // A draft is seen whole before any of it leaves; what differs in its plan is said with it.
    let kind = if draft.is_some() { HoldKind::Draft } else { HoldKind::Plan(plan.text()) };
    let same = match draft {
        // A draft that was cut short goes on as the one that it was.
        Some(run) => ledger.draft(run)?.and_then(|draft| draft.hold),
        None => {
            let open = ledger.holds(Some(HoldState::Open), MOST_HOLDS)?;
            open.iter().find(|row| row.hold.site == *site && row.hold.kind == kind).map(|row| row.id)
        }
    };
    let id = match same {
        Some(id) => id,
        None => ledger.change(|change| {
            let id = change.open_hold(&NewHold {
                kind,
                site: site.clone(),
                touches: difference.touched(),
                difference: difference.words.clone(),
                opened: now,
            })?;
            if let Some(run) = draft {
                change.hold_draft(run, id)?;
            }
            Ok::<_, LedgerError>(id)
        })?,
    };
    Ok(Held { id: Some(id), is_draft: draft.is_some(), difference })
}

fn running_target(registry: &Registry, target: &PluginId) -> Result<Arc<Generation>, CollectError> {
    let serving = registry.get(target).filter(|generation| generation.manifest().target().is_some());
    serving.ok_or_else(|| CollectError::NoTarget(target.clone()))
}

fn no_host(target: &PluginId) -> impl Fn(BadHost) -> CollectError {
    let target = target.clone();
    move |error| CollectError::NoHost { target: target.clone(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_value_is_another_text() {
        assert_eq!(setting("ipv4,email"), "ipv4,email");
        let long = "x".repeat(10_000);
        let values = ["", "1", "\"1\"", "1 b=2", "1 b", long.as_str(), &format!("{long}y"), "ü", "\u{202e}1"];
        let texts: std::collections::BTreeSet<String> = values.iter().map(|value| setting(value)).collect();
        assert_eq!(texts.len(), values.len(), "{texts:#?}");
        assert!(texts.iter().all(|text| text.len() < 1_000), "what people read is short");
    }
}
