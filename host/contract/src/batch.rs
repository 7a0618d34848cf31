use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Column, ColumnName, DataClass, Digest, Name};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// A signed 64-bit integer.
    Int,
    /// A 64-bit float.
    Float,
    /// True or false.
    Boolean,
    /// Microseconds since 1970 UTC.
    Timestamp,
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Text => "text",
            Self::Int => "int",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Timestamp => "timestamp",
        })
    }
}

/// One column's name, type and class.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The column's name, unique in its table.
    pub name: ColumnName,
    /// What the column holds.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Whether a value may be missing.
    #[serde(default)]
    pub nullable: bool,
    /// How sensitive the values are.
    pub class: DataClass,
}

/// The columns of a table, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schema(Vec<Field>);

/// Columns that do not make a batch.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BatchError {
    /// Two columns have one name.
    #[error("two columns are called `{0}`")]
    TwiceNamed(ColumnName),
    /// The number of columns is not what the schema says.
    #[error("{found} columns where the schema has {needed}")]
    ColumnCount {
        /// Columns given.
        found: usize,
        /// Columns in the schema.
        needed: usize,
    },
    /// A column has another type than its field.
    #[error("column `{name}` holds {found} where the schema says {needed}")]
    WrongType {
        /// The column.
        name: ColumnName,
        /// Its type.
        found: ColumnType,
        /// The schema's type.
        needed: ColumnType,
    },
    /// A column has another number of rows than the batch.
    #[error("column `{0}` has another number of rows than its batch")]
    WrongRows(ColumnName),
    /// A column that may not be null has nulls.
    #[error("column `{0}` has a null and is not nullable")]
    Null(ColumnName),
}

impl Schema {
    /// Columns with different names.
    ///
    /// # Errors
    /// When two columns share a name.
    pub fn new(fields: Vec<Field>) -> Result<Self, BatchError> {
        let mut names: Vec<&ColumnName> = fields.iter().map(|field| &field.name).collect();
        names.sort();
        match names.iter().zip(names.iter().skip(1)).find(|(a, b)| a == b) {
            Some((name, _)) => Err(BatchError::TwiceNamed((*name).clone())),
            None => Ok(Self(fields)),
        }
    }

    /// The fields, in order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.0
    }

    /// The place of the column of that name.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|field| field.name.as_str() == name)
    }
}

/// Some rows of a table. A clone shares the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    schema: Arc<Schema>,
    rows: u32,
    columns: Vec<Column>,
}

impl Batch {
    /// Columns that fit their schema.
    ///
    /// # Errors
    /// When number, type, length or nulls of the columns differ from the schema.
    pub fn new(schema: Arc<Schema>, rows: u32, columns: Vec<Column>) -> Result<Self, BatchError> {
        if columns.len() != schema.0.len() {
            return Err(BatchError::ColumnCount { found: columns.len(), needed: schema.0.len() });
        }
        for (field, column) in schema.0.iter().zip(&columns) {
            if column.kind() != field.kind {
                return Err(BatchError::WrongType {
                    name: field.name.clone(),
                    found: column.kind(),
                    needed: field.kind,
                });
            }
            if !column.fits(rows) {
                return Err(BatchError::WrongRows(field.name.clone()));
            }
            if !field.nullable && column.validity().nulls(rows) > 0 {
                return Err(BatchError::Null(field.name.clone()));
            }
        }
        Ok(Self { schema, rows, columns })
    }

    /// The columns' names, types and classes.
    #[must_use]
    pub const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// How many rows there are.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// The columns, in the schema's order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The fields with their columns.
    pub fn iter(&self) -> impl Iterator<Item = (&Field, &Column)> {
        self.schema.0.iter().zip(&self.columns)
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(self.schema.index_of(name)?)
    }

    /// The same rows in batches of at most so many.
    #[must_use]
    pub fn split(self, rows: u32) -> Vec<Self> {
        let rows = rows.max(1);
        if self.rows <= rows {
            return vec![self];
        }
        (0..self.rows.div_ceil(rows))
            .map(|part| {
                let start = part * rows;
                let end = self.rows.min(start.saturating_add(rows));
                let part = start as usize..end as usize;
                let columns = self.columns.iter().map(|c| c.filter(self.rows, |row| part.contains(&row)));
                // Rows of a batch that fits its schema fit it too.
                Self { schema: Arc::clone(&self.schema), rows: end - start, columns: columns.collect() }
            })
            .collect()
    }

    /// How many bytes the batch's buffers take.
    #[must_use]
    pub fn size(&self) -> usize {
        self.columns.iter().map(Column::size).sum()
    }

    /// A digest of schema and values: equal for equal batches on every machine.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(self.rows.to_le_bytes());
        for (field, column) in self.iter() {
            let head = format!("{}\0{}\0{}\0{}\0", field.name, field.kind, field.nullable, field.class);
            hash.update(head);
            let bits = column.validity().bits();
            hash.update((bits.len() as u64).to_le_bytes());
            hash.update(&*bits);
            match column {
                Column::Text(column) => {
                    column.offsets().iter().for_each(|offset| hash.update(offset.to_le_bytes()));
                    hash.update(&**column.data());
                }
                Column::Int(column) | Column::Timestamp(column) => {
                    column.values().iter().for_each(|value| hash.update(value.to_le_bytes()));
                }
                Column::Float(column) => {
                    column.values().iter().for_each(|value| hash.update(value.to_bits().to_le_bytes()));
                }
                Column::Boolean(column) => hash.update(&**column.bits()),
            }
        }
        Digest::from_bytes(hash.finalize().into())
    }
}

/// A whole table: its name and its rows in batches.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The table's name.
    pub name: Name,
    /// The columns of every batch.
    pub schema: Arc<Schema>,
    /// The rows, in order.
    pub batches: Vec<Batch>,
}

impl Table {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.batches.iter().map(|batch| u64::from(batch.rows())).sum()
    }
}
