//! Puts back the definitions of tables in a damaged copy, so that SQLite reads what is in them.
//!
//! Where one definition cannot be understood, SQLite reads nothing of a file at all. But what all of them
//! should be is known: the ones that are there are matched with those, byte by byte.

use std::path::Path;

use rusqlite::{Connection, types::ValueRef};

use crate::{LedgerError, schema};

/// A bit changes one byte, and a name that is in a definition three times is in three places.
const MOST_DIFFERENT: usize = 8;

struct Object {
    row: i64,
    /// Its kind, name, table and definition: what is known of it, besides where it lies.
    texts: [Vec<u8>; 4],
}

impl Object {
    fn differs_from(&self, other: &Self) -> usize {
        let pairs = self.texts.iter().zip(&other.texts);
        pairs
            .map(|(one, other)| {
                one.iter().zip(other).filter(|(a, b)| a != b).count() + one.len().abs_diff(other.len())
            })
            .sum()
    }
}

/// Gives each object of the file at `copy` the definition that this host makes.
pub fn mend_schema(copy: &Path) -> Result<(), LedgerError> {
    let file = Connection::open(copy)?;
    // SQLite then passes over what it does not understand.
    file.pragma_update(None, "writable_schema", true)?;
    let fresh = schema::fresh()?;
    let mut known = objects(&fresh)?;
    let mut unknown = Vec::new();
    for object in objects(&file)? {
        match known.iter().position(|known| known.differs_from(&object) == 0) {
            Some(place) => drop(known.swap_remove(place)),
            None => unknown.push(object),
        }
    }
    for object in unknown {
        let nearest =
            known.iter().enumerate().map(|(place, known)| (known.differs_from(&object), place)).min();
        let Some((different, place)) = nearest else {
            break;
        };
        if different > MOST_DIFFERENT {
            continue;
        }
        let (kind, name, table, sql) = fresh.query_row(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE rowid = ?1",
            [known.swap_remove(place).row],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, Option<String>>(3)?,
                ))
            },
        )?;
        file.execute(
            "UPDATE sqlite_schema SET type = ?2, name = ?3, tbl_name = ?4, sql = ?5 WHERE rowid = ?1",
            (object.row, kind, name, table, sql),
        )?;
    }
    file.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn objects(connection: &Connection) -> Result<Vec<Object>, LedgerError> {
    let mut statement = connection.prepare("SELECT rowid, type, name, tbl_name, sql FROM sqlite_schema")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |column: usize| match row.get_ref(column) {
            Ok(ValueRef::Text(bytes)) => bytes.to_vec(),
            // What became a blob by one bit is one byte off.
            Ok(ValueRef::Blob(bytes)) => [bytes, &[0]].concat(),
            _ => Vec::new(),
        };
        found.push(Object { row: row.get(0)?, texts: [text(1), text(2), text(3), text(4)] });
    }
    Ok(found)
}
