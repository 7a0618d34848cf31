//! What a query's SQL does, as an inspection shows it: what is sent, what it reads, and the floor of each
//! column beside the class that the manifest gives it.

use glasshouse_contract::{DataClass, Manifest, Name};
use glasshouse_guard::{Checked, ColumnVerdict, Floors, OutputVerdict, Review, review};
use serde::{Deserialize, Serialize};

/// What a query's SQL does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardReport {
    /// The statements that would be run.
    pub statements: Vec<StatementReport>,
    /// The tables that the query makes by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputReport>,
    /// For what it would be refused.
    pub findings: Vec<FindingReport>,
}

/// A statement that would be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementReport {
    /// The statement.
    pub statement: Name,
    /// The text that SQL Server gets, which is the host's and not the author's.
    pub sends: String,
    /// The tables, views and functions that it uses.
    pub reads: Vec<String>,
    /// What the server has to allow beyond reading them.
    pub needs: Vec<String>,
    /// Its columns.
    pub columns: Vec<LineageReport>,
}

/// A table that a query makes by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputReport {
    /// The table.
    pub output: Name,
    /// Its columns; their sources are all that the query reads.
    pub columns: Vec<LineageReport>,
}

/// Where a column comes from, and what it may be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineageReport {
    /// The column.
    pub column: String,
    /// What it is made from: `schema.view.column`, or a function.
    pub sources: Vec<String>,
    /// The lowest class that it may have.
    pub floor: DataClass,
    /// Why it is that one.
    pub why: String,
    /// The class that the manifest gives it.
    pub class: DataClass,
    /// Whether that is below the floor, for a reason that an administrator grants.
    pub lowered: bool,
}

/// Something for which a query would be refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingReport {
    /// A short word for machines.
    pub code: String,
    /// What it is about.
    pub object: String,
    /// What is wrong with it.
    pub cause: String,
    /// What its author can do.
    pub mend: String,
}

impl GuardReport {
    /// What a query's SQL does; nothing for a rule or a target.
    pub(crate) fn of(manifest: &Manifest, floors: &Floors) -> Option<Self> {
        manifest.query()?;
        let Review { statements, outputs, findings } = review(manifest, floors);
        Some(Self {
            statements: statements.into_iter().map(StatementReport::from).collect(),
            outputs: outputs.into_iter().map(OutputReport::from).collect(),
            findings: findings
                .iter()
                .map(|finding| {
                    let fault = finding.fault();
                    let code = finding.code().to_owned();
                    FindingReport { code, object: fault.object, cause: fault.cause, mend: fault.mend }
                })
                .collect(),
        })
    }

    /// The outcome in one sentence: the first finding, and how many more.
    pub(crate) fn words(&self) -> String {
        match self.findings.split_first() {
            None => {
                "each statement is one SELECT, and no class is below its floor without a reason".to_owned()
            }
            Some((first, [])) => format!("{}: {}", first.object, first.cause),
            Some((first, more)) => format!("{}: {} (and {} more)", first.object, first.cause, more.len()),
        }
    }
}

impl From<Checked> for StatementReport {
    fn from(checked: Checked) -> Self {
        let Checked { statement, printed, columns } = checked;
        Self {
            statement,
            sends: printed.as_str().to_owned(),
            reads: printed.objects().iter().map(ToString::to_string).collect(),
            needs: printed.needs().names().into_iter().map(str::to_owned).collect(),
            columns: columns.into_iter().map(LineageReport::from).collect(),
        }
    }
}

impl From<OutputVerdict> for OutputReport {
    fn from(verdict: OutputVerdict) -> Self {
        Self {
            output: verdict.output,
            columns: verdict.columns.into_iter().map(LineageReport::from).collect(),
        }
    }
}

impl From<ColumnVerdict> for LineageReport {
    fn from(verdict: ColumnVerdict) -> Self {
        Self {
            column: verdict.name.to_string(),
            sources: verdict.sources.iter().map(ToString::to_string).collect(),
            floor: verdict.floor,
            why: verdict.why,
            class: verdict.declared,
            lowered: verdict.lowered,
        }
    }
}
