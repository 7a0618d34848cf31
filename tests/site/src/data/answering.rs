//! The site as a [`Database`]: each query runs on a thread of its own and hands its rows over as they come.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
    mpsc::{Receiver, SyncSender, sync_channel},
};

use rusqlite::{Connection, types::ValueRef};

use crate::{
    Answer, ColumnMeta, Database, Row, SqlError, SqlType, Value,
    tsql::{self, Column, Selected, World},
};

use super::site::{SiteData, open};

/// Rows that are made ahead of who asks for them, and the chunks in which they go over.
const CHUNK: usize = 256;
const CHUNKS_AHEAD: usize = 4;
/// SQLite looks this often, in steps of its machine, whether anybody still waits.
const STEPS: i32 = 10_000;

/// Connections that wait for the next query.
const IDLE: usize = 8;

type Chunk = Result<Vec<Row>, SqlError>;

impl Database for SiteData {
    fn query(&self, sql: &str, params: &[(String, Value)]) -> Result<Answer, SqlError> {
        let world = World { now: self.plan.clock.now(), parameters: params.to_vec(), ..self.facts.clone() };
        let selected = tsql::translate(sql, &self.catalog, &world)?;
        let columns = selected
            .columns
            .iter()
            .map(|column| ColumnMeta {
                name: column.name.clone(),
                sql_type: column.sql_type,
                nullable: column.nullable,
            })
            .collect();

        let connection = self.connection()?;
        let (sender, receiver) = sync_channel(CHUNKS_AHEAD);
        let given_up = Arc::new(AtomicBool::new(false));
        let runner = Runner { connection, selected, given_up: Arc::clone(&given_up), sender };
        let idle = Arc::clone(&self.idle);
        std::thread::Builder::new()
            .name("pretend-query".to_owned())
            .spawn(move || put_back(&idle, runner.run()))
            .map_err(|error| SqlError::new(701, 1, 17, format!("No thread for the query: {error}")))?;
        // What goes wrong from here on comes after the columns, as it does from SQL Server.
        let rows = Running { receiver, given_up, chunk: Vec::new().into_iter(), is_done: false };
        Ok(Answer { columns, rows: Box::new(rows) })
    }
}

impl SiteData {
    fn connection(&self) -> Result<Connection, SqlError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| open(&self.path).map_err(|failure| tsql::told(&failure)), Ok)
    }
}

/// Keeps a connection for the next query, unless enough wait already.
fn put_back(idle: &Mutex<Vec<Connection>>, connection: Connection) {
    let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
    if idle.len() < IDLE {
        idle.push(connection);
    }
}

/// A query at work.
struct Runner {
    connection: Connection,
    selected: Selected,
    given_up: Arc<AtomicBool>,
    sender: SyncSender<Chunk>,
}

impl Runner {
    fn run(self) -> Connection {
        let Self { mut connection, selected, given_up, sender } = self;
        let watch = Arc::clone(&given_up);
        let watched = connection.progress_handler(STEPS, Some(move || watch.load(Ordering::Relaxed)));
        let outcome = watched
            .map_err(|failure| tsql::told(&failure))
            .and_then(|()| hand_over(&connection, &selected, &sender));
        if let Err(error) = outcome {
            drop(sender.send(Err(error)));
        }
        connection
    }
}

/// Sends all rows; ends without a word where nobody takes them any more.
fn hand_over(
    connection: &Connection,
    selected: &Selected,
    sender: &SyncSender<Chunk>,
) -> Result<(), SqlError> {
    let told = |failure: rusqlite::Error| tsql::told(&failure);
    let mut statement = connection.prepare(&selected.sql).map_err(told)?;
    let mut rows = statement.query([]).map_err(told)?;
    let mut chunk = Vec::with_capacity(CHUNK);
    while let Some(row) = rows.next().map_err(told)? {
        let mut cells = Vec::with_capacity(selected.columns.len());
        for (at, column) in selected.columns.iter().enumerate() {
            cells.push(cell(row.get_ref(at).map_err(told)?, column)?);
        }
        chunk.push(cells);
        if chunk.len() == CHUNK && sender.send(Ok(std::mem::take(&mut chunk))).is_err() {
            return Ok(());
        }
    }
    // An empty last chunk tells that there were no rows at all.
    drop(sender.send(Ok(chunk)));
    Ok(())
}

/// The rows of a query that runs.
struct Running {
    receiver: Receiver<Chunk>,
    given_up: Arc<AtomicBool>,
    chunk: std::vec::IntoIter<Row>,
    is_done: bool,
}

impl Running {
    fn refill(&mut self) -> Result<(), SqlError> {
        match self.receiver.recv() {
            Ok(Ok(chunk)) => self.chunk = chunk.into_iter(),
            Ok(Err(error)) => {
                self.is_done = true;
                return Err(error);
            }
            Err(_) => self.is_done = true,
        }
        Ok(())
    }
}

