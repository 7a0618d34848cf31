//! Where results go, and what is done to them on the way: which tables a route takes, which rules they go through
//! there, and the highest class that may be left in them.

use std::{collections::BTreeMap, fmt, str::FromStr};

use glasshouse_contract::{DataClass, Level, Name, PluginId};
use serde::{Deserialize, Serialize};

use crate::plan::KEPT;

/// A rule of a route, with the settings that the route gives it.
///
/// In a configuration it is the rule's id alone, or `{ rule = "..", settings = { .. } }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenRule")]
pub struct RuleUse {
    /// The rule.
    pub rule: PluginId,
    /// Settings that are not the manifest's defaults.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<Name, String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a rule's id, or { rule = \"..\", settings = { .. } }")]
enum WrittenRule {
    Id(PluginId),
    Set(WrittenSettings),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSettings {
    rule: PluginId,
    #[serde(default)]
    settings: BTreeMap<Name, String>,
}

impl From<WrittenRule> for RuleUse {
    fn from(written: WrittenRule) -> Self {
        match written {
            WrittenRule::Id(rule) => rule.into(),
            WrittenRule::Set(WrittenSettings { rule, settings }) => Self { rule, settings },
        }
    }
}

/// The rule as its manifest sets it.
impl From<PluginId> for RuleUse {
    fn from(rule: PluginId) -> Self {
        Self { rule, settings: BTreeMap::new() }
    }
}

/// What a route takes: all tables of a query, or one of them. Written `query` or `query/table`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Take {
    /// The query.
    pub query: PluginId,
    /// The table; all of the query's where none is named.
    pub table: Option<Name>,
}

/// A text that names neither a query nor a table of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no query and no `query/table`: {why}", glasshouse_contract::shown(.text))]
pub struct BadTake {
    text: String,
    why: String,
}

impl FromStr for Take {
    type Err = BadTake;

    fn from_str(text: &str) -> Result<Self, BadTake> {
        let bad = |why: &dyn fmt::Display| BadTake { text: text.to_owned(), why: why.to_string() };
        let (query, table) = match text.split_once('/') {
            Some((query, table)) => (query, Some(table)),
            None => (text, None),
        };
        Ok(Self {
            query: PluginId::new(query).map_err(|error| bad(&error))?,
            table: table.map(Name::new).transpose().map_err(|error| bad(&error))?,
        })
    }
}

impl TryFrom<String> for Take {
    type Error = BadTake;

    fn try_from(text: String) -> Result<Self, BadTake> {
        text.parse()
    }
}

impl From<Take> for String {
    fn from(take: Take) -> Self {
        take.to_string()
    }
}

impl fmt::Display for Take {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.table {
            Some(table) => write!(f, "{}/{table}", self.query),
            None => write!(f, "{}", self.query),
        }
    }
}

/// One way that results go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// What the configuration calls it.
    pub name: Name,
    /// What it takes; everything where the list is empty.
    pub take: Vec<Take>,
    /// Tables of statements above this level do not go this way. The host's level where none is named.
    pub level: Option<Level>,
    /// What tables go through, in this order.
    pub rules: Vec<RuleUse>,
    /// What makes requests of them. Tables of a route without one stay on this machine.
    pub target: Option<PluginId>,
    /// The highest class that a column may have at the end.
    pub ceiling: DataClass,
    /// Why the ceiling is above `pseudonym`.
    pub because: Option<String>,
}

impl Route {
    /// The name of the route that keeps results on this machine.
    pub const RESULTS: &str = "results";

    /// The route that keeps results on this machine: everything, through these rules.
    #[must_use]
    pub fn results(rules: Vec<RuleUse>) -> Self {
        let name = Name::new(Self::RESULTS).unwrap_or_else(|_| unreachable!("it is a name"));
        Self { name, take: Vec::new(), level: None, rules, target: None, ceiling: KEPT, because: None }
    }

    /// Whether it is the route that keeps results on this machine. There a column above the ceiling is left out;
    /// on any other route it stops its table.
    #[must_use]
    pub fn is_results(&self) -> bool {
        self.name.as_str() == Self::RESULTS
    }

