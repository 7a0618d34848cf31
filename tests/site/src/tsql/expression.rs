//! Expressions: each becomes SQLite's text together with the type that SQL Server would give it.

use sqlparser::ast::{BinaryOperator, CaseWhen, CastKind, DataType, Expr, Ident, UnaryOperator};

use super::{
    arithmetic::arithmetic,
    clock,
    compare::COLLATION,
    condition::{compared, condition_word, is_condition},
    constant::constant,
    convert::{common_of, convert},
    query::{Place, Translator},
    scope::{Named, Scope, literal, quoted},
    types::{self, Family, family, is_text},
};
use crate::{SqlError, SqlType, Value};

/// An expression in SQLite's words.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) sql: String,
    pub(crate) sql_type: SqlType,
    pub(crate) nullable: bool,
    pub(crate) kind: Kind,
}

/// What an expression is, where its type alone does not say enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anything.
    Plain,
    /// NULL itself, which is of no type.
    Null,
    /// A whole number that is written out, with its digits.
    Digits(u8),
}

impl Typed {
    pub(crate) fn new(sql: impl Into<String>, sql_type: SqlType, nullable: bool) -> Self {
        Self { sql: sql.into(), sql_type, nullable, kind: Kind::Plain }
    }

    pub(crate) fn null() -> Self {
        Self { sql: "NULL".to_owned(), sql_type: SqlType::Int, nullable: true, kind: Kind::Null }
    }

    /// With the collation that comparisons, groups and orders need.
    pub(crate) fn collated(&self) -> String {
        if is_text(self.sql_type) { format!("{} COLLATE {COLLATION}", self.sql) } else { self.sql.clone() }
    }

    /// The type with which it goes into arithmetic: a written number has the digits that it has.
    pub(crate) fn operand(&self) -> SqlType {
        match self.kind {
            Kind::Digits(digits) => SqlType::Decimal { precision: digits.max(1), scale: 0 },
            _ => self.sql_type,
        }
    }
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(crate) struct Site<'s> {
    pub(crate) scope: &'s Scope<'s>,
    pub(crate) named: &'s Named<'s>,
    /// The GROUP BY expressions, in SQLite's words, where only these and aggregates may stand.
    pub(crate) groups: Option<&'s [String]>,
    /// The clause, for the error that a column outside GROUP BY is.
    pub(crate) clause: &'static str,
    /// Inside an aggregate, where no other may stand.
    pub(crate) in_aggregate: bool,
}

pub(crate) fn unsupported(what: &str) -> SqlError {
    SqlError::new(50_000, 1, 16, format!("The pretend site does not know {what}."))
}

