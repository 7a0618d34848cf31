use std::sync::Arc;

use glasshouse_contract::{
    Batch, BooleanColumn, Column, ColumnType, DataClass, Field, FloatColumn, IntColumn, LayoutError, Name,
    RecordedTable, Schema, TextColumn,
};

use crate::promise;

/// A column as it comes over the border: type, rows, length of the bitmap, number of offsets, each in a
/// byte, then the bitmap, the offsets in two bytes each, and the data.
pub fn batch(bytes: &[u8]) {
    let Some(([kind, rows, bitmap, offsets], rest)) = bytes.split_first_chunk() else { return };
    let rows = u32::from(*rows);
    let (validity, rest) = rest.split_at(rest.len().min(usize::from(*bitmap)));
    let validity = validity.to_vec();
    let (kind, column) = match kind % 5 {
        0 => (ColumnType::Text, text(rows, validity, usize::from(*offsets), rest)),
        1 => (
            ColumnType::Int,
            IntColumn::new(rows, validity, eights(rest, i64::from_le_bytes)).map(Column::Int),
        ),
        2 => (
            ColumnType::Float,
            FloatColumn::new(rows, validity, eights(rest, f64::from_le_bytes)).map(Column::Float),
        ),
        3 => (ColumnType::Boolean, BooleanColumn::new(rows, validity, rest.to_vec()).map(Column::Boolean)),
        _ => (
            ColumnType::Timestamp,
            IntColumn::new(rows, validity, eights(rest, i64::from_le_bytes)).map(Column::Timestamp),
        ),
    };
    if let Ok(column) = column {
        check(kind, rows, column);
    }
}

fn text(rows: u32, validity: Vec<u8>, offsets: usize, rest: &[u8]) -> Result<Column, LayoutError> {
    let (head, data) = rest.split_at(rest.len().min(offsets * 2));
    let offsets = head.as_chunks().0.iter().map(|two| u32::from(u16::from_le_bytes(*two))).collect();
    TextColumn::new(rows, validity, offsets, data.to_vec()).map(Column::Text)
}

fn eights<T>(bytes: &[u8], read: fn([u8; 8]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|eight| read(*eight)).collect()
}

/// A column that passed: every row can be had, and the batch can be written down.
fn check(kind: ColumnType, rows: u32, column: Column) {
    if let Column::Text(text) = &column {
        promise(
            (0..rows as usize).all(|row| text.get(row).is_some() == text.validity().is_valid(row)),
            "each row of text is text, and a null row has none",
        );
    }
    let nulls = column.validity().nulls(rows);
    promise(nulls <= rows, "there are not more nulls than rows");
    let Ok(name) = "Value".parse() else { return };
    let field = Field { name, kind, nullable: true, class: DataClass::Text };
    let Ok(batch) =
        Schema::new(vec![field]).and_then(|schema| Batch::new(Arc::new(schema), rows, vec![column]))
    else {
        return promise(false, "a column that fits makes a batch");
    };
    let Ok(table) = Name::new("fuzz") else { return };
    let digest = batch.digest();
    let written = RecordedTable { table, batch }.to_text();
    // Times outside of the years that can be written are refused when they are read back.
    if let Ok(again) = RecordedTable::parse(&written) {
        let same = again.batch.digest() == digest;
        // A number that is none has many bit patterns, and is written in one way.
        promise(same || kind == ColumnType::Float, "a batch that is written down reads back the same");
    } else {
        promise(kind == ColumnType::Timestamp, "a batch that is written down can be read");
    }
}
