//! Rows: values as the bytes of their column's type.

use bytes::{BufMut, BytesMut};

use super::{
    COLLATION,
    columns::decimal_size,
    cp1252,
    moments::{datetime, put_days, put_time, small_datetime, time_size, utc},
};
use crate::answer::{ColumnMeta, Moment, SqlError, SqlType, Value};

const ROW: u8 = 0xD1;
/// A row that leaves its NULLs out and says in a bitmap which they are.
const ROW_OF_BITS: u8 = 0xD2;

/// The order of a GUID's bytes on the wire: its first three groups are little-endian.
const GUID_ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/// How a type says NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Null {
    /// A length of 0 in one byte.
    Byte,
    /// A length of 0xFFFF.
    Short,
    /// A length of 0 in four bytes.
    Long,
    /// A length of 64 bits, all of them set.
    Partial,
}

impl Null {
    fn of(sql_type: SqlType) -> Self {
        match sql_type {
            SqlType::NVarChar(0) | SqlType::VarChar(0) | SqlType::VarBinary(0) | SqlType::Xml => {
                Self::Partial
            }
            SqlType::NVarChar(_)
            | SqlType::NChar(_)
            | SqlType::VarChar(_)
            | SqlType::Char(_)
            | SqlType::VarBinary(_)
            | SqlType::Binary(_) => Self::Short,
            SqlType::SqlVariant => Self::Long,
            _ => Self::Byte,
        }
    }

    fn size(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Short => 2,
            Self::Long => 4,
            Self::Partial => 8,
        }
    }

    fn put(self, to: &mut BytesMut) {
        match self {
            Self::Byte => to.put_u8(0),
            Self::Short => to.put_u16_le(0xFFFF),
            Self::Long => to.put_u32_le(0),
            Self::Partial => to.put_u64_le(u64::MAX),
        }
    }
}

/// What the session asks of values: SET TEXTSIZE.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bits {
    /// The most bytes of a value of a `max` or old large type.
    pub(crate) text_size: usize,
}

/// One row. An error is a value that its column cannot hold: a fault of whoever made the answer.
pub(crate) fn put_row(
    to: &mut BytesMut,
    columns: &[ColumnMeta],
    row: &[Value],
    bits: Bits,
) -> Result<(), SqlError> {
    if columns.len() != row.len() {
        let message =
            format!("The pretend site made a row of {} values for {} columns.", row.len(), columns.len());
        return Err(SqlError::new(50_000, 1, 16, message));
    }
    let nulls = || columns.iter().zip(row).filter(|(_, value)| matches!(value, Value::Null));
    let saved: usize = nulls().map(|(column, _)| Null::of(column.sql_type).size()).sum();
    let bitmap = columns.len().div_ceil(8);
    let with_bitmap = saved > bitmap;
    let start = to.len();
    if with_bitmap {
        to.put_u8(ROW_OF_BITS);
        for eight in row.chunks(8) {
            let set = eight.iter().enumerate().filter(|(_, value)| matches!(value, Value::Null));
            to.put_u8(set.fold(0, |bits, (place, _)| bits | 1 << place));
        }
    } else {
        to.put_u8(ROW);
    }
    for (column, value) in columns.iter().zip(row) {
        if with_bitmap && matches!(value, Value::Null) && column.nullable {
            continue;
        }
        if let Err(error) = put_cell(to, column, value, bits) {
            // Half a row would be taken for the next token.
            to.truncate(start);
            return Err(error);
        }
    }
    Ok(())
}

/// The start of a row in which NULLs are written out, cell by cell.
pub(crate) fn put_row_start(to: &mut BytesMut) {
    to.put_u8(ROW);
}

/// One cell of a row that was begun.
pub(crate) fn put_cell(
    to: &mut BytesMut,
    column: &ColumnMeta,
    value: &Value,
    bits: Bits,
) -> Result<(), SqlError> {
    let put = match value {
        Value::Null if !column.nullable => Err("NULL"),
        Value::Null => {
            Null::of(column.sql_type).put(to);
            Ok(())
        }
        value => put_value(to, column, value, bits),
    };
    put.map_err(|what| {
        let ColumnMeta { name, sql_type, .. } = column;
        let message = format!("The pretend site made {what} for the column '{name}', which is {sql_type:?}.");
        SqlError::new(50_000, 2, 16, message)
    })
}

/// The value's length, where the type has one and the column is one that takes NULL.
fn put_size(to: &mut BytesMut, column: &ColumnMeta, size: u8) {
    if column.nullable {
        to.put_u8(size);
    }
}

type Put = Result<(), &'static str>;

