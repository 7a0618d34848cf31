//! Values that are written out, and what type SQL Server takes each for.

use sqlparser::ast::Value as Literal;

use super::{
    expression::{Kind, Typed},
    scope::literal,
    types,
};
use crate::{SqlError, SqlType};

pub(crate) fn constant(value: &Literal) -> Result<Typed, SqlError> {
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
