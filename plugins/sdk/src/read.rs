//! Columns as the host handed them over, row by row.

use std::{iter::FusedIterator, ops::Deref};

use crate::{Batch, BooleanColumn, FloatColumn, IntColumn, Result, TextColumn};

impl Batch {
    /// Copies a text column in.
    ///
    /// # Errors
    /// When there is no such column, it holds no text, or the manifest does not say that it is read.
    pub fn text(&self, column: u32) -> Result<Text> {
        self.read_text(column).map(Text)
    }

    /// Copies an integer or timestamp column in.
    ///
    /// # Errors
    /// When there is no such column, it holds no integers, or the manifest does not say that it is read.
    pub fn ints(&self, column: u32) -> Result<IntColumn> {
        self.read_int(column)
    }

    /// Copies a float column in.
    ///
    /// # Errors
    /// When there is no such column, it holds no floats, or the manifest does not say that it is read.
    pub fn floats(&self, column: u32) -> Result<FloatColumn> {
        self.read_float(column)
    }

    /// Copies a boolean column in.
    ///
    /// # Errors
    /// When there is no such column, it holds no booleans, or the manifest does not say that it is read.
    pub fn booleans(&self, column: u32) -> Result<BooleanColumn> {
        self.read_boolean(column)
    }
}

/// A text column as the host handed it over. Only the host makes one, so its offsets and its UTF-8
/// need no second check; its buffers are reached through [`TextColumn`]'s fields.
#[derive(Clone, Debug)]
pub struct Text(TextColumn);

impl Text {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.offsets.len() - 1
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows, `None` where null.
    #[must_use]
    pub fn iter(&self) -> TextRows<'_> {
        TextRows { text: &self.0.data, ends: self.ends(), start: 0, row: 0, validity: &self.0.validity }
    }

    /// The rows, `""` where null: for work to which null and empty are the same.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &str> + FusedIterator {
        let mut start = 0;
        self.ends().iter().map(move |end| {
            // SAFETY: only the host makes a `Text`, and its offsets keep the rules that `slice` needs.
            let value = unsafe { slice(&self.0.data, start, *end) };
            start = *end;
            value
        })
    }

    /// Row `row`'s text, `None` where it is null.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        let (start, end) = (self.0.offsets[row], self.0.offsets[row + 1]);
        // SAFETY: only the host makes a `Text`, and its offsets keep the rules that `slice` needs.
        is_valid(&self.0.validity, row).then(|| unsafe { slice(&self.0.data, start, end) })
    }

    /// The buffers, to work on in place and hand back with [`Batch::write_text`].
    #[must_use]
    pub fn into_parts(self) -> TextColumn {
        self.0
    }

    fn ends(&self) -> &[u32] {
        self.0.offsets.get(1..).unwrap_or_default()
    }
}

impl Deref for Text {
    type Target = TextColumn;

    fn deref(&self) -> &TextColumn {
        &self.0
    }
}

impl<'a> IntoIterator for &'a Text {
    type Item = Option<&'a str>;
    type IntoIter = TextRows<'a>;

    fn into_iter(self) -> TextRows<'a> {
        self.iter()
    }
}

/// The rows of a [`Text`].
#[derive(Clone, Debug)]
pub struct TextRows<'a> {
    text: &'a [u8],
    ends: &'a [u32],
    start: u32,
    row: usize,
    validity: &'a [u8],
}

impl<'a> Iterator for TextRows<'a> {
    type Item = Option<&'a str>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (end, ends) = self.ends.split_first()?;
        // SAFETY: only the host makes a `Text`, and its offsets keep the rules that `slice` needs.
        let value = is_valid(self.validity, self.row).then(|| unsafe { slice(self.text, self.start, *end) });
        self.start = *end;
        self.ends = ends;
        self.row += 1;
        Some(value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.ends.len(), Some(self.ends.len()))
    }
}

impl ExactSizeIterator for TextRows<'_> {}
impl FusedIterator for TextRows<'_> {}

/// # Safety
/// `start <= end <= data.len()`, and the bytes between are UTF-8. The host promises both of every
/// text column (`text-column` in `wit/`) and checks what any plugin writes before another reads it.
#[inline]
unsafe fn slice(data: &[u8], start: u32, end: u32) -> &str {
    unsafe { std::str::from_utf8_unchecked(data.get_unchecked(start as usize..end as usize)) }
}

#[inline]
fn is_valid(validity: &[u8], row: usize) -> bool {
    validity.is_empty() || bit(validity, row)
}

#[inline]
fn bit(bits: &[u8], row: usize) -> bool {
    bits.get(row / 8).is_some_and(|byte| (byte >> (row % 8)) & 1 == 1)
}

macro_rules! number_column {
    ($type:ident, $value:ty) => {
        impl $type {
            /// The rows, `None` where null. `values` has them all, 0 where null.
            pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<$value>> {
                self.values
                    .iter()
                    .enumerate()
                    .map(|(row, value)| is_valid(&self.validity, row).then_some(*value))
            }

            /// Row `row`'s value, `None` where it is null.
            ///
            /// # Panics
            /// When there is no such row.
            #[must_use]
            pub fn get(&self, row: usize) -> Option<$value> {
                let value = self.values[row];
                is_valid(&self.validity, row).then_some(value)
            }
        }
    };
}

number_column!(IntColumn, i64);
number_column!(FloatColumn, f64);

impl BooleanColumn {
    /// Row `row`'s value, `None` where it is null or there is no such row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<bool> {
        is_valid(&self.validity, row).then(|| bit(&self.bits, row))
    }

    /// The first `rows` rows, `None` where null. The column does not know how many it has.
    pub fn iter(&self, rows: u32) -> impl ExactSizeIterator<Item = Option<bool>> {
        (0..rows as usize).map(|row| self.get(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TextBuilder;

    #[test]
    fn a_text_column_gives_its_rows_back() {
        let rows = [Some("a"), None, Some(""), Some("ä€"), None, Some("x"), Some("y"), Some("z"), None];
        let text = Text(rows.into_iter().collect::<TextBuilder>().into());
        assert!(text.iter().eq(rows));
        assert!((0..rows.len()).map(|row| text.get(row)).eq(rows));
        assert!(text.values().eq(rows.map(Option::unwrap_or_default)));
        assert_eq!(text.offsets.len(), text.len() + 1);
    }

    #[test]
    fn without_a_bitmap_every_row_has_a_value() {
        let ints = IntColumn { validity: vec![], values: vec![1, 0] };
        assert!(ints.iter().eq([Some(1), Some(0)]));
        let floats = FloatColumn { validity: vec![0b10], values: vec![0.0, 2.0] };
        assert!(floats.iter().eq([None, Some(2.0)]));
        let booleans = BooleanColumn { validity: vec![0b011], bits: vec![0b001] };
        assert!(booleans.iter(3).eq([Some(true), Some(false), None]));
    }
}
