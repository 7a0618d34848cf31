//! A batch's columns, by what they are to this rule: what a row is about, what it counts, and the rest.

use glasshouse_sdk::{
    BooleanBuilder, BooleanColumn, ColumnType, DataClass, Field, FloatBuilder, FloatColumn, IntBuilder,
    IntColumn, prelude::*,
};

/// What a column is to this rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Says what a row is about.
    Category,
    /// Counts.
    Count,
    /// Any other number; it belongs to its row alone, and goes when rows are merged.
    Rest,
}

/// Which columns a table has.
#[derive(Debug)]
pub struct Layout {
    columns: Vec<(u32, Role)>,
    /// Whether the rule may make every column of a row null that it should.
    pub can_merge: bool,
}

impl Layout {
    pub fn new(fields: &[Field], targets: &Targets, counts: &[String]) -> Self {
        let role = |field: &Field| match field.class {
            DataClass::Measure if field.kind == ColumnType::Int && counts.contains(&field.name) => {
                Role::Count
            }
            DataClass::Measure => Role::Rest,
            _ => Role::Category,
        };
        let columns: Vec<(u32, Role)> =
            targets.iter().map(|(_, column)| (column, role(&fields[column as usize]))).collect();
        Self { can_merge: columns.len() == fields.len(), columns }
    }

    pub fn has_counts(&self) -> bool {
        self.columns.iter().any(|(_, role)| *role == Role::Count)
    }

    /// Reads one batch's columns.
    pub fn read(&self, batch: &Batch) -> Result<Vec<Held>> {
        let fields = batch.schema();
        let read = |(column, role): &(u32, Role)| {
            let field = &fields[*column as usize];
            Ok(Held {
                column: *column,
                role: *role,
                pseudonym: field.class == DataClass::Pseudonym,
                values: Values::read(batch, *column, field.kind)?,
            })
        };
        self.columns.iter().map(read).collect()
    }
}

/// A column of one batch.
#[derive(Debug)]
pub struct Held {
    column: u32,
    pub role: Role,
    /// A name of the rule's own making is no pseudonym; such a column has null instead.
    pub pseudonym: bool,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Text(Text),
    Int(IntColumn),
    Float(FloatColumn),
    Boolean(BooleanColumn),
}

/// What is written in the place of a value.
#[derive(Clone, Debug)]
pub enum Instead<'a> {
    Same,
    Null,
    /// In a column of text; null in any other.
    Name(&'a str),
    /// In a column of integers; null in any other.
    Number(i64),
}

impl Values {
    fn read(batch: &Batch, column: u32, kind: ColumnType) -> Result<Self> {
        Ok(match kind {
            ColumnType::Text => Self::Text(batch.text(column)?),
            ColumnType::Int | ColumnType::Timestamp => Self::Int(batch.ints(column)?),
            ColumnType::Float => Self::Float(batch.floats(column)?),
            ColumnType::Boolean => Self::Boolean(batch.booleans(column)?),
        })
    }
}

impl Held {
    /// A value as bytes that are equal where the values are; `None` where it is null.
    pub fn bytes(&self, row: usize) -> Option<Vec<u8>> {
        match &self.values {
            Values::Text(column) => column.get(row).map(|text| text.as_bytes().to_vec()),
            Values::Int(column) => column.get(row).map(|value| value.to_le_bytes().to_vec()),
            Values::Float(column) => column.get(row).map(|value| value.to_bits().to_le_bytes().to_vec()),
            Values::Boolean(column) => column.get(row).map(|value| vec![u8::from(value)]),
        }
    }

    pub fn text(&self, row: usize) -> Option<&str> {
        if let Values::Text(column) = &self.values { column.get(row) } else { None }
    }

    pub fn int(&self, row: usize) -> Option<i64> {
        if let Values::Int(column) = &self.values { column.get(row) } else { None }
    }

    /// Writes the column back, each row as `instead` says.
    pub fn write<'a>(&self, batch: &Batch, instead: impl Fn(usize) -> Instead<'a>) -> Result<()> {
        let rows = 0..batch.rows() as usize;
        match &self.values {
            Values::Text(column) => {
                let value = |row| match instead(row) {
                    Instead::Same => column.get(row).map(str::to_owned),
                    Instead::Name(name) => Some(name.to_owned()),
                    Instead::Null | Instead::Number(_) => None,
                };
                batch.set_text(self.column, rows.map(value).collect::<TextBuilder>())
            }
            Values::Int(column) => {
                let value = |row| match instead(row) {
                    Instead::Same => column.get(row),
                    Instead::Number(number) => Some(number),
                    Instead::Null | Instead::Name(_) => None,
                };
                batch.set_ints(self.column, rows.map(value).collect::<IntBuilder>())
            }
            Values::Float(column) => {
                let value = |row| if let Instead::Same = instead(row) { column.get(row) } else { None };
                batch.set_floats(self.column, rows.map(value).collect::<FloatBuilder>())
            }
            Values::Boolean(column) => {
                let value = |row| if let Instead::Same = instead(row) { column.get(row) } else { None };
                batch.set_booleans(self.column, rows.map(value).collect::<BooleanBuilder>())
            }
        }
    }
}
