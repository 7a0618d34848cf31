//! The rules of the layout, and how data breaks them.

use std::sync::Arc;

/// How column data breaks the rules of its layout.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LayoutError {
    /// A buffer's length does not fit the number of rows.
    #[error("{buffer} has {found} entries where {rows} rows need {needed}")]
    Length {
        /// Which buffer.
        buffer: &'static str,
        /// Its length.
        found: usize,
        /// The rows it should describe.
        rows: u32,
        /// The length it should have.
        needed: usize,
    },
    /// The first offset is not 0.
    #[error("the first offset is {0}, not 0")]
    FirstOffset(u32),
    /// An offset is smaller than the one before.
    #[error("offset {index} goes back, from {before} to {after}")]
    OffsetBack {
        /// Which offset.
        index: usize,
        /// The offset before it.
        before: u32,
        /// The offset itself.
        after: u32,
    },
    /// The last offset is not where the data ends.
    #[error("the last offset is {last} where the data has {len} bytes")]
    LastOffset {
        /// The last offset.
        last: u32,
        /// The length of the data.
        len: usize,
    },
    /// The bytes are not UTF-8.
    #[error("the data is not UTF-8 from byte {0} on")]
    NotUtf8(usize),
    /// An offset points into the middle of a character.
    #[error("offset {index} cuts a character in two")]
    CutCharacter {
        /// Which offset.
        index: usize,
    },
    /// A row that is null holds a value all the same.
    #[error("row {row} is null but holds a value")]
    ValueUnderNull {
        /// Which row.
        row: usize,
    },
    /// Bits past the last row are set.
    #[error("bits past the last row are set in {0}")]
    LooseBits(&'static str),
    /// A column of more bytes than an offset can count.
    #[error("a column holds at most 4 GiB of text")]
    TooLong,
}

/// Which rows have a value; absent when all have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validity(pub(super) Option<Arc<Vec<u8>>>);

impl Validity {
    /// Every row has a value.
    pub const ALL: Self = Self(None);

    /// Reads a bitmap as it crosses the border: empty means that no row is null.
    ///
    /// # Errors
    /// When the bitmap's length does not fit, or bits past the last row are set.
    pub fn new(rows: u32, bits: Vec<u8>) -> Result<Self, LayoutError> {
        if bits.is_empty() {
            return Ok(Self::ALL);
        }
        check_bits("validity", rows, &bits)?;
        // One form for one meaning: a bitmap without a null is no bitmap.
        let set: u32 = bits.iter().map(|byte| byte.count_ones()).sum();
        Ok(if set == rows { Self::ALL } else { Self(Some(Arc::new(bits))) })
    }

    /// Whether row `row` has a value.
    #[must_use]
    pub fn is_valid(&self, row: usize) -> bool {
        self.0.as_ref().is_none_or(|bits| bit(bits, row))
    }

    /// How many rows are null.
    #[must_use]
    pub fn nulls(&self, rows: u32) -> u32 {
        self.0.as_ref().map_or(0, |bits| rows - bits.iter().map(|byte| byte.count_ones()).sum::<u32>())
    }

    /// The bitmap as it crosses the border.
    #[must_use]
    pub fn bits(&self) -> Arc<Vec<u8>> {
        self.0.clone().unwrap_or_default()
    }

    /// The null rows, in order.
    pub(super) fn null_rows(&self, rows: u32) -> impl Iterator<Item = usize> + '_ {
        self.0
            .iter()
            .flat_map(|bits| bits.iter().enumerate())
            .filter(|(_, byte)| **byte != 0xff)
            .flat_map(|(index, byte)| {
                (0..8).filter(move |shift| (byte >> shift) & 1 == 0).map(move |shift| index * 8 + shift)
            })
            .take_while(move |row| *row < rows as usize)
    }
}

pub(super) fn bit(bits: &[u8], row: usize) -> bool {
    bits.get(row / 8).is_some_and(|byte| (byte >> (row % 8)) & 1 == 1)
}

pub(super) fn check_bits(buffer: &'static str, rows: u32, bits: &[u8]) -> Result<(), LayoutError> {
    let needed = (rows as usize).div_ceil(8);
    if bits.len() != needed {
        return Err(LayoutError::Length { buffer, found: bits.len(), rows, needed });
    }
    let used = rows % 8;
    match bits.last() {
        Some(last) if used != 0 && last >> used != 0 => Err(LayoutError::LooseBits(buffer)),
        _ => Ok(()),
    }
}

pub(super) fn check_len(
    buffer: &'static str,
    rows: u32,
    found: usize,
    needed: usize,
) -> Result<(), LayoutError> {
    if found == needed { Ok(()) } else { Err(LayoutError::Length { buffer, found, rows, needed }) }
}

pub(super) fn check_offsets(offsets: &[u32], len: usize) -> Result<(), LayoutError> {
    if u32::try_from(len).is_err() {
        return Err(LayoutError::TooLong);
    }
    match offsets.first() {
        Some(0) => {}
        first => return Err(LayoutError::FirstOffset(first.copied().unwrap_or(u32::MAX))),
    }
    // Without an early exit this loop becomes vector code; the slow search runs on bad input only.
    let back = offsets.iter().zip(offsets.iter().skip(1)).fold(false, |back, (a, b)| back | (b < a));
    if back {
        for (index, (before, after)) in offsets.iter().zip(offsets.iter().skip(1)).enumerate() {
            if after < before {
                return Err(LayoutError::OffsetBack { index: index + 1, before: *before, after: *after });
            }
        }
    }
    match offsets.last() {
        Some(last) if *last as usize == len => Ok(()),
        last => Err(LayoutError::LastOffset { last: last.copied().unwrap_or(0), len }),
    }
}

pub(super) fn check_utf8(offsets: &[u32], data: &[u8]) -> Result<(), LayoutError> {
    // Most columns are ASCII, where every offset is a boundary.
    if data.is_ascii() {
        return Ok(());
    }
    let text = simdutf8::basic::from_utf8(data).map_err(|_| {
        LayoutError::NotUtf8(str::from_utf8(data).err().map_or(0, |error| error.valid_up_to()))
    })?;
    match offsets.iter().position(|offset| !text.is_char_boundary(*offset as usize)) {
        Some(index) => Err(LayoutError::CutCharacter { index }),
        None => Ok(()),
    }
}
