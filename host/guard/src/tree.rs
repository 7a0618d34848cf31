//! All that a statement can say. What is not in these types cannot be printed.

use std::fmt;

use crate::{
    allowed::{Builtin, DateFunction, DatePart, SqlType, System},
    refusal::Reason,
};

/// A name as SQL Server knows it: `[A-Za-z_][A-Za-z0-9_]{0,127}`. It compares as the site database does,
/// without regard to case.
#[derive(Clone, Eq)]
pub(crate) struct Word(String);

impl Word {
    pub(crate) fn new(text: &str) -> Result<Self, Reason> {
        let mut bytes = text.bytes();
        let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
        if first && text.len() <= 128 && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            Ok(Self(text.to_owned()))
        } else {
            Err(Reason::BadName(text.to_owned()))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The whole statement, or a query within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    pub commons: Vec<Common>,
    pub body: Body,
    pub order: Vec<Order>,
}

/// A common table expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Common {
    pub name: Word,
    pub columns: Vec<Word>,
    pub query: Query,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Select(Box<Select>),
    Union { left: Box<Body>, all: bool, right: Box<Body> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Select {
    pub distinct: bool,
    pub top: Option<Top>,
    pub columns: Vec<Item>,
    pub from: Vec<From>,
    pub filter: Option<Condition>,
    pub group: Vec<Expr>,
    pub having: Option<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Top {
    pub rows: u64,
    pub ties: bool,
}

/// A column of a SELECT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub value: Expr,
    pub alias: Option<Word>,
}

impl Item {
    /// The name that the column has outside.
    pub(crate) fn name(&self) -> Option<&Word> {
        match (&self.alias, &self.value) {
            (Some(alias), _) => Some(alias),
            (None, Expr::Column(column)) => Some(&column.name),
            (None, _) => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct From {
    pub relation: Relation,
    pub joins: Vec<Join>,
}

impl From {
    pub(crate) fn relations(&self) -> impl Iterator<Item = &Relation> {
        std::iter::once(&self.relation).chain(self.joins.iter().map(|join| &join.relation))
    }

    /// The conditions of its joins, each with how many of its relations it knows: those up to its own. A name that none
    /// of them has is one of a query further out, also where a later join brings one of that name.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = (&Condition, usize)> {
        self.joins.iter().zip(2..).filter_map(|(join, known)| Some((join.how.condition()?, known)))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Join {
    pub how: How,
    pub relation: Relation,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Inner(Condition),
    Left(Condition),
    Right(Condition),
    Full(Condition),
    Cross,
}

impl How {
    pub(crate) const fn condition(&self) -> Option<&Condition> {
        match self {
            Self::Inner(on) | Self::Left(on) | Self::Right(on) | Self::Full(on) => Some(on),
            Self::Cross => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Object { object: Object, alias: Option<Word> },
    Common { name: Word, alias: Option<Word> },
    Derived { query: Box<Query>, alias: Word, columns: Vec<Word> },
}

impl Relation {
    /// The name by which columns speak of it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Object { alias: Some(alias), .. } | Self::Derived { alias, .. } => alias.as_str(),
            Self::Common { name, alias } => alias.as_ref().unwrap_or(name).as_str(),
            Self::Object { object, .. } => object.name(),
        }
    }
}

/// A table or view of the current database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    Dbo(Word),
    System(&'static System),
}

impl Object {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Dbo(name) => name.as_str(),
            Self::System(system) => system.name,
        }
    }

    pub(crate) fn full(&self) -> ObjectName {
        match self {
            Self::Dbo(name) => ObjectName { schema: "dbo", name: name.as_str().to_owned() },
            Self::System(system) => ObjectName { schema: system.schema, name: system.name.to_owned() },
        }
    }
}

/// What a statement reads or calls, with its schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// `dbo`, `sys` or `INFORMATION_SCHEMA`; empty for a function of the server's own.
    pub schema: &'static str,
    /// The name in it.
    pub name: String,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.schema.is_empty() {
            write!(f, "{}.", self.schema)?;
        }
        f.write_str(&self.name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub value: Expr,
    pub down: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub relation: Option<Word>,
    pub name: Word,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expr {
    Column(Column),
    /// Digits, with a fraction or without.
    Number(String),
    Text {
        value: String,
        national: bool,
    },
    Null,
    Negative(Box<Expr>),
    Arithmetic {
        left: Box<Expr>,
        sign: Sign,
        right: Box<Expr>,
    },
    Call(Call),
    /// A function of the schema dbo.
    Dbo {
        name: Word,
        arguments: Vec<Expr>,
    },
    Date {
        function: DateFunction,
        part: DatePart,
        arguments: Vec<Expr>,
    },
    Cast {
        attempt: bool,
        value: Box<Expr>,
        to: SqlType,
        style: Option<u16>,
    },
    /// `CASE WHEN condition THEN value`
    Case {
        arms: Vec<(Condition, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    /// `CASE operand WHEN value THEN value`
    Switch {
        operand: Box<Expr>,
        arms: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Query(Box<Query>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub function: &'static Builtin,
    pub distinct: bool,
    pub arguments: Arguments,
    pub over: Option<Window>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// `COUNT(*)`
    Star,
    List(Vec<Expr>),
}

impl Arguments {
    pub(crate) fn list(&self) -> &[Expr] {
        match self {
            Self::Star => &[],
            Self::List(list) => list,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub partition: Vec<Expr>,
    pub order: Vec<Order>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Plus,
    Minus,
    Times,
    Divided,
    Modulo,
    BitAnd,
    BitOr,
    BitXor,
}

/// What is true, false or unknown. In T-SQL that is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Two or more.
    And(Vec<Condition>),
    /// Two or more.
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare {
        left: Expr,
        sign: Comparison,
        right: Expr,
    },
    IsNull {
        value: Expr,
        not: bool,
    },
    InList {
        value: Expr,
        list: Vec<Expr>,
        not: bool,
    },
    InQuery {
        value: Expr,
        query: Box<Query>,
        not: bool,
    },
    Like {
        value: Expr,
        pattern: Expr,
        escape: Option<char>,
        not: bool,
    },
    Between {
        value: Expr,
        low: Expr,
        high: Expr,
        not: bool,
    },
    Exists(Box<Query>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
