//! Expressions: each becomes SQLite's text together with the type that SQL Server would give it.

use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, DataType, Expr, Ident, UnaryOperator, Value as Literal,
};

use super::{
    cast, clock,
    compare::COLLATION,
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
    fn operand(&self) -> SqlType {
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

fn is_condition(expr: &Expr) -> bool {
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

fn condition_word(expr: &Expr) -> &'static str {
    match expr {
        Expr::IsNull(_) | Expr::IsNotNull(_) => "is",
        Expr::Between { .. } => "between",
        Expr::InList { .. } | Expr::InSubquery { .. } => "in",
        Expr::Exists { .. } => "exists",
        _ => "like",
    }
}

/// A type that CAST names; error 243 where there is none of that name.
fn named_type(data_type: &DataType) -> Result<SqlType, SqlError> {
    let text = data_type.to_string();
    types::parse(&text)
        .ok_or_else(|| SqlError::new(243, 1, 16, format!("Type {text} is not a defined system type.")))
}

fn constant(value: &Literal) -> Result<Typed, SqlError> {
    Ok(match value {
        Literal::Null => Typed::null(),
        Literal::Number(digits, _) => number(digits)?,
        Literal::SingleQuotedString(text) => {
            Typed::new(literal(text), types::text_of_width(SqlType::VarChar(1), Some(units_of(text))), false)
        }
        Literal::NationalStringLiteral(text) => {
            Typed::new(literal(text), types::text_of_width(SqlType::NVarChar(1), Some(units_of(text))), false)
        }
        Literal::HexStringLiteral(hex) if hex.len() % 2 == 0 => {
            let length = u16::try_from(hex.len() / 2).unwrap_or(0);
            Typed::new(format!("x'{hex}'"), SqlType::VarBinary(length.max(1)), false)
        }
        Literal::Placeholder(name) => return Err(SqlError::syntax(name)),
        other => return Err(SqlError::syntax(&other.to_string())),
    })
}

fn units_of(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

fn number(digits: &str) -> Result<Typed, SqlError> {
    if digits.contains(['e', 'E']) {
        let number: f64 = digits.parse().map_err(|_| SqlError::syntax(digits))?;
        return Ok(Typed::new(format!("{number:?}"), SqlType::Float, false));
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let count = |text: &str| u8::try_from(text.len()).map_err(|_| SqlError::syntax(digits));
    if !digits.contains('.') {
        if digits.parse::<i32>().is_ok() {
            let shown = whole.trim_start_matches('0');
            let kind = Kind::Digits(count(shown)?.max(1));
            return Ok(Typed { kind, ..Typed::new(digits, SqlType::Int, false) });
        }
        // What does not fit into int is numeric, even where it would fit into bigint.
        let precision = count(whole)?.min(38);
        return Ok(Typed::new(format!("{whole}.0"), SqlType::Decimal { precision, scale: 0 }, false));
    }
    let scale = count(fraction)?.min(38);
    let precision = count(whole.trim_start_matches('0'))?.saturating_add(scale).clamp(1, 38);
    let sql = format!(
        "{}.{}",
        if whole.is_empty() { "0" } else { whole },
        if fraction.is_empty() { "0" } else { fraction }
    );
    Ok(Typed::new(sql, SqlType::Decimal { precision, scale }, false))
}

/// The common type of all results; a bare NULL has no say.
pub(crate) fn common_of(results: &[&Typed]) -> SqlType {
    let mut typed = results.iter().filter(|result| result.kind != Kind::Null).map(|result| result.sql_type);
    let first = typed.next().unwrap_or(SqlType::Int);
    typed.fold(first, types::common)
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

pub(crate) fn as_text(typed: &Typed) -> String {
    if is_text(typed.sql_type) {
        typed.sql.clone()
    } else {
        convert(typed, SqlType::NVarChar(4000), None, false)
    }
}

/// The text of an expression as another type.
pub(crate) fn convert(typed: &Typed, to: SqlType, style: Option<&str>, tries: bool) -> String {
    let Typed { sql, sql_type: from, kind, .. } = typed;
    if *kind == Kind::Null || *from == to {
        return sql.clone();
    }
    let fits = |narrow: SqlType| match (types::width(narrow), types::width(to)) {
        (_, None) => true,
        (Some(narrow), Some(wide)) => narrow <= wide,
        (None, Some(_)) => false,
    };
    match (family(*from), family(to)) {
        (Family::Text, Family::Text)
            if fits(*from) && !matches!(to, SqlType::Char(_) | SqlType::NChar(_)) =>
        {
            return sql.clone();
        }
        (Family::Whole | Family::Bit, Family::Whole) if fits(*from) => return sql.clone(),
        (Family::Whole | Family::Bit, Family::Float) => return format!("CAST({sql} AS REAL)"),
        (Family::Decimal | Family::Float, Family::Float) => return sql.clone(),
        (_, Family::Variant) => return sql.clone(),
        (Family::Time, Family::Time) if matches!(to, SqlType::DateTime2(_)) => return sql.clone(),
        _ => {}
    }
    let function = if tries { "ts_try_cast" } else { "ts_cast" };
    let (from, to) = (types::spell(*from), types::spell(to));
    format!("{function}({sql}, '{from}', '{to}', {})", style.unwrap_or("NULL"))
}

fn arithmetic(operator: char, left: &Typed, right: &Typed) -> Result<Typed, SqlError> {
    // A bare NULL is of the other operand's type.
    let typed_as = |typed: &Typed, other: &Typed| match typed.kind {
        Kind::Null => Typed { kind: Kind::Plain, sql_type: other.sql_type, ..typed.clone() },
        _ => typed.clone(),
    };
    let (left, right) = (&typed_as(left, right), &typed_as(right, left));
    let nullable = left.nullable || right.nullable;
    let (a, b) = (family(left.sql_type), family(right.sql_type));
    if a == Family::Text && b == Family::Text {
        if operator != '+' {
            let word = match operator {
                '-' => "subtract",
                '*' => "multiply",
                '/' => "divide",
                '%' => "modulo",
                _ => "bitwise",
            };
            return Err(types::wrong_operand(word, left.sql_type));
        }
        let higher = types::common(left.sql_type, right.sql_type);
        let width = types::width(left.sql_type).zip(types::width(right.sql_type)).map(|(a, b)| a + b);
        let sql_type = types::text_of_width(higher, width);
        return Ok(Typed::new(format!("({} || {})", left.sql, right.sql), sql_type, nullable));
    }
    if a == Family::Time || b == Family::Time {
        return with_days(operator, left, right, nullable);
    }
    let common = types::common(left.sql_type, right.sql_type);
    if matches!(family(common), Family::Guid | Family::Bytes | Family::Text | Family::Variant) {
        return Err(types::wrong_operand("add", common));
    }
    // Text beside a number becomes the number's type, and 0 or 1 of a bit are counted as integers.
    let meant = |typed: &Typed| match family(typed.sql_type) {
        Family::Text => Typed::new(convert(typed, common, None, false), common, typed.nullable),
        _ => typed.clone(),
    };
    let (left, right) = (meant(left), meant(right));
    let is_decimal = matches!(common, SqlType::Decimal { .. });
    let operand = |typed: &Typed| if is_decimal { typed.operand() } else { typed.sql_type };
    let sql_type = types::arithmetic(operator, operand(&left), operand(&right));
    let divisor_is_safe = matches!(right.kind, Kind::Digits(_)) && !right.sql.trim_matches('0').is_empty();
    let sql = match operator {
        '/' if divisor_is_safe => format!("({} / {})", left.sql, right.sql),
        '/' => format!("ts_div({}, {})", left.sql, right.sql),
        '%' => format!("ts_mod({}, {})", left.sql, right.sql),
        '^' => format!("(({0} | {1}) - ({0} & {1}))", left.sql, right.sql),
        _ => format!("({} {operator} {})", left.sql, right.sql),
    };
    Ok(Typed::new(sql, sql_type, nullable))
}

/// `datetime` plus or minus days.
fn with_days(operator: char, left: &Typed, right: &Typed, nullable: bool) -> Result<Typed, SqlError> {
    let days = |typed: &Typed| {
        matches!(family(typed.sql_type), Family::Whole | Family::Decimal | Family::Float)
            .then(|| format!("CAST(({}) * {} AS INTEGER)", typed.sql, clock::DAY))
    };
    let takes = |typed: &Typed| matches!(typed.sql_type, SqlType::DateTime | SqlType::SmallDateTime);
    let sql = match operator {
        '+' | '-' if takes(left) => days(right).map(|days| format!("({} {operator} {days})", left.sql)),
        '+' if takes(right) => days(left).map(|days| format!("({days} + {})", right.sql)),
        _ => None,
    };
    let sql_type = if takes(left) { left.sql_type } else { right.sql_type };
    match sql {
        Some(sql) => Ok(Typed::new(sql, sql_type, nullable)),
        None => Err(cast::not_allowed(right.sql_type, left.sql_type)),
    }
}
