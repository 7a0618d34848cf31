//! The manifest: the one place for facts about a plugin, readable without running it.

mod characters;
mod check;

use std::{fmt, str::FromStr, sync::Arc};

use semver::Version;
use serde::{Deserialize, Serialize};

use check::{Written, rule};

use crate::{
    ApiMismatch, Asks, Batch, ColumnName, ColumnType, DataClass, Endpoint, Field, Level, Limits, Name,
    PluginId, RecordedTable, Schema, shown,
};

/// What a plugin says about itself. A value of this type keeps every rule of the format.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Manifest {
    /// The plugin's name for life.
    pub id: PluginId,
    /// The plugin's version.
    pub version: Version,
    /// The contract version that it is made for.
    pub api: String,
    /// A few words for lists.
    pub title: String,
    /// What it is for, for the person who decides about it.
    pub purpose: String,
    /// Who answers for it.
    pub author: String,
    /// What the administrator can set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<SettingSpec>,
    /// What it may use.
    pub limits: Limits,
    /// What it is, and the facts of that kind.
    #[serde(flatten)]
    pub spec: KindSpec,
    /// Rows to try the plugin on before it replaces a running one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
}

/// What a plugin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Turns statements' rows into telemetry tables.
    Query,
    /// Takes out of a table what may not leave.
    Rule,
    /// Turns tables into requests.
    Target,
}

/// The facts that only one kind of plugin has.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KindSpec {
    /// A telemetry query.
    Query(QuerySpec),
    /// A redaction rule.
    Rule(RuleSpec),
    /// An upload target.
    Target(TargetSpec),
}

/// A value that the administrator can set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingSpec {
    /// The setting's name.
    pub name: Name,
    /// What it does.
    pub description: String,
    /// The value where none is given.
    pub default: String,
}

/// What a query reads and what it gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuerySpec {
    /// The SQL that the host runs for it.
    #[serde(rename = "statement")]
    pub statements: Vec<Statement>,
    /// The tables that it gives; where none is declared, each statement's rows as they are.
    #[serde(rename = "output", default)]
    pub outputs: Vec<Output>,
}

/// One statement of a query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The statement's name.
    pub name: Name,
    /// From which level on it runs.
    pub level: Level,
    /// Which documented items it answers.
    #[serde(default)]
    pub items: Vec<String>,
    /// How often it runs.
    #[serde(default = "weekly")]
    pub cadence: String,
    /// A single SELECT.
    pub sql: String,
    /// The columns that it must return, no more and no fewer.
    #[serde(rename = "column")]
    pub columns: Vec<ColumnSpec>,
}

fn weekly() -> String {
    "weekly".to_owned()
}

/// A table that a query gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// The table's name.
    pub name: Name,
    /// The table's columns.
    #[serde(rename = "column")]
    pub columns: Vec<ColumnSpec>,
}

/// A column of a statement or an output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnSpec {
    /// The column's name.
    pub name: ColumnName,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Whether a value may be missing.
    #[serde(default)]
    pub nullable: bool,
    /// How sensitive the values are.
    pub class: DataClass,
    /// How a category is written: version, guid, date or code. The host checks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Why the class is below that of what the column is made from. Without a reason that is refused;
    /// with one the administrator is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowers: Option<String>,
    /// What the column says, in plain language.
    pub description: String,
}

/// What a rule does to which columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Whether it works on batches or on whole tables.
    pub scope: Scope,
    /// Keys of the host that it uses.
    #[serde(default)]
    pub keys: Vec<Name>,
    /// Whether it may drop rows.
    #[serde(default)]
    pub drops_rows: bool,
    /// The columns that it works on.
    #[serde(rename = "need")]
    pub needs: Vec<Need>,
}

/// How much of a table a rule sees at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// One batch, on a fresh instance each time.
    Batch,
    /// The whole table, on one instance.
    Table,
}

