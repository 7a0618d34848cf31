//! What changes when one version of a plugin takes the place of another.

use std::collections::BTreeMap;

use glasshouse_contract::{Ask, Asks, ColumnSpec, Digest, KindSpec, Manifest, Name, Need};
use semver::Version;
use serde::{Deserialize, Serialize};

/// The difference of a plugin to the version that runs now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The version that runs.
    pub running_version: Version,
    /// Its digest.
    pub running_digest: Digest,
    /// What the new one asks for and the running one does not.
    pub asks_added: Vec<Ask>,
    /// What the running one asks for and the new one does not.
    pub asks_removed: Vec<Ask>,
    /// Facts of the manifest that came, went or changed.
    pub changes: Vec<Change>,
}

/// One fact of a manifest that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which: `sql of statement devices`, `column devices.Os`.
    pub what: String,
    /// What it was; absent where it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it is; absent where it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
}

impl Difference {
    /// Compares a plugin's manifest with that of the running version.
    #[must_use]
    pub fn between(running: &Manifest, running_digest: Digest, new: &Manifest) -> Self {
        let (before, now) = (running.asks(), new.asks());
        Self {
            running_version: running.version.clone(),
            running_digest,
            asks_added: missing(&now, &before),
            asks_removed: missing(&before, &now),
            changes: changes(&facts(running), &facts(new)),
        }
    }

    /// Whether nothing that a person decides about differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.asks_added.is_empty() && self.asks_removed.is_empty() && self.changes.is_empty()
    }
}

/// A larger limit is a new ask, a smaller one is none: hence `beyond` and not set difference.
fn missing(these: &Asks, there: &Asks) -> Vec<Ask> {
    these.beyond(there).iter().cloned().collect()
}

fn changes(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<Change> {
    let mut names: Vec<&String> = before.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter(|name| before.get(*name) != now.get(*name))
        .map(|name| Change {
            what: name.clone(),
            before: before.get(name).cloned(),
            now: now.get(name).cloned(),
        })
        .collect()
}

/// Every fact of a manifest by a name that a reader knows. The version is left out: it always
/// differs.
fn facts(manifest: &Manifest) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    let mut fact = |name: String, text: String| drop(facts.insert(name, text));
    fact("kind".to_owned(), manifest.kind().to_string());
    fact("api".to_owned(), manifest.api.clone());
    fact("title".to_owned(), manifest.title.clone());
    fact("purpose".to_owned(), manifest.purpose.clone());
    fact("author".to_owned(), manifest.author.clone());
    for setting in &manifest.settings {
        let text = format!("default `{}`: {}", setting.default, setting.description);
        fact(format!("setting {}", setting.name), text);
    }
    for (name, value) in manifest.limits.each() {
        fact(format!("limit {name}"), value.to_string());
    }
    match &manifest.spec {
        KindSpec::Query(query) => {
            for statement in &query.statements {
                let name = &statement.name;
                fact(format!("level of statement {name}"), statement.level.to_string());
                fact(format!("items of statement {name}"), statement.items.join(", "));
                fact(format!("cadence of statement {name}"), statement.cadence.clone());
                fact(format!("sql of statement {name}"), statement.sql.clone());
            }
            let statements = query.statements.iter().map(|statement| (&statement.name, &statement.columns));
            let outputs = query.outputs.iter().map(|output| (&output.name, &output.columns));
            let owned = |what, (owner, columns): (&Name, &Vec<ColumnSpec>)| -> Vec<(String, String)> {
                columns
                    .iter()
                    .map(|column| (format!("{what} {owner}.{}", column.name), column_text(column)))
                    .collect()
            };
            let columns = statements.flat_map(|these| owned("column", these));
            columns
                .chain(outputs.flat_map(|these| owned("output column", these)))
                .for_each(|(name, text)| fact(name, text));
        }
        KindSpec::Rule(rule) => {
            let scope = if rule.scope == glasshouse_contract::Scope::Batch { "batch" } else { "table" };
            fact("scope".to_owned(), scope.to_owned());
            fact("drops rows".to_owned(), rule.drops_rows.to_string());
            fact("keys".to_owned(), list(&rule.keys));
            for (number, need) in (1..).zip(&rule.needs) {
                fact(format!("need {number}"), need_text(need));
            }
        }
        KindSpec::Target(target) => {
            for endpoint in &target.endpoints {
                fact(format!("endpoint {}", endpoint.name), endpoint.to_string());
            }
            fact("credentials".to_owned(), target.credentials.join(", "));
            fact("free body".to_owned(), target.free_body.to_string());
        }
    }
    facts
}

