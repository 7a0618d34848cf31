//! Columns built row by row.

use std::sync::Arc;

use super::{BooleanColumn, Column, FloatColumn, IntColumn, TextColumn, Validity};
use crate::batch::ColumnType;

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

    pub(super) fn push_from(&mut self, column: &Column, row: usize) {
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
