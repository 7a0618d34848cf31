//! One parameter of a remote procedure call: name, type, value.

use bytes::{Buf, Bytes};

use super::{WireError, cp1252};
use crate::answer::{Moment, Value};

const MAX: u16 = 0xFFFF;
const DAY_1900: i64 = 693_595;

/// The name with its `@`, and the value. It is cut off the front of `from`.
pub(super) fn take(from: &mut Bytes) -> Result<(String, Value), WireError> {
    let units = usize::from(from.try_get_u8()?);
    let name = text(&bytes(from, units * 2)?);
    let _status = from.try_get_u8()?;
    Ok((name, value(from)?))
}

fn bytes(from: &mut Bytes, size: usize) -> Result<Bytes, WireError> {
    if from.remaining() < size {
        return Err(WireError::Other("a parameter is cut short".to_owned()));
    }
    Ok(from.split_to(size))
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf16_lossy(&units(bytes))
}

fn units(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(u16::from_le_bytes).collect()
}

/// A value behind a length of one byte; none at all is NULL.
fn short(from: &mut Bytes) -> Result<Option<Bytes>, WireError> {
    let size = usize::from(from.try_get_u8()?);
    let value = bytes(from, size)?;
    Ok((size > 0).then_some(value))
}

/// A value behind a length of two bytes, or in chunks where the type is `max`.
fn long(from: &mut Bytes, declared: u16) -> Result<Option<Bytes>, WireError> {
    if declared == MAX {
        return chunks(from);
    }
    match from.try_get_u16_le()? {
        MAX => Ok(None),
        size => bytes(from, usize::from(size)).map(Some),
    }
}

fn chunks(from: &mut Bytes) -> Result<Option<Bytes>, WireError> {
    if from.try_get_u64_le()? == u64::MAX {
        return Ok(None);
    }
    let mut whole = Vec::new();
    loop {
        match from.try_get_u32_le()? {
            0 => return Ok(Some(whole.into())),
            size => whole.extend_from_slice(&bytes(from, usize::try_from(size).unwrap_or(usize::MAX))?),
        }
    }
}

