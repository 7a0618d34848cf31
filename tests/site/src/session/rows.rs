//! The rows of an answer on their way into tokens, with what is made to go wrong on that way.

use std::iter;

use bytes::{Bytes, BytesMut};

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
    let at_most = if at_most == 0 { u64::MAX } else { at_most };
    let mut sender = Sender::new(answer.columns, effects, bits);
    put_columns(&mut out.tokens, &sender.columns);
    match effects.rows {
        Some(wanted) => sender.again(out, answer.rows, wanted.min(at_most))?,
        None => {
            for row in answer.rows.take(usize::try_from(at_most).unwrap_or(usize::MAX)) {
                sender.row(out, row.map_err(failed)?)?;
            }
        }
    }
    sender.finish(out)
}

fn failed(error: SqlError) -> End {
    End::Error { errors: vec![error] }
}

/// Columns as they are sent, and what is still to go wrong.
struct Sender {
    columns: Vec<ColumnMeta>,
    bits: Bits,
    wrong: Option<usize>,
    lone_surrogates: bool,
    huge: Option<(usize, u64)>,
    trouble: Option<(u64, Trouble)>,
    sent: u64,
}

impl Sender {
    fn new(mut columns: Vec<ColumnMeta>, effects: &Effects, bits: Bits) -> Self {
        let wrong = effects.wrong_type.as_ref().and_then(|name| {
            let place = columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))?;
            let column = columns.get_mut(place)?;
            column.sql_type = other_type(column.sql_type);
            Some(place)
        });
        if effects.lone_surrogates {
            columns.iter_mut().for_each(|column| column.sql_type = wider(column.sql_type));
        }
        let huge = effects.huge_value.and_then(|bytes| {
            let place = columns.iter().position(|column| is_text(column.sql_type))?;
            columns.get_mut(place)?.sql_type = SqlType::NVarChar(0);
            Some((place, bytes))
        });
        let (lone_surrogates, trouble) = (effects.lone_surrogates, effects.at_row.clone());
        Self { columns, bits, wrong, lone_surrogates, huge, trouble, sent: 0 }
    }

    /// One row, and whatever happens at it.
    fn row(&mut self, out: &mut Out, mut row: Row) -> Result<(), End> {
        if out.is_cancelled() {
            return Err(End::Cancelled);
        }
        self.change(&mut row);
        let sent = self.sent;
        if let Some((_, happens)) = self.trouble.take_if(|(at, _)| *at <= sent) {
            self.broken(out, &row, happens)?;
        } else if let Some((place, bytes)) = self.huge.take() {
            self.with_huge_value(out, &row, place, bytes)?;
        } else {
            put_row(&mut out.tokens, &self.columns, &row, self.bits).map_err(failed)?;
        }
        self.sent += 1;
        out.send_when_full()
    }

    /// The first rows again and again, until there are as many as wanted. They are encoded once.
    fn again(&mut self, out: &mut Out, rows: Rows, wanted: u64) -> Result<(), End> {
        let first: Vec<Row> = rows.take(REPEATED).collect::<Result<_, _>>().map_err(failed)?;
        let encoded = first.iter().map(|row| {
            let (mut row, mut tokens) = (row.clone(), BytesMut::new());
            self.change(&mut row);
            put_row(&mut tokens, &self.columns, &row, self.bits).map_err(failed)?;
            Ok(tokens.freeze())
        });
        let encoded: Vec<Bytes> = encoded.collect::<Result<_, _>>()?;
        for (row, tokens) in first.iter().zip(&encoded).cycle() {
            if self.sent >= wanted {
                break;
            }
            let sent = self.sent;
            if self.huge.is_some() || self.trouble.as_ref().is_some_and(|(at, _)| *at <= sent) {
                self.row(out, row.clone())?;
                continue;
            }
            if out.is_cancelled() {
                return Err(End::Cancelled);
            }
            out.tokens.extend_from_slice(tokens);
            self.sent += 1;
            out.send_when_full()?;
        }
        Ok(())
    }

    /// How many rows there were. A fault that waits for more of them happens now.
    fn finish(mut self, out: &mut Out) -> Result<u64, End> {
        match self.trouble.take() {
            Some((_, Trouble::Error(error))) => Err(failed(error)),
            Some((_, Trouble::Close)) => Err(End::Close),
            Some((_, Trouble::Stall)) => out.stall().map(|()| self.sent),
            None => Ok(self.sent),
        }
    }

    fn change(&self, row: &mut Row) {
        if let Some(value) = self.wrong.and_then(|place| row.get_mut(place)) {
            *value = other_value(value);
        }
        if self.lone_surrogates {
            row.iter_mut().for_each(add_surrogate);
        }
    }

    /// A row of which half goes out before it happens.
    fn broken(&self, out: &mut Out, row: &Row, happens: Trouble) -> Result<(), End> {
        if let Trouble::Error(error) = happens {
            return Err(failed(error));
        }
        let start = out.tokens.len();
        put_row(&mut out.tokens, &self.columns, row, self.bits).map_err(failed)?;
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
    fn with_huge_value(&self, out: &mut Out, row: &Row, place: usize, bytes: u64) -> Result<(), End> {
        put_row_start(&mut out.tokens);
        for (at, (column, value)) in self.columns.iter().zip(row).enumerate() {
            if at != place {
                put_cell(&mut out.tokens, column, value, self.bits).map_err(failed)?;
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
