//! Columns built row by row, in the layout that crosses the border.

use std::fmt;

use crate::{BooleanColumn, FloatColumn, IntColumn, TextColumn};

/// Which rows are null. A row with a value costs nothing: its bit is 1 until it is said to be null.
#[derive(Clone, Debug, Default)]
struct Validity {
    bits: Vec<u8>,
}

impl Validity {
    #[inline]
    fn null(&mut self, row: usize) {
        if self.bits.len() <= row / 8 {
            self.bits.resize(row / 8 + 1, 0xff);
        }
        self.bits[row / 8] &= !(1 << (row % 8));
    }

    /// The bitmap of that many rows; empty where none is null, and bits past the last row are 0.
    fn finish(mut self, rows: usize) -> Vec<u8> {
        if !self.bits.is_empty() {
            self.bits.resize(rows.div_ceil(8), 0xff);
            if let Some(last) = self.bits.last_mut()
                && !rows.is_multiple_of(8)
            {
                *last &= (1 << (rows % 8)) - 1;
            }
        }
        self.bits
    }
}

#[inline]
fn push_bit(bits: &mut Vec<u8>, row: usize, value: bool) {
    if row.is_multiple_of(8) {
        bits.push(u8::from(value));
    } else if let Some(last) = bits.last_mut() {
        *last |= u8::from(value) << (row % 8);
    }
}

/// Builds a text column.
#[derive(Clone, Debug)]
pub struct TextBuilder {
    validity: Validity,
    // Only whole strings are added, so what crosses the border is UTF-8.
    data: String,
    offsets: Vec<u32>,
}

/// A text row in the making; what is pushed is appended.
#[derive(Debug)]
pub struct Row<'a>(&'a mut String);

impl Row<'_> {
    /// Appends text to the row.
    #[inline]
    pub fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }
}

impl fmt::Write for Row<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

impl TextBuilder {
    /// An empty column with room for `rows` rows of `bytes` bytes together.
    #[must_use]
    pub fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { validity: Validity::default(), data: String::with_capacity(bytes), offsets }
    }

    /// How many rows there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are no rows yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a row.
    #[inline]
    pub fn push(&mut self, text: &str) {
        self.push_with(|row| row.push(text));
    }

    /// Adds a null row.
    #[inline]
    pub fn push_null(&mut self) {
        self.validity.null(self.len());
        self.end_row();
    }

    /// Adds a row, null for `None`.
    #[inline]
    pub fn push_option(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.push(text),
            None => self.push_null(),
        }
    }

    /// Adds a row that `fill` writes piece by piece, without a string of its own.
    #[inline]
    pub fn push_with(&mut self, fill: impl FnOnce(&mut Row<'_>)) {
        fill(&mut self.row());
        self.end_row();
    }

    /// The row that `end_row` ends; for columns whose nulls are known as a whole.
    #[inline]
    pub(crate) fn row(&mut self) -> Row<'_> {
        Row(&mut self.data)
    }

    /// The column with the nulls of another, instead of those that were counted row by row.
    pub(crate) fn with_validity(self, validity: Vec<u8>) -> TextColumn {
        TextColumn { validity, offsets: self.offsets, data: self.data.into_bytes() }
    }

    #[inline]
    pub(crate) fn end_row(&mut self) {
        // A plugin's memory ends where a u32 does.
        self.offsets.push(self.data.len() as u32);
    }
}

impl Default for TextBuilder {
    fn default() -> Self {
        Self::with_capacity(0, 0)
    }
}

impl From<TextBuilder> for TextColumn {
    fn from(builder: TextBuilder) -> Self {
        let rows = builder.len();
        Self {
            validity: builder.validity.finish(rows),
            offsets: builder.offsets,
            data: builder.data.into_bytes(),
        }
    }
}

impl<S: AsRef<str>> Extend<Option<S>> for TextBuilder {
    fn extend<I: IntoIterator<Item = Option<S>>>(&mut self, rows: I) {
        rows.into_iter().for_each(|row| self.push_option(row.as_ref().map(AsRef::as_ref)));
    }
}

impl<S: AsRef<str>> FromIterator<Option<S>> for TextBuilder {
    fn from_iter<I: IntoIterator<Item = Option<S>>>(rows: I) -> Self {
        let rows = rows.into_iter();
        let mut builder = Self::with_capacity(rows.size_hint().0, 0);
        builder.extend(rows);
        builder
    }
}

impl<'a> FromIterator<&'a str> for TextBuilder {
    fn from_iter<I: IntoIterator<Item = &'a str>>(rows: I) -> Self {
        rows.into_iter().map(Some).collect()
    }
}

