//! CAST and CONVERT of one value, with SQL Server's errors where it does not go.

use rusqlite::types::{Value, ValueRef};

use super::{
    clock,
    types::{self, Family, family},
};
use crate::{SqlError, SqlType};

/// A value on its way from one type to another.
pub(crate) fn cast(
    value: ValueRef<'_>,
    from: SqlType,
    to: SqlType,
    style: Option<i64>,
) -> Result<Value, SqlError> {
    match (value, family(from)) {
        (ValueRef::Null, _) => Ok(Value::Null),
        // A variant is what is in it.
        (ValueRef::Text(_), Family::Variant) => cast(value, SqlType::NVarChar(4000), to, style),
        (ValueRef::Integer(_), Family::Variant) => cast(value, SqlType::BigInt, to, style),
        (ValueRef::Text(bytes), Family::Text | Family::Guid) => {
            from_text(&String::from_utf8_lossy(bytes), from, to, style)
        }
        (ValueRef::Integer(ticks), Family::Time) => from_time(ticks, from, to, style),
        (ValueRef::Integer(whole), _) => from_whole(whole, from, to),
        (ValueRef::Real(number), _) => from_real(number, from, to),
        (ValueRef::Blob(bytes), _) => match family(to) {
            Family::Bytes => Ok(Value::Blob(bytes.to_vec())),
            _ => Err(not_allowed(from, to)),
        },
        (ValueRef::Text(_), _) => Err(not_allowed(from, to)),
    }
}

fn from_text(text: &str, from: SqlType, to: SqlType, style: Option<i64>) -> Result<Value, SqlError> {
    let trimmed = text.trim();
    let failed = || {
        let text = format!(
            "Conversion failed when converting the {} value '{text}' to data type {}.",
            types::name(from),
            types::name(to)
        );
        SqlError::new(245, 1, 16, text)
    };
    match family(to) {
        Family::Text => Ok(Value::Text(fit(text, to))),
        Family::Whole => {
            // The empty string is 0, and a number with a point is none.
            let digits = if trimmed.is_empty() { "0" } else { trimmed };
            in_range(
                digits.strip_prefix('+').unwrap_or(digits).parse::<i128>().map_err(|_| failed())?,
                from,
                to,
            )
        }
        Family::Bit => match trimmed.to_ascii_lowercase().as_str() {
            "true" => Ok(Value::Integer(1)),
            "false" | "" => Ok(Value::Integer(0)),
            number => Ok(Value::Integer(i64::from(number.parse::<i128>().map_err(|_| failed())? != 0))),
        },
        Family::Float | Family::Decimal => {
            let is_number = !trimmed.is_empty()
                && trimmed
                    .bytes()
                    .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
            let number = trimmed.parse::<f64>().ok().filter(|_| is_number).ok_or_else(|| {
                let text =
                    format!("Error converting data type {} to {}.", types::name(from), types::name(to));
                SqlError::new(8114, 5, 16, text)
            })?;
            from_real(number, from, to)
        }
        Family::Time => {
            let unstyled = clock::parse(trimmed).filter(|_| !matches!(style, Some(3 | 103 | 104 | 105)));
            let ticks = unstyled.or_else(|| day_first(trimmed, style)).ok_or_else(|| {
                SqlError::new(
                    241,
                    1,
                    16,
                    "Conversion failed when converting date and/or time from character string.",
                )
            })?;
            Ok(Value::Integer(keep(ticks, to)))
        }
        Family::Guid => guid(trimmed).map(Value::Text).ok_or_else(|| {
            SqlError::new(
                8169,
                2,
                16,
                "Conversion failed when converting from a character string to uniqueidentifier.",
            )
        }),
        Family::Bytes | Family::Variant => Err(not_allowed(from, to)),
    }
}

fn day_first(text: &str, style: Option<i64>) -> Option<i64> {
    if !matches!(style, Some(3 | 103 | 104 | 105)) {
        return None;
    }
    let pieces: Vec<&str> = text.split(['/', '.', '-']).collect();
    let [day, month, year] = pieces.as_slice() else { return None };
    clock::ticks((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?), 0)
}

