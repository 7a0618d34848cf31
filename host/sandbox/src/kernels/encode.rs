use std::io::Write;

use glasshouse_contract::{Batch, Column};

use crate::{open::OpenTable, wire::Refusal};

/// How rows are written into a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
    /// RFC 4180, with a header line.
    Csv,
}

/// Writes `rows` rows from row `from` on. Nulls are left out of objects and empty in CSV; floats
/// that are no numbers are null; timestamps are RFC 3339 in UTC, or the number where the year has
/// more than four digits.
pub(crate) fn encode(
    table: &OpenTable,
    from: u64,
    rows: u64,
    format: Format,
    room: usize,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    if from.checked_add(rows).is_none_or(|end| end > table.rows) {
        return Err(Refusal::Limit(format!(
            "rows {from} to {from}+{rows} of the {} of `{}`",
            table.rows, table.name
        )));
    }
    let fields = table.schema.fields();
    match format {
        Format::Json => out.push(b'['),
        Format::Csv => {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            out.extend_from_slice(names.join(",").as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        Format::Ndjson => {}
    }
    let keys: Vec<Vec<u8>> = fields.iter().map(|field| format!("\"{}\":", field.name).into_bytes()).collect();
    let mut first_row = 0;
    let mut wrote_one = false;
    for batch in &table.batches {
        let Some(batch) = batch else {
            return Err(Refusal::Other(format!("a batch of `{}` is out", table.name)));
        };
        let (start, end) = (first_row, first_row + u64::from(batch.rows()));
        first_row = end;
        let wanted = start.max(from)..end.min(from + rows);
        if wanted.is_empty() {
            continue;
        }
        let batch = batch.to_batch().map_err(Refusal::Other)?;
        for row in wanted {
            let row = (row - start) as usize;
            match format {
                Format::Json => {
                    if std::mem::replace(&mut wrote_one, true) {
                        out.push(b',');
                    }
                    object(&batch, &keys, row, out);
                }
                Format::Ndjson => {
                    object(&batch, &keys, row, out);
                    out.push(b'\n');
                }
                Format::Csv => record(&batch, row, out),
            }
            if out.len() > room {
                return Err(Refusal::Limit(format!("a body of {} MiB", room >> 20)));
            }
        }
    }
    if format == Format::Json {
        out.push(b']');
    }
    Ok(())
}

fn object(batch: &Batch, keys: &[Vec<u8>], row: usize, out: &mut Vec<u8>) {
    out.push(b'{');
    let before = out.len();
    for ((_, column), key) in batch.iter().zip(keys) {
        let start = out.len();
        if start > before {
            out.push(b',');
        }
        out.extend_from_slice(key);
        if !json_value(column, row, out) {
            out.truncate(start);
        }
    }
    out.push(b'}');
}

/// Writes a value, unless it is null. Writing to a vector cannot fail.
fn json_value(column: &Column, row: usize, out: &mut Vec<u8>) -> bool {
    match column {
        Column::Text(column) => column.get(row).map(|text| drop(serde_json::to_writer(out, text))),
        Column::Int(column) => column.get(row).map(|value| drop(write!(out, "{value}"))),
        Column::Float(column) => column.get(row).map(|value| drop(serde_json::to_writer(out, &value))),
        Column::Boolean(column) => column.get(row).map(|value| drop(write!(out, "{value}"))),
        Column::Timestamp(column) => column.get(row).map(|micros| match time(micros) {
            Some(text) => drop(write!(out, "\"{text}\"")),
            None => drop(write!(out, "{micros}")),
        }),
    }
    .is_some()
}

fn record(batch: &Batch, row: usize, out: &mut Vec<u8>) {
    for (index, (_, column)) in batch.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match column {
            Column::Text(column) => {
                if let Some(text) = column.bytes(row) {
                    quoted(text, out);
                }
            }
            Column::Timestamp(column) => {
                if let Some(micros) = column.get(row) {
                    out.extend_from_slice(time(micros).unwrap_or_else(|| micros.to_string()).as_bytes());
                }
            }
            Column::Float(column) => {
                if let Some(value) = column.get(row).filter(|value| value.is_finite()) {
                    drop(serde_json::to_writer(&mut *out, &value));
                }
            }
            other => {
                json_value(other, row, out);
            }
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// A CSV field, quoted where it must be. An empty text is quoted, so that it is not a null.
fn quoted(text: &[u8], out: &mut Vec<u8>) {
    if !text.is_empty() && !text.iter().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for byte in text {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

fn time(micros: i64) -> Option<String> {
    jiff::Timestamp::from_microsecond(micros).ok().map(|time| time.to_string())
}
