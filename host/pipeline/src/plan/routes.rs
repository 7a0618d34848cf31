//! What becomes of each column on each route, known before a row is read.
//!
//! The rules are asked, not their manifests: each is given the table without its rows, and the host sees which
//! columns it makes of it. That is what a run does with tables that have none.

use std::sync::Arc;

use glasshouse_contract::{
    Access, ColumnName, DataClass, Digest, Kind, Level, Manifest, Name, PluginId, Schema, Statement, Table,
};
use glasshouse_guard::{ColumnVerdict, Floors, review};
use glasshouse_ledger::{ChainId, RuleRow};
use glasshouse_registry::{Generation, Registry};
use glasshouse_sandbox::Keys;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::OWN;
use crate::{
    Occasion, Route,
    collect::own,
    redact::chain::{Step, UsedRoute, used_routes},
    route::ceiling_of,
};

/// A route, and what becomes of every column on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRoute {
    /// What the configuration calls it.
    pub route: Name,
    /// The level up to which tables go this way.
    pub level: Level,
    /// The highest class that a column may have at the end.
    pub ceiling: DataClass,
    /// Why the ceiling is above `pseudonym`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What makes requests of the tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<PluginId>,
    /// Why it cannot be followed, in which case nothing is collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// What tables go through there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainId>,
    /// The rules, in order.
    pub rules: Vec<RuleRow>,
    /// The tables that it takes, by query and table.
    pub tables: Vec<PlannedTable>,
}

/// A table on a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTable {
    /// The query.
    pub query: PluginId,
    /// The table: a statement's, or one that the query makes itself.
    pub table: Name,
    /// The level of the statement. What a query makes itself has that of the highest statement that ran.
    pub level: Level,
    /// The ceiling that counts for it: below level full never above `pseudonym`.
    pub ceiling: DataClass,
    /// Whether it stops on this route: by a column above the ceiling, or by a rule that fails on it.
    pub stops: bool,
    /// Why a rule fails on it, in words of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Its columns.
    pub columns: Vec<RoutedColumn>,
}

/// A column on a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutedColumn {
    /// The column.
    pub column: ColumnName,
    /// The columns of the site that it is made from.
    pub sources: Vec<String>,
    /// The lowest class that it may have, by what it is made from.
    pub floor: Option<DataClass>,
    /// What it is when the first rule gets it.
    pub class_in: DataClass,
    /// The rules that work on it, in order.
    pub rules: Vec<ColumnRule>,
    /// What it is after the last one; none where it was dropped.
    pub class_out: Option<DataClass>,
    /// What becomes of it.
    pub verdict: ColumnFate,
}

/// A rule that works on a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnRule {
    /// The rule.
    pub rule: PluginId,
    /// Its version.
    pub version: Version,
    /// The plugin file.
    pub digest: Digest,
    /// What the column is after it; none where it drops the column.
    pub class_out: Option<DataClass>,
    /// Whether it makes stand-ins of identifiers without a key of the host's: whoever can guess a value finds it.
    pub unkeyed: bool,
}

/// What becomes of a column on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnFate {
    /// It goes this way.
    Goes,
    /// A rule takes it out.
    Dropped,
    /// It is above the ceiling and left out: so on the route `results`.
    LeftOut,
    /// It is above the ceiling and stops its table.
    StopsTable,
    /// Nobody knows: a rule fails on the table.
    Unknown,
}

/// What becomes of each column of the running queries on these routes.
#[must_use]
pub fn planned_routes(
    registry: &Registry,
    routes: &[Route],
    level: Level,
    floors: &Floors,
) -> Vec<PlannedRoute> {
    let tables = tables(registry, level, floors);
    routes.iter().map(|route| planned(registry, route, level, &tables)).collect()
}

/// A table that a run can give.
struct Given {
    query: PluginId,
    table: Name,
    level: Level,
    schema: Arc<Schema>,
    verdicts: Vec<ColumnVerdict>,
}

/// The tables of all queries that run at a level, and the host's own.
fn tables(registry: &Registry, level: Level, floors: &Floors) -> Vec<Given> {
    let mut given: Vec<Given> = registry
        .serving()
        .iter()
        .filter(|generation| generation.manifest().kind() == Kind::Query)
        .filter(|generation| generation.manifest().id.as_str() != OWN)
        .flat_map(|generation| tables_of(generation, level, floors))
        .chain(of_the_host())
        .collect();
    given.sort_by(|a, b| (&a.query, &a.table).cmp(&(&b.query, &b.table)));
    given
}

/// What the host writes about each run. Nothing of it is made from columns of the site, so there are no floors.
fn of_the_host() -> Vec<Given> {
    let (Ok(query), Ok(spec)) = (PluginId::new(OWN), own::query()) else { return Vec::new() };
    let given = |table: &Name| {
        let schema = spec.output_schema(table.as_str())?;
        Some(Given {
            query: query.clone(),
            table: table.clone(),
            level: Level::Basic,
            schema,
            verdicts: Vec::new(),
        })
    };
    spec.outputs.iter().filter_map(|output| given(&output.name)).collect()
}

