//! The chains of a run: which rules with which settings, what their names are, which routes share them.

use std::{collections::BTreeMap, sync::Arc};

use glasshouse_contract::{
    Batch, ColumnBuilder, Context, DataClass, Level, Name, PluginId, Schema, Scope, SettingSpec, Table,
};
use glasshouse_ledger::{ChainId, RouteRow, RuleRow};
use glasshouse_registry::{Generation, HostKeyError, HostKeys, KeyIds, Registry};
use glasshouse_sandbox::{CallError, Keys};

use crate::{CollectError, Occasion, Route, steps};

/// A rule as a route uses it: with every setting that its manifest declares.
#[derive(Clone, Debug)]
pub struct UsedRule {
    pub generation: Arc<Generation>,
    pub settings: BTreeMap<Name, String>,
}

/// A route with its rules as they run now.
#[derive(Clone, Debug)]
pub struct UsedRoute {
    pub route: Route,
    /// The level in force, as far as the route goes.
    pub level: Level,
    /// The ceiling that counts there.
    pub ceiling: DataClass,
    pub rules: Vec<UsedRule>,
    pub chain: ChainId,
}

/// What tables go through on some routes.
#[derive(Clone, Debug)]
pub struct Chain {
    pub id: ChainId,
    pub ceiling: DataClass,
    pub rules: Vec<Step>,
    pub routes: Vec<Route>,
    /// The level in force.
    level: Level,
}

/// A rule of a chain, with the keys that it uses.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its place, from 0.
    pub place: u32,
    pub rule: UsedRule,
    pub keys: Keys,
}

/// What a step made of some batches of a table, and which rows were left of each.
pub struct Stepped {
    pub table: Table,
    pub kept: Vec<Option<Vec<u32>>>,
}

/// The routes of a configuration, with the rules that serve now.
///
/// # Errors
/// When a rule does not run, or a route sets what a rule does not know.
pub fn used_routes(
    registry: &Registry,
    routes: &[Route],
    level: Level,
) -> Result<Vec<UsedRoute>, CollectError> {
    routes.iter().map(|route| UsedRoute::of(registry, route, level)).collect()
}

impl UsedRoute {
    fn of(registry: &Registry, route: &Route, level: Level) -> Result<Self, CollectError> {
        let rules = route
            .rules
            .iter()
            .map(|used| {
                let generation = registry
                    .get(&used.rule)
                    .filter(|generation| generation.manifest().rule().is_some())
                    .ok_or_else(|| CollectError::NoRule(used.rule.clone()))?;
                let declared = &generation.manifest().settings;
                let settings =
                    settings(declared, &used.settings).map_err(|setting| CollectError::UnknownSetting {
                        route: route.name.clone(),
                        rule: used.rule.clone(),
                        setting,
                        declared: declared.iter().map(|declared| declared.name.clone()).collect(),
                    })?;
                Ok(UsedRule { generation, settings })
            })
            .collect::<Result<Vec<_>, CollectError>>()?;
        let ceiling = route.ceiling_at(level);
        let chain = chain_id(ceiling, &rules);
        Ok(Self { route: route.clone(), level: route.level_at(level), ceiling, rules, chain })
    }

    /// The route as it is noted with the run.
    pub fn row(&self) -> RouteRow {
        RouteRow {
            route: self.route.name.clone(),
            chain: self.chain.clone(),
            level: self.level,
            ceiling: self.ceiling,
            because: self.route.because.clone(),
            target: self.route.target.clone(),
            rules: self.rules.iter().map(UsedRule::row).collect(),
        }
    }
}

impl UsedRule {
    pub fn id(&self) -> &PluginId {
        &self.generation.manifest().id
    }

    pub fn row(&self) -> RuleRow {
        let manifest = self.generation.manifest();
        RuleRow {
            rule: manifest.id.clone(),
            version: manifest.version.clone(),
            digest: self.generation.digest(),
            settings: self.settings.clone(),
        }
    }
}

/// The declared settings, each with what the route gives it or with its default; or the first that is not declared.
fn settings(
    declared: &[SettingSpec],
    given: &BTreeMap<Name, String>,
) -> Result<BTreeMap<Name, String>, Name> {
    let unknown = |name: &&Name| !declared.iter().any(|setting| setting.name == **name);
    if let Some(unknown) = given.keys().find(unknown) {
        return Err(unknown.clone());
    }
    let value = |setting: &SettingSpec| {
        let value = given.get(&setting.name).unwrap_or(&setting.default);
        (setting.name.clone(), value.clone())
    };
    Ok(declared.iter().map(value).collect())
}

/// The same for the same rules in the same order, with the same settings, under the same ceiling.
fn chain_id(ceiling: DataClass, rules: &[UsedRule]) -> ChainId {
    let mut described = format!("chain\0{ceiling}");
    for rule in rules {
        described += &format!("\0\0{}", rule.generation.digest().hex());
        for (name, value) in &rule.settings {
            described += &format!("\0{name}\0{}\0{value}", value.len());
        }
    }
    ChainId::of(described.as_bytes())
}

