//! The tree as text: the only text that the host sends.
//!
//! One form for everything: names in brackets, aliases with AS, keywords in capitals, parentheses
//! wherever one operator is inside of another, no comment, no semicolon, one line.

use std::fmt::{Display, Formatter, Result, Write as _};

use crate::{
    allowed::{Size, SqlType},
    tree::{
        Arguments, Body, Call, Column, Common, Comparison, Condition, Expr, From, How, Item, Join, Object,
        Order, Query, Relation, Select, Sign, Top, Window, Word,
    },
};

/// Writes things with a word between them.
fn joined<T: Display>(f: &mut Formatter<'_>, things: &[T], between: &str) -> Result {
    for (index, thing) in things.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        thing.fmt(f)?;
    }
    Ok(())
}

fn list<T: Display>(f: &mut Formatter<'_>, things: &[T]) -> Result {
    joined(f, things, ", ")
}

fn not(yes: bool) -> &'static str {
    if yes { "NOT " } else { "" }
}

impl Display for Word {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // A `Word` has no bracket in it.
        write!(f, "[{}]", self.as_str())
    }
}

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if !self.commons.is_empty() {
            f.write_str("WITH ")?;
            list(f, &self.commons)?;
            f.write_char(' ')?;
        }
        self.body.fmt(f)?;
        if !self.order.is_empty() {
            f.write_str(" ORDER BY ")?;
            list(f, &self.order)?;
        }
        Ok(())
    }
}

impl Display for Common {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.name.fmt(f)?;
        if !self.columns.is_empty() {
            f.write_str(" (")?;
            list(f, &self.columns)?;
            f.write_char(')')?;
        }
        write!(f, " AS ({})", self.query)
    }
}

impl Display for Body {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Select(select) => select.fmt(f),
            Self::Union { left, all, right } => {
                write!(f, "{left} UNION {}", if *all { "ALL " } else { "" })?;
                match **right {
                    Self::Select(_) => right.fmt(f),
                    Self::Union { .. } => write!(f, "({right})"),
                }
            }
        }
    }
}

impl Display for Select {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("SELECT ")?;
        if self.distinct {
            f.write_str("DISTINCT ")?;
        }
        if let Some(Top { rows, ties }) = self.top {
            write!(f, "TOP ({rows}) {}", if ties { "WITH TIES " } else { "" })?;
        }
        list(f, &self.columns)?;
        if !self.from.is_empty() {
            f.write_str(" FROM ")?;
            list(f, &self.from)?;
        }
        if let Some(filter) = &self.filter {
            write!(f, " WHERE {filter}")?;
        }
        if !self.group.is_empty() {
            f.write_str(" GROUP BY ")?;
            list(f, &self.group)?;
        }
        if let Some(having) = &self.having {
            write!(f, " HAVING {having}")?;
        }
        Ok(())
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.value.fmt(f)?;
        self.alias.as_ref().map_or(Ok(()), |alias| write!(f, " AS {alias}"))
    }
}

impl Display for From {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.relation.fmt(f)?;
        self.joins.iter().try_for_each(|join| join.fmt(f))
    }
}

impl Display for Join {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let how = match self.how {
            How::Inner(_) => "INNER",
            How::Left(_) => "LEFT",
            How::Right(_) => "RIGHT",
            How::Full(_) => "FULL",
            How::Cross => "CROSS",
        };
        write!(f, " {how} JOIN {}", self.relation)?;
        self.how.condition().map_or(Ok(()), |on| write!(f, " ON {on}"))
    }
}

impl Display for Relation {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Object { object, alias } => {
                object.fmt(f)?;
                alias.as_ref().map_or(Ok(()), |alias| write!(f, " AS {alias}"))
            }
            Self::Common { name, alias } => {
                name.fmt(f)?;
                alias.as_ref().map_or(Ok(()), |alias| write!(f, " AS {alias}"))
            }
            Self::Derived { query, alias, columns } => {
                write!(f, "({query}) AS {alias}")?;
                if !columns.is_empty() {
                    f.write_str(" (")?;
                    list(f, columns)?;
                    f.write_char(')')?;
                }
                Ok(())
            }
        }
    }
}

impl Display for Object {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Dbo(name) => write!(f, "[dbo].{name}"),
            Self::System(system) => write!(f, "[{}].[{}]", system.schema, system.name),
        }
    }
}

impl Display for Order {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}{}", self.value, if self.down { " DESC" } else { "" })
    }
}

