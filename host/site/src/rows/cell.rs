//! One value of SQL Server into one row of a column.

use std::fmt::Write;

use glasshouse_contract::{ColumnBuilder, ColumnType, Field};
use tiberius::{ColumnData as Data, numeric::Numeric};

use super::calendar;

/// How the values of a column are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// As the driver gives them.
    Plain,
    /// As money, which the driver gives as a float.
    Money,
}

/// A column of the answer.
#[derive(Debug)]
pub(super) struct Cell {
    kind: ColumnType,
    nullable: bool,
    source: Source,
    /// How many of its values were cut.
    pub(super) cut: u64,
    /// How many of its values hold a character that stands for none.
    pub(super) replaced: u64,
}

/// Why a value does not go into its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    Null,
    Value(&'static str),
}

impl From<&'static str> for Misfit {
    fn from(why: &'static str) -> Self {
        Self::Value(why)
    }
}

const OTHER_TYPE: Misfit = Misfit::Value("the sql_variant holds another type than is declared");

impl Cell {
    pub(super) const fn new(field: &Field, source: Source) -> Self {
        Self { kind: field.kind, nullable: field.nullable, source, cut: 0, replaced: 0 }
    }

    /// Adds a value to its column, at most `limit` bytes of text.
    ///
    /// `scratch` is for values that have to be written out first.
    pub(super) fn put(
        &mut self,
        data: &Data<'static>,
        column: &mut ColumnBuilder,
        limit: usize,
        scratch: &mut String,
    ) -> Result<(), Misfit> {
        if is_null(data) {
            if !self.nullable {
                return Err(Misfit::Null);
            }
            column.push_null();
            return Ok(());
        }
        match self.kind {
            ColumnType::Int => column.push_int(int(data)?),
            ColumnType::Float => column.push_float(float(data)?),
            ColumnType::Boolean => match data {
                Data::Bit(Some(value)) => column.push_boolean(*value),
                _ => return Err(OTHER_TYPE),
            },
            ColumnType::Timestamp => column.push_int(timestamp(data)?),
            ColumnType::Text => match data {
                // By far the most frequent, and without a copy.
                Data::String(Some(text)) => self.put_text(text, column, limit),
                other => {
                    scratch.clear();
                    self.write_text(other, limit, scratch)?;
                    self.put_text(scratch, column, limit);
                }
            },
        }
        Ok(())
    }

    fn put_text(&mut self, text: &str, column: &mut ColumnBuilder, limit: usize) {
        if !text.is_ascii() && text.contains(char::REPLACEMENT_CHARACTER) {
            self.replaced += 1;
        }
        if text.len() <= limit {
            column.push_text(text);
        } else {
            self.cut += 1;
            column.push_text(text.get(..text.floor_char_boundary(limit)).unwrap_or_default());
        }
    }

    /// Writes out a value that is no text in SQL Server.
    fn write_text(&self, data: &Data<'static>, limit: usize, text: &mut String) -> Result<(), Misfit> {
        match data {
            Data::Xml(Some(xml)) => text.push_str((**xml).as_ref()),
            Data::Guid(Some(guid)) => {
                text.push_str(guid.hyphenated().encode_upper(&mut tiberius::Uuid::encode_buffer()));
            }
            Data::Binary(Some(bytes)) => hex(bytes, limit, text),
            Data::Time(Some(time)) => calendar::time_text(*time, text)?,
            Data::Numeric(Some(number)) => decimal(number.value(), number.scale(), text),
            Data::F64(Some(value)) if self.source == Source::Money => decimal(money(*value)?, 4, text),
            _ => return Err(OTHER_TYPE),
        }
        Ok(())
    }
}

const fn is_null(data: &Data<'static>) -> bool {
    matches!(
        data,
        Data::U8(None)
            | Data::I16(None)
            | Data::I32(None)
            | Data::I64(None)
            | Data::F32(None)
            | Data::F64(None)
            | Data::Bit(None)
            | Data::String(None)
            | Data::Guid(None)
            | Data::Binary(None)
            | Data::Numeric(None)
            | Data::Xml(None)
            | Data::DateTime(None)
            | Data::SmallDateTime(None)
            | Data::Time(None)
            | Data::Date(None)
            | Data::DateTime2(None)
            | Data::DateTimeOffset(None)
    )
}

fn int(data: &Data<'static>) -> Result<i64, Misfit> {
    match data {
        Data::U8(Some(value)) => Ok(i64::from(*value)),
        Data::I16(Some(value)) => Ok(i64::from(*value)),
        Data::I32(Some(value)) => Ok(i64::from(*value)),
        Data::I64(Some(value)) => Ok(*value),
        Data::Numeric(Some(number)) if number.scale() == 0 => {
            i64::try_from(number.value()).map_err(|_| Misfit::Value("a decimal that does not fit 64 bits"))
        }
        Data::Numeric(Some(_)) => Err(Misfit::Value("a decimal with a fraction in a column of type int")),
        _ => Err(OTHER_TYPE),
    }
}

