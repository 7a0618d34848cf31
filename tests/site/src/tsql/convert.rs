//! Conversions that a statement asks for, or that SQL Server makes of its own accord.

use super::{
    expression::{Kind, Typed},
    types::{self, Family, family, is_text},
};
use crate::SqlType;

/// The common type of all results; a bare NULL has no say.
pub(crate) fn common_of(results: &[&Typed]) -> SqlType {
    let mut typed = results.iter().filter(|result| result.kind != Kind::Null).map(|result| result.sql_type);
    let first = typed.next().unwrap_or(SqlType::Int);
    typed.fold(first, types::common)
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
