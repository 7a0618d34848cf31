//! What rules did to a part's tables: per route and chain of a run, per rule and column. Names, classes and
//! numbers; no value is in here.

use std::{collections::BTreeMap, fmt, str::FromStr};

use glasshouse_contract::{ColumnName, DataClass, Digest, Level, Name, PluginId};
use rusqlite::{Connection, Row};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{
    Change, HeldRow, Ledger, LedgerError, PendingPart, held,
    parts::json,
    plugins::{digest, parse},
};

/// The short name of what tables go through on a route: rules with digests and settings, and the ceiling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChainId(String);

/// A text that names no chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a chain's name has 16 hexadecimal digits")]
pub struct BadChainId;

impl ChainId {
    const DIGITS: usize = 16;

    /// The name of the chain that these bytes describe.
    #[must_use]
    pub fn of(description: &[u8]) -> Self {
        Self(Digest::of(description).hex().chars().take(Self::DIGITS).collect())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ChainId {
    type Err = BadChainId;

    fn from_str(text: &str) -> Result<Self, BadChainId> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == Self::DIGITS && text.bytes().all(digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadChainId)
        }
    }
}

impl TryFrom<String> for ChainId {
    type Error = BadChainId;

    fn try_from(text: String) -> Result<Self, BadChainId> {
        text.parse()
    }
}

impl From<ChainId> for String {
    fn from(chain: ChainId) -> Self {
        chain.0
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A way that results of a run go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteRow {
    /// What the configuration calls it.
    pub route: Name,
    /// What tables go through there.
    pub chain: ChainId,
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
    /// The rules, in order.
    pub rules: Vec<RuleRow>,
}

/// A rule of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRow {
    /// The rule.
    pub rule: PluginId,
    /// Its version.
    pub version: Version,
    /// The plugin file.
    pub digest: Digest,
    /// All its settings, with the values that counted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<Name, String>,
}

/// What a part's tables went through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartRedaction {
    /// What each rule did to each column.
    pub rules: Vec<RedactionRow>,
    /// What the tripwire looked through.
    pub scans: Vec<ScanRow>,
    /// The tables that were held.
    pub held: Vec<HeldRow>,
}

/// What one rule of a chain did to one column of a table; the counts are rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedactionRow {
    /// The chain.
    pub chain: ChainId,
    /// The table.
    pub table: Name,
    /// The rule's place in the chain, from 0.
    pub step: u32,
    /// The rule.
    pub rule: PluginId,
    /// Its version.
    pub version: Version,
    /// The plugin file.
    pub digest: Digest,
    /// The column.
    pub column: ColumnName,
    /// What the column was.
    pub class_in: DataClass,
    /// What it was afterwards; none where it was dropped.
    pub class_out: Option<DataClass>,
    /// Rows that came in.
    pub seen: u64,
    /// Rows with another value afterwards.
    pub changed: u64,
    /// Rows with a value before and none afterwards.
    pub nulled: u64,
    /// Rows that had a value when the column was dropped.
    pub dropped: u64,
    /// Rows that were left out as a whole.
    pub suppressed: u64,
}

/// What the tripwire looked through of one table on one chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanRow {
    /// The chain.
    pub chain: ChainId,
    /// The table.
    pub table: Name,
    /// How many cells.
    pub cells: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How often something was found, for which the table is held.
    pub hits: u64,
    /// How often something was found that an administrator allows.
    pub allowed: u64,
}

impl Ledger {
    /// The ways that results of a run go, in the configuration's order. Runs from before there were routes have
    /// none.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn run_routes(&self, run: &str) -> Result<Vec<RouteRow>, LedgerError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT * FROM run_route WHERE run = ?1 ORDER BY position")?;
        let mut rows = statement.query([run])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let rules: String = row.get("rules")?;
            let target: Option<String> = row.get("target")?;
            found.push(RouteRow {
                route: parse("a route", &row.get::<_, String>("route")?)?,
                chain: parse("a chain", &row.get::<_, String>("chain")?)?,
                level: parse("a level", &row.get::<_, String>("level")?)?,
                ceiling: class(row, "ceiling")?.ok_or_else(|| LedgerError::damaged("a ceiling", ""))?,
                because: row.get("because")?,
                target: target.map(|target| parse("a plugin id", &target)).transpose()?,
                rules: serde_json::from_str(&rules).map_err(|_| LedgerError::damaged("rules", rules))?,
            });
        }
        Ok(found)
    }
}

