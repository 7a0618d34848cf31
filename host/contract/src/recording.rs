//! Recorded tables: rows in a file that a person can read and edit.
//!
//! The first line says which table it is and what its columns are, each further line is one row:
//!
//! ```text
//! {"table":"devices","columns":[{"name":"Os","type":"text","class":"category"}]}
//! {"Os":"Windows 11"}
//! ```
//!
//! A missing value is null. Timestamps are written as RFC 3339 in UTC; a float that is no number
//! is written `"NaN"`, `"Infinity"` or `"-Infinity"`. Empty lines and lines that begin with `//`
//! are passed over.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Batch, BatchError, Column, ColumnBuilder, ColumnName, ColumnType, Name, Schema};

/// A table as it was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedTable {
    /// The statement or table that the rows belong to.
    pub table: Name,
    /// The rows.
    pub batch: Batch,
}

/// Why a file is no recorded table.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum RecordingError {
    /// Nothing in it.
    #[error("there is no header line")]
    NoHeader,
    /// A line that cannot be read.
    #[error("line {line}: {why}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A value of another type than its column.
    #[error("row {row}: `{column}` is {needed}, and this value is not")]
    Value {
        /// Which row, from 1.
        row: usize,
        /// The column.
        column: ColumnName,
        /// The column's type.
        needed: ColumnType,
    },
    /// A row with a value for no column.
    #[error("row {row}: there is no column `{name}`")]
    Unknown {
        /// Which row, from 1.
        row: usize,
        /// The name.
        name: String,
    },
    /// More rows and columns than a recording is for.
    #[error("it has {cells} cells; a recorded table has at most {}", RecordedTable::MOST_CELLS)]
    TooBig {
        /// Rows times columns.
        cells: u64,
    },
    /// A row that is not an object.
    #[error("row {0} is no object")]
    NoObject(usize),
    /// Columns that do not make a table.
    #[error(transparent)]
    Batch(#[from] BatchError),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    table: Name,
    columns: Schema,
}

impl RecordedTable {
    /// A million rows of sixteen columns. Values that are left out count, too: in a batch each of them
    /// takes its place, so that without a limit a short text could be a very large table.
    pub const MOST_CELLS: u64 = 1 << 24;

    /// Reads a recorded table.
    ///
    /// # Errors
    /// When a line cannot be read or a value does not fit its column.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with("//"));
        let (line, header) = lines.next().ok_or(RecordingError::NoHeader)?;
        let at = |line| move |error: serde_json::Error| RecordingError::Line { line, why: error.to_string() };
        let header: Header = serde_json::from_str(header).map_err(at(line))?;
        let schema = Schema::new(header.columns.fields().to_vec())?;
        let cells = schema.fields().len().max(1) as u64 * lines.clone().count() as u64;
        if cells > Self::MOST_CELLS {
            return Err(RecordingError::TooBig { cells });
        }
        let rows = lines
            .map(|(line, row)| serde_json::from_str(row).map_err(at(line)))
            .collect::<Result<Vec<Value>, _>>()?;
        Self::from_rows(header.table, Arc::new(schema), &rows)
    }

    /// Makes a table of JSON objects.
    ///
    /// # Errors
    /// When a value does not fit its column.
    pub fn from_rows(table: Name, schema: Arc<Schema>, rows: &[Value]) -> Result<Self, RecordingError> {
        let mut builders: Vec<ColumnBuilder> =
            schema.fields().iter().map(|field| ColumnBuilder::new(field.kind, rows.len())).collect();
        let known: BTreeSet<&str> = schema.fields().iter().map(|field| field.name.as_str()).collect();
        for (index, row) in rows.iter().enumerate() {
            let row_number = index + 1;
            let object = row.as_object().ok_or(RecordingError::NoObject(row_number))?;
            if let Some(name) = object.keys().find(|name| !known.contains(name.as_str())) {
                return Err(RecordingError::Unknown { row: row_number, name: crate::shown(name) });
            }
            for (field, builder) in schema.fields().iter().zip(&mut builders) {
                let value = object.get(field.name.as_str()).unwrap_or(&Value::Null);
                push(builder, field.kind, value).ok_or_else(|| RecordingError::Value {
                    row: row_number,
                    column: field.name.clone(),
                    needed: field.kind,
                })?;
            }
        }
        let columns = builders.into_iter().map(ColumnBuilder::finish).collect();
        let rows = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        Ok(Self { table, batch: Batch::new(schema, rows, columns)? })
    }

    /// Writes the table as a file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let header = Header { table: self.table.clone(), columns: (**self.batch.schema()).clone() };
        let mut text = serde_json::to_string(&header).unwrap_or_default();
        text.push('\n');
        for row in 0..self.batch.rows() as usize {
            self.batch.write_row(row, &mut text);
            text.push('\n');
        }
        text
    }
}

