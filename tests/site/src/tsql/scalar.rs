//! T-SQL's scalar functions for SQLite, and its collation. The translator alone names them.

use std::sync::Arc;

use rusqlite::{
    Connection, Error,
    functions::{Context, FunctionFlags},
    types::{Value, ValueRef},
};

use super::{
    cast,
    clock::{self, Part},
    compare::{self, COLLATION, Pattern},
    raised::Raised,
    types,
};
use crate::{SqlError, SqlType};

/// The longest text that REPLICATE and SPACE make: 8,000 bytes.
const MOST_REPEATED: usize = 8000;

type Outcome = Result<Option<Value>, SqlError>;
type OfNumber = fn(f64) -> f64;

/// The arguments of one call. NULL gives `None`, which ends the function with NULL.
struct Arguments<'c>(&'c Context<'c>);

impl<'c> Arguments<'c> {
    fn raw(&self, at: usize) -> ValueRef<'c> {
        if at < self.0.len() { self.0.get_raw(at) } else { ValueRef::Null }
    }

    fn text(&self, at: usize) -> Option<String> {
        match self.raw(at) {
            ValueRef::Null | ValueRef::Blob(_) => None,
            ValueRef::Integer(whole) => Some(whole.to_string()),
            ValueRef::Real(number) => Some(number.to_string()),
            ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        }
    }

    fn whole(&self, at: usize) -> Option<i64> {
        match self.raw(at) {
            ValueRef::Integer(whole) => Some(whole),
            #[expect(clippy::cast_possible_truncation, reason = "SQL Server cuts a number toward zero too")]
            ValueRef::Real(number) => Some(number.trunc() as i64),
            _ => None,
        }
    }

    fn number(&self, at: usize) -> Option<f64> {
        match self.raw(at) {
            #[expect(clippy::cast_precision_loss, reason = "numbers of the float family are doubles")]
            ValueRef::Integer(whole) => Some(whole as f64),
            ValueRef::Real(number) => Some(number),
            _ => None,
        }
    }

    fn part(&self) -> Result<Part, SqlError> {
        let word = self.text(0).unwrap_or_default();
        Part::parse(&word).ok_or_else(|| SqlError::syntax(&word))
    }
}

/// Registers everything that translated statements use.
pub(crate) fn register(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_collation(COLLATION, compare::compare)?;
    conversions(connection)?;
    numbers(connection)?;
    dates(connection)?;
    texts(connection)
}

fn add(
    connection: &Connection,
    name: &str,
    count: i32,
    function: impl Fn(&Arguments<'_>) -> Outcome + Send + 'static,
) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function(name, count, flags, move |context| {
        function(&Arguments(context)).map_err(|error| Error::UserFunctionError(Box::new(Raised(error))))
    })
}

/// The two types of a conversion, kept by SQLite for as long as the statement runs.
fn type_at(context: &Context<'_>, at: i32) -> rusqlite::Result<Arc<SqlType>> {
    context.get_or_create_aux(at, |value| {
        let known = value.as_str().ok().and_then(types::parse);
        known.ok_or_else(|| Raised(SqlError::new(243, 1, 16, "Type is not a defined system type.")))
    })
}

fn conversions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for (name, tries) in [("ts_cast", false), ("ts_try_cast", true)] {
        connection.create_scalar_function(name, 4, flags, move |context| {
            let (from, to) = (type_at(context, 1)?, type_at(context, 2)?);
            let style = Arguments(context).whole(3);
            match cast::cast(context.get_raw(0), *from, *to, style) {
                // A conversion that is not allowed at all is an error even of TRY_CAST.
                Err(error) if tries && error.number != 529 => Ok(Value::Null),
                Err(error) => Err(Error::UserFunctionError(Box::new(Raised(error)))),
                Ok(value) => Ok(value),
            }
        })?;
    }
    connection.create_scalar_function("ts_like", 3, flags, |context| {
        let arguments = Arguments(context);
        let (Some(text), Some(pattern)) = (arguments.text(0), arguments.text(1)) else { return Ok(None) };
        let escape = arguments.text(2).and_then(|escape| escape.chars().next());
        let pattern: Arc<Pattern> =
            context.get_or_create_aux(1, |_| Ok::<_, Raised>(Pattern::new(&pattern, escape)))?;
        Ok(Some(pattern.matches(&text)))
    })?;
    add(connection, "ts_depth", 1, |a| {
        // SQL Server's default MAXRECURSION.
        if a.whole(0).unwrap_or_default() <= 100 {
            return Ok(Some(Value::Integer(1)));
        }
        let text = "The statement terminated. The maximum recursion 100 has been exhausted before statement completion.";
        Err(SqlError::new(530, 1, 16, text))
    })
}

