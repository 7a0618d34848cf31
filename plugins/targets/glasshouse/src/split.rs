//! How a table's rows are shared out among requests.
//!
//! How large a row is shows only when it is in a body, and nothing comes out of a body again. So rows go in by
//! pieces whose size is guessed from the rows before; where a guess was too low, the body is written once
//! more without its last piece.

use glasshouse_sdk::prelude::*;

/// Rows of a table's first piece, when nothing is known yet.
const FIRST: u64 = 64;

/// What one request holds at most.
#[derive(Clone, Copy)]
pub struct Most {
    rows: u64,
    bytes: u64,
}

impl Most {
    pub fn read(run: &Context) -> Result<Self> {
        let rows: u64 = run.read_setting("rows-per-request")?;
        let kib: u64 = run.read_setting("kib-per-request")?;
        if rows == 0 || kib == 0 {
            return Err(
                "settings `rows-per-request` and `kib-per-request` are 1 or more: else no request holds a row"
                    .into(),
            );
        }
        Ok(Self { rows, bytes: kib.saturating_mul(1024) })
    }
}

/// The bodies that together hold all rows of a table, in order.
pub fn bodies(tables: &Tables, table: u32, most: Most) -> Result<Vec<Body>> {
    let mut bodies = Vec::new();
    let (mut from, rows) = (0, tables.rows(table)?);
    let mut row_bytes = None;
    while from < rows {
        let (body, taken) = fill(tables, table, from, most.rows.min(rows - from), most.bytes, row_bytes)?;
        row_bytes = Some(body.size().div_ceil(taken).max(1));
        bodies.push(body);
        from += taken;
    }
    Ok(bodies)
}

/// A body with the rows from `from` on, at most `most` of them, and how many it took.
fn fill(
    tables: &Tables,
    table: u32,
    from: u64,
    most: u64,
    bytes: u64,
    row_bytes: Option<u64>,
) -> Result<(Body, u64)> {
    let mut body = Body::new();
    let mut taken = 0;
    let mut piece = row_bytes.map_or(FIRST, |row| bytes / row).clamp(1, most);
    loop {
        match body.encode(tables, table, from + taken, piece, Format::Ndjson) {
            // Rows that are wider than those before: more than any request may have.
            Err(Error::Limit(_)) if taken > 0 => return Ok((body, taken)),
            // As a body may have many times what is asked for here, the guess was as many times too high.
            Err(Error::Limit(_)) if piece > 1 => {
                piece = (piece / 8).max(1);
                continue;
            }
            encoded => encoded?,
        }
        let size = body.size();
        if size <= bytes {
            taken += piece;
            let room = (bytes - size) / (size / taken).max(1);
            // With little room left, another piece costs more than a larger request saves.
            if taken == most || room <= taken / 8 {
                return Ok((body, taken));
            }
            piece = room.min(most - taken);
        } else if taken > 0 {
            body = Body::new();
            body.encode(tables, table, from, taken, Format::Ndjson)?;
            return Ok((body, taken));
        } else if piece == 1 {
            return Ok((body, 1));
        } else {
            body = Body::new();
            piece = (piece * bytes / size).clamp(1, piece - 1);
        }
    }
}