    /// Whether a table goes this way: `level` is the table's, `host_level` the one in force.
    #[must_use]
    pub fn takes(&self, query: &PluginId, table: &Name, level: Level, host_level: Level) -> bool {
        let named =
            |take: &Take| take.query == *query && take.table.as_ref().is_none_or(|wanted| wanted == table);
        level <= self.level_at(host_level) && (self.take.is_empty() || self.take.iter().any(named))
    }

    /// The level up to which tables go this way.
    #[must_use]
    pub fn level_at(&self, host_level: Level) -> Level {
        self.level.map_or(host_level, |level| level.min(host_level))
    }

    /// The ceiling that counts: below level full none is above `pseudonym`, whatever the route says.
    #[must_use]
    pub fn ceiling_at(&self, host_level: Level) -> DataClass {
        if self.level_at(host_level) < Level::Full { self.ceiling.min(KEPT) } else { self.ceiling }
    }
}

/// The ceiling that counts for a table: what statements below level full read goes under none above `pseudonym`,
/// also where the route's is higher.
#[must_use]
pub(crate) fn ceiling_of(ceiling: DataClass, table: Level) -> DataClass {
    if table < Level::Full { ceiling.min(KEPT) } else { ceiling }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Line {
        rules: Vec<RuleUse>,
    }

    fn id(text: &str) -> PluginId {
        PluginId::new(text).unwrap()
    }

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    #[test]
    fn a_rule_is_written_with_and_without_settings() {
        let line = r#"rules = ["a.b", { rule = "a.c", settings = { least = "10" } }, { rule = "a.d" }]"#;
        let rules = toml::from_str::<Line>(line).unwrap().rules;
        assert_eq!(rules[0], id("a.b").into());
        assert_eq!(rules[1].settings[&name("least")], "10");
        assert_eq!(rules[2], id("a.d").into());
        for wrong in ["[7]", r#"[{ rule = "a.c", setings = { } }]"#, r#"["no id"]"#] {
            let error = toml::from_str::<Line>(&format!("rules = {wrong}")).unwrap_err();
            assert!(error.message().contains("a rule's id, or"), "{error}");
        }
    }

    #[test]
    fn a_take_names_a_query_or_one_of_its_tables() {
        for text in ["glasshouse.site", "glasshouse.site/versions"] {
            assert_eq!(text.parse::<Take>().unwrap().to_string(), text);
        }
        for wrong in ["", "/versions", "glasshouse.site/", "glasshouse.site/a/b", "../x"] {
            let error = wrong.parse::<Take>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{wrong}` is no query")), "{error}");
        }
    }

    #[test]
    fn a_route_takes_what_it_names_up_to_its_level() {
        let mut route = Route::results(Vec::new());
        let (site, versions) = (id("glasshouse.site"), name("versions"));
        let takes = |route: &Route, table: &str, level| route.takes(&site, &name(table), level, Level::Full);
        assert!(takes(&route, "versions", Level::Full) && takes(&route, "roles", Level::Basic));
        route.take = vec!["glasshouse.site/versions".parse().unwrap(), "contoso.devices".parse().unwrap()];
        assert!(takes(&route, "versions", Level::Full) && !takes(&route, "roles", Level::Basic));
        assert!(route.takes(&id("contoso.devices"), &name("any"), Level::Basic, Level::Basic));
        route.level = Some(Level::Basic);
        assert!(takes(&route, "versions", Level::Basic) && !takes(&route, "versions", Level::Enhanced));
        route.level = Some(Level::Full);
        assert!(!route.takes(&site, &versions, Level::Full, Level::Enhanced), "the host's level counts");
    }

    #[test]
    fn below_level_full_no_ceiling_is_above_pseudonym() {
        let high = Route { ceiling: DataClass::Text, ..Route::results(Vec::new()) };
        assert_eq!(high.ceiling_at(Level::Full), DataClass::Text);
        assert_eq!(high.ceiling_at(Level::Enhanced), DataClass::Pseudonym);
        let lower = Route { level: Some(Level::Enhanced), ..high };
        assert_eq!(lower.ceiling_at(Level::Full), DataClass::Pseudonym);
        let strict = Route { ceiling: DataClass::Measure, ..lower };
        assert_eq!(strict.ceiling_at(Level::Enhanced), DataClass::Measure);
    }
}