fn push(builder: &mut ColumnBuilder, kind: ColumnType, value: &Value) -> Option<()> {
    match (kind, value) {
        (_, Value::Null) => builder.push_null(),
        (ColumnType::Text, Value::String(text)) => builder.push_text(text),
        (ColumnType::Int, Value::Number(number)) => builder.push_int(number.as_i64()?),
        (ColumnType::Float, Value::Number(number)) => builder.push_float(number.as_f64()?),
        (ColumnType::Float, Value::String(text)) => builder.push_float(match text.as_str() {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            _ => return None,
        }),
        (ColumnType::Boolean, Value::Bool(value)) => builder.push_boolean(*value),
        (ColumnType::Timestamp, Value::String(text)) => {
            builder.push_int(text.parse::<Timestamp>().ok()?.as_microsecond());
        }
        // serde writes a TOML datetime as an object of one field.
        (ColumnType::Timestamp, Value::Object(object)) => {
            let text = object.values().next()?.as_str()?;
            builder.push_int(text.parse::<Timestamp>().ok()?.as_microsecond());
        }
        _ => return None,
    }
    Some(())
}

impl Batch {
    /// Adds one row as a JSON object, written as in a recording, its keys in column order.
    pub fn write_row(&self, row: usize, text: &mut String) {
        text.push('{');
        let mut first = true;
        for (field, column) in self.iter() {
            if !column.validity().is_valid(row) {
                continue;
            }
            text.push_str(if first { "\"" } else { ",\"" });
            first = false;
            text.push_str(field.name.as_str());
            text.push_str("\":");
            write_value(column, row, text);
        }
        text.push('}');
    }
}

fn write_value(column: &Column, row: usize, text: &mut String) {
    // Writing into a text cannot fail.
    let _ = match column {
        Column::Text(column) => write_text(column.get(row).unwrap_or_default(), text),
        Column::Int(column) => write!(text, "{}", column.get(row).unwrap_or_default()),
        Column::Float(column) => write!(text, "{}", float(column.get(row).unwrap_or_default())),
        Column::Boolean(column) => write!(text, "{}", column.get(row).unwrap_or_default()),
        Column::Timestamp(column) => write_timestamp(column.get(row).unwrap_or_default(), text),
    };
}

fn write_text(value: &str, text: &mut String) -> std::fmt::Result {
    // Most values need no escaping, and a large table has many of them.
    if value.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        return write!(text, "\"{value}\"");
    }
    write!(text, "{}", Value::from(value))
}

fn float(value: f64) -> Value {
    if value.is_nan() {
        Value::from("NaN")
    } else if value.is_infinite() {
        Value::from(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        Value::from(value)
    }
}

fn write_timestamp(micros: i64, text: &mut String) -> std::fmt::Result {
    // A value outside the years that can be written stays a number, and is refused when read back.
    match Timestamp::from_microsecond(micros) {
        Ok(time) => write!(text, "\"{time}\""),
        Err(_) => write!(text, "{micros}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"table":"t","columns":[{"name":"A","type":"text","nullable":true,"class":"text"},{"name":"N","type":"int","nullable":false,"class":"measure"},{"name":"F","type":"float","nullable":true,"class":"measure"},{"name":"B","type":"boolean","nullable":true,"class":"category"},{"name":"T","type":"timestamp","nullable":true,"class":"category"}]}
{"A":"x\"ü","N":-9007199254740993,"F":0.1,"B":true,"T":"2026-02-03T04:05:06.000007Z"}
{"N":0,"F":"NaN"}
"#;

    #[test]
    fn a_recording_is_written_as_it_was_read() {
        assert_eq!(RecordedTable::parse(TEXT).unwrap().to_text(), TEXT);
    }

    #[test]
    fn comments_and_empty_lines_are_passed_over() {
        let text = TEXT.replace("\n{\"N\"", "\n\n// a device without a name\n{\"N\"");
        assert_eq!(RecordedTable::parse(&text).unwrap().to_text(), TEXT);
    }

    #[test]
    fn a_short_text_is_no_large_table() {
        let columns: Vec<String> = (0..1000)
            .map(|n| format!(r#"{{"name":"C{n}","type":"int","nullable":true,"class":"measure"}}"#))
            .collect();
        let text = |rows| {
            format!("{{\"table\":\"t\",\"columns\":[{}]}}\n{}", columns.join(","), "{}\n".repeat(rows))
        };
        assert_eq!(RecordedTable::parse(&text(100)).unwrap().batch.rows(), 100);
        let error = RecordedTable::parse(&text(20_000)).unwrap_err();
        assert_eq!(error.to_string(), "it has 20000000 cells; a recorded table has at most 16777216");
    }

    #[test]
    fn what_does_not_fit_is_named_by_row_and_column() {
        let error =
            |from: &str, to: &str| RecordedTable::parse(&TEXT.replace(from, to)).unwrap_err().to_string();
        assert_eq!(error("0.1", "\"x\""), "row 1: `F` is float, and this value is not");
        assert_eq!(error("\"N\":0", "\"M\":0"), "row 2: there is no column `M`");
        assert_eq!(error("\"N\":0,", ""), "column `N` has a null and is not nullable");
        assert!(error("{\"N\":0", "{N:0").starts_with("line 3: "));
    }
}