fn numbers(connection: &Connection) -> rusqlite::Result<()> {
    for name in ["ts_div", "ts_mod"] {
        let divides = name == "ts_div";
        add(connection, name, 2, move |a| {
            let zero = || SqlError::new(8134, 1, 16, "Divide by zero error encountered.");
            match (a.raw(0), a.raw(1)) {
                (ValueRef::Null, _) | (_, ValueRef::Null) => Ok(None),
                (ValueRef::Integer(left), ValueRef::Integer(right)) => {
                    let result = if divides { left.checked_div(right) } else { left.checked_rem(right) };
                    result.map(|whole| Some(Value::Integer(whole))).ok_or_else(zero)
                }
                _ => {
                    let (left, right) = (a.number(0).unwrap_or_default(), a.number(1).unwrap_or_default());
                    if right == 0.0 {
                        return Err(zero());
                    }
                    Ok(Some(Value::Real(if divides { left / right } else { left % right })))
                }
            }
        })?;
    }
    add(connection, "ts_round", 3, |a| {
        let (Some(number), Some(digits)) = (a.number(0), a.whole(1)) else { return Ok(None) };
        let unit = 10_f64.powi(i32::try_from(digits.clamp(-30, 30)).unwrap_or_default());
        let scaled = number * unit;
        let kept = if a.whole(2).unwrap_or_default() == 0 { scaled.round() } else { scaled.trunc() } / unit;
        Ok(Some(same_kind(a.raw(0), kept)))
    })?;
    let same: [(&str, OfNumber); 4] = [
        ("ts_floor", f64::floor),
        ("ts_ceiling", f64::ceil),
        ("ts_abs", f64::abs),
        ("ts_sign", |number| if number == 0.0 { 0.0 } else { number.signum() }),
    ];
    for (name, function) in same {
        add(connection, name, 1, move |a| {
            Ok(a.number(0).map(|number| same_kind(a.raw(0), function(number))))
        })?;
    }
    let floats: [(&str, OfNumber); 5] = [
        ("ts_sqrt", f64::sqrt),
        ("ts_square", |number| number * number),
        ("ts_exp", f64::exp),
        ("ts_log", f64::ln),
        ("ts_log10", f64::log10),
    ];
    for (name, function) in floats {
        add(connection, name, 1, move |a| match a.number(0).map(function) {
            Some(number) if !number.is_finite() => {
                Err(SqlError::new(3623, 1, 16, "An invalid floating point operation occurred."))
            }
            number => Ok(number.map(Value::Real)),
        })?;
    }
    add(connection, "ts_power", 2, |a| {
        let (Some(base), Some(exponent)) = (a.number(0), a.number(1)) else { return Ok(None) };
        Ok(Some(same_kind(a.raw(0), base.powf(exponent))))
    })
}

/// ROUND, FLOOR and the like of an integer are integers.
fn same_kind(like: ValueRef<'_>, number: f64) -> Value {
    match like {
        #[expect(clippy::cast_possible_truncation, reason = "the argument was an integer")]
        ValueRef::Integer(_) => Value::Integer(number as i64),
        _ => Value::Real(number),
    }
}

