//! The rows of an answer on their way into tokens, with what is made to go wrong on that way.

use std::iter;

use super::answering::{End, Out};
use crate::{
    answer::{Answer, ColumnMeta, Row, Rows, SqlError, SqlType, Value},
    fault::{Effects, Trouble},
    wire::{Bits, begin_huge, end_huge, put_cell, put_columns, put_row, put_row_start},
};

/// A row that is repeated comes from the first rows of the answer.
const REPEATED: usize = 1024;
/// A huge value goes out in chunks of this size.
const HUGE_CHUNK: usize = 64 << 10;

/// Sends columns and rows; the number of rows.
pub(super) fn send(
    out: &mut Out,
    answer: Answer,
    effects: &Effects,
    bits: Bits,
    at_most: u64,
) -> Result<u64, End> {
    let Answer { mut columns, rows } = answer;
    let rows = match effects.rows {
        Some(wanted) => repeated(rows, wanted),
        None => rows,
    };
    let wrong = effects.wrong_type.as_ref().and_then(|name| {
        let place = columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))?;
        let column = columns.get_mut(place)?;
        column.sql_type = other_type(column.sql_type);
        Some(place)
    });
    if effects.lone_surrogates {
        columns.iter_mut().for_each(|column| column.sql_type = wider(column.sql_type));
    }
    let mut huge = effects.huge_value.and_then(|bytes| {
        let place = columns.iter().position(|column| is_text(column.sql_type))?;
        columns.get_mut(place)?.sql_type = SqlType::NVarChar(0);
        Some((place, bytes))
    });
    put_columns(&mut out.tokens, &columns);

    let mut trouble = effects.at_row.clone();
    let mut sent = 0;
    let at_most = if at_most == 0 { u64::MAX } else { at_most };
    for row in rows.take(usize::try_from(at_most).unwrap_or(usize::MAX)) {
        if out.is_cancelled() {
            return Err(End::Cancelled);
        }
        let mut row = row.map_err(|error| End::Error { errors: vec![error] })?;
        if let Some(value) = wrong.and_then(|place| row.get_mut(place)) {
            *value = other_value(value);
        }
        if effects.lone_surrogates {
            row.iter_mut().for_each(add_surrogate);
        }
        if let Some((_, happens)) = trouble.take_if(|(at, _)| *at <= sent) {
            broken_row(out, &columns, &row, bits, happens)?;
        } else if let Some((place, bytes)) = huge.take() {
            huge_row(out, &columns, &row, bits, place, bytes)?;
        } else {
            put_row(&mut out.tokens, &columns, &row, bits)
                .map_err(|error| End::Error { errors: vec![error] })?;
        }
        sent += 1;
        out.send_when_full()?;
    }
    // There were fewer rows than the fault waits for.
    match trouble {
        Some((_, Trouble::Error(error))) => Err(End::Error { errors: vec![error] }),
        Some((_, Trouble::Close)) => Err(End::Close),
        Some((_, Trouble::Stall)) => {
            out.stall()?;
            Ok(sent)
        }
        None => Ok(sent),
    }
}

/// The first rows again and again, until there are as many as wanted.
fn repeated(rows: Rows, wanted: u64) -> Rows {
    let first: Result<Vec<Row>, SqlError> = rows.take(REPEATED).collect();
    match first {
        Err(error) => Box::new(iter::once(Err(error))),
        Ok(first) => {
            let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
            let mut place = 0;
            let again = iter::from_fn(move || {
                let row = first.get(place % first.len().max(1)).cloned()?;
                place += 1;
                Some(Ok(row))
            });
            Box::new(again.take(wanted))
        }
    }
}

/// A row of which half goes out before it happens.
fn broken_row(
    out: &mut Out,
    columns: &[ColumnMeta],
    row: &Row,
    bits: Bits,
    happens: Trouble,
) -> Result<(), End> {
    if let Trouble::Error(error) = happens {
        return Err(End::Error { errors: vec![error] });
    }
    let start = out.tokens.len();
    put_row(&mut out.tokens, columns, row, bits).map_err(|error| End::Error { errors: vec![error] })?;
    let rest = out.tokens.split_off(start + (out.tokens.len() - start) / 2);
    if happens == Trouble::Close {
        return Err(End::Close);
    }
    out.stall()?;
    // Who stops waiting is still owed a whole row.
    out.tokens.unsplit(rest);
    Ok(())
}

/// A row whose value in one place is announced as huge, and sent.
fn huge_row(
    out: &mut Out,
    columns: &[ColumnMeta],
    row: &Row,
    bits: Bits,
    place: usize,
    bytes: u64,
) -> Result<(), End> {
    put_row_start(&mut out.tokens);
    for (at, (column, value)) in columns.iter().zip(row).enumerate() {
        if at != place {
            put_cell(&mut out.tokens, column, value, bits)
                .map_err(|error| End::Error { errors: vec![error] })?;
            continue;
        }
        begin_huge(&mut out.tokens, bytes);
        let mut left = bytes;
        while left > 0 && !out.is_cancelled() {
            let chunk = left.min(HUGE_CHUNK as u64) as usize;
            out.tokens.extend_from_slice(&(chunk as u32).to_le_bytes());
            out.tokens.extend(iter::repeat_n(*b"x\0", chunk / 2).flatten());
            left -= chunk as u64;
            out.send_when_full()?;
        }
        end_huge(&mut out.tokens);
    }
    Ok(())
}

fn is_text(sql_type: SqlType) -> bool {
    matches!(
        sql_type,
        SqlType::NVarChar(_)
            | SqlType::NChar(_)
            | SqlType::NText
            | SqlType::VarChar(_)
            | SqlType::Char(_)
            | SqlType::Text
    )
}

/// `nvarchar` in place of a type that cannot hold half of a surrogate pair, or not one more unit.
fn wider(sql_type: SqlType) -> SqlType {
    match sql_type {
        SqlType::NVarChar(units) | SqlType::NChar(units) | SqlType::VarChar(units) | SqlType::Char(units)
            if (1..4000).contains(&units) =>
        {
            SqlType::NVarChar(units + 1)
        }
        text if is_text(text) => SqlType::NVarChar(0),
        other => other,
    }
}

fn add_surrogate(value: &mut Value) {
    if let Value::Text(text) = value {
        *value = Value::Utf16(text.encode_utf16().chain([0xD800]).collect());
    }
}

fn other_type(sql_type: SqlType) -> SqlType {
    if is_text(sql_type) { SqlType::Int } else { SqlType::NVarChar(4000) }
}

/// A value of the other type: the length of text, and in place of all else a word.
fn other_value(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Text(text) => Value::Int(i64::try_from(text.len()).unwrap_or(i64::MAX)),
        Value::Utf16(units) => Value::Int(i64::try_from(units.len()).unwrap_or(i64::MAX)),
        Value::Int(number) => Value::Text(number.to_string()),
        _ => Value::Text("of another type".to_owned()),
    }
}
