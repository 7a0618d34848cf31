//! Recorded tables through the rules of a route, as a run has them: with their settings, under the eyes that the host
//! has on them. Nothing is kept.

use std::collections::HashSet;

use glasshouse_contract::{Name, Table};
use glasshouse_ledger::RuleRow;
use glasshouse_registry::Registry;
use glasshouse_sandbox::Keys;

use crate::{
    CollectError, Occasion, Route,
    redact::{
        chain::{Step, used_routes},
        check::{Before, Lie, check},
    },
};

/// What the rules made of the tables.
#[derive(Clone, Debug)]
pub struct RulesTried {
    /// The rules, in order, with the versions that did it.
    pub rules: Vec<RuleRow>,
    /// The tables after the last one; or why a rule gave up, was stopped, or did not do what it says.
    pub made: Result<Vec<Table>, String>,
}

/// Runs tables through the rules of a route. `keys` adds each key that the rules use.
///
/// # Errors
/// When the route cannot be followed, or a key cannot be had.
pub fn try_rules<E: From<CollectError>>(
    registry: &Registry,
    route: &Route,
    occasion: &Occasion,
    mut keys: impl FnMut(Keys, &Name) -> Result<Keys, E>,
    tables: Vec<Table>,
) -> Result<RulesTried, E> {
    let used = used_routes(registry, std::slice::from_ref(route), occasion.level)?;
    let mut steps = Vec::new();
    for (rule, place) in used.iter().flat_map(|used| &used.rules).zip(0..) {
        let mut held = Keys::new();
        for name in rule.generation.manifest().rule().map_or(&[][..], |rule| &rule.keys) {
            held = keys(held, name)?;
        }
        steps.push(Step { place, rule: rule.clone(), keys: held });
    }
    let rules = steps.iter().map(|step| step.rule.row()).collect();
    let made = tables.into_iter().map(|table| through(&steps, occasion, table)).collect();
    Ok(RulesTried { rules, made })
}

fn through(steps: &[Step], occasion: &Occasion, table: Table) -> Result<Table, String> {
    steps.iter().try_fold(table, |table, step| {
        let manifest = step.rule.generation.manifest();
        let object = format!("{} {}: table `{}`", manifest.id, manifest.version, table.name);
        let after = step.apply(occasion, &table).map_err(|error| format!("{object}: {error}"))?;
        let Some(rule) = manifest.rule() else { return Err(format!("{object}: it is no rule")) };
        let words: HashSet<&str> = step.rule.words().collect();
        let formats = vec![None; table.schema.fields().len()];
        let before = Before { rule, table: &table, formats: &formats, words: &words };
        check(&before, &after).map_err(|Lie { what, column, count }| {
            let column = column.map(|column| format!(" column `{column}`,")).unwrap_or_default();
            format!("{object}:{column} it did not do what its manifest says: {what}, {count} times")
        })?;
        Ok(after.table)
    })
}
