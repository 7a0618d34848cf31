//! What a plugin asks to be allowed, as a set of short sentences: the same text stands in a grant,
//! in the difference that an administrator reads, and in an inspection.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Digest, KindSpec, LimitName, Limits, Manifest};

/// One thing that a plugin asks for: a word for what, a word for which, and the rest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ask {
    /// More of a limit than every plugin gets.
    Limit(LimitName, u64),
    /// Anything that is either allowed or not.
    Fact(String),
}

/// A text that is no ask.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is nothing that a plugin can ask for")]
pub struct BadAsk(String);

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(name, value) => write!(f, "limit {name} {value}"),
            Self::Fact(text) => f.write_str(text),
        }
    }
}

impl FromStr for Ask {
    type Err = BadAsk;

    fn from_str(text: &str) -> Result<Self, BadAsk> {
        let bad = || BadAsk(text.chars().take(80).flat_map(char::escape_debug).collect());
        let (what, rest) = text.split_once(' ').unwrap_or((text, ""));
        match what {
            "limit" => {
                let (name, value) = rest.split_once(' ').ok_or_else(bad)?;
                let (name, _) = Limits::DEFAULT
                    .each()
                    .into_iter()
                    .find(|(known, _)| known.to_string() == name)
                    .ok_or_else(bad)?;
                Ok(Self::Limit(name, value.parse().map_err(|_| bad())?))
            }
            "statement" | "column" | "class" | "lowers" | "key" | "endpoint" | "credential"
                if !rest.is_empty() =>
            {
                Ok(Self::Fact(text.to_owned()))
            }
            "rows-drop" | "free-body" if rest.is_empty() => Ok(Self::Fact(text.to_owned())),
            _ => Err(bad()),
        }
    }
}

impl Serialize for Ask {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ask {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Everything that a plugin asks for, or everything that an administrator granted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Asks(BTreeSet<Ask>);

impl Asks {
    /// What a manifest asks for. What its kind's world gives to every plugin is not asked for.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let mut asks: BTreeSet<Ask> = manifest
            .limits
            .each()
            .into_iter()
            .zip(Limits::DEFAULT.each())
            .filter(|((_, asked), (_, given))| asked > given)
            .map(|((name, asked), _)| Ask::Limit(name, asked))
            .collect();
        let mut fact = |text: String| {
            asks.insert(Ask::Fact(text));
        };
        match &manifest.spec {
            KindSpec::Query(query) => {
                for statement in &query.statements {
                    let sql = Digest::of(statement.sql.as_bytes());
                    fact(format!("statement {} {} {sql}", statement.name, statement.level));
                }
                for (owner, columns) in query
                    .statements
                    .iter()
                    .map(|statement| (&statement.name, &statement.columns))
                    .chain(query.outputs.iter().map(|output| (&output.name, &output.columns)))
                {
                    for column in columns {
                        fact(format!("class {owner}.{} {}", column.name, column.class));
                        if column.lowers.is_some() {
                            fact(format!("lowers {owner}.{} {}", column.name, column.class));
                        }
                    }
                }
            }
            KindSpec::Rule(rule) => {
                for key in &rule.keys {
                    fact(format!("key {key}"));
                }
                if rule.drops_rows {
                    fact("rows-drop".to_owned());
                }
                for need in &rule.needs {
                    let becomes = need.becomes.map_or(String::new(), |becomes| match becomes.kind {
                        Some(kind) => format!(" -> {} {kind}", becomes.class),
                        None => format!(" -> {}", becomes.class),
                    });
                    for column in &need.columns {
                        fact(format!("column {column} {} {}{becomes}", need.kind, need.access));
                    }
                    for class in &need.classes {
                        fact(format!("column class:{class} {} {}{becomes}", need.kind, need.access));
                    }
                }
            }
            KindSpec::Target(target) => {
                for endpoint in &target.endpoints {
                    fact(format!("endpoint {endpoint}"));
                }
                for credential in &target.credentials {
                    fact(format!("credential {credential}"));
                }
                if target.free_body {
                    fact("free-body".to_owned());
                }
            }
        }
        Self(asks)
    }

    /// What is asked for, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Ask> {
        self.0.iter()
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a fact is among them.
    #[must_use]
    pub fn has(&self, fact: &str) -> bool {
        self.0.iter().any(|ask| matches!(ask, Ask::Fact(text) if text == fact))
    }

    /// What is asked for beyond `granted`.
    #[must_use]
    pub fn beyond(&self, granted: &Self) -> Self {
        Self(self.0.iter().filter(|ask| !granted.covers(ask)).cloned().collect())
    }

    fn covers(&self, ask: &Ask) -> bool {
        self.0.iter().any(|granted| match (granted, ask) {
            (Ask::Limit(name, most), Ask::Limit(asked, value)) => name == asked && most >= value,
            (granted, ask) => granted == ask,
        })
    }
}

impl FromIterator<Ask> for Asks {
    fn from_iter<T: IntoIterator<Item = Ask>>(asks: T) -> Self {
        Self(asks.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(texts: &[&str]) -> Asks {
        texts.iter().map(|text| text.parse::<Ask>().unwrap()).collect()
    }

    #[test]
    fn a_larger_limit_covers_a_smaller_one_and_nothing_else() {
        let granted = asks(&["limit memory_mib 256", "key default"]);
        assert!(asks(&["limit memory_mib 128", "key default"]).beyond(&granted).is_empty());
        let more = asks(&["limit memory_mib 512", "key other", "limit cpu_ms 1"]).beyond(&granted);
        assert_eq!(more, asks(&["limit memory_mib 512", "key other", "limit cpu_ms 1"]));
    }

    #[test]
    fn asks_read_back_from_their_text() {
        for text in
            ["limit cpu_ms 5", "key default", "endpoint POST https://a.example/x", "free-body", "rows-drop"]
        {
            assert_eq!(text.parse::<Ask>().unwrap().to_string(), text);
        }
        for text in
            ["", "limit cpu_ms", "limit speed 5", "limit cpu_ms -1", "files /etc", "free-body x", "key"]
        {
            assert!(text.parse::<Ask>().is_err(), "{text}");
        }
    }
}