fn put_value(to: &mut BytesMut, column: &ColumnMeta, value: &Value, bits: Bits) -> Put {
    match column.sql_type {
        SqlType::Bit => {
            let bit = match value {
                Value::Bool(bit) => *bit,
                Value::Int(number) => *number != 0,
                _ => return Err("another value than a bit"),
            };
            put_size(to, column, 1);
            to.put_u8(u8::from(bit));
        }
        SqlType::TinyInt => {
            let number = u8::try_from(integer(value)?).map_err(|_| "a number out of range")?;
            put_size(to, column, 1);
            to.put_u8(number);
        }
        SqlType::SmallInt => {
            let number = i16::try_from(integer(value)?).map_err(|_| "a number out of range")?;
            put_size(to, column, 2);
            to.put_i16_le(number);
        }
        SqlType::Int => {
            let number = i32::try_from(integer(value)?).map_err(|_| "a number out of range")?;
            put_size(to, column, 4);
            to.put_i32_le(number);
        }
        SqlType::BigInt => {
            let number = integer(value)?;
            put_size(to, column, 8);
            to.put_i64_le(number);
        }
        SqlType::Real => {
            let number = float(value)?;
            put_size(to, column, 4);
            to.put_f32_le(number as f32);
        }
        SqlType::Float => {
            let number = float(value)?;
            put_size(to, column, 8);
            to.put_f64_le(number);
        }
        SqlType::Decimal { precision, scale } => put_decimal(to, precision, unscaled(value, scale)?)?,
        SqlType::Money => {
            let number = i64::try_from(unscaled(value, 4)?).map_err(|_| "an amount out of range")?;
            put_size(to, column, 8);
            // The high half comes first, each half little-endian.
            to.put_i32_le((number >> 32) as i32);
            to.put_u32_le(number as u32);
        }
        SqlType::SmallMoney => {
            let number = i32::try_from(unscaled(value, 4)?).map_err(|_| "an amount out of range")?;
            put_size(to, column, 4);
            to.put_i32_le(number);
        }
        SqlType::NVarChar(0) => put_partial(to, cut(&wide(value)?, bits.text_size & !1)),
        SqlType::Xml => put_partial(to, &wide(value)?),
        SqlType::NVarChar(units) | SqlType::NChar(units) => {
            put_short(to, &wide(value)?, usize::from(units) * 2)?;
        }
        SqlType::VarChar(0) => put_partial(to, cut(&narrow(value)?, bits.text_size)),
        SqlType::VarChar(bytes) | SqlType::Char(bytes) => put_short(to, &narrow(value)?, usize::from(bytes))?,
        SqlType::VarBinary(0) => put_partial(to, cut(binary(value)?, bits.text_size)),
        SqlType::VarBinary(bytes) | SqlType::Binary(bytes) => {
            put_short(to, binary(value)?, usize::from(bytes))?;
        }
        SqlType::NText => put_old_large(to, cut(&wide(value)?, bits.text_size & !1)),
        SqlType::Text => put_old_large(to, cut(&narrow(value)?, bits.text_size)),
        SqlType::Image => put_old_large(to, cut(binary(value)?, bits.text_size)),
        SqlType::UniqueIdentifier => {
            let Value::Guid(guid) = value else { return Err("another value than a GUID") };
            to.put_u8(16);
            put_guid(to, guid);
        }
        SqlType::DateTime => {
            let (days, ticks) = datetime(moment(value)?);
            put_size(to, column, 8);
            to.put_i32_le(days);
            to.put_u32_le(ticks);
        }
        SqlType::SmallDateTime => {
            let (days, minutes) = small_datetime(moment(value)?).ok_or("a date out of range")?;
            put_size(to, column, 4);
            to.put_u16_le(days);
            to.put_u16_le(minutes);
        }
        SqlType::Date => {
            let moment = moment(value)?;
            to.put_u8(3);
            put_days(to, moment.days);
        }
        SqlType::Time(scale) => {
            let moment = moment(value)?;
            to.put_u8(time_size(scale));
            put_time(to, moment.nanos, scale);
        }
        SqlType::DateTime2(scale) => {
            let moment = moment(value)?;
            to.put_u8(time_size(scale) + 3);
            put_time(to, moment.nanos, scale);
            put_days(to, moment.days);
        }
        SqlType::DateTimeOffset(scale) => {
            let moment = moment(value)?;
            let (days, nanos) = utc(moment).ok_or("a date out of range")?;
            to.put_u8(time_size(scale) + 5);
            put_time(to, nanos, scale);
            put_days(to, days);
            to.put_i16_le(moment.offset);
        }
        SqlType::SqlVariant => put_variant(to, value)?,
    }
    Ok(())
}

fn integer(value: &Value) -> Result<i64, &'static str> {
    match value {
        Value::Int(number) => Ok(*number),
        Value::Bool(bit) => Ok(i64::from(*bit)),
        _ => Err("another value than an integer"),
    }
}

fn float(value: &Value) -> Result<f64, &'static str> {
    match value {
        Value::Float(number) => Ok(*number),
        Value::Int(number) => Ok(*number as f64),
        _ => Err("another value than a number"),
    }
}

/// A decimal without its point, at this scale.
fn unscaled(value: &Value, scale: u8) -> Result<i128, &'static str> {
    match value {
        Value::Decimal(number) => Ok(*number),
        Value::Int(number) => {
            let power = 10_i128.checked_pow(u32::from(scale)).ok_or("a number out of range")?;
            i128::from(*number).checked_mul(power).ok_or("a number out of range")
        }
        _ => Err("another value than a decimal"),
    }
}

