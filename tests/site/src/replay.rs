//! The bench table: rows that were made into packets before anybody asked, so that what is measured is
//! the client.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Bytes, BytesMut};

use crate::{
    answer::{ColumnMeta, Moment, SqlError, SqlType, Value},
    session::{End, Out, Piece},
    wire::{Bits, Packets, put_columns, put_row},
};

/// The name that a query has to mention.
pub(crate) const TABLE: &str = "bench";

/// Rows that are encoded once and sent again and again. Enough for different values, few enough that
/// their bytes stay in the processor's cache.
const BLOCK: u64 = 8192;

/// The bench table's rows.
#[derive(Debug)]
pub(crate) struct Replay {
    rows: u64,
    /// By packet size, for that is the client's choice.
    blocks: Mutex<BTreeMap<usize, Arc<Blocks>>>,
}

/// A block as packets, and what is left over as tokens.
#[derive(Debug)]
struct Blocks {
    whole: Bytes,
    rest: Bytes,
}

/// The columns of the bench table, in their order.
fn columns() -> Vec<ColumnMeta> {
    [
        ("Id", SqlType::BigInt, false),
        ("Number", SqlType::Int, true),
        ("Size", SqlType::Float, true),
        ("Active", SqlType::Bit, true),
        ("Name", SqlType::NVarChar(64), true),
        ("Version", SqlType::NVarChar(32), true),
        ("Seen", SqlType::DateTime2(3), true),
        ("Guid", SqlType::UniqueIdentifier, true),
    ]
    .map(|(name, sql_type, nullable)| ColumnMeta { name: name.to_owned(), sql_type, nullable })
    .into()
}

/// A row of the bench table: each column but the first is NULL in one row of sixteen.
fn row(id: u64) -> Vec<Value> {
    // Any fixed mixing will do: the values have to differ, and to be the same each time.
    let mixed = (id + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let bytes = mixed.to_le_bytes();
    let mut guid = [0_u8; 16];
    guid.iter_mut().zip(bytes.iter().cycle()).for_each(|(to, from)| *to = *from);
    let seen =
        Moment { days: 739_000 + (mixed % 365) as u32, nanos: (mixed % 86_400) * 1_000_000_000, offset: 0 };
    let mut row = vec![
        Value::Int(id as i64),
        Value::Int((mixed % 1_000_000) as i64),
        Value::Float((mixed % 10_000) as f64 / 8.0),
        Value::Bool(mixed.is_multiple_of(2)),
        Value::Text(format!("Device number {:08}", mixed % 100_000_000)),
        Value::Text(format!("10.0.{}.{}", 19_041 + mixed % 9, mixed % 4096)),
        Value::Moment(seen),
        Value::Guid(guid),
    ];
    for (place, value) in row.iter_mut().enumerate().skip(1) {
        if (mixed >> place).is_multiple_of(16) {
            *value = Value::Null;
        }
    }
    row
}

fn put_rows(to: &mut BytesMut, rows: u64) -> Result<(), SqlError> {
    let columns = columns();
    let bits = Bits { text_size: usize::MAX };
    (0..rows).try_for_each(|id| put_row(to, &columns, &row(id), bits))
}

impl Replay {
    pub(crate) fn new(rows: u64) -> Self {
        Self { rows, blocks: Mutex::default() }
    }

    /// Sends columns and rows.
    pub(crate) fn send(&self, out: &mut Out, packet_size: usize) -> Result<u64, End> {
        let blocks = self.blocks(packet_size).map_err(|error| End::Error { errors: vec![error] })?;
        put_columns(&mut out.tokens, &columns());
        out.send()?;
        for _ in 0..self.rows / BLOCK {
            if out.is_cancelled() {
                return Err(End::Cancelled);
            }
            out.put(Piece::Packets(blocks.whole.clone()))?;
        }
        out.tokens.extend_from_slice(&blocks.rest);
        Ok(self.rows)
    }

    fn blocks(&self, packet_size: usize) -> Result<Arc<Blocks>, SqlError> {
        let mut known = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(blocks) = known.get(&packet_size) {
            return Ok(Arc::clone(blocks));
        }
        let (mut whole, mut rest) = (BytesMut::new(), BytesMut::new());
        put_rows(&mut whole, BLOCK)?;
        put_rows(&mut rest, self.rows % BLOCK)?;
        let mut packets = Packets::new(packet_size, 0);
        let mut framed = BytesMut::from(packets.push(&whole).as_ref());
        framed.extend_from_slice(&packets.flush());
        let blocks = Arc::new(Blocks { whole: framed.freeze(), rest: rest.freeze() });
        known.insert(packet_size, Arc::clone(&blocks));
        Ok(blocks)
    }
}