fn dates(connection: &Connection) -> rusqlite::Result<()> {
    for (name, is_big) in [("ts_datediff", false), ("ts_datediff_big", true)] {
        add(connection, name, 3, move |a| {
            let (Some(from), Some(to)) = (a.whole(1), a.whole(2)) else { return Ok(None) };
            let difference = clock::difference(a.part()?, from, to);
            if !is_big && i32::try_from(difference).is_err() {
                let text = "The datediff function resulted in an overflow. The number of dateparts separating two \
                            date/time instances is too large. Try to use datediff with a less precise datepart.";
                return Err(SqlError::new(535, 1, 16, text));
            }
            Ok(Some(Value::Integer(difference)))
        })?;
    }
    add(connection, "ts_dateadd", 3, |a| {
        let (Some(count), Some(to)) = (a.whole(1), a.whole(2)) else { return Ok(None) };
        clock::add(a.part()?, count, to).map(|ticks| Some(Value::Integer(ticks)))
    })?;
    add(connection, "ts_datepart", 2, |a| {
        let Some(ticks) = a.whole(1) else { return Ok(None) };
        Ok(Some(Value::Integer(clock::part_of(a.part()?, ticks))))
    })?;
    add(connection, "ts_datename", 2, |a| {
        let Some(ticks) = a.whole(1) else { return Ok(None) };
        Ok(Some(Value::Text(clock::name_of(a.part()?, ticks))))
    })?;
    add(connection, "ts_eomonth", 2, |a| {
        let (Some(ticks), Some(months)) = (a.whole(0), a.whole(1)) else { return Ok(None) };
        clock::end_of_month(ticks, months).map(|ticks| Some(Value::Integer(ticks)))
    })?;
    add(connection, "ts_datefromparts", 3, |a| {
        let (Some(year), Some(month), Some(day)) = (a.whole(0), a.whole(1), a.whole(2)) else {
            return Ok(None);
        };
        let text = "Cannot construct data type date, some of the arguments have values which are not valid.";
        let ticks = clock::ticks((year, month, day), 0).ok_or_else(|| SqlError::new(289, 1, 16, text))?;
        Ok(Some(Value::Integer(ticks)))
    })
}

/// Text as SQL Server counts it: in UTF-16 units. Half a pair that is cut off becomes U+FFFD.
fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn slice(text: &str, from: i64, count: i64) -> String {
    let units = units(text);
    let end = from.saturating_add(count).clamp(0, i64::try_from(units.len()).unwrap_or(i64::MAX));
    let (from, end) = (usize::try_from(from).unwrap_or(0), usize::try_from(end).unwrap_or(0));
    String::from_utf16_lossy(units.get(from..end).unwrap_or_default())
}

fn length_of(text: &str) -> i64 {
    i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX)
}

fn invalid_length(function: &str) -> SqlError {
    SqlError::new(537, 3, 16, format!("Invalid length parameter passed to the {function} function."))
}

/// The place of `find` in `text` from a place on, in units, with no regard to case.
fn find(needle: &str, text: &str, from: i64) -> Option<usize> {
    let fold = |text: &str| -> Vec<char> {
        text.chars()
            .map(|c| c.to_lowercase().next().filter(|_| c.to_lowercase().count() == 1).unwrap_or(c))
            .collect()
    };
    let (needle, text) = (fold(needle), fold(text));
    let start = usize::try_from(from.max(1) - 1).unwrap_or(0);
    if needle.is_empty() {
        return None;
    }
    text.get(start..)?.windows(needle.len()).position(|window| window == needle).map(|at| at + start)
}

