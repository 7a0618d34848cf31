//! `[results]` and `[[route]]`: where results go, and what is done to them on the way.

use std::{collections::BTreeSet, sync::Arc};

use glasshouse_contract::{ColumnName, DataClass, Fault, FaultKind, Kind, Level, Manifest, Name, PluginId};
use glasshouse_pipeline::{Route, RuleUse, Take};
use glasshouse_registry::Generation;
use serde::Deserialize;
use toml::Spanned;

use super::Lines;

/// `[results]` as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenResults {
    rules: Vec<Spanned<RuleUse>>,
    unkeyed: Vec<ColumnName>,
}

/// `[[route]]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRoute {
    name: Spanned<Name>,
    #[serde(default)]
    take: Vec<Take>,
    level: Option<Level>,
    rules: Option<Vec<Spanned<RuleUse>>>,
    target: Option<Spanned<PluginId>>,
    ceiling: Option<Spanned<DataClass>>,
    because: Option<Spanned<String>>,
    #[serde(default)]
    unkeyed: Vec<ColumnName>,
}

/// A route of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Configured {
    pub route: Route,
    /// Columns that may be hashed without a key.
    pub unkeyed: Vec<ColumnName>,
    lines: RouteLines,
}

/// The lines on which parts of a route stand, for messages.
#[derive(Clone, Debug, Default)]
struct RouteLines {
    rules: Vec<usize>,
    target: usize,
}

/// A configuration with one more comment in it is the same configuration.
impl PartialEq for RouteLines {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for RouteLines {}

/// All routes, that of the results first.
pub(super) fn read(
    results: WrittenResults,
    routes: Vec<WrittenRoute>,
    level: Level,
    lines: Lines<'_>,
) -> Result<Vec<Configured>, String> {
    let (of_results, rule_lines) = placed(results.rules, lines);
    let mut all = vec![Configured {
        route: Route::results(of_results.clone()),
        unkeyed: results.unkeyed,
        lines: RouteLines { rules: rule_lines.clone(), target: 0 },
    }];
    let mut names = BTreeSet::new();
    for written in routes {
        let line = lines.of(written.name.span().start);
        let name = written.name.into_inner();
        if name.as_str() == Route::RESULTS {
            return Err(format!(
                "line {line}: `{name}` is the route that keeps results on this machine; its rules stand in [results]"
            ));
        }
        if !names.insert(name.clone()) {
            return Err(format!("line {line}: two routes are called `{name}`"));
        }
        let of_route = written.level.map_or(level, |of_route| of_route.min(level));
        let because = written.because.map(|because| (lines.of(because.span().start), because.into_inner()));
        let ceiling = match written.ceiling {
            Some(ceiling) => {
                let line = lines.of(ceiling.span().start);
                let ceiling = ceiling.into_inner();
                held(ceiling, because.as_ref().map(|(_, words)| words.as_str()), of_route)
                    .map_err(|why| format!("line {line}: {why}"))?;
                ceiling
            }
            None => DataClass::Pseudonym,
        };
        if let Some((line, _)) = because.as_ref().filter(|_| ceiling <= DataClass::Pseudonym) {
            return Err(format!(
                "line {line}: `because` is for a ceiling above `pseudonym`; this route has none"
            ));
        }
        let target_line = written.target.as_ref().map_or(0, |target| lines.of(target.span().start));
        let (rules, rule_lines) = match written.rules {
            Some(rules) => placed(rules, lines),
            None => (of_results.clone(), rule_lines.clone()),
        };
        all.push(Configured {
            route: Route {
                name,
                take: written.take,
                level: written.level,
                rules,
                target: written.target.map(Spanned::into_inner),
                ceiling,
                because: because.map(|(_, words)| words),
            },
            unkeyed: written.unkeyed,
            lines: RouteLines { rules: rule_lines, target: target_line },
        });
    }
    Ok(all)
}

fn placed(rules: Vec<Spanned<RuleUse>>, lines: Lines<'_>) -> (Vec<RuleUse>, Vec<usize>) {
    rules
        .into_iter()
        .map(|rule| {
            let line = lines.of(rule.span().start);
            (rule.into_inner(), line)
        })
        .unzip()
}

/// Whether a route may have this ceiling.
fn held(ceiling: DataClass, because: Option<&str>, level: Level) -> Result<(), String> {
    if ceiling <= DataClass::Pseudonym {
        return Ok(());
    }
    if ceiling == DataClass::Secret {
        return Err("the ceiling `secret`: secrets go no way at all; `text` is the highest".to_owned());
    }
    if level < Level::Full {
        return Err(format!(
            "the ceiling `{ceiling}` is above `pseudonym`: that is for level full, and this route is of level {level}"
        ));
    }
    if because.is_none_or(|words| words.trim().is_empty()) {
        return Err(format!(
            "the ceiling `{ceiling}` is above `pseudonym`: say on a line `because = \"..\"` why values that identify \
             may go this way"
        ));
    }
    Ok(())
}

impl Configured {
    /// What of it cannot be followed with the plugins that run; `file` is the configuration's name.
    pub fn unfollowable(
        &self,
        file: &str,
        running: impl Fn(&PluginId) -> Option<Arc<Generation>>,
    ) -> Vec<Fault> {
        let fault = |line: usize, cause: String, mend: String| {
            let cause = format!("line {line}: route `{}`: {cause}", self.route.name);
            Fault::new(FaultKind::Malformed, file, cause, mend)
        };
        let lists = "`glasshouse plugin list` shows what runs, and why others do not".to_owned();
        let mut faults = Vec::new();
        for (used, line) in self.route.rules.iter().zip(&self.lines.rules) {
            let id = &used.rule;
            match running(id) {
                None => faults.push(fault(*line, format!("no version of the rule {id} runs"), lists.clone())),
                Some(generation) if generation.manifest().kind() != Kind::Rule => {
                    let cause = format!("{id} is a {}, and a rule is needed", generation.manifest().kind());
                    faults.push(fault(*line, cause, lists.clone()));
                }
                Some(generation) => faults.extend(undeclared(used, generation.manifest()).map(|setting| {
                    let cause = format!("{id} has no setting `{setting}`");
                    fault(*line, cause, format!("its settings are {}", settings_of(generation.manifest())))
                })),
            }
        }
        if let Some(id) = &self.route.target {
            let line = self.lines.target;
            match running(id) {
                None => faults.push(fault(line, format!("no version of the target {id} runs"), lists)),
                Some(generation) if generation.manifest().kind() != Kind::Target => {
                    let cause = format!("{id} is a {}, and a target is needed", generation.manifest().kind());
                    faults.push(fault(line, cause, lists));
                }
                Some(_) => {}
            }
        }
        faults
    }
}

fn undeclared<'a>(used: &'a RuleUse, manifest: &'a Manifest) -> impl Iterator<Item = &'a Name> {
    used.settings.keys().filter(|name| !manifest.settings.iter().any(|setting| setting.name == **name))
}

fn settings_of(manifest: &Manifest) -> String {
    let names: Vec<&str> = manifest.settings.iter().map(|setting| setting.name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
