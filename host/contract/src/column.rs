//! Columns in Arrow layout. A value of these types keeps the layout's rules: whoever holds one
//! need not check again. Buffers are shared, so a clone copies no data.

use std::sync::Arc;

use crate::batch::ColumnType;

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
pub struct Validity(Option<Arc<Vec<u8>>>);

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
    fn null_rows(&self, rows: u32) -> impl Iterator<Item = usize> + '_ {
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

fn bit(bits: &[u8], row: usize) -> bool {
    bits.get(row / 8).is_some_and(|byte| (byte >> (row % 8)) & 1 == 1)
}

fn check_bits(buffer: &'static str, rows: u32, bits: &[u8]) -> Result<(), LayoutError> {
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

fn check_len(buffer: &'static str, rows: u32, found: usize, needed: usize) -> Result<(), LayoutError> {
    if found == needed { Ok(()) } else { Err(LayoutError::Length { buffer, found, rows, needed }) }
}

/// UTF-8 text, one value a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextColumn {
    validity: Validity,
    offsets: Arc<Vec<u32>>,
    data: Arc<Vec<u8>>,
}

impl TextColumn {
    /// Checks data that came over the border.
    ///
    /// # Errors
    /// When any rule of the layout is broken.
    pub fn new(rows: u32, validity: Vec<u8>, offsets: Vec<u32>, data: Vec<u8>) -> Result<Self, LayoutError> {
        let validity = Validity::new(rows, validity)?;
        check_len("offsets", rows, offsets.len(), rows as usize + 1)?;
        check_offsets(&offsets, data.len())?;
        check_utf8(&offsets, &data)?;
        for row in validity.null_rows(rows) {
            if offsets.get(row) != offsets.get(row + 1) {
                return Err(LayoutError::ValueUnderNull { row });
            }
        }
        Ok(Self { validity, offsets: Arc::new(offsets), data: Arc::new(data) })
    }

    /// Row `row`'s bytes; `None` where it is null or past the end.
    #[must_use]
    pub fn bytes(&self, row: usize) -> Option<&[u8]> {
        if !self.validity.is_valid(row) {
            return None;
        }
        let from = *self.offsets.get(row)? as usize;
        let to = *self.offsets.get(row + 1)? as usize;
        self.data.get(from..to)
    }

    /// Row `row`'s text; `None` where it is null or past the end.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.bytes(row).and_then(|bytes| str::from_utf8(bytes).ok())
    }

    /// Which rows have a value.
    #[must_use]
    pub const fn validity(&self) -> &Validity {
        &self.validity
    }

    /// The offsets, one more than there are rows.
    #[must_use]
    pub const fn offsets(&self) -> &Arc<Vec<u32>> {
        &self.offsets
    }

    /// All rows' bytes.
    #[must_use]
    pub const fn data(&self) -> &Arc<Vec<u8>> {
        &self.data
    }

    /// The same rows with other bytes, for kernels that keep the layout's rules.
    ///
    /// # Errors
    /// When they do not.
    pub fn with_data(&self, offsets: Vec<u32>, data: Vec<u8>) -> Result<Self, LayoutError> {
        let rows = self.offsets.len().saturating_sub(1);
        check_len("offsets", u32::try_from(rows).unwrap_or(u32::MAX), offsets.len(), rows + 1)?;
        check_offsets(&offsets, data.len())?;
        check_utf8(&offsets, &data)?;
        Ok(Self { validity: self.validity.clone(), offsets: Arc::new(offsets), data: Arc::new(data) })
    }
}

