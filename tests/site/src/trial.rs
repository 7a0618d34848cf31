//! A small database for trying the wire: a handful of rows in SQLite, asked in text that SQLite reads too.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, types::ValueRef};

use crate::{
    answer::{Answer, ColumnMeta, Database, Databases, Row, SqlError, SqlType, Value},
    session::lexemes,
};

const SCHEMA: &str = "
CREATE TABLE v_Site (SiteCode TEXT, SiteName TEXT, Type INTEGER, Version TEXT);
INSERT INTO v_Site VALUES ('CAS', 'Central', 4, '5.00.9128.1000'), ('P01', 'North', 2, '5.00.9128.1000'),
  ('P02', 'South', 2, NULL);
";

struct Trial(Mutex<Connection>);

/// One database, `CM_CAS`.
pub fn trial() -> anyhow::Result<Databases> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(SCHEMA)?;
    Ok(vec![("CM_CAS".to_owned(), Arc::new(Trial(Mutex::new(connection))))])
}

impl Database for Trial {
    fn query(&self, sql: &str, params: &[(String, Value)]) -> Result<Answer, SqlError> {
        let failed = |error: rusqlite::Error| {
            let text = error.to_string();
            match (text.split_once("no such table: "), text.split_once("no such column: ")) {
                (Some((_, rest)), _) => SqlError::missing_object(rest.split(' ').next().unwrap_or_default()),
                (_, Some((_, rest))) => SqlError::missing_column(rest.split(' ').next().unwrap_or_default()),
                _ => SqlError::syntax(&text),
            }
        };
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.prepare(&lexemes(sql)).map_err(failed)?;
        for (name, value) in params {
            if let Some(place) = statement.parameter_index(name).map_err(failed)? {
                let bound = match value {
                    Value::Int(number) => rusqlite::types::Value::Integer(*number),
                    Value::Float(number) => rusqlite::types::Value::Real(*number),
                    Value::Text(text) => rusqlite::types::Value::Text(text.clone()),
                    _ => rusqlite::types::Value::Null,
                };
                statement.raw_bind_parameter(place, bound).map_err(failed)?;
            }
        }
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let mut found = Vec::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(failed)? {
            let cells = (0..names.len()).map(|place| {
                Ok(match row.get_ref(place)? {
                    ValueRef::Integer(number) => Value::Int(number),
                    ValueRef::Real(number) => Value::Float(number),
                    ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                    _ => Value::Null,
                })
            });
            found.push(cells.collect::<Result<Row, _>>().map_err(failed)?);
        }
        let columns = names.into_iter().enumerate().map(|(place, name)| {
            let first = found.iter().filter_map(|row| row.get(place)).find(|value| **value != Value::Null);
            let sql_type = match first {
                Some(Value::Int(_)) => SqlType::BigInt,
                Some(Value::Float(_)) => SqlType::Float,
                _ => SqlType::NVarChar(256),
            };
            ColumnMeta { name, sql_type, nullable: true }
        });
        Ok(Answer { columns: columns.collect(), rows: Box::new(found.into_iter().map(Ok)) })
    }
}
