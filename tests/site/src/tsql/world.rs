//! What a statement sees beside the tables: the clock, the server and its own parameters.

use crate::{SqlError, SqlType, Value};

/// A value of the site or of the server, by the name that statements ask for.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) text: Option<String>,
    pub(crate) sql_type: SqlType,
}

/// Everything around one statement.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// The same at every place of a statement, as GETUTCDATE() is.
    pub(crate) now: i64,
    pub(crate) database: String,
    /// Scalar functions of the schema `dbo` that take nothing.
    pub(crate) functions: Vec<Fact>,
    /// What SERVERPROPERTY knows.
    pub(crate) properties: Vec<Fact>,
    pub(crate) parameters: Vec<(String, Value)>,
}

/// The number of the site's database, the first after SQL Server's own four.
pub(crate) const DATABASE_ID: i64 = 5;

impl World {
    pub(crate) fn read_only(&self) -> SqlError {
        let text =
            format!("Failed to update database \"{}\" because the database is read-only.", self.database);
        SqlError::new(3906, 1, 16, text)
    }
}
