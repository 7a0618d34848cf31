//! Batches, tables and outputs by name, and the short ways through them.

use crate::{
    Batch, BooleanBuilder, BooleanColumn, Builder, Error, FloatColumn, IntColumn, Result, Row, Tables,
    TextBuilder, TextColumn, output,
};

impl Batch {
    /// The number of the column of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn column(&self, name: &str) -> Result<u32> {
        (0..)
            .zip(self.schema())
            .find(|(_, field)| field.name == name)
            .map(|(column, _)| column)
            .ok_or_else(|| Error::NoSuchColumn(format!("`{name}`")))
    }

    /// Rewrites a text column: `each` gets a row's text and writes what takes its place. Nulls stay null.
    ///
    /// # Errors
    /// When the manifest does not say that the column is replaced, or it holds no text.
    pub fn map_text(&self, column: u32, mut each: impl FnMut(&str, &mut Row<'_>)) -> Result<()> {
        let text = self.text(column)?;
        let mut builder = TextBuilder::with_capacity(text.len(), text.data.len());
        for value in &text {
            if let Some(value) = value {
                each(value, &mut builder.row());
            }
            builder.end_row();
        }
        self.set_text(column, builder.with_validity(text.into_parts().validity))
    }

    /// Replaces a column by text.
    ///
    /// # Errors
    /// When the manifest does not say that the column is replaced, or the rows are not as many.
    pub fn set_text(&self, column: u32, data: impl Into<TextColumn>) -> Result<()> {
        self.write_text(column, &data.into())
    }

    /// Replaces a column by integers or timestamps.
    ///
    /// # Errors
    /// When the manifest does not say that the column is replaced, or the rows are not as many.
    pub fn set_ints(&self, column: u32, data: impl Into<IntColumn>) -> Result<()> {
        self.write_int(column, &data.into())
    }

    /// Replaces a column by floats.
    ///
    /// # Errors
    /// When the manifest does not say that the column is replaced, or the rows are not as many.
    pub fn set_floats(&self, column: u32, data: impl Into<FloatColumn>) -> Result<()> {
        self.write_float(column, &data.into())
    }

    /// Replaces a column by booleans.
    ///
    /// # Errors
    /// When the manifest does not say that the column is replaced, or the rows are not as many.
    pub fn set_booleans(&self, column: u32, data: impl Into<BooleanColumn>) -> Result<()> {
        self.write_boolean(column, &data.into())
    }

    /// Keeps the rows that `keep` says yes to.
    ///
    /// # Errors
    /// When the manifest does not say that rows are dropped.
    pub fn retain_rows(&self, keep: impl FnMut(usize) -> bool) -> Result<()> {
        let bits: BooleanBuilder = (0..self.rows() as usize).map(keep).collect();
        self.keep_rows(&bits.into_bits())
    }
}

impl Tables {
    /// The batches of one table, one after the other. What is changed in one goes back when it is dropped.
    ///
    /// # Errors
    /// When there is no such table.
    pub fn open_all(&self, table: u32) -> Result<impl Iterator<Item = Result<Batch>>> {
        Ok((0..self.batches(table)?).map(move |index| self.open(table, index)))
    }
}

/// A batch of one of the query's declared outputs, column after column in the manifest's order.
#[derive(Debug)]
pub struct Output {
    builder: Builder,
    next: u32,
}

impl Output {
    /// Starts a batch of that many rows.
    #[must_use]
    pub fn new(output: &str, rows: usize) -> Self {
        // More rows than a u32 counts do not fit in a plugin's memory; the host refuses the number.
        Self { builder: Builder::new(output, u32::try_from(rows).unwrap_or(u32::MAX)), next: 0 }
    }

    /// The next column, of text.
    ///
    /// # Errors
    /// When the manifest declares another type, or the rows are not as many.
    pub fn text(self, data: impl Into<TextColumn>) -> Result<Self> {
        self.builder.put_text(self.next, &data.into())?;
        Ok(self.skip())
    }

    /// The next column, of integers or timestamps.
    ///
    /// # Errors
    /// When the manifest declares another type, or the rows are not as many.
    pub fn int(self, data: impl Into<IntColumn>) -> Result<Self> {
        self.builder.put_int(self.next, &data.into())?;
        Ok(self.skip())
    }

    /// The next column, of floats.
    ///
    /// # Errors
    /// When the manifest declares another type, or the rows are not as many.
    pub fn float(self, data: impl Into<FloatColumn>) -> Result<Self> {
        self.builder.put_float(self.next, &data.into())?;
        Ok(self.skip())
    }

    /// The next column, of booleans.
    ///
    /// # Errors
    /// When the manifest declares another type, or the rows are not as many.
    pub fn boolean(self, data: impl Into<BooleanColumn>) -> Result<Self> {
        self.builder.put_boolean(self.next, &data.into())?;
        Ok(self.skip())
    }

    /// Leaves the next column null throughout.
    #[must_use]
    pub fn skip(self) -> Self {
        Self { next: self.next + 1, ..self }
    }

    /// Adds the batch to its output.
    ///
    /// # Errors
    /// When a column is missing that may not be null, or a limit is reached.
    pub fn emit(self) -> Result<()> {
        output::emit(Builder::finish(self.builder)?)
    }
}
