//! Finds what was changed in the file by anybody but this crate: a bit that flipped on the disk, a hand with
//! an editor.
//!
//! SQLite's own check reads the structure, not the values. So each table has a sum, the exclusive or of its
//! rows' hashes, which temporary triggers keep in step with every write. They are temporary because only a
//! connection of this crate knows the function that they call.

use glasshouse_contract::Digest;
use rusqlite::{Connection, functions::FunctionFlags, types::ValueRef};

use crate::LedgerError;

/// Tables whose content other digests cover row by row, or that SQLite keeps for itself.
const COVERED_ELSEWHERE: [&str; 3] = ["result", "body", "content"];

/// The function that the triggers call: a hash of a table's name and a row's values.
const HASH: &str = "glasshouse_row_hash";

/// Teaches a connection to hash rows.
pub fn teach(connection: &Connection) -> Result<(), LedgerError> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function(HASH, -1, flags, |context| {
        let mut bytes = Vec::new();
        for index in 0..context.len() {
            put(context.get_raw(index), &mut bytes);
        }
        let [a, b, c, d, e, f, g, h, ..] = *Digest::of(&bytes).as_bytes();
        Ok(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
    })?;
    Ok(())
}

/// Each value with its kind and length, so that no two rows have the same bytes.
fn put(value: ValueRef<'_>, bytes: &mut Vec<u8>) {
    let mut text = |kind: u8, value: &[u8]| {
        bytes.push(kind);
        bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
        bytes.extend_from_slice(value);
    };
    match value {
        ValueRef::Null => text(0, &[]),
        ValueRef::Integer(value) => text(1, &value.to_be_bytes()),
        ValueRef::Real(value) => text(2, &value.to_be_bytes()),
        ValueRef::Text(value) => text(3, value),
        ValueRef::Blob(value) => text(4, value),
    }
}

/// A table with its columns, as they are written in SQL.
struct Summed {
    name: String,
    columns: Vec<String>,
}

impl Summed {
    /// The call that hashes a row: `NEW`, `OLD`, or the row that is read.
    fn hash(&self, row: &str) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| format!(", {row}\"{column}\"")).collect();
        format!("{HASH}('{}'{})", self.name, columns.concat())
    }
}

fn summed(connection: &Connection) -> Result<Vec<Summed>, LedgerError> {
    let mut tables = connection.prepare(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         ORDER BY name",
    )?;
    let names: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut columns = connection.prepare("SELECT name FROM pragma_table_info(?1, 'main') ORDER BY cid")?;
    names
        .into_iter()
        .filter(|name| !COVERED_ELSEWHERE.contains(&name.as_str()))
        .map(|name| {
            let columns = columns.query_map([&name], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(Summed { name, columns })
        })
        .collect()
}

/// From here on every write of this connection is summed. `a ^ b` is `(a | b) - (a & b)`.
pub fn keep(connection: &Connection) -> Result<(), LedgerError> {
    for table in summed(connection)? {
        let name = &table.name;
        let fold = |hash: &str| {
            format!(
                "UPDATE content SET sum = (SELECT (sum | h) - (sum & h) FROM (SELECT {hash} AS h)) WHERE name = '{name}';"
            )
        };
        let (new, old) = (fold(&table.hash("NEW.")), fold(&table.hash("OLD.")));
        connection.execute_batch(&format!(
            "CREATE TEMP TRIGGER \"{name}_inserted\" AFTER INSERT ON main.\"{name}\" BEGIN {new} END;
             CREATE TEMP TRIGGER \"{name}_updated\" AFTER UPDATE ON main.\"{name}\" BEGIN {old} {new} END;
             CREATE TEMP TRIGGER \"{name}_deleted\" AFTER DELETE ON main.\"{name}\" BEGIN {old} END;"
        ))?;
    }
    Ok(())
}

/// Takes all tables as they are: after a change of the schema, or a repair that said what is lost.
pub fn renew(connection: &Connection) -> Result<(), LedgerError> {
    connection.execute("DELETE FROM content", [])?;
    for table in summed(connection)? {
        let sum = sum(connection, &table)?;
        connection.execute("INSERT INTO content (name, sum) VALUES (?1, ?2)", (&table.name, sum))?;
    }
    Ok(())
}

/// The tables whose rows are not what this crate wrote.
pub fn differing(connection: &Connection) -> Result<Vec<String>, LedgerError> {
    let mut differing = Vec::new();
    let mut kept = connection.prepare("SELECT sum FROM content WHERE name = ?1")?;
    for table in summed(connection)? {
        let kept: Vec<i64> = kept.query_map([&table.name], |row| row.get(0))?.collect::<Result<_, _>>()?;
        // A table whose pages cannot be read differs as well.
        if sum(connection, &table).ok().is_none_or(|sum| kept != [sum]) {
            differing.push(table.name);
        }
    }
    Ok(differing)
}

fn sum(connection: &Connection, table: &Summed) -> Result<i64, LedgerError> {
    let mut rows =
        connection.prepare(&format!("SELECT {} FROM main.\"{}\" NOT INDEXED", table.hash(""), table.name))?;
    let mut sum = 0;
    for hash in rows.query_map([], |row| row.get::<_, i64>(0))? {
        sum ^= hash?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{self, Desk, QUERY};

    #[test]
    fn rows_that_go_with_what_they_belong_to_are_taken_out_of_the_sum() {
        let desk = Desk::new();
        let mut part = desk.part("1", QUERY);
        desk.ledger.add_rows(&mut part, None, &desk::name("devices"), &desk::batch(0..3)).unwrap();
        desk.ledger.change(|change| change.finish_part(&part, &[], &[desk::table("devices")])).unwrap();
        let connection = desk.ledger.connection();
        let left = |table: &str| -> i64 {
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        assert_eq!([left("result_digest"), left("result_route")], [1, 1]);
        connection.execute_batch("DELETE FROM result; DELETE FROM result_table").unwrap();
        assert_eq!([left("result_digest"), left("result_route")], [0, 0]);
        assert_eq!(differing(&connection).unwrap(), [""; 0]);
    }

    #[test]
    fn the_same_bytes_in_other_columns_or_tables_have_another_hash() {
        let connection = Connection::open_in_memory().unwrap();
        teach(&connection).unwrap();
        let hash = |values: &str| -> i64 {
            connection.query_row(&format!("SELECT {HASH}({values})"), [], |row| row.get(0)).unwrap()
        };
        let rows = [
            "'t', 'ab', 'c'",
            "'t', 'a', 'bc'",
            "'u', 'ab', 'c'",
            "'t', 'ab', x'63'",
            "'t', 'ab', NULL",
            "'t', 1",
            "'t', 1.0",
        ];
        let hashes: std::collections::BTreeSet<i64> = rows.into_iter().map(hash).collect();
        assert_eq!(hashes.len(), rows.len());
    }
}