fn from_whole(whole: i64, from: SqlType, to: SqlType) -> Result<Value, SqlError> {
    match family(to) {
        Family::Whole => in_range(i128::from(whole), from, to),
        Family::Bit => Ok(Value::Integer(i64::from(whole != 0))),
        #[expect(clippy::cast_precision_loss, reason = "decimals and floats are doubles here")]
        Family::Float | Family::Decimal => from_real(whole as f64, from, to),
        Family::Text => written(whole.to_string(), from, to),
        Family::Time => match to {
            SqlType::DateTime | SqlType::SmallDateTime => whole
                .checked_add(clock::DAY_ZERO)
                .and_then(|days| days.checked_mul(clock::DAY))
                .filter(|ticks| *ticks >= 0)
                .map(Value::Integer)
                .ok_or_else(|| overflow(to)),
            _ => Err(not_allowed(from, to)),
        },
        Family::Guid | Family::Bytes | Family::Variant => Err(not_allowed(from, to)),
    }
}

fn from_real(number: f64, from: SqlType, to: SqlType) -> Result<Value, SqlError> {
    match family(to) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast to i128 saturates, and the range follows"
        )]
        Family::Whole => in_range(number.trunc() as i128, from, to),
        Family::Bit => Ok(Value::Integer(i64::from(number != 0.0))),
        Family::Float => Ok(Value::Real(number)),
        Family::Decimal => {
            let (precision, scale) = match to {
                SqlType::Decimal { precision, scale } => (precision, scale),
                SqlType::SmallMoney => (10, 4),
                _ => (19, 4),
            };
            let unit = 10_f64.powi(i32::from(scale));
            let rounded = (number * unit).round() / unit;
            if rounded.abs() >= 10_f64.powi(i32::from(precision) - i32::from(scale)) {
                return Err(overflow(to));
            }
            Ok(Value::Real(rounded))
        }
        Family::Text => {
            let text = match from {
                SqlType::Decimal { scale, .. } => format!("{number:.*}", usize::from(scale)),
                SqlType::Money | SqlType::SmallMoney => format!("{number:.2}"),
                _ => six_digits(number),
            };
            written(text, from, to)
        }
        #[expect(clippy::cast_possible_truncation, reason = "days of the calendar, checked behind it")]
        Family::Time if matches!(to, SqlType::DateTime | SqlType::SmallDateTime) => {
            let ticks = (number * 864_000_000_000.0) as i64;
            let ticks = ticks.checked_add(clock::DAY_ZERO * clock::DAY).filter(|ticks| *ticks >= 0);
            ticks.map(|ticks| Value::Integer(keep(ticks, to))).ok_or_else(|| overflow(to))
        }
        Family::Time | Family::Guid | Family::Bytes | Family::Variant => Err(not_allowed(from, to)),
    }
}