impl Iterator for Running {
    type Item = Result<Row, SqlError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.chunk.next() {
                return Some(Ok(row));
            }
            if self.is_done {
                return None;
            }
            if let Err(error) = self.refill() {
                return Some(Err(error));
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}

/// A value of SQLite as one of the column's type.
fn cell(value: ValueRef<'_>, column: &Column) -> Result<Value, SqlError> {
    let overflow = || tsql::overflow(column.sql_type);
    Ok(match (value, column.sql_type) {
        (ValueRef::Null, _) => Value::Null,
        (ValueRef::Integer(whole), SqlType::SqlVariant) => Value::Int(whole),
        (ValueRef::Real(number), SqlType::SqlVariant) => Value::Float(number),
        (ValueRef::Integer(bit), SqlType::Bit) => Value::Bool(bit != 0),
        (ValueRef::Integer(whole), sql_type) => match tsql::family(sql_type) {
            tsql::Family::Time => Value::Moment(tsql::moment_of(whole)),
            tsql::Family::Whole => {
                let (low, high) = match sql_type {
                    SqlType::TinyInt => (0, 255),
                    SqlType::SmallInt => (i64::from(i16::MIN), i64::from(i16::MAX)),
                    SqlType::Int => (i64::from(i32::MIN), i64::from(i32::MAX)),
                    _ => (i64::MIN, i64::MAX),
                };
                // A sum of ints that is no int any more.
                if !(low..=high).contains(&whole) {
                    return Err(overflow());
                }
                Value::Int(whole)
            }
            #[expect(clippy::cast_precision_loss, reason = "floats and decimals are doubles here")]
            tsql::Family::Float => Value::Float(whole as f64),
            tsql::Family::Decimal => decimal(&whole.to_string(), sql_type).ok_or_else(overflow)?,
            _ => return Err(mismatch(column)),
        },
        (ValueRef::Real(number), sql_type) => match tsql::family(sql_type) {
            tsql::Family::Float => Value::Float(number),
            // The shortest spelling of a double is what was meant by it.
            tsql::Family::Decimal => decimal(&format!("{number}"), sql_type).ok_or_else(overflow)?,
            _ => return Err(mismatch(column)),
        },
        (ValueRef::Text(bytes), SqlType::UniqueIdentifier) => {
            guid(&String::from_utf8_lossy(bytes)).ok_or_else(|| mismatch(column))?
        }
        (ValueRef::Text(bytes), _) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        (ValueRef::Blob(bytes), _) => Value::Bytes(bytes.to_vec()),
    })
}

fn mismatch(column: &Column) -> SqlError {
    let text = format!("The pretend site made a value of another type for column '{}'.", column.name);
    SqlError::new(50_000, 1, 16, text)
}

/// The digits of a spelled number at a decimal type's scale, rounded half away from zero.
fn decimal(text: &str, sql_type: SqlType) -> Option<Value> {
    let (precision, scale) = match sql_type {
        SqlType::Decimal { precision, scale } => (u32::from(precision), usize::from(scale)),
        SqlType::SmallMoney => (10, 4),
        _ => (19, 4),
    };
    let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(scale).collect();
    let mut digits: i128 = format!("{whole}{kept}").parse().ok()?;
    if fraction.chars().nth(scale).is_some_and(|next| next >= '5') {
        digits = digits.checked_add(1)?;
    }
    if digits >= 10_i128.checked_pow(precision)? {
        return None;
    }
    Some(Value::Decimal(if is_negative { -digits } else { digits }))
}

fn guid(text: &str) -> Option<Value> {
    let hex: String = text.chars().filter(|character| *character != '-').collect();
    let mut bytes = [0; 16];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    (hex.len() == 32).then_some(Value::Guid(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Plan;

    #[test]
    fn a_query_that_nobody_reads_on_ends() {
        let site = SiteData::new(Plan { devices: 2000, planted: false, ..Plan::default() }).unwrap();
        // A few rows at once, and then eight thousand million steps to find that there are no more.
        let endless = "SELECT a.ResourceID FROM v_R_System a CROSS JOIN v_R_System b CROSS JOIN v_R_System c
            WHERE (a.ResourceID = 16777220 AND b.ResourceID = 16777220)
            OR a.ResourceID + b.ResourceID + c.ResourceID = 1";
        let mut answer = site.query(endless, &[]).unwrap();
        assert!(answer.rows.by_ref().take(1000).all(|row| row.is_ok()));
        assert!(site.idle.lock().unwrap().is_empty());
        // Others are answered all the while.
        let count = site.query("SELECT COUNT(*) FROM v_R_System", &[]).unwrap().rows.next();
        assert_eq!(count, Some(Ok(vec![Value::Int(2000)])));
        drop(answer);
        // Both connections come back: the second one's query was stopped.
        let begun = std::time::Instant::now();
        while site.idle.lock().unwrap().len() < 2 {
            assert!(begun.elapsed() < std::time::Duration::from_secs(20), "the query still runs");
            std::thread::yield_now();
        }
    }

    #[test]
    fn decimals_are_rounded_to_their_scale() {
        let kind = SqlType::Decimal { precision: 6, scale: 2 };
        assert_eq!(decimal("12.345", kind), Some(Value::Decimal(1235)));
        assert_eq!(decimal("-0.005", kind), Some(Value::Decimal(-1)));
        assert_eq!(decimal("7", kind), Some(Value::Decimal(700)));
        assert_eq!(decimal("12345", kind), None);
    }

    #[test]
    fn a_guid_keeps_the_order_in_which_it_is_written() {
        let value = guid("00112233-4455-6677-8899-AABBCCDDEEFF");
        let bytes: [u8; 16] = std::array::from_fn(|at| u8::try_from(at * 0x11).unwrap());
        assert_eq!(value, Some(Value::Guid(bytes)));
    }
}