fn check_offsets(offsets: &[u32], len: usize) -> Result<(), LayoutError> {
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

fn check_utf8(offsets: &[u32], data: &[u8]) -> Result<(), LayoutError> {
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

macro_rules! number_column {
    ($(#[$doc:meta])* $type:ident, $value:ty, $is_zero:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $type {
            validity: Validity,
            values: Arc<Vec<$value>>,
        }

        impl $type {
            /// Checks data that came over the border.
            ///
            /// # Errors
            /// When any rule of the layout is broken.
            pub fn new(rows: u32, validity: Vec<u8>, values: Vec<$value>) -> Result<Self, LayoutError> {
                let validity = Validity::new(rows, validity)?;
                check_len("values", rows, values.len(), rows as usize)?;
                let is_zero: fn($value) -> bool = $is_zero;
                for row in validity.null_rows(rows) {
                    if !values.get(row).is_some_and(|value| is_zero(*value)) {
                        return Err(LayoutError::ValueUnderNull { row });
                    }
                }
                Ok(Self { validity, values: Arc::new(values) })
            }

            /// Row `row`'s value; `None` where it is null or past the end.
            #[must_use]
            pub fn get(&self, row: usize) -> Option<$value> {
                if self.validity.is_valid(row) { self.values.get(row).copied() } else { None }
            }

            /// Which rows have a value.
            #[must_use]
            pub const fn validity(&self) -> &Validity {
                &self.validity
            }

            /// The values; 0 where null.
            #[must_use]
            pub const fn values(&self) -> &Arc<Vec<$value>> {
                &self.values
            }
        }
    };
}

number_column! {
    /// Integers, or timestamps in microseconds since 1970 UTC.
    IntColumn, i64, |value| value == 0
}
number_column! {
    /// Floats.
    FloatColumn, f64, |value| value.to_bits() == 0
}

/// Booleans, one bit a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BooleanColumn {
    validity: Validity,
    bits: Arc<Vec<u8>>,
}

impl BooleanColumn {
    /// Checks data that came over the border.
    ///
    /// # Errors
    /// When any rule of the layout is broken.
    pub fn new(rows: u32, validity: Vec<u8>, bits: Vec<u8>) -> Result<Self, LayoutError> {
        let validity = Validity::new(rows, validity)?;
        check_bits("bits", rows, &bits)?;
        for row in validity.null_rows(rows) {
            if bit(&bits, row) {
                return Err(LayoutError::ValueUnderNull { row });
            }
        }
        Ok(Self { validity, bits: Arc::new(bits) })
    }

    /// Row `row`'s value; `None` where it is null.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<bool> {
        if self.validity.is_valid(row) { Some(bit(&self.bits, row)) } else { None }
    }

    /// Which rows have a value.
    #[must_use]
    pub const fn validity(&self) -> &Validity {
        &self.validity
    }

    /// The values, one bit a row.
    #[must_use]
    pub const fn bits(&self) -> &Arc<Vec<u8>> {
        &self.bits
    }
}

/// One column of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// UTF-8 text.
    Text(TextColumn),
    /// Integers.
    Int(IntColumn),
    /// Floats.
    Float(FloatColumn),
    /// Booleans.
    Boolean(BooleanColumn),
    /// Microseconds since 1970 UTC.
    Timestamp(IntColumn),
}

impl Column {
    /// What the column holds.
    #[must_use]
    pub const fn kind(&self) -> ColumnType {
        match self {
            Self::Text(_) => ColumnType::Text,
            Self::Int(_) => ColumnType::Int,
            Self::Float(_) => ColumnType::Float,
            Self::Boolean(_) => ColumnType::Boolean,
            Self::Timestamp(_) => ColumnType::Timestamp,
        }
    }

    /// How many rows the column has, as far as its buffers say (a boolean column rounds up to 8).
    pub(crate) fn fits(&self, rows: u32) -> bool {
        let rows = rows as usize;
        match self {
            Self::Text(column) => column.offsets.len() == rows + 1,
            Self::Int(column) | Self::Timestamp(column) => column.values.len() == rows,
            Self::Float(column) => column.values.len() == rows,
            Self::Boolean(column) => column.bits.len() == rows.div_ceil(8),
        }
    }

    /// Which rows have a value.
    #[must_use]
    pub const fn validity(&self) -> &Validity {
        match self {
            Self::Text(column) => &column.validity,
            Self::Int(column) | Self::Timestamp(column) => &column.validity,
            Self::Float(column) => &column.validity,
            Self::Boolean(column) => &column.validity,
        }
    }

    /// A column of that type with every row null.
    #[must_use]
    pub fn nulls(kind: ColumnType, rows: u32) -> Self {
        let mut builder = ColumnBuilder::new(kind, rows as usize);
        for _ in 0..rows {
            builder.push_null();
        }
        builder.finish()
    }

    /// The rows that `keep` says yes to.
    #[must_use]
    pub fn filter(&self, rows: u32, keep: impl Fn(usize) -> bool) -> Self {
        let mut builder = ColumnBuilder::new(self.kind(), rows as usize);
        for row in (0..rows as usize).filter(|row| keep(*row)) {
            builder.push_from(self, row);
        }
        builder.finish()
    }