fn texts(connection: &Connection) -> rusqlite::Result<()> {
    add(connection, "ts_len", 1, |a| {
        Ok(a.text(0).map(|text| Value::Integer(length_of(text.trim_end_matches(' ')))))
    })?;
    add(connection, "ts_units", 1, |a| Ok(a.text(0).map(|text| Value::Integer(length_of(&text)))))?;
    for (name, function) in [("ts_left", "left"), ("ts_right", "right")] {
        add(connection, name, 2, move |a| {
            let (Some(text), Some(count)) = (a.text(0), a.whole(1)) else { return Ok(None) };
            if count < 0 {
                return Err(invalid_length(function));
            }
            let from = if name == "ts_left" { 0 } else { (length_of(&text) - count).max(0) };
            Ok(Some(Value::Text(slice(&text, from, count))))
        })?;
    }
    add(connection, "ts_substring", 3, |a| {
        let (Some(text), Some(start), Some(count)) = (a.text(0), a.whole(1), a.whole(2)) else {
            return Ok(None);
        };
        if count < 0 {
            return Err(invalid_length("substring"));
        }
        // A start before the first character takes away from the length.
        let end = start.saturating_add(count).saturating_sub(1);
        let from = start.saturating_sub(1).max(0);
        Ok(Some(Value::Text(slice(&text, from, (end - from).max(0)))))
    })?;
    add(connection, "ts_upper", 1, |a| Ok(a.text(0).map(|text| Value::Text(text.to_uppercase()))))?;
    add(connection, "ts_lower", 1, |a| Ok(a.text(0).map(|text| Value::Text(text.to_lowercase()))))?;
    add(connection, "ts_reverse", 1, |a| {
        Ok(a.text(0).map(|text| Value::Text(text.chars().rev().collect())))
    })?;
    add(connection, "ts_replace", 3, |a| {
        let (Some(text), Some(old), Some(new)) = (a.text(0), a.text(1), a.text(2)) else { return Ok(None) };
        let mut rest: Vec<char> = text.chars().collect();
        let mut done = String::new();
        while let Some(at) = find(&old, &rest.iter().collect::<String>(), 1) {
            done.extend(rest.drain(..at));
            rest.drain(..old.chars().count());
            done.push_str(&new);
        }
        done.extend(rest);
        Ok(Some(Value::Text(done)))
    })?;
    add(connection, "ts_charindex", 3, |a| {
        let (Some(needle), Some(text), Some(from)) = (a.text(0), a.text(1), a.whole(2)) else {
            return Ok(None);
        };
        let at = find(&needle, &text, from).map_or(0, |at| i64::try_from(at).unwrap_or(i64::MAX) + 1);
        Ok(Some(Value::Integer(at)))
    })?;
    add(connection, "ts_patindex", 2, |a| {
        let (Some(pattern), Some(text)) = (a.text(0), a.text(1)) else { return Ok(None) };
        let anchored = !pattern.starts_with('%');
        let bare = Pattern::new(pattern.strip_prefix('%').unwrap_or(&pattern), None);
        let tails = text.char_indices().map(|(at, _)| at).enumerate();
        let mut found = 0;
        for (count, at) in tails {
            if bare.matches(text.get(at..).unwrap_or_default()) {
                found = i64::try_from(count).unwrap_or(i64::MAX) + 1;
                break;
            }
            if anchored {
                break;
            }
        }
        Ok(Some(Value::Integer(found)))
    })?;
    add(connection, "ts_concat", -1, |a| {
        Ok(Some(Value::Text((0..a.0.len()).filter_map(|at| a.text(at)).collect())))
    })?;
    add(connection, "ts_concat_ws", -1, |a| {
        let separator = a.text(0).unwrap_or_default();
        let pieces: Vec<String> = (1..a.0.len()).filter_map(|at| a.text(at)).collect();
        Ok(Some(Value::Text(pieces.join(&separator))))
    })?;
    add(connection, "ts_replicate", 2, |a| {
        let (Some(text), Some(count)) = (a.text(0), a.whole(1)) else { return Ok(None) };
        let Ok(count) = usize::try_from(count) else { return Ok(None) };
        let count = count.min(MOST_REPEATED / text.len().max(1));
        Ok(Some(Value::Text(text.repeat(count))))
    })?;
    add(connection, "ts_stuff", 4, |a| {
        let (Some(text), Some(start), Some(count)) = (a.text(0), a.whole(1), a.whole(2)) else {
            return Ok(None);
        };
        let length = length_of(&text);
        if start < 1 || count < 0 || start > length {
            return Ok(None);
        }
        let new = a.text(3).unwrap_or_default();
        let after = (start - 1).saturating_add(count).min(length);
        let text = slice(&text, 0, start - 1) + &new + &slice(&text, after, length - after);
        Ok(Some(Value::Text(text)))
    })?;
    add(connection, "ts_unicode", 1, |a| {
        Ok(a.text(0).and_then(|text| text.encode_utf16().next()).map(|unit| Value::Integer(i64::from(unit))))
    })?;
    add(connection, "ts_char", 1, |a| {
        let character = a.whole(0).and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
        Ok(character.map(|character| Value::Text(character.to_string())))
    })?;
    add(connection, "ts_quotename", 1, |a| {
        Ok(a.text(0).map(|text| Value::Text(format!("[{}]", text.replace(']', "]]")))))
    })?;
    add(connection, "ts_isnumeric", 1, |a| {
        let is_number = a.text(0).is_some_and(|text| {
            let text = text.trim();
            text.parse::<f64>().is_ok() && !text.contains(char::is_alphabetic)
        });
        Ok(Some(Value::Integer(i64::from(is_number))))
    })
}