/// A float as text has six digits at most.
fn six_digits(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e6).contains(&size) {
        let text = format!("{number:.5e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        let power: i32 = power.parse().unwrap_or_default();
        return format!("{digits}e{}{:03}", if power < 0 { '-' } else { '+' }, power.abs());
    }
    let whole_digits = format!("{:.0}", size.trunc()).len();
    let text = format!("{number:.*}", 6_usize.saturating_sub(whole_digits));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn from_time(ticks: i64, from: SqlType, to: SqlType, style: Option<i64>) -> Result<Value, SqlError> {
    match family(to) {
        Family::Time => Ok(Value::Integer(keep(ticks, to))),
        Family::Text => Ok(Value::Text(fit(&show(ticks, from, style), to))),
        #[expect(clippy::cast_precision_loss, reason = "days as a double have more digits than datetime")]
        Family::Float | Family::Decimal if from == SqlType::DateTime => {
            let days = (ticks - clock::DAY_ZERO * clock::DAY) as f64 / clock::DAY as f64;
            from_real(days, from, to)
        }
        Family::Whole if from == SqlType::DateTime => {
            let noon = ticks + clock::DAY / 2;
            in_range(i128::from(noon.div_euclid(clock::DAY) - clock::DAY_ZERO), from, to)
        }
        _ => Err(not_allowed(from, to)),
    }
}

/// What a type keeps of a point in time.
fn keep(ticks: i64, to: SqlType) -> i64 {
    match to {
        SqlType::Date => ticks.div_euclid(clock::DAY) * clock::DAY,
        SqlType::Time(_) => ticks.rem_euclid(clock::DAY),
        SqlType::DateTime => clock::round_to_datetime(ticks),
        SqlType::SmallDateTime => (ticks + clock::MINUTE / 2).div_euclid(clock::MINUTE) * clock::MINUTE,
        _ => ticks,
    }
}

/// Dates as text: style 0 for `datetime`, 121 for the newer types, and those that are asked for.
fn show(ticks: i64, from: SqlType, style: Option<i64>) -> String {
    let (year, month, day) = clock::date_of(ticks.div_euclid(clock::DAY));
    let of_day = ticks.rem_euclid(clock::DAY);
    let (hour, minute, second) =
        (of_day / clock::HOUR, of_day % clock::HOUR / clock::MINUTE, of_day % clock::MINUTE / clock::SECOND);
    let fraction = of_day % clock::SECOND;
    let date = format!("{year:04}-{month:02}-{day:02}");
    let seconds = format!("{hour:02}:{minute:02}:{second:02}");
    let fine = match from {
        SqlType::DateTime | SqlType::SmallDateTime => format!("{seconds}.{:03}", fraction / 10_000),
        SqlType::DateTime2(scale) | SqlType::Time(scale) if scale > 0 => {
            let digits = format!("{fraction:07}");
            format!("{seconds}.{}", digits.get(..usize::from(scale)).unwrap_or(&digits))
        }
        _ => seconds.clone(),
    };
    match (from, style) {
        (SqlType::Time(_), _) => fine,
        (_, Some(23)) => date,
        (_, Some(101)) => format!("{month:02}/{day:02}/{year:04}"),
        (_, Some(103)) => format!("{day:02}/{month:02}/{year:04}"),
        (_, Some(104)) => format!("{day:02}.{month:02}.{year:04}"),
        (_, Some(105)) => format!("{day:02}-{month:02}-{year:04}"),
        (_, Some(108)) => seconds,
        (_, Some(111)) => format!("{year:04}/{month:02}/{day:02}"),
        (_, Some(112)) => format!("{year:04}{month:02}{day:02}"),
        (SqlType::Date, _) => date,
        (_, Some(20 | 120)) => format!("{date} {seconds}"),
        (_, Some(126 | 127)) if fraction == 0 => format!("{date}T{seconds}"),
        (_, Some(126 | 127)) => format!("{date}T{fine}"),
        (_, Some(21 | 25 | 121)) => format!("{date} {fine}"),
        (SqlType::DateTime | SqlType::SmallDateTime, _) => {
            let name = usize::try_from(month - 1).ok().and_then(|at| clock::MONTHS.get(at)).unwrap_or(&"");
            let half = if hour < 12 { "AM" } else { "PM" };
            let short = name.get(..3).unwrap_or_default();
            format!("{short} {day:>2} {year:04} {:>2}:{minute:02}{half}", (hour + 11) % 12 + 1)
        }
        _ => format!("{date} {fine}"),
    }
}

fn in_range(whole: i128, from: SqlType, to: SqlType) -> Result<Value, SqlError> {
    let (low, high) = match to {
        SqlType::TinyInt => (0, 255),
        SqlType::SmallInt => (i128::from(i16::MIN), i128::from(i16::MAX)),
        SqlType::BigInt => (i128::from(i64::MIN), i128::from(i64::MAX)),
        _ => (i128::from(i32::MIN), i128::from(i32::MAX)),
    };
    match i64::try_from(whole) {
        Ok(value) if (low..=high).contains(&whole) => Ok(Value::Integer(value)),
        _ if types::is_text(from) => {
            let text = format!(
                "The conversion of the {} value '{whole}' overflowed an {} column.",
                types::name(from),
                types::name(to)
            );
            Err(SqlError::new(248, 1, 16, text))
        }
        _ => Err(overflow(to)),
    }
}

/// A number has to fit as a whole: it is not cut as text would be.
fn written(text: String, from: SqlType, to: SqlType) -> Result<Value, SqlError> {
    match types::width(to) {
        Some(width) if text.chars().count() > usize::try_from(width).unwrap_or(usize::MAX) => {
            if family(from) == Family::Whole && matches!(to, SqlType::VarChar(_) | SqlType::Char(_)) {
                return Ok(Value::Text(fit("*", to)));
            }
            Err(overflow(to))
        }
        _ => Ok(Value::Text(fit(&text, to))),
    }
}

/// Text cut to its type's length, or padded where the length is fixed.
fn fit(text: &str, to: SqlType) -> String {
    let Some(width) = types::width(to).and_then(|width| usize::try_from(width).ok()) else {
        return text.to_owned();
    };
    let mut fitted: String = text.chars().take(width).collect();
    if matches!(to, SqlType::Char(_) | SqlType::NChar(_)) {
        let missing = width.saturating_sub(fitted.chars().count());
        fitted.extend(std::iter::repeat_n(' ', missing));
    }
    fitted
}

/// A GUID in capitals, from its usual spelling with or without braces.
pub(crate) fn guid(text: &str) -> Option<String> {
    let bare = text.strip_prefix('{').map_or(Some(text), |rest| rest.strip_suffix('}'))?;
    let lengths: Vec<usize> = bare.split('-').map(str::len).collect();
    let is_hex = bare.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    (is_hex && lengths == [8, 4, 4, 4, 12]).then(|| bare.to_ascii_uppercase())
}

/// 8115: a value that its type has no room for.
pub(crate) fn overflow(to: SqlType) -> SqlError {
    let text = format!("Arithmetic overflow error converting expression to data type {}.", types::name(to));
    SqlError::new(8115, 2, 16, text)
}

/// 529: types that no conversion connects.
pub(crate) fn not_allowed(from: SqlType, to: SqlType) -> SqlError {
    let text = format!(
        "Explicit conversion from data type {} to {} is not allowed.",
        types::name(from),
        types::name(to)
    );
    SqlError::new(529, 2, 16, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(value: &str, to: &str, style: Option<i64>) -> Result<Value, SqlError> {
        cast(ValueRef::Text(value.as_bytes()), SqlType::VarChar(100), types::parse(to).unwrap(), style)
    }

    fn text(value: &str) -> Result<Value, SqlError> {
        Ok(Value::Text(value.to_owned()))
    }

    #[test]
    fn text_becomes_numbers_and_errors_have_sql_servers_words() {
        assert_eq!(convert(" 42 ", "int", None), Ok(Value::Integer(42)));
        assert_eq!(convert("", "int", None), Ok(Value::Integer(0)));
        let error = convert("4x", "int", None).unwrap_err();
        assert_eq!(error.number, 245);
        assert_eq!(
            error.message,
            "Conversion failed when converting the varchar value '4x' to data type int."
        );
        assert_eq!(convert("1e2", "float", None), Ok(Value::Real(100.0)));
        assert_eq!(convert("x", "float", None).unwrap_err().number, 8114);
        assert_eq!(convert("3000000000", "int", None).unwrap_err().number, 248);
        assert_eq!(convert("300", "tinyint", None).unwrap_err().number, 248);
        assert_eq!(convert("x", "datetime", None).unwrap_err().number, 241);
        assert_eq!(convert("x", "uniqueidentifier", None).unwrap_err().number, 8169);
        assert_eq!(convert("abcdef", "nvarchar(3)", None), text("abc"));
    }

    #[test]
    fn numbers_are_cut_toward_zero_and_rounded_to_decimals() {
        let from = SqlType::Decimal { precision: 10, scale: 3 };
        let number = |value, to: &str| cast(ValueRef::Real(value), from, types::parse(to).unwrap(), None);
        assert_eq!(number(10.6496, "int"), Ok(Value::Integer(10)));
        assert_eq!(number(-10.6496, "int"), Ok(Value::Integer(-10)));
        assert_eq!(number(10.3496, "decimal(6,2)"), Ok(Value::Real(10.35)));
        assert_eq!(number(12345.0, "decimal(4,1)").unwrap_err().number, 8115);
        assert_eq!(number(1.5, "varchar(10)"), text("1.500"));
        assert_eq!(
            cast(ValueRef::Real(1234567.0), SqlType::Float, SqlType::VarChar(30), None),
            text("1.23457e+006")
        );
        assert_eq!(cast(ValueRef::Real(0.5), SqlType::Float, SqlType::VarChar(30), None), text("0.5"));
        assert_eq!(cast(ValueRef::Integer(123), SqlType::Int, SqlType::VarChar(2), None), text("*"));
    }

    #[test]
    fn dates_are_shown_in_the_style_that_is_asked_for() {
        let ticks = clock::parse("2024-03-05 13:04:09.120").unwrap();
        let shown = |style| cast(ValueRef::Integer(ticks), SqlType::DateTime, SqlType::VarChar(40), style);
        assert_eq!(shown(None), text("Mar  5 2024  1:04PM"));
        assert_eq!(shown(Some(23)), text("2024-03-05"));
        assert_eq!(shown(Some(112)), text("20240305"));
        assert_eq!(shown(Some(120)), text("2024-03-05 13:04:09"));
        assert_eq!(shown(Some(121)), text("2024-03-05 13:04:09.120"));
        assert_eq!(shown(Some(126)), text("2024-03-05T13:04:09.120"));
    }
}