fn column_text(column: &ColumnSpec) -> String {
    let nullable = if column.nullable { ", may be null" } else { "" };
    let format = column.format.as_ref().map_or(String::new(), |format| format!(", format {format}"));
    format!("{} {}{nullable}{format}: {}", column.kind, column.class, column.description)
}

fn need_text(need: &Need) -> String {
    let becomes = need.becomes.map_or(String::new(), |becomes| {
        let kind = becomes.kind.map_or(String::new(), |kind| format!(" {kind}"));
        format!(", becomes {}{kind}", becomes.class)
    });
    let what = [("columns", list(&need.columns)), ("classes", list(&need.classes))]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what} {names}"))
        .collect::<Vec<_>>()
        .join("; ");
    format!("{} {} {what}{becomes}", need.access, need.kind)
}

fn list<T: ToString>(values: &[T]) -> String {
    values.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = r#"
id = "contoso.devices"
version = "1.0.0"
api = "1.0"
kind = "query"
title = "Devices"
purpose = "Counts devices."
author = "Contoso"
limits.memory_mib = 100
[[query.statement]]
name = "devices"
level = "basic"
sql = "SELECT COUNT(*) AS Devices FROM v_R_System"
[[query.statement.column]]
name = "Devices"
type = "int"
class = "measure"
description = "How many devices there are."
"#;

    fn difference(from: &str, to: &str) -> Difference {
        let running = Manifest::parse(QUERY.as_bytes()).unwrap();
        let new = Manifest::parse(QUERY.replace(from, to).as_bytes()).unwrap();
        Difference::between(&running, Digest::of(b""), &new)
    }

    fn asks(asks: &[Ask]) -> Vec<String> {
        asks.iter().map(Ask::to_string).collect()
    }

    #[test]
    fn a_new_version_of_the_same_facts_differs_in_nothing() {
        assert!(difference("1.0.0", "1.1.0").is_empty());
    }

    #[test]
    fn changed_sql_is_shown_before_and_after_and_is_a_new_ask() {
        let difference = difference("v_R_System", "v_R_User");
        let [change] = &difference.changes[..] else { panic!("{difference:?}") };
        assert_eq!(change.what, "sql of statement devices");
        assert!(change.before.as_ref().unwrap().ends_with("v_R_System"));
        assert!(change.now.as_ref().unwrap().ends_with("v_R_User"));
        assert_eq!((difference.asks_added.len(), difference.asks_removed.len()), (1, 1));
    }

    #[test]
    fn a_smaller_limit_is_a_change_and_asks_for_nothing_new() {
        let smaller = difference("memory_mib = 100", "memory_mib = 80");
        assert_eq!(smaller.changes.len(), 1);
        assert!(smaller.asks_added.is_empty());
        assert_eq!(asks(&smaller.asks_removed), ["limit memory_mib 100"]);
        let larger = difference("memory_mib = 100", "memory_mib = 200");
        assert_eq!(asks(&larger.asks_added), ["limit memory_mib 200"]);
    }

    #[test]
    fn a_column_that_comes_and_one_that_goes_are_named() {
        let renamed = difference("name = \"Devices\"", "name = \"Count\"");
        let whats: Vec<_> =
            renamed.changes.iter().map(|change| (change.what.as_str(), change.now.is_some())).collect();
        assert_eq!(whats, [("column devices.Count", true), ("column devices.Devices", false)]);
    }
}
