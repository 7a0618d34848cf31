//! Which statements run at a level, and why the others do not.
//!
//! What a person reads before a run and what a run does come from the same place: [`job`] decides, for one
//! plugin, what is sent to the site.

mod routes;

pub use routes::{ColumnFate, ColumnRule, PlannedRoute, PlannedTable, RoutedColumn, planned_routes};

use std::{collections::BTreeMap, sync::Arc};

use glasshouse_contract::{
    ColumnName, ColumnType, DataClass, Digest, Kind, Level, Manifest, Name, PluginId, Schema, Statement,
};
use glasshouse_guard::{Checked, ColumnVerdict, Floors, Printed};
use glasshouse_ledger::{Reason, StatementRow, StatementState};
use glasshouse_registry::{Generation, PluginState, Registry, RegistryError};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::redact::scan::QueryWords;

/// The highest class that is written at all: what stands for an identifier may be kept, the identifier not.
pub const KEPT: DataClass = DataClass::Pseudonym;

/// The name that the host itself has among the queries.
pub const OWN: &str = "glasshouse.run";

/// What would run at a level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The level.
    pub level: Level,
    /// The queries, by id.
    pub queries: Vec<PlannedQuery>,
}

/// One query of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedQuery {
    /// The plugin.
    pub query: PluginId,
    /// Its version.
    pub version: Version,
    /// The plugin file.
    pub digest: Digest,
    /// A few words on it.
    pub title: String,
    /// Its statements, in the manifest's order.
    pub statements: Vec<PlannedStatement>,
}

/// One statement of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedStatement {
    /// The statement.
    pub statement: Name,
    /// From which level on it runs.
    pub level: Level,
    /// The documented items that it answers.
    pub items: Vec<String>,
    /// Why it does not run; it runs where there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<WhyNot>,
    /// What the host sends, in its own printing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// The views and functions that it reads.
    pub reads: Vec<String>,
    /// Its columns.
    pub columns: Vec<PlannedColumn>,
    /// How it went last time at the site that was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastTime>,
}

/// Why a statement does not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyNot {
    /// The host's word for it.
    pub reason: Reason,
    /// The same in words.
    pub words: String,
}

/// One column of a statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedColumn {
    /// The column.
    pub column: ColumnName,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// The class that the manifest declares.
    pub class: DataClass,
    /// The lowest class that it may have, by what it is made from. None where the statement is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<DataClass>,
    /// The columns of the site that it is made from.
    pub sources: Vec<String>,
    /// Whether an administrator granted that the class is below the floor.
    pub lowered: bool,
    /// Whether its values are written as they are, without a rule.
    pub kept: bool,
    /// What the author says of it.
    pub description: String,
}

/// How a statement went when it was last begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastTime {
    /// When that was.
    pub started: Option<Timestamp>,
    /// How long it took.
    pub duration_ms: u64,
    /// How many rows the site returned.
    pub rows_read: u64,
    /// What became of it.
    pub state: StatementState,
    /// Why it was skipped or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// SQL Server's error number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
}

/// What is to be done for one plugin in a run.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub generation: Arc<Generation>,
    pub statements: Vec<JobStatement>,
    /// The words of the query's own text.
    pub words: QueryWords,
}

impl Job {
    /// What the columns of a statement count as.
    pub fn classes(&self, statement: &Name) -> &[DataClass] {
        let known = self.statements.iter().find(|known| known.name == *statement);
        known.map_or(&[], |known| &known.classes)
    }
}

/// One statement of a job.
#[derive(Clone, Debug)]
pub(crate) struct JobStatement {
    pub name: Name,
    pub level: Level,
    pub schema: Arc<Schema>,
    /// What its columns count as, by what they are made from.
    pub classes: Vec<DataClass>,
    pub run: Result<Arc<Printed>, WhyNot>,
}

impl WhyNot {
    fn new(reason: Reason, words: impl Into<String>) -> Self {
        Self { reason, words: words.into() }
    }
}

impl Plan {
    /// What would run at a level, with how each statement went last time at a site.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn of(
        registry: &Registry,
        level: Level,
        floors: &Floors,
        site: Option<&Name>,
    ) -> Result<Self, RegistryError> {
        let last: BTreeMap<(PluginId, Name), StatementRow> = match site {
            Some(site) => registry
                .ledger()
                .last_statements(site)?
                .into_iter()
                .map(|(query, row)| ((query, row.statement.clone()), row))
                .collect(),
            None => BTreeMap::new(),
        };
        let mut queries: Vec<PlannedQuery> = registry
            .serving()
            .iter()
            .filter(|generation| generation.manifest().kind() == Kind::Query)
            .map(|generation| planned(generation.manifest(), generation.digest(), level, floors, None))
            .collect();
        for status in registry.list()?.plugins {
            let stands_still = matches!(status.state, PluginState::Stopped | PluginState::Waiting);
            if status.kind != Kind::Query
                || !stands_still
                || queries.iter().any(|query| query.query == status.id)
            {
                continue;
            }
            // A stored file that cannot be read is told about by the registry; here it has no statements.
            let Ok(file) = registry.stored(status.digest) else { continue };
            let why = WhyNot::new(Reason::Stopped, format!("the plugin is {}: {}", status.state, status.why));
            queries.push(planned(file.manifest(), status.digest, level, floors, Some(&why)));
        }
        for query in &mut queries {
            for statement in &mut query.statements {
                let key = (query.query.clone(), statement.statement.clone());
                statement.last = last.get(&key).map(LastTime::of);
            }
        }
        queries.sort_by(|a, b| a.query.cmp(&b.query));
        Ok(Self { level, queries })
    }

    /// The statements that run.
    pub fn running(&self) -> impl Iterator<Item = (&PlannedQuery, &PlannedStatement)> {
        self.queries
            .iter()
            .flat_map(|query| query.statements.iter().map(move |statement| (query, statement)))
            .filter(|(_, statement)| statement.why_not.is_none())
    }
}

