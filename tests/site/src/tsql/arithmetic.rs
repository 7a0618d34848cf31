//! `+ - * / %` and the operators on bits, for numbers, text and dates.

use super::{
    cast, clock,
    convert::convert,
    expression::{Kind, Typed},
    types::{self, Family, family},
};
use crate::{SqlError, SqlType};

pub(crate) fn arithmetic(operator: char, left: &Typed, right: &Typed) -> Result<Typed, SqlError> {
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
