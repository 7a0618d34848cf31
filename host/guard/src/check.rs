//! A manifest's statements, held to the guard and to the floors.

use std::fmt;

use glasshouse_contract::{
    ColumnName, ColumnSpec, ColumnType, DataClass, Fault, FaultKind, Level, Manifest, Name, Output, Statement,
};

use crate::{Floors, Origin, OutputColumn, Printed, Reason, Refusal, Source, lineage};

/// A statement that the host may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The statement.
    pub statement: Name,
    /// What is sent for it.
    pub printed: Printed,
    /// Its columns, as they are declared.
    pub columns: Vec<ColumnVerdict>,
}

/// A declared column and what it is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnVerdict {
    /// The column.
    pub name: ColumnName,
    /// What it is made from.
    pub sources: Vec<Source>,
    /// The lowest class that it may have.
    pub floor: DataClass,
    /// Why it is that one.
    pub why: String,
    /// The class that the manifest gives it.
    pub declared: DataClass,
    /// Whether it is below its floor with a reason, which an administrator grants.
    pub lowered: bool,
}

impl ColumnVerdict {
    /// What the column counts as for whatever is made from it.
    #[must_use]
    pub fn class(&self) -> DataClass {
        if self.lowered { self.declared } else { self.declared.max(self.floor) }
    }
}

/// A table that a query makes by itself, and the floors of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputVerdict {
    /// The table.
    pub output: Name,
    /// Its columns; their sources are those of all statements.
    pub columns: Vec<ColumnVerdict>,
}

/// What the guard thinks of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// The statements that may be run.
    pub statements: Vec<Checked>,
    /// The tables that the query makes.
    pub outputs: Vec<OutputVerdict>,
    /// What has to be mended first.
    pub findings: Vec<Finding>,
}

/// Something in a manifest for which it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A statement that is not run.
    Statement(Name, Refusal),
    /// A statement whose columns are not the declared ones.
    Columns {
        /// The statement.
        statement: Name,
        /// The columns that the manifest declares.
        declared: Vec<String>,
        /// The columns that the SQL gives.
        given: Vec<String>,
    },
    /// A column whose class is below what it is made from.
    Floor {
        /// The statement or output.
        owner: Name,
        /// The column.
        column: ColumnName,
        /// The class that the manifest gives it.
        declared: DataClass,
        /// The lowest class that it may have.
        floor: DataClass,
        /// Why it is that one.
        why: String,
    },
    /// A statement below level full whose rows tell of somebody by being there: how many they are is in the
    /// results of every run.
    Rows {
        /// The statement.
        statement: Name,
        /// The class of what they tell.
        floor: DataClass,
        /// Why they tell it.
        why: String,
    },
    /// A statement of a lower level that reads how far machines comply with software updates.
    ForFull {
        /// The statement.
        statement: Name,
        /// Its level.
        level: Level,
        /// What it reads: a view, or a column of one.
        reads: String,
    },
}

/// Why a manifest is refused: one finding or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardError {
    /// What is wrong, in the manifest's order; never empty.
    pub findings: Vec<Finding>,
}

/// Holds every statement of a query to the guard and every column to its floor. A rule and a target have none.
///
/// # Errors
/// When a statement may not be run, has other columns than declared, or a class is below its floor without
/// a reason.
pub fn check(manifest: &Manifest, floors: &Floors) -> Result<Vec<Checked>, GuardError> {
    let Review { statements, outputs: _, findings } = review(manifest, floors);
    if findings.is_empty() { Ok(statements) } else { Err(GuardError { findings }) }
}

/// The same as [`check`], with what is in order beside what is not.
#[must_use]
pub fn review(manifest: &Manifest, floors: &Floors) -> Review {
    let mut review = Review::default();
    let Some(query) = manifest.query() else { return review };
    for statement in &query.statements {
        review.statement(statement, floors);
    }
    for output in &query.outputs {
        review.output(output);
    }
    review
}

impl Review {
    fn statement(&mut self, statement: &Statement, floors: &Floors) {
        let printed = match Printed::of(&statement.sql) {
            Ok(printed) => printed,
            Err(refusal) => {
                self.findings.push(Finding::Statement(statement.name.clone(), refusal));
                return;
            }
        };
        // A function may read anything, and does not say what. Somebody has to have looked at it.
        let unknown = |name: &String| floors.function(name).origin == Origin::Unknown;
        if let Some(name) = printed.functions().iter().map(ToString::to_string).find(unknown) {
            let refusal = Refusal { place: None, reason: Reason::Function(name) };
            self.findings.push(Finding::Statement(statement.name.clone(), refusal));
            return;
        }
        let declared: Vec<&str> = statement.columns.iter().map(|column| column.name.as_str()).collect();
        if !printed.names().eq(declared.iter().copied()) {
            self.findings.push(Finding::Columns {
                statement: statement.name.clone(),
                declared: declared.into_iter().map(str::to_owned).collect(),
                given: printed.names().map(str::to_owned).collect(),
            });
            return;
        }
        let lineage::Given { columns, told, full } = printed.given(floors);
        let closed = || printed.objects().iter().find(|object| floors.is_for_full(object, None));
        let full = full.map(|source| source.to_string()).or_else(|| closed().map(ToString::to_string));
        if let Some(reads) = full.filter(|_| statement.level < Level::Full) {
            let (statement, level) = (statement.name.clone(), statement.level);
            self.findings.push(Finding::ForFull { statement, level, reads });
        }
        let columns: Vec<_> = statement
            .columns
            .iter()
            .zip(columns)
            .map(|(spec, column)| self.column(&statement.name, spec, column))
            .collect();
        // How many rows a statement gave, and how long it took, is in the results of every run, whatever becomes of
        // its columns. Where an administrator granted a column that tells of it, that is said already.
        let granted = columns.iter().any(|column| column.lowered && column.declared < DataClass::Pseudonym);
        if let Some((floor, why)) = told.filter(|_| statement.level < Level::Full && !granted) {
            self.findings.push(Finding::Rows { statement: statement.name.clone(), floor, why });
        }
        self.statements.push(Checked { statement: statement.name.clone(), printed, columns });
    }