impl LastTime {
    fn of(row: &StatementRow) -> Self {
        Self {
            started: row.started,
            duration_ms: row.duration_ms,
            rows_read: row.rows_read,
            state: row.state,
            reason: row.reason,
            number: row.number,
        }
    }
}

/// What is to be done for a plugin, where it is a query.
pub(crate) fn job(generation: &Arc<Generation>, level: Level, floors: &Floors) -> Option<Job> {
    let manifest = generation.manifest();
    let query = manifest.query()?;
    let (checked, refused) = check(manifest, floors);
    let words = QueryWords::of(manifest, checked.values().map(|checked| &checked.printed));
    let statements = query
        .statements
        .iter()
        .map(|statement| {
            let run = verdict(statement, level, checked.get(&statement.name), refused.as_ref());
            JobStatement {
                name: statement.name.clone(),
                level: statement.level,
                schema: statement.schema(),
                classes: checked
                    .get(&statement.name)
                    .map(|checked| checked.columns.iter().map(ColumnVerdict::class).collect())
                    .unwrap_or_default(),
                run: run.map(|checked| Arc::new(checked.printed.clone())),
            }
        })
        .collect();
    Some(Job { generation: Arc::clone(generation), statements, words })
}

/// The guard's verdict on every statement, and why it refuses the whole where it does. It did not refuse
/// when the plugin was admitted; floors can have been raised since.
fn check(manifest: &Manifest, floors: &Floors) -> (BTreeMap<Name, Checked>, Option<WhyNot>) {
    if manifest.id.as_str() == OWN {
        let words = "its id is the name under which the host writes about its own runs";
        return (BTreeMap::new(), Some(WhyNot::new(Reason::Refused, words)));
    }
    match glasshouse_guard::check(manifest, floors) {
        Ok(checked) => {
            (checked.into_iter().map(|checked| (checked.statement.clone(), checked)).collect(), None)
        }
        Err(error) => (BTreeMap::new(), Some(WhyNot::new(Reason::Refused, error.to_string()))),
    }
}

fn verdict<'a>(
    statement: &Statement,
    level: Level,
    checked: Option<&'a Checked>,
    refused: Option<&WhyNot>,
) -> Result<&'a Checked, WhyNot> {
    if let Some(why) = refused {
        return Err(why.clone());
    }
    if statement.level > level {
        let words = format!("it is for level {} and above", statement.level);
        return Err(WhyNot::new(Reason::Level, words));
    }
    checked.ok_or_else(|| WhyNot::new(Reason::Refused, "the guard has no verdict on it"))
}

fn planned(
    manifest: &Manifest,
    digest: Digest,
    level: Level,
    floors: &Floors,
    stopped: Option<&WhyNot>,
) -> PlannedQuery {
    let (checked, refused) = check(manifest, floors);
    let statements = manifest.query().map_or(&[][..], |query| &query.statements);
    PlannedQuery {
        query: manifest.id.clone(),
        version: manifest.version.clone(),
        digest,
        title: manifest.title.clone(),
        statements: statements
            .iter()
            .map(|statement| {
                let checked = checked.get(&statement.name);
                let run = verdict(statement, level, checked, stopped.or(refused.as_ref()));
                planned_statement(statement, checked, run.err())
            })
            .collect(),
    }
}

fn planned_statement(
    statement: &Statement,
    checked: Option<&Checked>,
    why_not: Option<WhyNot>,
) -> PlannedStatement {
    let columns = statement
        .columns
        .iter()
        .map(|column| {
            let verdict = checked
                .and_then(|checked| checked.columns.iter().find(|verdict| verdict.name == column.name));
            PlannedColumn {
                column: column.name.clone(),
                kind: column.kind,
                class: column.class,
                floor: verdict.map(|verdict| verdict.floor),
                sources: verdict.map_or_else(Vec::new, |verdict| {
                    verdict.sources.iter().map(ToString::to_string).collect()
                }),
                lowered: verdict.is_some_and(|verdict| verdict.lowered),
                kept: column.class <= KEPT,
                description: column.description.clone(),
            }
        })
        .collect();
    PlannedStatement {
        statement: statement.name.clone(),
        level: statement.level,
        items: statement.items.clone(),
        why_not,
        sql: checked.map(|checked| checked.printed.as_str().to_owned()),
        reads: checked.map_or_else(Vec::new, |checked| {
            checked.printed.objects().iter().map(ToString::to_string).collect()
        }),
        columns,
        last: None,
    }
}