/// Columns that a rule works on, and what it does to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Column names that it takes.
    #[serde(default)]
    pub columns: Vec<ColumnName>,
    /// Classes of which it takes every column.
    #[serde(default)]
    pub classes: Vec<DataClass>,
    /// The type that a column must have to be taken.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// What the rule does to it.
    pub access: Access,
    /// What the column is afterwards, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub becomes: Option<Becomes>,
}

/// What a rule may do to a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Read it.
    Read,
    /// Read it and write it anew, or make it null.
    Replace,
    /// Drop it or make it null, unseen.
    Drop,
    /// Let the host's kernels work on it, unseen.
    Handle,
}

/// What a column is after a rule has worked on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Becomes {
    /// The new class.
    pub class: DataClass,
    /// The new type, where it changes.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ColumnType>,
}

/// Where a target sends, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// The places that requests may go to.
    #[serde(rename = "endpoint")]
    pub endpoints: Vec<Endpoint>,
    /// The credential kinds that the host may be told to attach.
    #[serde(default)]
    pub credentials: Vec<String>,
    /// Whether bodies may hold bytes that the host's encoders did not write.
    #[serde(default)]
    pub free_body: bool,
}

/// Rows to try the plugin on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The statement, for a query; any table name otherwise.
    pub table: Name,
    /// The columns; a query's are its statement's.
    #[serde(rename = "column", default)]
    pub columns: Vec<Field>,
    /// The rows; a missing value is null.
    pub rows: Vec<toml::Table>,
}

/// Why a text is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// More bytes than any manifest needs.
    #[error("the manifest has {0} bytes; at most {max} are read", max = Manifest::MAX_BYTES)]
    TooBig(usize),
    /// Not UTF-8.
    #[error("the manifest is not UTF-8 from byte {0} on")]
    NotUtf8(usize),
    /// A character that a reader would not see, or that rewrites the reader's screen.
    #[error("the manifest has the control or hidden character U+{0:04X} in {1}")]
    Hidden(u32, String),
    /// Not TOML, or not the fields of a manifest.
    #[error("{0}")]
    Syntax(String),
    /// For another contract.
    #[error(transparent)]
    Api(#[from] ApiMismatch),
    /// A field that breaks a rule.
    #[error("`{field}`: {why}")]
    Rule {
        /// Where in the manifest.
        field: String,
        /// What is wrong there.
        why: String,
    },
}

