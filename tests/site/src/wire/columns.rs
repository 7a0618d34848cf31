//! COLMETADATA: what the columns of an answer are.

use bytes::{BufMut, BytesMut};

use super::{COLLATION, tokens::put_short_text};
use crate::answer::{ColumnMeta, SqlType};

const COLMETADATA: u8 = 0x81;
const NULLABLE: u16 = 0x0001;
/// Whether the column could be written is not known: it is the result of a query.
const READ_ONLY_UNKNOWN: u16 = 0x0008;

/// A length of 0xFFFF says `max`.
const MAX: u16 = 0xFFFF;

/// The token for these columns.
pub(crate) fn put_columns(to: &mut BytesMut, columns: &[ColumnMeta]) {
    to.put_u8(COLMETADATA);
    to.put_u16_le(u16::try_from(columns.len()).unwrap_or(u16::MAX));
    for column in columns {
        to.put_u32_le(0);
        to.put_u16_le(READ_ONLY_UNKNOWN | if column.nullable { NULLABLE } else { 0 });
        put_type(to, column);
        put_short_text(to, &column.name);
    }
}

/// The type that takes NULL, or the one that does not, where there are two of them.
fn put_fixed(to: &mut BytesMut, column: &ColumnMeta, fixed: u8, nullable: u8, size: u8) {
    if column.nullable {
        to.put_slice(&[nullable, size]);
    } else {
        to.put_u8(fixed);
    }
}

fn put_sized(to: &mut BytesMut, kind: u8, bytes: u16, collation: bool) {
    to.put_u8(kind);
    to.put_u16_le(if bytes == 0 { MAX } else { bytes });
    if collation {
        to.put_slice(&COLLATION);
    }
}

/// `text`, `ntext` and `image` name the table that they are from. An expression has none.
fn put_old_large(to: &mut BytesMut, kind: u8, collation: bool) {
    to.put_u8(kind);
    to.put_u32_le(0x7FFF_FFFF);
    if collation {
        to.put_slice(&COLLATION);
    }
    to.put_u8(1);
    to.put_u16_le(0);
}

fn put_type(to: &mut BytesMut, column: &ColumnMeta) {
    match column.sql_type {
        SqlType::Bit => put_fixed(to, column, 0x32, 0x68, 1),
        SqlType::TinyInt => put_fixed(to, column, 0x30, 0x26, 1),
        SqlType::SmallInt => put_fixed(to, column, 0x34, 0x26, 2),
        SqlType::Int => put_fixed(to, column, 0x38, 0x26, 4),
        SqlType::BigInt => put_fixed(to, column, 0x7F, 0x26, 8),
        SqlType::Real => put_fixed(to, column, 0x3B, 0x6D, 4),
        SqlType::Float => put_fixed(to, column, 0x3E, 0x6D, 8),
        SqlType::Money => put_fixed(to, column, 0x3C, 0x6E, 8),
        SqlType::SmallMoney => put_fixed(to, column, 0x7A, 0x6E, 4),
        SqlType::DateTime => put_fixed(to, column, 0x3D, 0x6F, 8),
        SqlType::SmallDateTime => put_fixed(to, column, 0x3A, 0x6F, 4),
        SqlType::Decimal { precision, scale } => {
            to.put_slice(&[0x6A, decimal_size(precision) + 1, precision, scale]);
        }
        SqlType::NVarChar(units) => put_sized(to, 0xE7, units.saturating_mul(2), true),
        SqlType::NChar(units) => put_sized(to, 0xEF, units.saturating_mul(2), true),
        SqlType::VarChar(bytes) => put_sized(to, 0xA7, bytes, true),
        SqlType::Char(bytes) => put_sized(to, 0xAF, bytes, true),
        SqlType::VarBinary(bytes) => put_sized(to, 0xA5, bytes, false),
        SqlType::Binary(bytes) => put_sized(to, 0xAD, bytes, false),
        SqlType::NText => put_old_large(to, 0x63, true),
        SqlType::Text => put_old_large(to, 0x23, true),
        SqlType::Image => put_old_large(to, 0x22, false),
        SqlType::UniqueIdentifier => to.put_slice(&[0x24, 16]),
        SqlType::Date => to.put_u8(0x28),
        SqlType::Time(scale) => to.put_slice(&[0x29, scale]),
        SqlType::DateTime2(scale) => to.put_slice(&[0x2A, scale]),
        SqlType::DateTimeOffset(scale) => to.put_slice(&[0x2B, scale]),
        // No schema collection.
        SqlType::Xml => to.put_slice(&[0xF1, 0]),
        SqlType::SqlVariant => {
            to.put_u8(0x62);
            to.put_u32_le(8009);
        }
    }
}

/// The bytes of a decimal's magnitude.
pub(super) fn decimal_size(precision: u8) -> u8 {
    match precision {
        0..=9 => 4,
        10..=19 => 8,
        20..=28 => 12,
        _ => 16,
    }
}
