use std::fmt;

use glasshouse_contract::{ColumnName, DataClass, Name, PluginId};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::{
    ChainId, Change, LedgerError, PendingPart, RouteRow,
    plugins::parse,
    redaction::{class, count},
};

/// Why a table was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldWhy {
    /// A column's class is above the route's ceiling.
    ColumnAboveCeiling,
    /// A rule gave up, trapped, ran into a limit or was stopped.
    RuleFailed,
    /// A rule did not do what its manifest says.
    RuleLied,
    /// The tripwire found what identifies.
    Tripwire,
    /// There are more values that identify than can be looked for.
    KnownValuesFull,
    /// The target of the route gave up, trapped, ran into a limit or was stopped.
    TargetFailed,
}

/// A table that was held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRow {
    /// The chain.
    pub chain: ChainId,
    /// The route; none where it is held on all that have the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Name>,
    /// The table.
    pub table: Name,
    /// Why.
    pub why: HeldWhy,
    /// The column that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<ColumnName>,
    /// The rule that did it, or that changed the column last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<PluginId>,
    /// What was found, or what the rule did, in words of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The column's class, where that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<DataClass>,
    /// The ceiling that it is above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<DataClass>,
    /// How often.
    pub count: u64,
}

impl HeldRow {
    /// Whether the table is held on this route.
    #[must_use]
    pub fn is_on(&self, route: &RouteRow) -> bool {
        self.chain == route.chain && self.route.as_ref().is_none_or(|held_on| *held_on == route.route)
    }
}

impl HeldWhy {
    const ALL: [Self; 6] = [
        Self::ColumnAboveCeiling,
        Self::RuleFailed,
        Self::RuleLied,
        Self::Tripwire,
        Self::KnownValuesFull,
        Self::TargetFailed,
    ];

    /// The name of the reason.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ColumnAboveCeiling => "column-above-ceiling",
            Self::RuleFailed => "rule-failed",
            Self::RuleLied => "rule-lied",
            Self::Tripwire => "tripwire",
            Self::KnownValuesFull => "known-values-full",
            Self::TargetFailed => "target-failed",
        }
    }

    /// The reason as a person reads it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ColumnAboveCeiling => "a column is above the route's ceiling",
            Self::RuleFailed => "a rule failed",
            Self::RuleLied => "a rule did not do what its manifest says",
            Self::Tripwire => "the tripwire found what identifies",
            Self::KnownValuesFull => "more values identify than can be looked for",
            Self::TargetFailed => "its target made no requests of it",
        }
    }
}

impl fmt::Display for HeldWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

pub fn put(change: &Change<'_>, part: &PendingPart, row: &HeldRow) -> Result<(), LedgerError> {
    change.execute(
        "INSERT INTO table_held (part, chain, route, name, why, column, rule, kind, class, ceiling, count)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        &[
            &part.id(),
            &row.chain.as_str(),
            &row.route.as_ref().map(Name::as_str),
            &row.table.as_str(),
            &row.why.as_str(),
            &row.column.as_ref().map(ColumnName::as_str),
            &row.rule.as_ref().map(PluginId::as_str),
            &row.kind,
            &row.class.map(DataClass::as_str),
            &row.ceiling.map(DataClass::as_str),
            &row.count.cast_signed(),
        ],
    )?;
    Ok(())
}

pub fn of_part(connection: &Connection, part: i64) -> Result<Vec<HeldRow>, LedgerError> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM table_held WHERE part = ?1 ORDER BY rowid")?;
    let mut rows = statement.query([part])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |column: &str| row.get::<_, Option<String>>(column);
        let why: String = row.get("why")?;
        found.push(HeldRow {
            chain: parse("a chain", &row.get::<_, String>("chain")?)?,
            route: text("route")?.map(|route| parse("a route", &route)).transpose()?,
            table: parse("a table's name", &row.get::<_, String>("name")?)?,
            why: HeldWhy::ALL
                .into_iter()
                .find(|known| known.as_str() == why)
                .ok_or_else(|| LedgerError::damaged("why a table is held", why))?,
            column: text("column")?.map(|column| parse("a column", &column)).transpose()?,
            rule: text("rule")?.map(|rule| parse("a plugin id", &rule)).transpose()?,
            kind: text("kind")?,
            class: class(row, "class")?,
            ceiling: class(row, "ceiling")?,
            count: count(row, "count")?,
        });
    }
    Ok(found)
}