impl Translator<'_> {
    /// An expression that yields a value.
    pub(crate) fn value(&self, expr: &Expr, site: Site<'_>) -> Result<Typed, SqlError> {
        if let Some(groups) = site.groups {
            let free = Site { groups: None, ..site };
            // What is written in GROUP BY may stand as it is written there.
            if let Ok(typed) = self.value_of(expr, free)
                && groups.contains(&typed.sql)
            {
                return Ok(typed);
            }
        }
        self.value_of(expr, site)
    }

    fn value_of(&self, expr: &Expr, site: Site<'_>) -> Result<Typed, SqlError> {
        match expr {
            Expr::Identifier(name) if name.value.starts_with('@') && name.quote_style.is_none() => {
                self.parameter(&name.value)
            }
            Expr::Identifier(name) => self.column(std::slice::from_ref(name), site),
            Expr::CompoundIdentifier(parts) => self.column(parts, site),
            Expr::Value(value) => constant(&value.value),
            Expr::Nested(inner) => {
                let inner = self.value(inner, site)?;
                Ok(Typed { sql: format!("({})", inner.sql), ..inner })
            }
            Expr::UnaryOp { op, expr } => self.signed(*op, expr, site),
            Expr::BinaryOp { left, op, right } => {
                let operator = match op {
                    BinaryOperator::Plus => '+',
                    BinaryOperator::Minus => '-',
                    BinaryOperator::Multiply => '*',
                    BinaryOperator::Divide => '/',
                    BinaryOperator::Modulo => '%',
                    BinaryOperator::BitwiseAnd => '&',
                    BinaryOperator::BitwiseOr => '|',
                    BinaryOperator::BitwiseXor => '^',
                    _ => return Err(SqlError::syntax(&op.to_string())),
                };
                arithmetic(operator, &self.value(left, site)?, &self.value(right, site)?)
            }
            Expr::Cast { kind, expr, data_type, format: None } => {
                let tries = matches!(kind, CastKind::TryCast | CastKind::SafeCast);
                self.converted(expr, data_type, None, tries, site)
            }
            Expr::Convert { is_try, expr, data_type: Some(data_type), charset: None, styles, .. } => {
                let style = match styles.as_slice() {
                    [] => None,
                    [style] => Some(self.value(style, site)?.sql),
                    _ => return Err(SqlError::syntax("CONVERT")),
                };
                self.converted(expr, data_type, style, *is_try, site)
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), site)
            }
            Expr::Subquery(query) => {
                let selected = self.query(query, Some(site.scope), site.named, Place::Scalar)?;
                let column = selected.single()?;
                Ok(Typed::new(format!("({})", selected.sql), column.sql_type, true))
            }
            Expr::Collate { expr, .. } => self.value(expr, site),
            Expr::Function(function) => self.call(function, site),
            Expr::Substring { expr, substring_from: Some(from), substring_for: Some(length), .. } => {
                self.named_call("SUBSTRING", &[expr, from, length], site)
            }
            Expr::Trim { expr, trim_where, trim_what: None, trim_characters: None } => {
                if trim_where.is_some() {
                    return Err(unsupported("TRIM with a side"));
                }
                self.named_call("TRIM", &[expr], site)
            }
            Expr::Floor { expr, .. } => self.named_call("FLOOR", &[expr], site),
            Expr::Ceil { expr, .. } => self.named_call("CEILING", &[expr], site),
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => Err(SqlError::syntax("*")),
            _ if is_condition(expr) => Err(SqlError::syntax(condition_word(expr))),
            other => Err(unsupported(&format!("the expression {other}"))),
        }
    }

    fn parameter(&self, name: &str) -> Result<Typed, SqlError> {
        let given = self.world.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let Some((_, value)) = given else {
            let text = format!("Must declare the scalar variable \"{name}\".");
            return Err(SqlError::new(137, 2, 15, text));
        };
        Ok(match value {
            Value::Null => Typed::null(),
            Value::Bool(bit) => Typed::new(i64::from(*bit).to_string(), SqlType::Bit, true),
            Value::Int(whole) => {
                let sql_type = if i32::try_from(*whole).is_ok() { SqlType::Int } else { SqlType::BigInt };
                Typed::new(format!("({whole})"), sql_type, true)
            }
            Value::Float(number) => Typed::new(format!("({number:?})"), SqlType::Float, true),
            Value::Text(text) => Typed::new(literal(text), SqlType::NVarChar(4000), true),
            Value::Utf16(units) => {
                Typed::new(literal(&String::from_utf16_lossy(units)), SqlType::NVarChar(4000), true)
            }
            Value::Guid(bytes) => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
                let text = groups.map(|range| hex.get(range).unwrap_or_default().to_owned()).join("-");
                Typed::new(literal(&text), SqlType::UniqueIdentifier, true)
            }
            Value::Moment(moment) => {
                Typed::new(clock::ticks_of(moment).to_string(), SqlType::DateTime2(7), true)
            }
            Value::Decimal(_) | Value::Bytes(_) => return Err(unsupported("a parameter of this type")),
        })
    }

    fn column(&self, parts: &[Ident], site: Site<'_>) -> Result<Typed, SqlError> {
        if let [name] = parts
            && name.quote_style.is_none()
            && name.value.eq_ignore_ascii_case("CURRENT_TIMESTAMP")
        {
            return Ok(Typed::new(self.world.now.to_string(), SqlType::DateTime, false));
        }
        let found = site.scope.find(parts)?;
        if site.groups.is_some() && !found.is_outer {
            let text = format!(
                "Column '{}.{}' is invalid in the {} because it is not contained in either an aggregate function or the GROUP BY clause.",
                found.alias, found.column.name, site.clause
            );
            return Err(SqlError::new(8120, 1, 16, text));
        }
        let sql = format!("{}.{}", quoted(found.alias), quoted(&found.column.name));
        Ok(Typed::new(sql, found.column.sql_type, found.column.nullable))
    }

    fn signed(&self, operator: UnaryOperator, expr: &Expr, site: Site<'_>) -> Result<Typed, SqlError> {
        let typed = self.value(expr, site)?;
        let sign = match operator {
            UnaryOperator::Plus => return Ok(typed),
            UnaryOperator::Minus => '-',
            UnaryOperator::BitwiseNot => '~',
            _ => return Err(SqlError::syntax(&operator.to_string())),
        };
        match family(typed.sql_type) {
            Family::Whole | Family::Decimal | Family::Float => {
                Ok(Typed { sql: format!("({sign}{})", typed.sql), ..typed })
            }
            _ => Err(types::wrong_operand("minus", typed.sql_type)),
        }
    }

    fn converted(
        &self,
        expr: &Expr,
        data_type: &DataType,
        style: Option<String>,
        tries: bool,
        site: Site<'_>,
    ) -> Result<Typed, SqlError> {
        let typed = self.value(expr, site)?;
        let to = named_type(data_type)?;
        let nullable = typed.nullable || tries;
        Ok(Typed::new(convert(&typed, to, style.as_deref(), tries), to, nullable))
    }

    fn case(
        &self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
        site: Site<'_>,
    ) -> Result<Typed, SqlError> {
        let mut branches = Vec::new();
        for CaseWhen { condition, result } in conditions {
            let condition = match operand {
                None => self.condition(condition, site)?,
                Some(operand) => compared("=", &self.value(operand, site)?, &self.value(condition, site)?),
            };
            branches.push((condition, self.value(result, site)?));
        }
        let otherwise = otherwise.map(|expr| self.value(expr, site)).transpose()?;
        let results: Vec<&Typed> = branches.iter().map(|(_, result)| result).chain(&otherwise).collect();
        if results.iter().all(|result| result.kind == Kind::Null) {
            let text = "At least one of the result expressions in a CASE specification must be an expression other than the NULL constant.";
            return Err(SqlError::new(8133, 1, 16, text));
        }
        let sql_type = common_of(&results);
        let nullable = otherwise.is_none() || results.iter().any(|result| result.nullable);
        let mut sql = String::from("CASE");
        for (condition, result) in &branches {
            sql.push_str(&format!(" WHEN {condition} THEN {}", convert(result, sql_type, None, false)));
        }
        if let Some(otherwise) = &otherwise {
            sql.push_str(&format!(" ELSE {}", convert(otherwise, sql_type, None, false)));
        }
        sql.push_str(" END");
        Ok(Typed::new(sql, sql_type, nullable))
    }
}

/// A type that CAST names; error 243 where there is none of that name.
fn named_type(data_type: &DataType) -> Result<SqlType, SqlError> {
    let text = data_type.to_string();
    types::parse(&text)
        .ok_or_else(|| SqlError::new(243, 1, 16, format!("Type {text} is not a defined system type.")))
}
