//! What redaction did in a run: names, classes and numbers, and no value.

use std::collections::{BTreeMap, BTreeSet};

use glasshouse_contract::{ColumnName, DataClass, Fault, Manifest, Name, Need, PluginId};
use glasshouse_ledger::{Allowance, HeldRow, HeldWhy, RedactionRow, RouteRow};
use glasshouse_pipeline::{PlannedRoute, Receipt, Route};
use glasshouse_registry::{Registry, RegistryError};
use serde::{Deserialize, Serialize};

use crate::Config;

/// What redaction did in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedactionReport {
    /// The run: its routes, and for each query what each rule did to each column, what the tripwire looked through,
    /// and the tables that are held.
    pub receipt: Receipt,
    /// The finds that are allowed now.
    pub allowances: Vec<Allowance>,
    /// What an administrator should know of.
    pub warnings: Vec<String>,
}

/// What redaction did in a run.
pub(crate) fn of(registry: &Registry, config: &Config, receipt: Receipt) -> Result<RedactionReport, Fault> {
    let allowances = registry.ledger().allowances();
    let allowances = allowances.map_err(|error| RegistryError::from(error).fault("the tripwire's finds"))?;
    let warnings = warnings(registry, config, &receipt);
    Ok(RedactionReport { receipt, allowances, warnings })
}

/// What an administrator should know of the ways that results of a run went.
pub(crate) fn warnings(registry: &Registry, config: &Config, receipt: &Receipt) -> Vec<String> {
    receipt.routes.iter().flat_map(|route| route_warnings(registry, config, receipt, route)).collect()
}

fn route_warnings(registry: &Registry, config: &Config, receipt: &Receipt, route: &RouteRow) -> Vec<String> {
    let consented = config.unkeyed(&route.route);
    let mut by_rule: BTreeMap<&PluginId, BTreeSet<&ColumnName>> = BTreeMap::new();
    for row in receipt.queries.iter().flat_map(|query| &query.redaction) {
        if row.chain == route.chain
            && row.class_in > DataClass::Pseudonym
            && row.class_out == Some(DataClass::Pseudonym)
            && !consented.contains(&row.column)
            && is_without_key(registry, row)
        {
            by_rule.entry(&row.rule).or_default().insert(&row.column);
        }
    }
    let mut said: Vec<String> =
        by_rule.iter().map(|(rule, columns)| unkeyed_words(&route.route, rule, columns)).collect();
    said.extend(ceiling_words(&route.route, route.ceiling, route.because.as_deref()));
    said
}

/// What an administrator should know of routes before anything runs.
pub(crate) fn foreseen(config: &Config, routes: &[PlannedRoute]) -> Vec<String> {
    routes.iter().flat_map(|route| foreseen_on(config, route)).collect()
}

fn foreseen_on(config: &Config, route: &PlannedRoute) -> Vec<String> {
    let consented = config.unkeyed(&route.route);
    let mut by_rule: BTreeMap<&PluginId, BTreeSet<&ColumnName>> = BTreeMap::new();
    let columns = route.tables.iter().flat_map(|table| &table.columns);
    for column in columns.filter(|column| !consented.contains(&column.column)) {
        for rule in column.rules.iter().filter(|rule| rule.unkeyed) {
            by_rule.entry(&rule.rule).or_default().insert(&column.column);
        }
    }
    let mut said: Vec<String> =
        by_rule.iter().map(|(rule, columns)| unkeyed_words(&route.route, rule, columns)).collect();
    said.extend(ceiling_words(&route.route, route.ceiling, route.because.as_deref()));
    said
}

/// Whether a route has a rule that could make stand-ins without a key, or a ceiling that is told of.
pub(crate) fn could_be_warned_of(registry: &Registry, route: &Route) -> bool {
    let unkeyed = |id: &PluginId| {
        let running = registry.get(id);
        let rule = running.as_ref().and_then(|running| running.manifest().rule());
        rule.is_some_and(|rule| {
            let stands_in =
                |need: &Need| need.becomes.is_some_and(|becomes| becomes.class == DataClass::Pseudonym);
            rule.keys.is_empty() && rule.needs.iter().any(stands_in)
        })
    };
    route.ceiling > DataClass::Pseudonym || route.rules.iter().any(|used| unkeyed(&used.rule))
}

/// That columns are hashed without a key, and nobody said that this is meant.
fn unkeyed_words(route: &Name, rule: &PluginId, columns: &BTreeSet<&ColumnName>) -> String {
    let columns: Vec<&str> = columns.iter().map(|column| column.as_str()).collect();
    format!(
        "route `{route}`: {rule} makes pseudonyms without a key of {}: whoever can guess a value finds it. `glasshouse \
         explain COLUMN` shows what they are worth; where that is meant, name them under `unkeyed` in glasshouse.toml",
        columns.join(", ")
    )
}

/// That values that identify may go this way.
fn ceiling_words(route: &Name, ceiling: DataClass, because: Option<&str>) -> Option<String> {
    (ceiling > DataClass::Pseudonym).then(|| {
        format!(
            "route `{route}`: values up to class `{ceiling}` go this way: {}",
            glasshouse_contract::shown(because.unwrap_or("nobody said why"))
        )
    })
}

/// A rule without a key makes of a value what anybody can make of it.
fn is_without_key(registry: &Registry, row: &RedactionRow) -> bool {
    let of = |manifest: &Manifest| manifest.rule().is_some_and(|rule| rule.keys.is_empty());
    match registry.get(&row.rule).filter(|running| running.digest() == row.digest) {
        Some(running) => of(running.manifest()),
        // Of a version that is gone nothing is known; the run before told of it.
        None => registry.stored(row.digest).is_ok_and(|file| of(file.manifest())),
    }
}

/// What a person can do about a table that is held.
#[must_use]
pub fn mend(query: &PluginId, row: &HeldRow) -> String {
    let column = row.column.as_ref().map_or_else(|| "COLUMN".to_owned(), ToString::to_string);
    if row.why == HeldWhy::KnownValuesFull {
        return "collect fewer identifying columns at a time: leave queries out, or take a lower level"
            .to_owned();
    }
    match row.why {
        HeldWhy::ColumnAboveCeiling => format!(
            "give the route a rule that takes `{column}` (`glasshouse rule coverage` shows what each does), or \
             leave the table out of its `take`"
        ),
        HeldWhy::RuleLied | HeldWhy::RuleFailed => match &row.rule {
            Some(rule) => {
                format!("take {rule} out of the route, or go back: glasshouse plugin rollback {rule}")
            }
            None => "look at the route's rules: glasshouse rule coverage".to_owned(),
        },
        HeldWhy::Tripwire => format!(
            "give the route a rule for `{column}`; if what was found identifies nobody: glasshouse tripwire allow \
             {query}/{} {column} {} --reason \"..\"",
            row.table,
            row.kind.as_deref().unwrap_or("KIND")
        ),
        _ => "see what runs and why others do not: glasshouse plugin list".to_owned(),
    }
}