/// A little-endian number of up to eight bytes, without a sign.
fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn integer(bytes: &[u8]) -> i64 {
    match *bytes {
        // `tinyint` has no sign.
        [byte] => i64::from(byte),
        [a, b] => i64::from(i16::from_le_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
        _ => unsigned(bytes) as i64,
    }
}

fn float(bytes: &[u8]) -> f64 {
    match *bytes {
        [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
        _ => f64::from_bits(unsigned(bytes)),
    }
}

fn or_null(value: Option<Bytes>, make: impl FnOnce(&[u8]) -> Value) -> Value {
    value.map_or(Value::Null, |bytes| make(&bytes))
}

fn wide(bytes: &[u8]) -> Value {
    let units = units(bytes);
    String::from_utf16(&units).map_or(Value::Utf16(units), Value::Text)
}

fn guid(bytes: &[u8]) -> Value {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    Value::Guid(ORDER.map(|place| bytes.get(place).copied().unwrap_or(0)))
}

fn nanos(bytes: &[u8], scale: u8) -> u64 {
    unsigned(bytes).saturating_mul(10_u64.pow(9 - u32::from(scale.min(7))))
}

/// Time, then three bytes of days; a `time` has none and a `date` nothing else.
fn moment(bytes: &[u8], scale: u8, days: usize, offset: i16) -> Value {
    let (time, date) = bytes.split_at(bytes.len().saturating_sub(days));
    Value::Moment(Moment { days: unsigned(date) as u32, nanos: nanos(time, scale), offset })
}

/// A `datetimeoffset`: the wire has UTC, the value is that of the place.
fn with_offset(bytes: &[u8], scale: u8) -> Value {
    let (utc, offset) = bytes.split_at(bytes.len().saturating_sub(2));
    let offset = integer(offset) as i16;
    let Value::Moment(utc) = moment(utc, scale, 3, offset) else { return Value::Null };
    const DAY: i64 = 86_400_000_000_000;
    let local = (utc.nanos as i64).saturating_add(i64::from(offset) * 60_000_000_000);
    let days = i64::from(utc.days) + local.div_euclid(DAY);
    Value::Moment(Moment { days: days as u32, nanos: local.rem_euclid(DAY) as u64, offset })
}

fn datetime(bytes: &[u8]) -> Value {
    let (days, nanos) = match bytes.len() {
        8 => {
            let (days, steps) = bytes.split_at(4);
            (integer(days), unsigned(steps).saturating_mul(10_000_000) / 3)
        }
        _ => {
            let (days, minutes) = bytes.split_at(bytes.len().min(2));
            (unsigned(days) as i64, unsigned(minutes).saturating_mul(60_000_000_000))
        }
    };
    Value::Moment(Moment { days: (days + DAY_1900) as u32, nanos, offset: 0 })
}

/// A parameter's scale is not a column's: what is left of it is a number.
fn decimal(bytes: &[u8], scale: u8) -> Value {
    let (sign, magnitude) = bytes.split_at(bytes.len().min(1));
    let number = magnitude.iter().rev().fold(0.0, |number, byte| number * 256.0 + f64::from(*byte));
    let number = number / 10_f64.powi(i32::from(scale));
    Value::Float(if sign == [0] { -number } else { number })
}

fn money(bytes: &[u8]) -> Value {
    let number = match bytes.len() {
        8 => {
            let (high, low) = bytes.split_at(4);
            integer(high) << 32 | unsigned(low) as i64
        }
        _ => integer(bytes),
    };
    Value::Float(number as f64 / 10_000.0)
}

fn value(from: &mut Bytes) -> Result<Value, WireError> {
    let kind = from.try_get_u8()?;
    Ok(match kind {
        // A NULL of no type.
        0x1F => Value::Null,
        0x30 => Value::Int(integer(&bytes(from, 1)?)),
        0x32 => Value::Bool(bytes(from, 1)?.first() != Some(&0)),
        0x34 => Value::Int(integer(&bytes(from, 2)?)),
        0x38 => Value::Int(integer(&bytes(from, 4)?)),
        0x7F => Value::Int(integer(&bytes(from, 8)?)),
        0x3B => Value::Float(float(&bytes(from, 4)?)),
        0x3E => Value::Float(float(&bytes(from, 8)?)),
        0x26 => {
            from.try_get_u8()?;
            or_null(short(from)?, |bytes| Value::Int(integer(bytes)))
        }
        0x68 => {
            from.try_get_u8()?;
            or_null(short(from)?, |bytes| Value::Bool(bytes.first() != Some(&0)))
        }
        0x6D => {
            from.try_get_u8()?;
            or_null(short(from)?, |bytes| Value::Float(float(bytes)))
        }
        0x6E => {
            from.try_get_u8()?;
            or_null(short(from)?, money)
        }
        0x6F => {
            from.try_get_u8()?;
            or_null(short(from)?, datetime)
        }
        0x6A | 0x6C => {
            let scale = bytes(from, 3)?.last().copied().unwrap_or(0);
            or_null(short(from)?, |bytes| decimal(bytes, scale))
        }
        0x24 => {
            from.try_get_u8()?;
            or_null(short(from)?, guid)
        }
        0x28 => or_null(short(from)?, |bytes| moment(bytes, 0, 3, 0)),
        0x29 => {
            let scale = from.try_get_u8()?;
            or_null(short(from)?, |bytes| moment(bytes, scale, 0, 0))
        }
        0x2A => {
            let scale = from.try_get_u8()?;
            or_null(short(from)?, |bytes| moment(bytes, scale, 3, 0))
        }
        0x2B => {
            let scale = from.try_get_u8()?;
            or_null(short(from)?, |bytes| with_offset(bytes, scale))
        }
        0xE7 | 0xEF => {
            let declared = from.try_get_u16_le()?;
            bytes(from, 5)?;
            or_null(long(from, declared)?, wide)
        }
        0xA7 | 0xAF => {
            let declared = from.try_get_u16_le()?;
            bytes(from, 5)?;
            or_null(long(from, declared)?, |bytes| Value::Text(cp1252::decode(bytes)))
        }
        0xA5 | 0xAD => {
            let declared = from.try_get_u16_le()?;
            or_null(long(from, declared)?, |bytes| Value::Bytes(bytes.to_vec()))
        }
        0x63 | 0x23 => {
            from.try_get_u32_le()?;
            bytes(from, 5)?;
            let size = from.try_get_u32_le()?;
            let value = match size {
                u32::MAX => None,
                size => Some(bytes(from, usize::try_from(size).unwrap_or(usize::MAX))?),
            };
            or_null(value, |bytes| match kind {
                0x63 => wide(bytes),
                _ => Value::Text(cp1252::decode(bytes)),
            })
        }
        other => {
            return Err(WireError::Other(format!("a parameter of type 0x{other:02X} is not known here")));
        }
    })
}