/// The chains that these routes have, each once, in the order of the first route that has it.
///
/// # Errors
/// When a key that a rule uses cannot be had.
pub fn chains(
    routes: &[UsedRoute],
    level: Level,
    keys: &HostKeys,
    ids: &KeyIds,
) -> Result<Vec<Chain>, HostKeyError> {
    let mut chains: Vec<Chain> = Vec::new();
    for used in routes {
        if let Some(known) = chains.iter_mut().find(|chain| chain.id == used.chain) {
            known.routes.push(used.route.clone());
            continue;
        }
        let steps = used.rules.iter().zip(0..).map(|(rule, place)| {
            let keys = keys.named_by(rule.generation.manifest(), ids)?;
            Ok(Step { place, rule: rule.clone(), keys })
        });
        chains.push(Chain {
            id: used.chain.clone(),
            ceiling: used.ceiling,
            rules: steps.collect::<Result<_, HostKeyError>>()?,
            routes: vec![used.route.clone()],
            level,
        });
    }
    Ok(chains)
}

impl Chain {
    /// A chain that changes nothing.
    #[cfg(test)]
    pub const fn without_rules(id: ChainId, ceiling: DataClass, level: Level) -> Self {
        Self { id, ceiling, rules: Vec::new(), routes: Vec::new(), level }
    }

    /// The chain on the routes that leave; nothing where there is none.
    pub fn of_those_that_leave(&self) -> Option<Self> {
        let routes: Vec<Route> = self.routes.iter().filter(|route| !route.is_results()).cloned().collect();
        (!routes.is_empty()).then(|| Self { routes, ..self.clone() })
    }

    /// Whether a table of this level goes one of the chain's routes.
    pub fn goes(&self, route: &Route, query: &PluginId, table: &Name, level: Level) -> bool {
        route.takes(query, table, level, self.level)
    }

    /// The rules over batches, which work on rows as they come; and from the first rule over whole tables on.
    pub fn split(&self) -> (&[Step], &[Step]) {
        let first_whole = self.rules.iter().position(Step::is_whole).unwrap_or(self.rules.len());
        self.rules.split_at(first_whole)
    }
}

impl UsedRule {
    /// The words among its settings: what it may write in a category, whatever else the category holds.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let values = self.settings.values();
        values.flat_map(|value| value.split(',').map(str::trim)).filter(|word| !word.is_empty())
    }
}

impl Step {
    fn is_whole(&self) -> bool {
        self.rule.generation.manifest().rule().is_some_and(|rule| rule.scope == Scope::Table)
    }

    /// Has the rule work on a table: on each batch with a fresh instance, or on the whole. A table without rows
    /// still gets its new columns.
    pub fn apply(&self, occasion: &Occasion, table: &Table) -> Result<Stepped, CallError> {
        let plugin = self.rule.generation.plugin();
        let context = Context {
            settings: self.rule.settings.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            ..steps::context(plugin, occasion)
        };
        if self.is_whole() {
            let mut done = plugin.redact_tables(&context, &self.keys, std::slice::from_ref(table))?;
            return match (done.tables.pop(), done.kept.pop()) {
                (Some(table), Some(kept)) => Ok(Stepped { table, kept }),
                _ => Err(CallError::Contract("the table is gone".to_owned())),
            };
        }
        let empty;
        let batches = if table.batches.is_empty() {
            empty = [none_of(&table.schema)?];
            &empty[..]
        } else {
            &table.batches
        };
        let mut done = Vec::with_capacity(batches.len());
        let mut kept = Vec::with_capacity(batches.len());
        for batch in batches {
            let redacted = plugin.redact(&context, &self.keys, batch)?;
            done.push(redacted.batch);
            kept.push(redacted.kept);
        }
        let schema =
            done.first().map_or_else(|| Arc::clone(&table.schema), |batch| Arc::clone(batch.schema()));
        if done.iter().any(|batch| *batch.schema() != schema) {
            return Err(CallError::Contract(format!(
                "it made other columns of one batch of `{}` than of another",
                table.name
            )));
        }
        Ok(Stepped { table: Table { name: table.name.clone(), schema, batches: done }, kept })
    }
}

/// A batch without rows.
pub fn none_of(schema: &Arc<Schema>) -> Result<Batch, CallError> {
    let columns = schema.fields().iter().map(|field| ColumnBuilder::new(field.kind, 0).finish()).collect();
    Batch::new(Arc::clone(schema), 0, columns).map_err(|error| CallError::Contract(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    fn declared() -> Vec<SettingSpec> {
        [("least", "5"), ("other", "other")]
            .map(|(setting, default)| SettingSpec {
                name: name(setting),
                description: String::new(),
                default: default.to_owned(),
            })
            .to_vec()
    }

    #[test]
    fn a_setting_that_the_route_gives_takes_the_place_of_the_default() {
        let given = BTreeMap::from([(name("least"), "10".to_owned())]);
        let all = settings(&declared(), &given).unwrap();
        assert_eq!((all[&name("least")].as_str(), all[&name("other")].as_str()), ("10", "other"));
        assert_eq!(settings(&declared(), &BTreeMap::new()).unwrap()[&name("least")], "5");
        let unknown = BTreeMap::from([(name("leest"), "10".to_owned())]);
        assert_eq!(settings(&declared(), &unknown), Err(name("leest")));
    }
}