impl Change<'_> {
    /// Notes which ways the results of a run go. A run keeps the ways that it began with.
    ///
    /// # Errors
    /// When the run has some already, or the disk fails.
    pub fn put_run_routes(&self, run: &str, routes: &[RouteRow]) -> Result<(), LedgerError> {
        for (row, position) in routes.iter().zip(0i64..) {
            self.execute(
                "INSERT INTO run_route (run, position, route, chain, level, ceiling, because, target, rules)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                &[
                    &run,
                    &position,
                    &row.route.as_str(),
                    &row.chain.as_str(),
                    &row.level.as_str(),
                    &row.ceiling.as_str(),
                    &row.because,
                    &row.target.as_ref().map(PluginId::as_str),
                    &json(&row.rules),
                ],
            )?;
        }
        Ok(())
    }

    /// Notes what a part's tables went through, in the change that ends the part.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_redaction(&self, part: &PendingPart, done: &PartRedaction) -> Result<(), LedgerError> {
        for row in &done.rules {
            self.execute(
                "INSERT INTO redaction (part, chain, name, step, rule, version, digest, column, class_in,
                     class_out, seen, changed, nulled, dropped, suppressed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                &[
                    &part.id(),
                    &row.chain.as_str(),
                    &row.table.as_str(),
                    &row.step,
                    &row.rule.as_str(),
                    &row.version.to_string(),
                    &row.digest.hex(),
                    &row.column.as_str(),
                    &row.class_in.as_str(),
                    &row.class_out.map(DataClass::as_str),
                    &row.seen.cast_signed(),
                    &row.changed.cast_signed(),
                    &row.nulled.cast_signed(),
                    &row.dropped.cast_signed(),
                    &row.suppressed.cast_signed(),
                ],
            )?;
        }
        for row in &done.scans {
            self.execute(
                "INSERT INTO tripwire_scan (part, chain, name, cells, bytes, hits, allowed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                &[
                    &part.id(),
                    &row.chain.as_str(),
                    &row.table.as_str(),
                    &row.cells.cast_signed(),
                    &row.bytes.cast_signed(),
                    &row.hits.cast_signed(),
                    &row.allowed.cast_signed(),
                ],
            )?;
        }
        done.held.iter().try_for_each(|row| held::put(self, part, row))
    }
}

/// What a part's tables went through.
pub fn of_part(connection: &Connection, part: i64) -> Result<PartRedaction, LedgerError> {
    Ok(PartRedaction {
        rules: rules(connection, part)?,
        scans: scans(connection, part)?,
        held: held::of_part(connection, part)?,
    })
}

fn rules(connection: &Connection, part: i64) -> Result<Vec<RedactionRow>, LedgerError> {
    let mut statement = connection
        .prepare_cached("SELECT * FROM redaction WHERE part = ?1 ORDER BY chain, name, step, column")?;
    let mut rows = statement.query([part])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(RedactionRow {
            chain: parse("a chain", &row.get::<_, String>("chain")?)?,
            table: parse("a table's name", &row.get::<_, String>("name")?)?,
            step: row.get("step")?,
            rule: parse("a plugin id", &row.get::<_, String>("rule")?)?,
            version: parse("a version", &row.get::<_, String>("version")?)?,
            digest: digest(&row.get::<_, String>("digest")?)?,
            column: parse("a column", &row.get::<_, String>("column")?)?,
            class_in: class(row, "class_in")?.ok_or_else(|| LedgerError::damaged("a class", ""))?,
            class_out: class(row, "class_out")?,
            seen: count(row, "seen")?,
            changed: count(row, "changed")?,
            nulled: count(row, "nulled")?,
            dropped: count(row, "dropped")?,
            suppressed: count(row, "suppressed")?,
        });
    }
    Ok(found)
}

fn scans(connection: &Connection, part: i64) -> Result<Vec<ScanRow>, LedgerError> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM tripwire_scan WHERE part = ?1 ORDER BY chain, name")?;
    let mut rows = statement.query([part])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(ScanRow {
            chain: parse("a chain", &row.get::<_, String>("chain")?)?,
            table: parse("a table's name", &row.get::<_, String>("name")?)?,
            cells: count(row, "cells")?,
            bytes: count(row, "bytes")?,
            hits: count(row, "hits")?,
            allowed: count(row, "allowed")?,
        });
    }
    Ok(found)
}

pub fn count(row: &Row<'_>, column: &str) -> Result<u64, LedgerError> {
    Ok(row.get::<_, i64>(column)?.unsigned_abs())
}