    /// What a shaper makes can be made from everything that it reads, except that a number over categories
    /// counts or measures them.
    fn output(&mut self, output: &Output) {
        let read = self
            .statements
            .iter()
            .flat_map(|checked| checked.columns.iter().map(move |column| (&checked.statement, column)));
        let highest = read.max_by_key(|(_, column)| column.class());
        let (class, why) = highest.map_or_else(
            || (DataClass::Text, "no statement of the query can be run".to_owned()),
            |(statement, column)| {
                (
                    column.class(),
                    format!("the query reads {statement}.{}, which is {}", column.name, column.class()),
                )
            },
        );
        let mut sources: Vec<Source> = self
            .statements
            .iter()
            .flat_map(|checked| checked.columns.iter().flat_map(|column| column.sources.iter().cloned()))
            .collect();
        sources.sort();
        sources.dedup();
        let columns = output
            .columns
            .iter()
            .map(|spec| {
                let number = matches!(spec.kind, ColumnType::Int | ColumnType::Float | ColumnType::Boolean);
                let (floor, why) = if number && class <= DataClass::Category {
                    (DataClass::Measure, "it is a number made from categories".to_owned())
                } else {
                    (class, why.clone())
                };
                let name = spec.name.to_string();
                self.column(&output.name, spec, OutputColumn { name, sources: sources.clone(), floor, why })
            })
            .collect();
        self.outputs.push(OutputVerdict { output: output.name.clone(), columns });
    }

    fn column(&mut self, owner: &Name, spec: &ColumnSpec, column: OutputColumn) -> ColumnVerdict {
        let OutputColumn { name: _, sources, floor, why } = column;
        let below = spec.class < floor;
        if below && spec.lowers.is_none() {
            self.findings.push(Finding::Floor {
                owner: owner.clone(),
                column: spec.name.clone(),
                declared: spec.class,
                floor,
                why: why.clone(),
            });
        }
        let lowered = below && spec.lowers.is_some();
        ColumnVerdict { name: spec.name.clone(), sources, floor, why, declared: spec.class, lowered }
    }
}

impl Finding {
    /// A short word for machines; it does not change.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Statement(_, refusal) => refusal.reason.code(),
            Self::Columns { .. } => "columns",
            Self::Floor { .. } => "class-below-floor",
            Self::Rows { .. } => "telling-rows",
            Self::ForFull { .. } => "level-full-alone",
        }
    }

    /// What it is about.
    #[must_use]
    pub fn object(&self) -> String {
        match self {
            Self::Statement(statement, _)
            | Self::Columns { statement, .. }
            | Self::Rows { statement, .. }
            | Self::ForFull { statement, .. } => {
                format!("statement `{statement}`")
            }
            Self::Floor { owner, column, .. } => format!("column `{owner}.{column}`"),
        }
    }

    /// What it is about, and what is wrong with it.
    #[must_use]
    pub fn sentence(&self) -> String {
        let colon = if matches!(self, Self::Statement(..)) { ":" } else { "" };
        format!("{}{colon} {self}", self.object())
    }

    /// The finding as it reaches a person.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let mend = match self {
            Self::Statement(_, refusal) => refusal.reason.mend(),
            Self::Columns { .. } => "declare the columns that the SQL gives, in its order and spelling",
            Self::Floor { .. } => {
                "raise the class, or say in `lowers` why less is true: an administrator then decides"
            }
            Self::Rows { .. } => "leave the comparison to a rule, or make the statement one of level full",
            Self::ForFull { .. } => "make the statement one of level full, or leave this out of it",
        };
        Fault::new(FaultKind::Refused, self.object(), self, mend)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement(_, refusal) => refusal.fmt(f),
            Self::Columns { declared, given, .. } => {
                write!(f, "declares {} and its SQL gives {}", some(declared), some(given))
            }
            Self::Floor { declared, floor, why, .. } => {
                write!(f, "is declared {declared}, and its floor is {floor}: {why}")
            }
            Self::Rows { floor, why, .. } => {
                write!(f, "gives rows whose number is {floor}: {why}")
            }
            Self::ForFull { level, reads, .. } => {
                write!(
                    f,
                    "is of level {level} and reads {reads}, which tells how far machines comply with software updates"
                )
            }
        }
    }
}

/// The first columns, for a message.
fn some(names: &[String]) -> String {
    const MOST: usize = 12;
    let mut text = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text.push_str(", ..");
    }
    text
}

impl fmt::Display for GuardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            f.write_str(&finding.sentence())?;
        }
        Ok(())
    }
}

impl std::error::Error for GuardError {}

impl GuardError {
    /// The error as it reaches a person, about the plugin of this name: the first finding, and how many more.
    #[must_use]
    pub fn fault(&self, plugin: impl fmt::Display) -> Fault {
        let Some(first) = self.findings.first() else {
            return Fault::new(FaultKind::Refused, plugin, "refused by the statement guard", "");
        };
        let more = match self.findings.len().saturating_sub(1) {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        Fault::new(FaultKind::Refused, plugin, format!("{}{more}", first.sentence()), first.fault().mend)
    }
}
