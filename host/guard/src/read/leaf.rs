//! Literals, signs and data types: what has nothing of ours in it.

use sqlparser::ast::{
    BinaryOperator, CharacterLength, DataType, ExactNumberInfo, Expr as SqlExpr, TimezoneInfo, Value,
};

use super::{Read, parts, refuse};
use crate::{
    allowed::{Size, SqlType, TypeName},
    lexical::check_number,
    refusal::{Reason, Refusal},
    tree::{Comparison, Expr, Sign},
};

pub(super) fn literal(value: Value) -> Result<Expr, Reason> {
    match value {
        Value::Number(digits, false) => check_number(&digits).map(|()| Expr::Number(digits)),
        // Characters outside ASCII are lost without N, in most collations.
        Value::SingleQuotedString(value) => {
            let national = !value.is_ascii();
            Ok(Expr::Text { value, national })
        }
        Value::NationalStringLiteral(value) => Ok(Expr::Text { value, national: true }),
        Value::Null => Ok(Expr::Null),
        other => Err(Reason::Literal(other.to_string())),
    }
}

pub(super) const fn sign(op: &BinaryOperator) -> Option<Sign> {
    Some(match op {
        BinaryOperator::Plus => Sign::Plus,
        BinaryOperator::Minus => Sign::Minus,
        BinaryOperator::Multiply => Sign::Times,
        BinaryOperator::Divide => Sign::Divided,
        BinaryOperator::Modulo => Sign::Modulo,
        BinaryOperator::BitwiseAnd => Sign::BitAnd,
        BinaryOperator::BitwiseOr => Sign::BitOr,
        BinaryOperator::BitwiseXor => Sign::BitXor,
        _ => return None,
    })
}

pub(super) const fn comparison(op: &BinaryOperator) -> Option<Comparison> {
    Some(match op {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::NotEqual,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessOrEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// A style of CONVERT is a small number; 0 to 131 are in use.
pub(super) fn style(styles: Vec<SqlExpr>) -> Read<Option<u16>> {
    let mut styles = styles.into_iter();
    match (styles.next(), styles.next()) {
        (None, _) => Ok(None),
        (Some(SqlExpr::Value(value)), None) => match value.value {
            Value::Number(digits, false) if digits.len() <= 3 && !digits.contains('.') => {
                Ok(digits.parse().ok())
            }
            other => Err(Refusal::at(value.span.start, Reason::Literal(other.to_string()))),
        },
        _ => Err(Refusal::of(Reason::Argument("CONVERT", "write its style as a number"))),
    }
}

pub(super) fn escape_of(expr: SqlExpr) -> Read<char> {
    if let SqlExpr::Value(value) = &expr
        && let Value::SingleQuotedString(text) = &value.value
        && let [escape] = text.as_bytes()
        && escape.is_ascii_graphic()
    {
        return Ok(char::from(*escape));
    }
    refuse(&expr, Reason::Argument("LIKE", "write ESCAPE and one ASCII character"))
}

pub(super) fn sql_type(data_type: DataType) -> Read<SqlType> {
    use TypeName as T;
    let shown = data_type.to_string();
    let refused = || Refusal::of(Reason::DataType(shown.clone()));
    let length = |length: Option<CharacterLength>| match length {
        None => Some(Size::None),
        Some(CharacterLength::Max) => Some(Size::Max),
        Some(CharacterLength::IntegerLength { length, unit: None }) => Some(Size::One(length)),
        Some(CharacterLength::IntegerLength { unit: Some(_), .. }) => None,
    };
    let exact = |info: ExactNumberInfo| match info {
        ExactNumberInfo::None => Some(Size::None),
        ExactNumberInfo::Precision(precision) => Some(Size::One(precision)),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => {
            u64::try_from(scale).ok().map(|scale| Size::Two(precision, scale))
        }
    };
    let one = |size: Option<u64>| Some(size.map_or(Size::None, Size::One));
    let (name, size) = match data_type {
        DataType::Bit(size) => (T::Bit, one(size)),
        DataType::TinyInt(size) => (T::TinyInt, one(size)),
        DataType::SmallInt(size) => (T::SmallInt, one(size)),
        DataType::Int(size) | DataType::Integer(size) => (T::Int, one(size)),
        DataType::BigInt(size) => (T::BigInt, one(size)),
        DataType::Float(info) => (T::Float, exact(info)),
        DataType::Real => (T::Real, Some(Size::None)),
        DataType::Decimal(info) | DataType::Dec(info) => (T::Decimal, exact(info)),
        DataType::Numeric(info) => (T::Numeric, exact(info)),
        DataType::Date => (T::Date, Some(Size::None)),
        DataType::Datetime(size) => (T::DateTime, one(size)),
        DataType::Time(size, TimezoneInfo::None) => (T::Time, one(size)),
        DataType::Char(size) | DataType::Character(size) => (T::Char, length(size)),
        DataType::Varchar(size) => (T::VarChar, length(size)),
        DataType::Nvarchar(size) => (T::NVarChar, length(size)),
        // What the parser has no word for: a name, and what stands in its parentheses.
        DataType::Custom(name, modifiers) => {
            let mut parts = parts(name)?.into_iter();
            let name = match (parts.next(), parts.next()) {
                (Some(name), None) => T::of(&name.value),
                _ => None,
            };
            let mut sizes = modifiers.iter().map(|size| size.parse().ok());
            let size = match (sizes.next(), sizes.next()) {
                (None, _) => Some(Size::None),
                (Some(size), None) => size.map(Size::One),
                _ => None,
            };
            (name.ok_or_else(refused)?, size)
        }
        _ => return Err(refused()),
    };
    size.and_then(|size| SqlType::new(name, size)).ok_or_else(refused)
}
