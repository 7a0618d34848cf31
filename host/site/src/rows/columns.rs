//! Are the columns of the answer those of the manifest?

use glasshouse_contract::{ColumnType, Schema, shown};
use tiberius::{Column, ColumnType as Sent};

use super::cell::{Cell, Source};
use crate::error::{Cause, WrongType};

/// One [`Cell`] a column, where names, order and types are those of the schema.
pub(super) fn matched(schema: &Schema, columns: &[Column]) -> Result<Vec<Cell>, Cause> {
    let fields = schema.fields();
    let (mut missing, mut extra, mut types) = (Vec::new(), Vec::new(), Vec::new());
    for (number, column) in columns.iter().enumerate() {
        let twice = columns.iter().take(number).any(|before| before.name() == column.name());
        if twice || schema.index_of(column.name()).is_none() {
            extra.push(named(column.name()));
        }
    }
    for field in fields {
        match columns.iter().find(|column| column.name() == field.name.as_str()) {
            None => missing.push(field.name.to_string()),
            Some(column) if source(field.kind, column.column_type()).is_none() => types.push(WrongType {
                column: field.name.to_string(),
                declared: field.kind,
                found: name_of(column.column_type()),
            }),
            Some(_) => {}
        }
    }
    let reordered = missing.is_empty()
        && extra.is_empty()
        && fields.iter().zip(columns).any(|(field, column)| field.name.as_str() != column.name());
    if !missing.is_empty() || !extra.is_empty() || !types.is_empty() || reordered {
        return Err(Cause::Columns { missing, extra, reordered, types });
    }
    let cells = fields.iter().zip(columns).filter_map(|(field, column)| {
        source(field.kind, column.column_type()).map(|source| Cell::new(field, source))
    });
    Ok(cells.collect())
}

/// A column without a name is one that its statement did not name.
fn named(name: &str) -> String {
    if name.is_empty() { "a column without a name".to_owned() } else { shown(name) }
}

/// How a column of that type is filled from what is sent; `None` where it cannot be.
const fn source(kind: ColumnType, sent: Sent) -> Option<Source> {
    let fits = match kind {
        ColumnType::Boolean => matches!(sent, Sent::Bit | Sent::Bitn),
        ColumnType::Int => matches!(
            sent,
            Sent::Int1 | Sent::Int2 | Sent::Int4 | Sent::Int8 | Sent::Intn | Sent::Decimaln | Sent::Numericn
        ),
        ColumnType::Float => matches!(
            sent,
            Sent::Float4
                | Sent::Float8
                | Sent::Floatn
                | Sent::Decimaln
                | Sent::Numericn
                | Sent::Money
                | Sent::Money4
        ),
        ColumnType::Text => matches!(
            sent,
            Sent::BigChar
                | Sent::BigVarChar
                | Sent::NChar
                | Sent::NVarchar
                | Sent::Text
                | Sent::NText
                | Sent::Xml
                | Sent::Guid
                | Sent::BigBinary
                | Sent::BigVarBin
                | Sent::Image
                | Sent::Timen
                | Sent::Decimaln
                | Sent::Numericn
                | Sent::Money
                | Sent::Money4
        ),
        ColumnType::Timestamp => matches!(
            sent,
            Sent::Datetime
                | Sent::Datetime4
                | Sent::Datetimen
                | Sent::Datetime2
                | Sent::Daten
                | Sent::DatetimeOffsetn
        ),
    };
    match sent {
        Sent::Money | Sent::Money4 if fits => Some(Source::Money),
        // What is in it is known value by value. An untyped NULL can only be null.
        Sent::SSVariant | Sent::Null => Some(Source::Plain),
        _ if fits => Some(Source::Plain),
        _ => None,
    }
}

/// The type's name in T-SQL.
const fn name_of(sent: Sent) -> &'static str {
    match sent {
        Sent::Null => "null",
        Sent::Bit | Sent::Bitn => "bit",
        Sent::Int1 => "tinyint",
        Sent::Int2 => "smallint",
        Sent::Int4 | Sent::Intn => "int",
        Sent::Int8 => "bigint",
        Sent::Float4 => "real",
        Sent::Float8 | Sent::Floatn => "float",
        Sent::Money => "money",
        Sent::Money4 => "smallmoney",
        Sent::Decimaln => "decimal",
        Sent::Numericn => "numeric",
        Sent::Datetime | Sent::Datetimen => "datetime",
        Sent::Datetime4 => "smalldatetime",
        Sent::Datetime2 => "datetime2",
        Sent::Daten => "date",
        Sent::Timen => "time",
        Sent::DatetimeOffsetn => "datetimeoffset",
        Sent::Guid => "uniqueidentifier",
        Sent::BigVarBin => "varbinary",
        Sent::BigBinary => "binary",
        Sent::BigVarChar => "varchar",
        Sent::BigChar => "char",
        Sent::NVarchar => "nvarchar",
        Sent::NChar => "nchar",
        Sent::Xml => "xml",
        Sent::Udt => "a CLR type",
        Sent::Text => "text",
        Sent::Image => "image",
        Sent::NText => "ntext",
        Sent::SSVariant => "sql_variant",
    }
}