    /// How many bytes the column's buffers take.
    #[must_use]
    pub fn size(&self) -> usize {
        let validity = self.validity().0.as_ref().map_or(0, |bits| bits.len());
        validity
            + match self {
                Self::Text(column) => column.data.len() + column.offsets.len() * 4,
                Self::Int(column) | Self::Timestamp(column) => column.values.len() * 8,
                Self::Float(column) => column.values.len() * 8,
                Self::Boolean(column) => column.bits.len(),
            }
    }
}

/// Builds a column row by row; what it builds keeps the layout's rules by construction.
#[derive(Debug)]
pub struct ColumnBuilder {
    kind: ColumnType,
    rows: usize,
    nulls: bool,
    validity: Vec<u8>,
    offsets: Vec<u32>,
    data: Vec<u8>,
    ints: Vec<i64>,
    floats: Vec<f64>,
    bits: Vec<u8>,
}

impl ColumnBuilder {
    /// An empty column of that type with room for `rows` rows.
    #[must_use]
    pub fn new(kind: ColumnType, rows: usize) -> Self {
        let mut builder = Self {
            kind,
            rows: 0,
            nulls: false,
            validity: Vec::with_capacity(rows.div_ceil(8)),
            offsets: Vec::new(),
            data: Vec::new(),
            ints: Vec::new(),
            floats: Vec::new(),
            bits: Vec::new(),
        };
        match kind {
            ColumnType::Text => {
                builder.offsets.reserve(rows + 1);
                builder.offsets.push(0);
            }
            ColumnType::Int | ColumnType::Timestamp => builder.ints.reserve(rows),
            ColumnType::Float => builder.floats.reserve(rows),
            ColumnType::Boolean => builder.bits.reserve(rows.div_ceil(8)),
        }
        builder
    }

    /// How many rows there are so far.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// How many bytes of text there are so far.
    #[must_use]
    pub const fn text_len(&self) -> usize {
        self.data.len()
    }

    /// Adds a null row.
    pub fn push_null(&mut self) {
        self.mark(false);
        self.nulls = true;
        match self.kind {
            ColumnType::Text => self.end_text(),
            ColumnType::Int | ColumnType::Timestamp => self.ints.push(0),
            ColumnType::Float => self.floats.push(0.0),
            ColumnType::Boolean => push_bit(&mut self.bits, self.rows - 1, false),
        }
    }

    /// Adds a text row. In a column of another type the row becomes null.
    pub fn push_text(&mut self, text: &str) {
        if self.kind != ColumnType::Text || self.data.len() + text.len() > u32::MAX as usize {
            return self.push_null();
        }
        self.mark(true);
        self.data.extend_from_slice(text.as_bytes());
        self.end_text();
    }

    /// Adds an integer or timestamp row. In a column of another type the row becomes null.
    pub fn push_int(&mut self, value: i64) {
        if !matches!(self.kind, ColumnType::Int | ColumnType::Timestamp) {
            return self.push_null();
        }
        self.mark(true);
        self.ints.push(value);
    }

    /// Adds a float row. In a column of another type the row becomes null.
    pub fn push_float(&mut self, value: f64) {
        if self.kind != ColumnType::Float {
            return self.push_null();
        }
        self.mark(true);
        self.floats.push(value);
    }

    /// Adds a boolean row. In a column of another type the row becomes null.
    pub fn push_boolean(&mut self, value: bool) {
        if self.kind != ColumnType::Boolean {
            return self.push_null();
        }
        self.mark(true);
        push_bit(&mut self.bits, self.rows - 1, value);
    }

    fn push_from(&mut self, column: &Column, row: usize) {
        match column {
            Column::Text(column) => column.get(row).map(|value| self.push_text(value)),
            Column::Int(column) | Column::Timestamp(column) => {
                column.get(row).map(|value| self.push_int(value))
            }
            Column::Float(column) => column.get(row).map(|value| self.push_float(value)),
            Column::Boolean(column) => column.get(row).map(|value| self.push_boolean(value)),
        }
        .unwrap_or_else(|| self.push_null());
    }

    fn mark(&mut self, valid: bool) {
        push_bit(&mut self.validity, self.rows, valid);
        self.rows += 1;
    }

    fn end_text(&mut self) {
        self.offsets.push(u32::try_from(self.data.len()).unwrap_or(u32::MAX));
    }