macro_rules! number_builder {
    ($(#[$doc:meta])* $builder:ident, $column:ident, $value:ty, $zero:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default)]
        pub struct $builder {
            validity: Validity,
            values: Vec<$value>,
        }

        impl $builder {
            /// An empty column with room for `rows` rows.
            #[must_use]
            pub fn with_capacity(rows: usize) -> Self {
                Self { validity: Validity::default(), values: Vec::with_capacity(rows) }
            }

            /// How many rows there are so far.
            #[must_use]
            pub fn len(&self) -> usize {
                self.values.len()
            }

            /// Whether there are no rows yet.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.values.is_empty()
            }

            /// Adds a row.
            #[inline]
            pub fn push(&mut self, value: $value) {
                self.values.push(value);
            }

            /// Adds a null row.
            #[inline]
            pub fn push_null(&mut self) {
                self.validity.null(self.values.len());
                self.values.push($zero);
            }

            /// Adds a row, null for `None`.
            #[inline]
            pub fn push_option(&mut self, value: Option<$value>) {
                match value {
                    Some(value) => self.push(value),
                    None => self.push_null(),
                }
            }
        }

        impl From<$builder> for $column {
            fn from(builder: $builder) -> Self {
                Self { validity: builder.validity.finish(builder.values.len()), values: builder.values }
            }
        }

        impl Extend<Option<$value>> for $builder {
            fn extend<I: IntoIterator<Item = Option<$value>>>(&mut self, rows: I) {
                rows.into_iter().for_each(|row| self.push_option(row));
            }
        }

        impl FromIterator<Option<$value>> for $builder {
            fn from_iter<I: IntoIterator<Item = Option<$value>>>(rows: I) -> Self {
                let mut builder = Self::default();
                builder.extend(rows);
                builder
            }
        }

        impl FromIterator<$value> for $builder {
            fn from_iter<I: IntoIterator<Item = $value>>(rows: I) -> Self {
                Self { validity: Validity::default(), values: rows.into_iter().collect() }
            }
        }

        impl<const N: usize> From<[$value; N]> for $column {
            fn from(rows: [$value; N]) -> Self {
                rows.into_iter().collect::<$builder>().into()
            }
        }

        impl<const N: usize> From<[Option<$value>; N]> for $column {
            fn from(rows: [Option<$value>; N]) -> Self {
                rows.into_iter().collect::<$builder>().into()
            }
        }
    };
}

number_builder! {
    /// Builds a column of integers, or of timestamps in microseconds since 1970 UTC.
    IntBuilder, IntColumn, i64, 0
}
number_builder! {
    /// Builds a column of floats.
    FloatBuilder, FloatColumn, f64, 0.0
}

impl<const N: usize> From<[&str; N]> for TextColumn {
    fn from(rows: [&str; N]) -> Self {
        rows.into_iter().collect::<TextBuilder>().into()
    }
}

impl<const N: usize> From<[Option<&str>; N]> for TextColumn {
    fn from(rows: [Option<&str>; N]) -> Self {
        rows.into_iter().collect::<TextBuilder>().into()
    }
}

/// Builds a column of booleans.
#[derive(Clone, Debug, Default)]
pub struct BooleanBuilder {
    validity: Validity,
    bits: Vec<u8>,
    rows: usize,
}

impl BooleanBuilder {
    /// Adds a row.
    #[inline]
    pub fn push(&mut self, value: bool) {
        push_bit(&mut self.bits, self.rows, value);
        self.rows += 1;
    }

    /// Adds a null row.
    #[inline]
    pub fn push_null(&mut self) {
        self.validity.null(self.rows);
        push_bit(&mut self.bits, self.rows, false);
        self.rows += 1;
    }

    /// Adds a row, null for `None`.
    #[inline]
    pub fn push_option(&mut self, value: Option<bool>) {
        match value {
            Some(value) => self.push(value),
            None => self.push_null(),
        }
    }

    /// The values as bits, least significant first: what [`Batch::keep_rows`](crate::Batch::keep_rows) takes.
    #[must_use]
    pub fn into_bits(self) -> Vec<u8> {
        self.bits
    }
}

impl From<BooleanBuilder> for BooleanColumn {
    fn from(builder: BooleanBuilder) -> Self {
        Self { validity: builder.validity.finish(builder.rows), bits: builder.bits }
    }
}

impl FromIterator<Option<bool>> for BooleanBuilder {
    fn from_iter<I: IntoIterator<Item = Option<bool>>>(rows: I) -> Self {
        let mut builder = Self::default();
        rows.into_iter().for_each(|row| builder.push_option(row));
        builder
    }
}

impl FromIterator<bool> for BooleanBuilder {
    fn from_iter<I: IntoIterator<Item = bool>>(rows: I) -> Self {
        rows.into_iter().map(Some).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bitmap_appears_with_the_first_null_wherever_that_is() {
        for first in 0..20 {
            let rows: Vec<Option<i64>> =
                (0..20).map(|row| (row != first && row != 19).then_some(row)).collect();
            let column = IntColumn::from(rows.iter().copied().collect::<IntBuilder>());
            assert_eq!(column.validity.len(), 3, "{first}");
            assert!(column.iter().eq(rows.iter().copied()), "{first}");
            assert_eq!(column.validity[2] >> 4, 0, "bits past the last row are 0");
        }
        assert!(IntColumn::from([1, 2]).validity.is_empty());
    }

    #[test]
    fn a_row_is_written_piece_by_piece() {
        let mut builder = TextBuilder::default();
        builder.push_with(|row| {
            row.push("a");
            fmt::Write::write_fmt(row, format_args!("{}", 1)).unwrap();
        });
        builder.push_null();
        let column = TextColumn::from(builder);
        assert_eq!((column.offsets, column.data), (vec![0, 2, 2], b"a1".to_vec()));
    }

    #[test]
    fn booleans_are_bits() {
        let bits = [true, false, true].into_iter().cycle().take(9).collect::<BooleanBuilder>().into_bits();
        assert_eq!(bits, [0b0110_1101, 0b1]);
    }
}
