//! Conditions: what is true, false or unknown, which T-SQL keeps apart from values.

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator};

use super::{
    compare::COLLATION,
    convert::{as_text, common_of, convert},
    expression::{Kind, Site, Typed},
    query::{Place, Translator},
    types::{self, Family, family, is_text},
};
use crate::{SqlError, SqlType};

impl Translator<'_> {
    /// An expression that is true, false or unknown, which T-SQL has only in conditions.
    pub(crate) fn condition(&self, expr: &Expr, site: Site<'_>) -> Result<String, SqlError> {
        Ok(match expr {
            Expr::Nested(inner) => format!("({})", self.condition(inner, site)?),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                format!("(NOT {})", self.condition(expr, site)?)
            }
            Expr::BinaryOp { left, op: op @ (BinaryOperator::And | BinaryOperator::Or), right } => {
                format!("({} {op} {})", self.condition(left, site)?, self.condition(right, site)?)
            }
            Expr::BinaryOp { left, op, right } => {
                let operator = match op {
                    BinaryOperator::Eq => "=",
                    BinaryOperator::NotEq => "<>",
                    BinaryOperator::Lt => "<",
                    BinaryOperator::LtEq => "<=",
                    BinaryOperator::Gt => ">",
                    BinaryOperator::GtEq => ">=",
                    _ => return Err(no_condition(expr)),
                };
                compared(operator, &self.value(left, site)?, &self.value(right, site)?)
            }
            Expr::IsNull(inner) => format!("({} IS NULL)", self.value(inner, site)?.sql),
            Expr::IsNotNull(inner) => format!("({} IS NOT NULL)", self.value(inner, site)?.sql),
            Expr::IsDistinctFrom(left, right) => {
                compared("IS NOT", &self.value(left, site)?, &self.value(right, site)?)
            }
            Expr::IsNotDistinctFrom(left, right) => {
                compared("IS", &self.value(left, site)?, &self.value(right, site)?)
            }
            Expr::Between { expr, negated, low, high } => {
                let typed = self.value(expr, site)?;
                let low = compared(">=", &typed, &self.value(low, site)?);
                let high = compared("<=", &typed, &self.value(high, site)?);
                format!("({}({low} AND {high}))", not(*negated))
            }
            Expr::InList { expr, list, negated } => {
                let typed = self.value(expr, site)?;
                let mut any = Vec::new();
                for one in list {
                    any.push(compared("=", &typed, &self.value(one, site)?));
                }
                format!("({}({}))", not(*negated), any.join(" OR "))
            }
            Expr::InSubquery { expr, subquery, negated } => {
                let typed = self.value(expr, site)?;
                let selected = self.query(subquery, Some(site.scope), site.named, Place::Scalar)?;
                let column = selected.single()?;
                let alias = self.fresh();
                let listed = Typed::new(format!("{alias}.c0"), column.sql_type, true);
                let common = common_of(&[&typed, &listed]);
                let collation = if is_text(common) { format!(" COLLATE {COLLATION}") } else { String::new() };
                format!(
                    "({}{collation} {}IN (SELECT {} FROM ({}) AS {alias}))",
                    convert_to_compare(&typed, common),
                    not(*negated),
                    convert_to_compare(&listed, common),
                    selected.sql
                )
            }
            Expr::Exists { subquery, negated } => {
                let selected = self.query(subquery, Some(site.scope), site.named, Place::Exists)?;
                format!("({}EXISTS ({}))", not(*negated), selected.sql)
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                let text = as_text(&self.value(expr, site)?);
                let pattern = as_text(&self.value(pattern, site)?);
                let escape = match escape_char {
                    None => "NULL".to_owned(),
                    Some(escape) => self.value(escape, site)?.sql,
                };
                format!("({}ts_like({text}, {pattern}, {escape}))", not(*negated))
            }
            _ => return Err(no_condition(expr)),
        })
    }
}

/// `left operator right` as a condition, the lower type converted to the higher.
pub(crate) fn compared(operator: &str, left: &Typed, right: &Typed) -> String {
    if left.kind == Kind::Null || right.kind == Kind::Null {
        return format!("({} {operator} {})", left.sql, right.sql);
    }
    let common = types::common(left.sql_type, right.sql_type);
    let (a, b) = (convert_to_compare(left, common), convert_to_compare(right, common));
    let may_be_text = is_text(common) || family(common) == Family::Variant;
    let collation = if may_be_text { format!(" COLLATE {COLLATION}") } else { String::new() };
    format!("({a} {operator} {b}{collation})")
}

/// Texts of different lengths and numbers of different sizes compare as they are.
fn convert_to_compare(typed: &Typed, common: SqlType) -> String {
    let (own, wanted) = (family(typed.sql_type), family(common));
    let is_number = |of| matches!(of, Family::Bit | Family::Whole | Family::Decimal | Family::Float);
    if own == wanted || (is_number(own) && is_number(wanted)) {
        return typed.sql.clone();
    }
    convert(typed, common, None, false)
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

/// 4145: a value where a condition is expected.
fn no_condition(expr: &Expr) -> SqlError {
    let near = expr.to_string();
    let near: String = near.chars().take(30).collect();
    let text = format!(
        "An expression of non-boolean type specified in a context where a condition is expected, near '{near}'."
    );
    SqlError::new(4145, 1, 15, text)
}

pub(crate) fn is_condition(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::Between { .. }
            | Expr::InList { .. }
            | Expr::InSubquery { .. }
            | Expr::Exists { .. }
            | Expr::Like { .. }
    )
}

pub(crate) fn condition_word(expr: &Expr) -> &'static str {
    match expr {
        Expr::IsNull(_) | Expr::IsNotNull(_) => "is",
        Expr::Between { .. } => "between",
        Expr::InList { .. } | Expr::InSubquery { .. } => "in",
        Expr::Exists { .. } => "exists",
        _ => "like",
    }
}