fn float(data: &Data<'static>) -> Result<f64, Misfit> {
    match data {
        Data::F32(Some(value)) => Ok(f64::from(*value)),
        Data::F64(Some(value)) => Ok(*value),
        Data::Numeric(Some(number)) => Ok(nearest_float(*number)),
        _ => Err(OTHER_TYPE),
    }
}

fn timestamp(data: &Data<'static>) -> Result<i64, Misfit> {
    Ok(match data {
        Data::DateTime(Some(value)) => calendar::datetime(*value)?,
        Data::SmallDateTime(Some(value)) => calendar::small_datetime(*value)?,
        Data::Date(Some(value)) => calendar::date(*value)?,
        Data::DateTime2(Some(value)) => calendar::datetime2(*value)?,
        // On the wire the moment is in UTC, and the offset beside it says how it was written.
        Data::DateTimeOffset(Some(value)) => calendar::datetime2(value.datetime2())?,
        _ => return Err(OTHER_TYPE),
    })
}

/// The float that is nearest to a decimal.
fn nearest_float(number: Numeric) -> f64 {
    // Up to here both numbers are exact as floats, and one division rounds once.
    const EXACT: u128 = 1 << 53;
    if number.value().unsigned_abs() <= EXACT && number.scale() <= 22 {
        #[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
        let value = number.value() as f64;
        return value / 10_f64.powi(i32::from(number.scale()));
    }
    let mut text = String::new();
    decimal(number.value(), number.scale(), &mut text);
    // Rust reads decimals to the nearest float; and this is a decimal.
    text.parse().unwrap_or(f64::NAN)
}

/// Ten-thousandths, from a float that the driver made from them.
fn money(value: f64) -> Result<i128, Misfit> {
    // 2^53: up to here a float holds each ten-thousandth.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let units = (value * 10_000.0).round();
    if units.abs() > EXACT {
        return Err(Misfit::Value("money beyond 900,700,000,000, which cannot be read exactly"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked against 2^53, and rounded")]
    Ok(units as i128)
}

/// All digits of a decimal, those of its scale after the point.
fn decimal(value: i128, scale: u8, text: &mut String) {
    let sign = if value < 0 { "-" } else { "" };
    let digits = usize::from(scale);
    let unit = 10_u128.checked_pow(u32::from(scale)).unwrap_or(u128::MAX);
    let (whole, fraction) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
    // Writing to a string does not fail.
    let _ = write!(text, "{sign}{whole}");
    if digits > 0 {
        let _ = write!(text, ".{fraction:0digits$}");
    }
}

/// `0x` and the bytes; no more of them than are needed to see that it is too long.
fn hex(bytes: &[u8], limit: usize, text: &mut String) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    text.push_str("0x");
    for byte in bytes.iter().take(limit / 2 + 1) {
        text.extend([byte >> 4, byte & 15].iter().filter_map(|half| DIGITS.get(usize::from(*half))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(value: i128, scale: u8) -> String {
        let mut text = String::new();
        decimal(value, scale, &mut text);
        text
    }

    #[test]
    fn a_decimal_keeps_each_of_its_digits() {
        assert_eq!(text_of(-5, 2), "-0.05");
        assert_eq!(text_of(1_234_500, 4), "123.4500");
        assert_eq!(text_of(0, 0), "0");
        assert_eq!(text_of(10_i128.pow(38) - 1, 38), format!("0.{}", "9".repeat(38)));
        assert_eq!(text_of(1 - 10_i128.pow(38), 0), format!("-{}", "9".repeat(38)));
    }

    #[test]
    fn a_decimal_becomes_the_nearest_float() {
        let float = |value, scale| nearest_float(Numeric::new_with_scale(value, scale));
        assert_eq!(float(1, 1), 0.1);
        assert_eq!(float(-12345, 3), -12.345);
        assert_eq!(float(9_007_199_254_740_993, 3), 9_007_199_254_740.993);
        assert_eq!(float(10_i128.pow(38) - 1, 38), 1.0);
    }

    #[test]
    fn money_is_exact_or_an_error() {
        assert_eq!(money(12.3456), Ok(123_456));
        assert_eq!(money(-0.0001), Ok(-1));
        assert_eq!(money(900_719_925_474.099_1), Ok(9_007_199_254_740_991));
        assert!(money(922_337_203_685_477.6).is_err());
    }
}