impl Manifest {
    /// 76 statements with their columns described take about 150 KiB; this leaves room.
    pub const MAX_BYTES: usize = 1 << 20;
    /// Enough to try a plugin on; a few kilobytes of a file that nobody has vouched for yet could
    /// otherwise be gigabytes of empty cells.
    pub const SAMPLE_CELLS: u64 = 1 << 16;

    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is too big, no TOML, has unknown or missing fields, or breaks a rule.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(ManifestError::TooBig(bytes.len()));
        }
        let text = str::from_utf8(bytes).map_err(|error| ManifestError::NotUtf8(error.valid_up_to()))?;
        characters::check_raw(text)?;
        let written: Written = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            ManifestError::Syntax(format!("line {line}: {}", shown(error.message())))
        })?;
        characters::check_decoded(text)?;
        written.check()
    }

    /// What kind of plugin it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.spec {
            KindSpec::Query(_) => Kind::Query,
            KindSpec::Rule(_) => Kind::Rule,
            KindSpec::Target(_) => Kind::Target,
        }
    }

    /// The query's facts, where it is one.
    #[must_use]
    pub const fn query(&self) -> Option<&QuerySpec> {
        if let KindSpec::Query(spec) = &self.spec { Some(spec) } else { None }
    }

    /// The rule's facts, where it is one.
    #[must_use]
    pub const fn rule(&self) -> Option<&RuleSpec> {
        if let KindSpec::Rule(spec) = &self.spec { Some(spec) } else { None }
    }

    /// The target's facts, where it is one.
    #[must_use]
    pub const fn target(&self) -> Option<&TargetSpec> {
        if let KindSpec::Target(spec) = &self.spec { Some(spec) } else { None }
    }

    /// Everything that it asks to be allowed.
    #[must_use]
    pub fn asks(&self) -> Asks {
        Asks::of(self)
    }

    /// The samples as tables.
    ///
    /// # Errors
    /// When a row does not fit its columns.
    pub fn sample_tables(&self) -> Result<Vec<(Name, Batch)>, ManifestError> {
        let cells: u64 = self.samples.iter().map(|sample| self.sample_cells(sample)).sum();
        if cells > Self::SAMPLE_CELLS {
            let most = Self::SAMPLE_CELLS;
            return Err(rule(
                "sample",
                format!("there are {cells} cells in all samples; at most {most} fit"),
            ));
        }
        self.samples.iter().map(|sample| Ok((sample.table.clone(), self.sample_batch(sample)?))).collect()
    }

    /// Values that are left out count, too: in a batch each of them takes its place. And a table without
    /// rows still has its columns.
    fn sample_cells(&self, sample: &Sample) -> u64 {
        let statement = self.query().and_then(|query| query.statement(sample.table.as_str()));
        let columns = statement.map_or(sample.columns.len(), |statement| statement.columns.len());
        columns.max(1) as u64 * sample.rows.len().max(1) as u64
    }

    fn sample_batch(&self, sample: &Sample) -> Result<Batch, ManifestError> {
        let fields = match self.query().and_then(|query| query.statement(sample.table.as_str())) {
            Some(statement) => statement.schema(),
            None => Arc::new(Schema::new(sample.columns.clone()).map_err(|error| rule("sample", error))?),
        };
        let rows = sample
            .rows
            .iter()
            .map(|row| serde_json::to_value(row).map_err(|error| rule("sample", error)))
            .collect::<Result<Vec<_>, _>>()?;
        RecordedTable::from_rows(sample.table.clone(), fields, &rows)
            .map(|table| table.batch)
            .map_err(|error| rule(format!("sample `{}`", sample.table), error))
    }
}

impl QuerySpec {
    /// The statement of that name.
    #[must_use]
    pub fn statement(&self, name: &str) -> Option<&Statement> {
        self.statements.iter().find(|statement| statement.name.as_str() == name)
    }

    /// The columns of the output of that name: a declared output, or a statement where none is.
    #[must_use]
    pub fn output_schema(&self, name: &str) -> Option<Arc<Schema>> {
        if self.outputs.is_empty() {
            return self.statement(name).map(Statement::schema);
        }
        self.outputs.iter().find(|output| output.name.as_str() == name).map(|output| schema(&output.columns))
    }
}

impl Statement {
    /// The columns that it must return.
    #[must_use]
    pub fn schema(&self) -> Arc<Schema> {
        schema(&self.columns)
    }
}

fn schema(columns: &[ColumnSpec]) -> Arc<Schema> {
    let fields = columns
        .iter()
        .map(|column| Field {
            name: column.name.clone(),
            kind: column.kind,
            nullable: column.nullable,
            class: column.class,
        })
        .collect();
    // A manifest with two columns of one name was refused when it was read.
    Arc::new(Schema::new(fields).unwrap_or_else(|_| unreachable!("names were checked")))
}

impl Need {
    /// Whether the rule takes this column.
    #[must_use]
    pub fn takes(&self, field: &Field) -> bool {
        self.kind == field.kind && (self.columns.contains(&field.name) || self.classes.contains(&field.class))
    }
}

impl Kind {
    /// The kind's name as manifests and pages write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Rule => "rule",
            Self::Target => "target",
        }
    }

    /// The world in `wit/` that a plugin of this kind lives in.
    #[must_use]
    pub const fn world(self) -> &'static str {
        match self {
            Self::Query => "telemetry-query",
            Self::Rule => "redaction-rule",
            Self::Target => "upload-target",
        }
    }

    /// The interfaces of `wit/` that a plugin of this kind may import.
    #[must_use]
    pub const fn imports(self) -> &'static [&'static str] {
        match self {
            Self::Query => &["table", "run", "output", "diagnostics"],
            Self::Rule => &["table", "run", "kernels", "diagnostics"],
            Self::Target => &["table", "run", "payload", "diagnostics"],
        }
    }

    /// The interface of `wit/` that a plugin of this kind must export.
    #[must_use]
    pub const fn export(self) -> &'static str {
        match self {
            Self::Query => "shaping",
            Self::Rule => "redaction",
            Self::Target => "delivery",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Query, Self::Rule, Self::Target]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no kind of plugin; there are query, rule and target"))
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Read => "read",
            Self::Replace => "replace",
            Self::Drop => "drop",
            Self::Handle => "handle",
        })
    }
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