pub fn class(row: &Row<'_>, column: &str) -> Result<Option<DataClass>, LedgerError> {
    let Some(written) = row.get::<_, Option<String>>(column)? else { return Ok(None) };
    let known = DataClass::ALL.into_iter().find(|class| class.as_str() == written);
    known.map(Some).ok_or_else(|| LedgerError::damaged("a class", written))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{HeldWhy, PartOf, runs::tests::run};

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    fn id(text: &str) -> PluginId {
        PluginId::new(text).unwrap()
    }

    #[test]
    fn a_chain_has_a_short_name_that_is_the_same_for_the_same_rules() {
        let chain = ChainId::of(b"a rule");
        assert_eq!(chain, ChainId::of(b"a rule"));
        assert_ne!(chain, ChainId::of(b"another rule"));
        assert_eq!(chain.as_str().parse(), Ok(chain.clone()));
        for wrong in ["", "0123456789abcde", "0123456789abcdeF", "0123456789abcdef0"] {
            assert_eq!(wrong.parse::<ChainId>(), Err(BadChainId));
        }
    }

    #[test]
    fn what_tables_went_through_is_kept_with_their_part() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let chain = ChainId::of(b"chain");
        let rule = RuleRow {
            rule: id("contoso.mask"),
            version: Version::new(1, 2, 3),
            digest: Digest::of(b"rule"),
            settings: BTreeMap::from([(name("least"), "10".to_owned())]),
        };
        let results = RouteRow {
            route: name("results"),
            chain: chain.clone(),
            level: Level::Full,
            ceiling: DataClass::Pseudonym,
            because: None,
            target: None,
            rules: vec![rule.clone()],
        };
        let high = RouteRow {
            route: name("enrolment"),
            ceiling: DataClass::Identifier,
            because: Some("the receiver enrols devices".to_owned()),
            target: Some(id("contoso.enrol")),
            ..results.clone()
        };
        let routes = [results, high];
        ledger
            .change(|change| {
                change.begin_run(&run("r", 1, 1))?;
                change.put_run_routes("r", &routes)
            })
            .unwrap();
        assert_eq!(ledger.run_routes("r").unwrap(), routes);
        assert_eq!(ledger.run_routes("none").unwrap(), []);

        let column = ColumnName::new("User").unwrap();
        let row = RedactionRow {
            chain: chain.clone(),
            table: name("users"),
            step: 0,
            rule: rule.rule.clone(),
            version: rule.version.clone(),
            digest: rule.digest,
            column: column.clone(),
            class_in: DataClass::Identifier,
            class_out: Some(DataClass::Pseudonym),
            seen: 9,
            changed: 7,
            nulled: 1,
            dropped: 0,
            suppressed: 1,
        };
        let dropped = RedactionRow { step: 1, class_out: None, dropped: 7, ..row.clone() };
        let (scanned, held) = (name("users"), name("machines"));
        let done = PartRedaction {
            rules: vec![row, dropped],
            scans: vec![ScanRow {
                chain: chain.clone(),
                table: scanned,
                cells: 9,
                bytes: 99,
                hits: 0,
                allowed: 2,
            }],
            held: vec![
                HeldRow {
                    chain: chain.clone(),
                    route: None,
                    table: held.clone(),
                    why: HeldWhy::Tripwire,
                    column: Some(column.clone()),
                    rule: Some(rule.rule.clone()),
                    kind: Some("known-value".to_owned()),
                    class: None,
                    ceiling: None,
                    count: 3,
                },
                HeldRow {
                    chain,
                    route: Some(name("enrolment")),
                    table: held,
                    why: HeldWhy::ColumnAboveCeiling,
                    column: Some(column),
                    rule: None,
                    kind: None,
                    class: Some(DataClass::Text),
                    ceiling: Some(DataClass::Identifier),
                    count: 0,
                },
            ],
        };
        let (plugin, version) = (id("contoso.users"), Version::new(1, 0, 0));
        let started = Timestamp::UNIX_EPOCH;
        let of = PartOf { run: "r", plugin: &plugin, version: &version, digest: None, started };
        let part = ledger.begin_part(&of).unwrap();
        ledger
            .change(|change| {
                change.put_redaction(&part, &done)?;
                change.finish_part(&part, &[], &[])
            })
            .unwrap();
        assert_eq!(ledger.parts("r").unwrap().remove(0).redaction, done);
    }
}
