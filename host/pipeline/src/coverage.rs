//! Which of the documented items of diagnostics and usage data are collected, and why the others are not.

use std::{collections::BTreeMap, sync::LazyLock};

use glasshouse_contract::{Level, Manifest, PluginId};
use serde::{Deserialize, Serialize};

/// A documented item. Numbers and titles are the project's: the documentation has neither.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its number: the level's first letter and a count.
    pub id: String,
    /// The level that it is documented for.
    pub level: Level,
    /// The part of the product that it is about.
    pub area: String,
    /// A few words on it.
    pub title: String,
    /// Why no query can collect it.
    pub reason: Option<String>,
    /// What of it is collected, or is not, where it is not all.
    pub partly: Option<String>,
    /// The host's own table that says it.
    pub host_table: Option<String>,
}

/// Whether an item is collected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The item.
    pub item: String,
    /// The level that it is documented for.
    pub level: Level,
    /// The part of the product that it is about.
    pub area: String,
    /// A few words on it.
    pub title: String,
    /// Whether a statement of these plugins, or the host itself, collects it.
    pub collected: bool,
    /// By which statements, each as plugin and statement: `glasshouse.site/sites`.
    pub statements: Vec<String>,
    /// Why it is not collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What of it is collected, or is not, where it is not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partly: Option<String>,
}

/// All documented items, and what plugins say they collect that is none of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageReport {
    /// Every item, in the catalogue's order.
    pub items: Vec<Coverage>,
    /// Statements that name an item that there is not.
    pub unknown: Vec<UnknownItem>,
}

/// A statement that names an item that there is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownItem {
    /// Plugin and statement.
    pub statement: String,
    /// What it calls the item.
    pub item: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    /// The version of Configuration Manager whose documentation it is.
    #[serde(rename = "version")]
    _version: String,
    item: Vec<Item>,
}

/// The catalogue of documented items.
pub fn items() -> &'static [Item] {
    static ITEMS: LazyLock<Vec<Item>> = LazyLock::new(|| {
        // The catalogue is part of the program, and a test reads it; it cannot be wrong at a user's.
        toml::from_str::<Catalogue>(include_str!("coverage/items.toml"))
            .map(|catalogue| catalogue.item)
            .unwrap_or_default()
    });
    &ITEMS
}

/// Holds what some plugins say they collect against the catalogue.
pub fn coverage<'a>(items: &[Item], plugins: impl IntoIterator<Item = &'a Manifest>) -> CoverageReport {
    let mut said: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for manifest in plugins {
        for statement in manifest.query().into_iter().flat_map(|query| &query.statements) {
            let name = label(&manifest.id, statement.name.as_str());
            for item in &statement.items {
                match items.iter().find(|known| known.id == *item) {
                    Some(known) => said.entry(&known.id).or_default().push(name.clone()),
                    None => {
                        unknown.push(UnknownItem {
                            statement: name.clone(),
                            item: glasshouse_contract::shown(item),
                        });
                    }
                }
            }
        }
    }
    let items = items
        .iter()
        .map(|item| {
            let mut statements = said.remove(item.id.as_str()).unwrap_or_default();
            statements.extend(item.host_table.clone());
            statements.sort();
            statements.dedup();
            let collected = !statements.is_empty();
            let nobody = || "no plugin that runs here collects it".to_owned();
            Coverage {
                item: item.id.clone(),
                level: item.level,
                area: item.area.clone(),
                title: item.title.clone(),
                collected,
                statements,
                reason: (!collected).then(|| item.reason.clone().unwrap_or_else(nobody)),
                partly: item.partly.clone().filter(|_| collected),
            }
        })
        .collect();
    CoverageReport { items, unknown }
}

fn label(plugin: &PluginId, statement: &str) -> String {
    format!("{plugin}/{statement}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(items: &str) -> Manifest {
        let text = format!(
            r#"
id = "contoso.devices"
version = "1.0.0"
api = "1.0"
kind = "query"
title = "Devices"
purpose = "Counts devices."
author = "Contoso"
[[query.statement]]
name = "devices"
level = "basic"
items = {items}
sql = "SELECT COUNT(*) AS Devices FROM v_R_System"
[[query.statement.column]]
name = "Devices"
type = "int"
class = "measure"
description = "How many devices there are."
"#
        );
        Manifest::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_catalogue_has_every_documented_item_once() {
        let count = |level| items().iter().filter(|item| item.level == level).count();
        assert_eq!((count(Level::Basic), count(Level::Enhanced), count(Level::Full)), (75, 226, 25));
        let ids: std::collections::BTreeSet<&str> = items().iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids.len(), items().len());
        for item in items() {
            assert!(item.id.starts_with(&item.level.as_str()[..1]), "{} is of level {}", item.id, item.level);
        }
    }

    #[test]
    fn every_item_is_collected_by_a_statement_or_not_collected_for_a_reason() {
        let report = coverage(items(), [&manifest("['b1', 'e7']")]);
        assert_eq!(report.items.len(), items().len());
        for item in &report.items {
            assert_eq!(item.collected, !item.statements.is_empty(), "{}", item.item);
            assert_eq!(item.collected, item.reason.is_none(), "{}", item.item);
        }
        let find = |id: &str| report.items.iter().find(|item| item.item == id).unwrap();
        assert_eq!(find("b1").statements, ["contoso.devices/devices"]);
        assert_eq!(find("b54").statements, ["glasshouse.run"], "the host says it itself");
        assert!(find("b2").reason.as_ref().unwrap().len() > 10);
        assert_eq!(report.unknown, []);
    }

    #[test]
    fn an_item_that_there_is_not_is_shown_and_counts_for_nothing() {
        let report = coverage(items(), [&manifest("['b1', 'b999', '\u{e9}']")]);
        let unknown: Vec<&str> = report.unknown.iter().map(|unknown| unknown.item.as_str()).collect();
        assert_eq!(unknown, ["b999", "\u{e9}"]);
        assert_eq!(report.items.iter().filter(|item| item.collected).count(), 2);
    }
}