[[query.statement]]
name = "devices"
level = "basic"
sql = "SELECT COUNT(*) AS Devices FROM v_R_System"
[[query.statement.column]]
name = "Devices"
type = "int"
class = "measure"
description = "How many devices there are."

[[sample]]
table = "devices"
rows = [{ Devices = 7 }]
"#;

    fn error(from: &str, to: &str) -> String {
        assert!(QUERY.contains(from), "{from}");
        Manifest::parse(QUERY.replace(from, to).as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_query_is_read() {
        let manifest = Manifest::parse(QUERY.as_bytes()).unwrap();
        assert_eq!(manifest.kind(), Kind::Query);
        assert_eq!(manifest.sample_tables().unwrap()[0].1.rows(), 1);
        assert_eq!(manifest.query().unwrap().output_schema("devices").unwrap().fields().len(), 1);
    }

    #[test]
    fn what_the_eye_does_not_see_is_refused_also_behind_an_escape() {
        assert!(error("Counts devices.", r"a\u0007b").contains("U+0007 in `purpose`"));
        assert!(error("SELECT", r"SELECT \u202E").contains("U+202E in `query.statement.1.sql`"));
    }

    #[test]
    fn samples_take_no_more_room_than_a_sample_needs() {
        let rows = |count: usize| format!("[{}]", "{Devices=7},".repeat(count));
        let most = QUERY.replace("[{ Devices = 7 }]", &rows(65_536));
        assert_eq!(Manifest::parse(most.as_bytes()).unwrap().sample_tables().unwrap()[0].1.rows(), 65_536);
        let cells = error("[{ Devices = 7 }]", &rows(65_537));
        assert_eq!(cells, "`sample`: there are 65537 cells in all samples; at most 65536 fit");
        // A table without a row has its columns all the same.
        let empty = "[]\n[[sample]]\ntable=\"devices\"\nrows=".repeat(20_000);
        assert!(Manifest::parse(QUERY.replace("[{ Devices = 7 }]", &(empty + "[]")).as_bytes()).is_ok());
    }

    /// A megabyte must not keep a host busy: whoever wrote it need not have a key.
    #[test]
    fn a_long_key_before_many_values_is_read_in_a_moment() {
        let row = format!("{{ {} = [{}] }}", "k".repeat(400_000), "1,".repeat(250_000));
        let begun = std::time::Instant::now();
        let error = error("{ Devices = 7 }", &row);
        assert!(error.len() < 500 && error.contains("there is no column `kkk"), "{}", error.len());
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    #[test]
    fn each_near_miss_names_its_field() {
        assert!(error("contoso.devices", "../devices.x").contains("plugin id"));
        assert!(error("title = ", "titel = ").contains("line 6: unknown field `titel`"));
        assert!(error("\"1.0\"", "\"1.7\"").contains("newer than this host"));
        assert!(error("\"1.0\"", "\"0.9\"").contains("no longer speaks"));
        assert!(error("Counts devices.", "a\u{7}b").contains("U+0007 in line 7"));
        assert!(error("Counts devices.", "a\u{202e}b").contains("U+202E in line 7"));
        assert!(error("measure", "secret").contains("a secret never enters a sandbox"));
        assert!(error("{ Devices = 7 }", "{ Devices = \"x\" }").contains("sample `devices`"));
        assert!(error("kind = \"query\"", "kind = \"rule\"").contains("one section [rule]"));
        assert!(error("api = ", "limits.memory_mib = 9999999\napi = ").contains("limits.memory_mib"));
    }
}