fn wide(value: &Value) -> Result<Vec<u8>, &'static str> {
    match value {
        Value::Text(text) => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        Value::Utf16(units) => Ok(units.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
        _ => Err("another value than text"),
    }
}

fn narrow(value: &Value) -> Result<Vec<u8>, &'static str> {
    match value {
        Value::Text(text) => Ok(cp1252::encode(text)),
        Value::Utf16(units) => Ok(cp1252::encode(&String::from_utf16_lossy(units))),
        _ => Err("another value than text"),
    }
}

fn binary(value: &Value) -> Result<&[u8], &'static str> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        _ => Err("another value than bytes"),
    }
}

fn moment(value: &Value) -> Result<Moment, &'static str> {
    match value {
        Value::Moment(moment) => Ok(*moment),
        _ => Err("another value than a date"),
    }
}

fn cut(bytes: &[u8], most: usize) -> &[u8] {
    bytes.get(..most).unwrap_or(bytes)
}

fn put_short(to: &mut BytesMut, bytes: &[u8], most: usize) -> Put {
    if bytes.len() > most {
        return Err("a value that is longer than declared");
    }
    to.put_u16_le(bytes.len() as u16);
    to.put_slice(bytes);
    Ok(())
}

/// A value of a `max` type: its length, one chunk, and the chunk of length 0 that ends it.
fn put_partial(to: &mut BytesMut, bytes: &[u8]) {
    begin_huge(to, bytes.len() as u64);
    if !bytes.is_empty() {
        to.put_u32_le(bytes.len() as u32);
        to.put_slice(bytes);
    }
    end_huge(to);
}

/// A value of a `max` type of which only the length is known yet; chunks follow.
pub(crate) fn begin_huge(to: &mut BytesMut, bytes: u64) {
    to.put_u64_le(bytes);
}

/// The end of a value of a `max` type.
pub(crate) fn end_huge(to: &mut BytesMut) {
    to.put_u32_le(0);
}

/// `text`, `ntext`, `image`: a pointer and a timestamp that nobody reads come first.
fn put_old_large(to: &mut BytesMut, bytes: &[u8]) {
    to.put_u8(16);
    to.put_slice(&[0xEE; 16]);
    to.put_slice(&[0xEE; 8]);
    to.put_u32_le(bytes.len() as u32);
    to.put_slice(bytes);
}

fn put_guid(to: &mut BytesMut, guid: &[u8; 16]) {
    GUID_ORDER.iter().filter_map(|place| guid.get(*place)).for_each(|byte| to.put_u8(*byte));
}

fn put_decimal(to: &mut BytesMut, precision: u8, number: i128) -> Put {
    let size = decimal_size(precision);
    let magnitude = number.unsigned_abs();
    if 10_u128.checked_pow(u32::from(precision)).is_some_and(|bound| magnitude >= bound) {
        return Err("a number of too many digits");
    }
    to.put_u8(size + 1);
    to.put_u8(u8::from(number >= 0));
    to.put_slice(magnitude.to_le_bytes().get(..usize::from(size)).unwrap_or_default());
    Ok(())
}

/// A value that carries its own type: the length of all that follows, type, properties, value.
fn put_variant(to: &mut BytesMut, value: &Value) -> Put {
    let mut body = BytesMut::new();
    match value {
        Value::Bool(bit) => body.put_slice(&[0x32, 0, u8::from(*bit)]),
        Value::Int(number) => match i32::try_from(*number) {
            Ok(number) => {
                body.put_slice(&[0x38, 0]);
                body.put_i32_le(number);
            }
            Err(_) => {
                body.put_slice(&[0x7F, 0]);
                body.put_i64_le(*number);
            }
        },
        Value::Float(number) => {
            body.put_slice(&[0x3E, 0]);
            body.put_f64_le(*number);
        }
        Value::Text(_) | Value::Utf16(_) => {
            let bytes = wide(value)?;
            if bytes.len() > 8000 {
                return Err("a value that is longer than a sql_variant may be");
            }
            body.put_slice(&[0xE7, 7]);
            body.put_slice(&COLLATION);
            body.put_u16_le(8000);
            body.put_slice(&bytes);
        }
        Value::Guid(guid) => {
            body.put_slice(&[0x24, 0]);
            put_guid(&mut body, guid);
        }
        Value::Moment(moment) => {
            body.put_slice(&[0x2A, 1, 7]);
            put_time(&mut body, moment.nanos, 7);
            put_days(&mut body, moment.days);
        }
        Value::Bytes(bytes) if bytes.len() <= 8000 => {
            body.put_slice(&[0xA5, 2]);
            body.put_u16_le(8000);
            body.put_slice(bytes);
        }
        _ => return Err("a value that a sql_variant cannot hold"),
    }
    to.put_u32_le(body.len() as u32);
    to.extend_from_slice(&body);
    Ok(())
}