fn tables_of(generation: &Generation, level: Level, floors: &Floors) -> Vec<Given> {
    let manifest: &Manifest = generation.manifest();
    let Some(query) = manifest.query() else { return Vec::new() };
    let review = review(manifest, floors);
    if !review.findings.is_empty() {
        return Vec::new();
    }
    let running = |statement: &&Statement| statement.level <= level;
    let of = |table: &Name, level: Level, verdicts: &[ColumnVerdict]| {
        let schema = query.output_schema(table.as_str())?;
        let (query, table) = (manifest.id.clone(), table.clone());
        Some(Given { query, table, level, schema, verdicts: verdicts.to_vec() })
    };
    if query.outputs.is_empty() {
        let checked = |name: &Name| review.statements.iter().find(|checked| checked.statement == *name);
        return query
            .statements
            .iter()
            .filter(running)
            .filter_map(|statement| of(&statement.name, statement.level, &checked(&statement.name)?.columns))
            .collect();
    }
    let highest = query.statements.iter().filter(running).map(|statement| statement.level).max();
    let Some(highest) = highest else { return Vec::new() };
    review.outputs.iter().filter_map(|output| of(&output.output, highest, &output.columns)).collect()
}

fn planned(registry: &Registry, route: &Route, level: Level, tables: &[Given]) -> PlannedRoute {
    let mut planned = PlannedRoute {
        route: route.name.clone(),
        level: route.level_at(level),
        ceiling: route.ceiling_at(level),
        because: route.because.clone(),
        target: route.target.clone(),
        fault: None,
        chain: None,
        rules: Vec::new(),
        tables: Vec::new(),
    };
    let used = match used_routes(registry, std::slice::from_ref(route), level) {
        Ok(mut used) => used.pop(),
        Err(error) => {
            planned.fault = Some(error.fault().cause);
            None
        }
    };
    let Some(used) = used else { return planned };
    planned.chain = Some(used.chain.clone());
    planned.rules = used.rules.iter().map(|rule| rule.row()).collect();
    let steps = steps(&used);
    let occasion = Occasion {
        run: "plan".to_owned(),
        scheduled_us: 0,
        level,
        site: String::new(),
        hierarchy: String::new(),
        state: Vec::new(),
    };
    planned.tables = tables
        .iter()
        .filter(|given| route.takes(&given.query, &given.table, given.level, level))
        .map(|given| {
            let ceiling = ceiling_of(planned.ceiling, given.level);
            // What the host says of a run is kept here as it is.
            let steps = if route.is_results() && given.query.as_str() == OWN { &[][..] } else { &steps };
            on_route(steps, &occasion, given, ceiling, route.is_results())
        })
        .collect();
    planned
}

/// The rules, with keys that are worth nothing: there is no value to make a pseudonym of.
fn steps(used: &UsedRoute) -> Vec<Step> {
    let step = |(rule, place): (&crate::redact::chain::UsedRule, u32)| {
        let named = rule.generation.manifest().rule().map_or(&[][..], |rule| &rule.keys);
        let keys = named.iter().fold(Keys::new(), |keys, name| keys.with(name.clone(), &[0; 32]));
        Step { place, rule: rule.clone(), keys }
    };
    used.rules.iter().zip(0..).map(step).collect()
}

fn on_route(
    steps: &[Step],
    occasion: &Occasion,
    given: &Given,
    ceiling: DataClass,
    is_results: bool,
) -> PlannedTable {
    let mut columns: Vec<RoutedColumn> = given
        .schema
        .fields()
        .iter()
        .map(|field| {
            let verdict = given.verdicts.iter().find(|verdict| verdict.name == field.name);
            RoutedColumn {
                column: field.name.clone(),
                sources: verdict.map_or_else(Vec::new, |verdict| {
                    verdict.sources.iter().map(ToString::to_string).collect()
                }),
                floor: verdict.map(|verdict| verdict.floor),
                class_in: field.class,
                rules: Vec::new(),
                class_out: Some(field.class),
                verdict: ColumnFate::Unknown,
            }
        })
        .collect();
    let mut table =
        Table { name: given.table.clone(), schema: Arc::clone(&given.schema), batches: Vec::new() };
    let mut fault = None;
    for step in steps {
        match step.apply(occasion, &table) {
            Ok(after) => {
                note(step, &table.schema, &after.table.schema, &mut columns);
                table = Table { batches: Vec::new(), ..after.table };
            }
            Err(error) => {
                fault = Some(format!("{}: {error}", step.rule.id()));
                break;
            }
        }
    }
    for column in columns.iter_mut().filter(|_| fault.is_none()) {
        column.verdict = match column.class_out {
            None => ColumnFate::Dropped,
            Some(class) if class <= ceiling => ColumnFate::Goes,
            Some(_) if is_results => ColumnFate::LeftOut,
            Some(_) => ColumnFate::StopsTable,
        };
    }
    let stops = fault.is_some() || columns.iter().any(|column| column.verdict == ColumnFate::StopsTable);
    let (query, table) = (given.query.clone(), given.table.clone());
    PlannedTable { query, table, level: given.level, ceiling, stops, fault, columns }
}

/// What a step did to each column, and which columns it would work on.
fn note(step: &Step, before: &Schema, after: &Schema, columns: &mut [RoutedColumn]) {
    let manifest = step.rule.generation.manifest();
    let Some(rule) = manifest.rule() else { return };
    for field in before.fields() {
        let Some(column) = columns.iter_mut().find(|column| column.column == field.name) else { continue };
        let now = after.fields().iter().find(|now| now.name == field.name).map(|now| now.class);
        let takes = rule.needs.iter().any(|need| need.takes(field) && need.access != Access::Read);
        column.class_out = now;
        if takes || now != Some(field.class) {
            let stands_in = field.class > DataClass::Pseudonym && now == Some(DataClass::Pseudonym);
            column.rules.push(ColumnRule {
                rule: manifest.id.clone(),
                version: manifest.version.clone(),
                digest: step.rule.generation.digest(),
                class_out: now,
                unkeyed: stands_in && rule.keys.is_empty(),
            });
        }
    }
}
