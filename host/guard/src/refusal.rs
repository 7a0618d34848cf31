//! Why a statement is refused: where in the text, what it is, and what its author can do.

use std::fmt;

use glasshouse_contract::{Fault, FaultKind, shown};

/// A place in a statement's text, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The character in the line.
    pub column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// A statement that the host does not send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where in the text, if it is at one place.
    pub place: Option<Place>,
    /// What is there.
    pub reason: Reason,
}

/// What a statement may not have. Words of the author are kept as they were written; whoever shows them
/// escapes them, as `Display` here does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// More bytes than a statement has.
    TooLong(usize),
    /// More of something than fits: the thing, and how many fit.
    TooMany(&'static str, usize),
    /// Deeper nesting than is followed.
    TooDeep,
    /// A control character, or one that a reader does not see.
    Hidden(char),
    /// A character outside ASCII that is in no literal and no comment: it may look like another one.
    NotAscii(char),
    /// A character or an operator that no allowed statement has.
    Symbol(String),
    /// A name in double quotes, which are a string for some settings of a connection.
    DoubleQuotes,
    /// A name that is not letters, digits and underscores.
    BadName(String),
    /// A word that T-SQL keeps for itself, without brackets and where no allowed statement has it.
    Reserved(String),
    /// A variable, also one of the server's.
    Variable(String),
    /// A temporary table.
    Temporary(String),
    /// The text does not begin as a SELECT does.
    NotASelect(String),
    /// Something follows the end of the statement.
    SecondStatement,
    /// The parser does not understand it; its words.
    Syntax(String),
    /// A clause or a form of one.
    Clause(&'static str),
    /// `*` in place of columns.
    Star,
    /// A name that reaches out of the current database, or out of a row's table.
    Parts(String),
    /// A schema other than `dbo`, `sys` and `INFORMATION_SCHEMA`.
    Schema(String),
    /// A system object that is not listed.
    SystemObject(String),
    /// A view over the whole server, read without `database_id = DB_ID()`.
    Unfiltered(String),
    /// A function that is not listed.
    Function(String),
    /// A function with a number of arguments that it does not have.
    Arity(String),
    /// An argument that this function may not have.
    Argument(&'static str, &'static str),
    /// A data type that is not listed.
    DataType(String),
    /// A condition where a value belongs, or a value where a condition belongs.
    Misplaced(&'static str),
    /// Operators side by side that SQL Server and the parser rank differently.
    Ambiguous,
    /// A literal that is not a plain number or string.
    Literal(String),
    /// A column of the result that has no name: which one.
    Unnamed(usize),
    /// Two columns of one result with one name.
    TwiceNamed(String),
    /// The same name for two tables of one FROM, or for two common tables.
    TwiceTable(String),
}

impl Reason {
    /// A short word for machines; it does not change.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong(_) => "too-long",
            Self::TooMany(..) => "too-many",
            Self::TooDeep => "too-deep",
            Self::Hidden(_) => "hidden-character",
            Self::NotAscii(_) => "not-ascii",
            Self::Symbol(_) => "symbol",
            Self::DoubleQuotes => "double-quotes",
            Self::BadName(_) => "bad-name",
            Self::Reserved(_) => "reserved-word",
            Self::Variable(_) => "variable",
            Self::Temporary(_) => "temporary-table",
            Self::NotASelect(_) => "not-a-select",
            Self::SecondStatement => "second-statement",
            Self::Syntax(_) => "syntax",
            Self::Clause(_) => "clause",
            Self::Star => "star",
            Self::Parts(_) => "parts",
            Self::Schema(_) => "schema",
            Self::SystemObject(_) => "system-object",
            Self::Unfiltered(_) => "unfiltered",
            Self::Function(_) => "function",
            Self::Arity(_) => "arity",
            Self::Argument(..) => "argument",
            Self::DataType(_) => "data-type",
            Self::Misplaced(_) => "misplaced",
            Self::Ambiguous => "ambiguous",
            Self::Literal(_) => "literal",
            Self::Unnamed(_) => "unnamed-column",
            Self::TwiceNamed(_) => "column-twice",
            Self::TwiceTable(_) => "table-twice",
        }
    }

    /// What the author can do.
    #[must_use]
    pub const fn mend(&self) -> &'static str {
        match self {
            Self::TooLong(_) | Self::TooMany(..) | Self::TooDeep => "make several statements of it",
            Self::Hidden(_) => "take the character out",
            Self::NotAscii(_) => "write it in ASCII; other characters fit into N'..' and into comments",
            Self::Symbol(_) => "only + - * / % & | ^ = <> < > <= >= , . ( ) are used",
            Self::DoubleQuotes => "write names as [name] and strings as 'text'",
            Self::BadName(_) => {
                "names are a letter or underscore, then letters, digits and underscores, at most 128"
            }
            Self::Reserved(_) => {
                "put it into [brackets] if it is a name; statements other than SELECT are not run"
            }
            Self::Variable(_) => "write the value itself; a statement has no variables",
            Self::Temporary(_) => "use a common table expression: WITH name AS (SELECT ..)",
            Self::NotASelect(_) => "begin with SELECT, or with WITH and a SELECT",
            Self::SecondStatement => "leave one SELECT; each further one is a statement of its own",
            Self::Syntax(_) => "correct the statement",
            Self::Clause(_) => "say it without this clause",
            Self::Star => "name the columns",
            Self::Parts(_) => "name tables as dbo.name and columns as alias.name",
            Self::Schema(_) => "read views of dbo",
            Self::SystemObject(_) => "leave it out; the views of the site database are all of dbo",
            Self::Unfiltered(_) => "add `WHERE database_id = DB_ID()` to the SELECT that reads it",
            Self::Function(_) | Self::DataType(_) => "use one that is listed in SECURITY.md",
            Self::Arity(_) => "give it as many arguments as it has",
            Self::Argument(_, mend) => mend,
            Self::Misplaced(_) => "use CASE WHEN condition THEN .. to make a value of a condition",
            Self::Ambiguous => "say by parentheses what belongs together",
            Self::Literal(_) => "write whole or decimal numbers, and strings in single quotes",
            Self::Unnamed(_) => "add AS and a name",
            Self::TwiceNamed(_) => "give each column a name of its own",
            Self::TwiceTable(_) => "give each table an alias of its own",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(bytes) => write!(f, "the statement has {bytes} bytes"),
            Self::TooMany(what, most) => write!(f, "there are more than {most} {what}"),
            Self::TooDeep => f.write_str("it is nested too deeply"),
            Self::Hidden(c) => write!(f, "the control or hidden character U+{:04X}", u32::from(*c)),
            Self::NotAscii(c) => write!(f, "the character U+{:04X} outside of ASCII", u32::from(*c)),
            Self::Symbol(text) => write!(f, "`{}` is in no statement that is run", shown(text)),
            Self::DoubleQuotes => f.write_str("double quotes"),
            Self::BadName(text) => write!(f, "`{}` is no name that is used", shown(text)),
            Self::Reserved(text) => write!(f, "the word `{}`", shown(text)),
            Self::Variable(text) => write!(f, "the variable `{}`", shown(text)),
            Self::Temporary(text) => write!(f, "the temporary table `{}`", shown(text)),
            Self::NotASelect(text) => write!(f, "the statement begins with `{}`", shown(text)),
            Self::SecondStatement => f.write_str("something follows the end of the SELECT"),
            Self::Syntax(words) => f.write_str(&shown(words)),
            Self::Clause(clause) => write!(f, "{clause} is not used"),
            Self::Star => f.write_str("`*` stands for columns that nobody declared"),
            Self::Parts(text) => write!(f, "`{}` has too many parts", shown(text)),
            Self::Schema(text) => write!(f, "the schema `{}`", shown(text)),
            Self::SystemObject(text) => write!(f, "the system object `{}` is not listed", shown(text)),
            Self::Unfiltered(text) => write!(f, "`{}` shows what other databases do", shown(text)),
            Self::Function(text) => write!(f, "the function `{}` is not listed", shown(text)),
            Self::Arity(text) => write!(f, "`{}` has another number of arguments", shown(text)),
            Self::Argument(function, _) => write!(f, "an argument of {function} that it may not have"),
            Self::DataType(text) => write!(f, "the data type `{}` is not listed", shown(text)),
            Self::Misplaced(what) => write!(f, "{what} stands where none can be"),
            Self::Ambiguous => f.write_str("operators without parentheses that can be read in two ways"),
            Self::Literal(text) => write!(f, "the literal `{}`", shown(text)),
            Self::Unnamed(index) => write!(f, "column {index} of the result has no name"),
            Self::TwiceNamed(name) => write!(f, "two columns of one result are called `{}`", shown(name)),
            Self::TwiceTable(name) => write!(f, "two tables are called `{}`", shown(name)),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "{place}: ")?;
        }
        self.reason.fmt(f)
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    pub(crate) const fn of(reason: Reason) -> Self {
        Self { place: None, reason }
    }

    pub(crate) fn at(place: sqlparser::tokenizer::Location, reason: Reason) -> Self {
        // The parser says 0 where it does not know.
        let place = (place.line > 0).then_some(Place { line: place.line, column: place.column });
        Self { place, reason }
    }

    /// The refusal as it reaches a person, about the object of this name.
    #[must_use]
    pub fn fault(&self, object: impl fmt::Display) -> Fault {
        Fault::new(FaultKind::Refused, object, self, self.reason.mend())
    }
}
