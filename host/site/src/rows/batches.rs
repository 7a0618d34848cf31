//! Rows gathered into batches.

use std::sync::Arc;

use glasshouse_contract::{Batch, ColumnBuilder, ColumnType, Schema};
use tiberius::{Column, Row};

use super::{
    cell::{Cell, Misfit},
    columns,
};
use crate::error::Cause;

/// A batch closes with this many rows: what kernels and plugins are measured with.
const MOST_ROWS: usize = 8192;
/// Or with the row that reaches this many bytes, so that memory stays flat where rows are wide.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The batch that is being filled.
pub(super) struct Batches {
    schema: Arc<Schema>,
    cells: Vec<Cell>,
    columns: Vec<ColumnBuilder>,
    /// The most bytes of text in a cell.
    limit: usize,
    rows: usize,
    /// Rows of the batches before.
    before: u64,
    scratch: String,
}

impl Batches {
    /// Begins, where the columns are those of the schema.
    pub(super) fn new(schema: &Arc<Schema>, columns: &[Column], limit: usize) -> Result<Self, Cause> {
        let cells = columns::matched(schema, columns)?;
        let columns = builders(schema);
        let schema = Arc::clone(schema);
        Ok(Self { schema, cells, columns, limit, rows: 0, before: 0, scratch: String::new() })
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: &Row) -> Result<(), Cause> {
        let values = row.cells().zip(self.cells.iter_mut()).zip(self.columns.iter_mut());
        for (((sent, data), cell), column) in values {
            if let Err(misfit) = cell.put(data, column, self.limit, &mut self.scratch) {
                let column = sent.name().to_owned();
                let row = self.before + self.rows as u64 + 1;
                return Err(match misfit {
                    Misfit::Null => Cause::Null { column, row },
                    Misfit::Value(why) => Cause::Value { column, row, why },
                });
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Whether the batch is to be closed.
    pub(super) fn is_full(&self) -> bool {
        self.rows >= MOST_ROWS || self.bytes() >= MOST_BYTES
    }

    fn bytes(&self) -> usize {
        let of_column = |(field, column): (&glasshouse_contract::Field, &ColumnBuilder)| match field.kind {
            ColumnType::Text => column.text_len() + 4 * self.rows,
            ColumnType::Boolean => self.rows / 8,
            ColumnType::Int | ColumnType::Float | ColumnType::Timestamp => 8 * self.rows,
        };
        self.schema.fields().iter().zip(&self.columns).map(of_column).sum()
    }

    /// Closes the batch; `None` where it has no row.
    pub(super) fn take(&mut self) -> Result<Option<Batch>, Cause> {
        if self.rows == 0 {
            return Ok(None);
        }
        let columns = std::mem::replace(&mut self.columns, builders(&self.schema));
        let rows = u32::try_from(std::mem::take(&mut self.rows)).unwrap_or(u32::MAX);
        self.before += u64::from(rows);
        let columns = columns.into_iter().map(ColumnBuilder::finish).collect();
        Batch::new(Arc::clone(&self.schema), rows, columns)
            .map(Some)
            // Types, lengths and nulls were minded row by row.
            .map_err(|error| Cause::Malformed(error.to_string()))
    }

    /// Cells that were cut, and cells with a character that stands for none, so far.
    pub(super) fn counts(&self) -> (u64, u64) {
        self.cells.iter().fold((0, 0), |(cut, replaced), cell| (cut + cell.cut, replaced + cell.replaced))
    }
}

fn builders(schema: &Schema) -> Vec<ColumnBuilder> {
    schema.fields().iter().map(|field| ColumnBuilder::new(field.kind, MOST_ROWS)).collect()
}