    /// Ends the column.
    #[must_use]
    pub fn finish(self) -> Column {
        let validity = if self.nulls { Validity(Some(Arc::new(self.validity))) } else { Validity::ALL };
        match self.kind {
            ColumnType::Text => Column::Text(TextColumn {
                validity,
                offsets: Arc::new(self.offsets),
                data: Arc::new(self.data),
            }),
            ColumnType::Int => Column::Int(IntColumn { validity, values: Arc::new(self.ints) }),
            ColumnType::Timestamp => Column::Timestamp(IntColumn { validity, values: Arc::new(self.ints) }),
            ColumnType::Float => Column::Float(FloatColumn { validity, values: Arc::new(self.floats) }),
            ColumnType::Boolean => Column::Boolean(BooleanColumn { validity, bits: Arc::new(self.bits) }),
        }
    }
}

fn push_bit(bits: &mut Vec<u8>, row: usize, value: bool) {
    if row.is_multiple_of(8) {
        bits.push(0);
    }
    if let Some(last) = bits.last_mut() {
        *last |= u8::from(value) << (row % 8);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(validity: &[u8], offsets: &[u32], data: &[u8]) -> Result<TextColumn, LayoutError> {
        let rows = offsets.len().saturating_sub(1) as u32;
        TextColumn::new(rows, validity.to_vec(), offsets.to_vec(), data.to_vec())
    }

    #[test]
    fn every_broken_rule_has_its_own_error() {
        use LayoutError::*;
        assert_eq!(text(&[], &[1, 2], b"ab"), Err(FirstOffset(1)));
        assert_eq!(text(&[], &[0, 2, 1, 2], b"ab"), Err(OffsetBack { index: 2, before: 2, after: 1 }));
        assert_eq!(text(&[], &[0, 3], b"ab"), Err(LastOffset { last: 3, len: 2 }));
        assert_eq!(text(&[], &[0, 1], b"ab"), Err(LastOffset { last: 1, len: 2 }));
        assert_eq!(text(&[], &[0, 2], b"a\xff"), Err(NotUtf8(1)));
        assert_eq!(text(&[], &[0, 1, 2], "ä".as_bytes()), Err(CutCharacter { index: 1 }));
        assert_eq!(text(&[0b01], &[0, 1, 2], b"ab"), Err(ValueUnderNull { row: 1 }));
        assert_eq!(text(&[0b101], &[0, 1, 2], b"ab"), Err(LooseBits("validity")));
        assert_eq!(
            text(&[1, 0], &[0, 1], b"a"),
            Err(Length { buffer: "validity", found: 2, rows: 1, needed: 1 })
        );
        assert_eq!(IntColumn::new(2, vec![0b10], vec![7, 1]), Err(ValueUnderNull { row: 0 }));
        assert_eq!(FloatColumn::new(1, vec![0], vec![-0.0]), Err(ValueUnderNull { row: 0 }));
        assert_eq!(BooleanColumn::new(2, vec![0b10], vec![0b01]), Err(ValueUnderNull { row: 0 }));
        assert_eq!(BooleanColumn::new(2, vec![], vec![0b100]), Err(LooseBits("bits")));
    }

    #[test]
    fn a_bitmap_without_nulls_is_the_same_as_none() {
        assert_eq!(text(&[0b11], &[0, 1, 2], b"ab"), text(&[], &[0, 1, 2], b"ab"));
    }

    proptest! {
        #[test]
        fn what_the_builder_builds_passes_the_check(rows in proptest::collection::vec(proptest::option::of(".{0,9}"), 0..70)) {
            let mut builder = ColumnBuilder::new(ColumnType::Text, rows.len());
            for row in &rows {
                match row { Some(text) => builder.push_text(text), None => builder.push_null() }
            }
            let Column::Text(built) = builder.finish() else { panic!("another type") };
            let checked = TextColumn::new(
                rows.len() as u32, built.validity().bits().to_vec(), built.offsets().to_vec(), built.data().to_vec(),
            );
            prop_assert_eq!(checked.as_ref(), Ok(&built));
            for (index, row) in rows.iter().enumerate() {
                prop_assert_eq!(built.get(index), row.as_deref());
            }
        }

        #[test]
        fn arbitrary_buffers_never_panic(rows in 0u32..20, validity: Vec<u8>, offsets: Vec<u32>, data: Vec<u8>) {
            if let Ok(column) = TextColumn::new(rows, validity, offsets, data) {
                for row in 0..rows as usize + 2 { let _ = column.get(row); }
            }
        }
    }
}