impl Display for Column {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if let Some(relation) = &self.relation {
            write!(f, "{relation}.")?;
        }
        self.name.fmt(f)
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Column(column) => column.fmt(f),
            Self::Number(digits) => f.write_str(digits),
            Self::Text { value, national } => {
                write!(f, "{}'{}'", if *national { "N" } else { "" }, value.replace('\'', "''"))
            }
            Self::Null => f.write_str("NULL"),
            // In parentheses always: two minuses in a row begin a comment.
            Self::Negative(value) => write!(f, "(-{})", Operand(value)),
            Self::Arithmetic { left, sign, right } => {
                match **left {
                    Self::Arithmetic { sign: inner, .. } if inner.rank() == sign.rank() => left.fmt(f)?,
                    _ => Operand(left).fmt(f)?,
                }
                write!(f, " {} {}", sign.as_str(), Operand(right))
            }
            Self::Call(call) => call.fmt(f),
            Self::Dbo { name, arguments } => {
                write!(f, "[dbo].{name}(")?;
                list(f, arguments)?;
                f.write_char(')')
            }
            Self::Date { function, part, arguments } => {
                write!(f, "{}({}, ", function.as_str(), part.as_str())?;
                list(f, arguments)?;
                f.write_char(')')
            }
            Self::Cast { attempt, value, to, style } => {
                let attempt = if *attempt { "TRY_" } else { "" };
                match style {
                    None => write!(f, "{attempt}CAST({value} AS {to})"),
                    Some(style) => write!(f, "{attempt}CONVERT({to}, {value}, {style})"),
                }
            }
            Self::Case { arms, otherwise } => {
                f.write_str("CASE")?;
                arms.iter().try_for_each(|(condition, value)| write!(f, " WHEN {condition} THEN {value}"))?;
                end(f, otherwise.as_deref())
            }
            Self::Switch { operand, arms, otherwise } => {
                write!(f, "CASE {operand}")?;
                arms.iter().try_for_each(|(key, value)| write!(f, " WHEN {key} THEN {value}"))?;
                end(f, otherwise.as_deref())
            }
            Self::Query(query) => write!(f, "({query})"),
        }
    }
}

fn end(f: &mut Formatter<'_>, otherwise: Option<&Expr>) -> Result {
    if let Some(value) = otherwise {
        write!(f, " ELSE {value}")?;
    }
    f.write_str(" END")
}

/// A value beside an operator.
struct Operand<'a>(&'a Expr);

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            Expr::Arithmetic { .. } => write!(f, "({})", self.0),
            other => other.fmt(f),
        }
    }
}

impl Sign {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Divided => "/",
            Self::Modulo => "%",
            Self::BitAnd => "&",
            Self::BitOr => "|",
            Self::BitXor => "^",
        }
    }

    /// Signs of one rank are read from left to right, by SQL Server and by the parser.
    const fn rank(self) -> u8 {
        match self {
            Self::Times | Self::Divided | Self::Modulo => 0,
            Self::Plus | Self::Minus => 1,
            Self::BitAnd => 2,
            Self::BitOr => 3,
            Self::BitXor => 4,
        }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}({}", self.function.name, if self.distinct { "DISTINCT " } else { "" })?;
        match &self.arguments {
            Arguments::Star => f.write_char('*')?,
            Arguments::List(arguments) => list(f, arguments)?,
        }
        f.write_char(')')?;
        self.over.as_ref().map_or(Ok(()), |over| over.fmt(f))
    }
}

impl Display for Window {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(" OVER (")?;
        if !self.partition.is_empty() {
            f.write_str("PARTITION BY ")?;
            list(f, &self.partition)?;
        }
        if !self.order.is_empty() {
            f.write_str(if self.partition.is_empty() { "ORDER BY " } else { " ORDER BY " })?;
            list(f, &self.order)?;
        }
        f.write_char(')')
    }
}

impl Display for SqlType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.name.as_str())?;
        match self.size {
            Size::None => Ok(()),
            Size::Max => f.write_str("(MAX)"),
            Size::One(size) => write!(f, "({size})"),
            Size::Two(precision, scale) => write!(f, "({precision}, {scale})"),
        }
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::And(all) => joined(f, &all.iter().map(Part).collect::<Vec<_>>(), " AND "),
            Self::Or(any) => joined(f, &any.iter().map(Part).collect::<Vec<_>>(), " OR "),
            Self::Not(condition) => write!(f, "NOT ({condition})"),
            Self::Compare { left, sign, right } => write!(f, "{left} {} {right}", sign.as_str()),
            Self::IsNull { value, not: no } => write!(f, "{value} IS {}NULL", not(*no)),
            Self::InList { value, list: values, not: no } => {
                write!(f, "{value} {}IN (", not(*no))?;
                list(f, values)?;
                f.write_char(')')
            }
            Self::InQuery { value, query, not: no } => write!(f, "{value} {}IN ({query})", not(*no)),
            Self::Like { value, pattern, escape, not: no } => {
                write!(f, "{value} {}LIKE {pattern}", not(*no))?;
                match escape {
                    None => Ok(()),
                    Some('\'') => f.write_str(" ESCAPE ''''"),
                    Some(escape) => write!(f, " ESCAPE '{escape}'"),
                }
            }
            Self::Between { value, low, high, not: no } => {
                write!(f, "{value} {}BETWEEN {low} AND {high}", not(*no))
            }
            Self::Exists(query) => write!(f, "EXISTS ({query})"),
        }
    }
}

/// A condition among others.
struct Part<'a>(&'a Condition);

impl Display for Part<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            Condition::And(_) | Condition::Or(_) => write!(f, "({})", self.0),
            other => other.fmt(f),
        }
    }
}

impl Comparison {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}
