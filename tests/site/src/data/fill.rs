//! Writing rows: prepared statements by view, values beside the names of their columns.

use std::collections::HashMap;

use rusqlite::{
    Connection, Statement, ToSql,
    types::{ToSqlOutput, Value, ValueRef},
};

use super::DataError;

/// A value on its way into a table.
#[derive(Debug, Clone)]
pub(crate) enum Cell<'v> {
    Null,
    Whole(i64),
    Text(&'v str),
    Own(String),
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Whole(whole) => ToSqlOutput::Owned(Value::Integer(*whole)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Own(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

impl From<i64> for Cell<'_> {
    fn from(whole: i64) -> Self {
        Self::Whole(whole)
    }
}

impl From<bool> for Cell<'_> {
    fn from(bit: bool) -> Self {
        Self::Whole(i64::from(bit))
    }
}

impl<'v> From<&'v str> for Cell<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(text)
    }
}

impl<'v> From<&'v String> for Cell<'v> {
    fn from(text: &'v String) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Own(text)
    }
}

impl<'v, T: Into<Cell<'v>>> From<Option<T>> for Cell<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The tables while they are filled.
pub(crate) struct Filler<'c> {
    connection: &'c Connection,
    statements: HashMap<&'static str, Statement<'c>>,
}

impl<'c> Filler<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, statements: HashMap::new() }
    }

    /// One row; columns that are not named stay NULL. Each call for a view names the same columns.
    pub(crate) fn insert(
        &mut self,
        view: &'static str,
        columns: &[&str],
        cells: &[Cell<'_>],
    ) -> Result<(), DataError> {
        let statement = match self.statements.entry(view) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(free) => {
                let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
                let places = vec!["?"; columns.len()].join(", ");
                let sql = format!("INSERT INTO \"{view}\" ({}) VALUES ({places})", names.join(", "));
                free.insert(self.connection.prepare(&sql)?)
            }
        };
        statement.execute(rusqlite::params_from_iter(cells))?;
        Ok(())
    }
}

/// `put!(filler, "v_Site", SiteCode: code, Type: 2)` writes one row.
macro_rules! put {
    ($filler:expr, $view:literal, $($column:ident: $value:expr),+ $(,)?) => {
        $filler.insert(
            $view,
            &[$(stringify!($column)),+],
            &[$($crate::data::fill::Cell::from($value)),+],
        )
    };
}
pub(crate) use put;
