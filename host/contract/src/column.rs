//! Columns in Arrow layout. A value of these types keeps the layout's rules: whoever holds one
//! need not check again. Buffers are shared, so a clone copies no data.

use std::sync::Arc;

use crate::batch::ColumnType;

mod builder;
mod layout;

pub use builder::ColumnBuilder;
pub use layout::{LayoutError, Validity};
use layout::{bit, check_bits, check_len, check_offsets, check_utf8};

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
