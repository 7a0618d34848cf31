//! The views and their columns, as `views.toml` and `system.toml` list them, and the SQLite tables behind them.

use rusqlite::Connection;

use crate::tsql::{COLLATION, Catalog, Column, Family, Object, family, parse_type};

use super::DataError;

const VIEWS: &str = include_str!("views.toml");
const SYSTEM: &str = include_str!("system.toml");

/// All objects of a site database.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The product's documented views.
    pub(crate) views: Vec<Object>,
    /// SQL Server's own and the product's catalogue views.
    pub(crate) system: Vec<Object>,
}

impl Schema {
    pub(crate) fn load() -> Result<Self, DataError> {
        Ok(Self { views: read(VIEWS)?, system: read(SYSTEM)? })
    }

    pub(crate) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.views.iter().chain(&self.system)
    }

    pub(crate) fn catalog(&self) -> Catalog {
        let mut catalog = Catalog::default();
        self.objects().cloned().for_each(|object| catalog.add(object));
        catalog
    }

    /// Makes a table for each object. Text compares as SQL Server's does, which joins and groups rely on.
    pub(crate) fn create(&self, connection: &Connection) -> Result<(), DataError> {
        for object in self.objects() {
            let columns: Vec<String> = object
                .columns
                .iter()
                .map(|column| {
                    let kept = match family(column.sql_type) {
                        Family::Text | Family::Guid => format!("TEXT COLLATE {COLLATION}"),
                        Family::Float | Family::Decimal => "REAL".to_owned(),
                        Family::Bit | Family::Whole | Family::Time => "INTEGER".to_owned(),
                        Family::Bytes | Family::Variant => "BLOB".to_owned(),
                    };
                    let null = if column.nullable { "" } else { " NOT NULL" };
                    format!("\"{}\" {kept}{null}", column.name)
                })
                .collect();
            connection.execute_batch(&format!(
                "CREATE TABLE \"{}\" ({})",
                object.name,
                columns.join(", ")
            ))?;
        }
        Ok(())
    }
}

/// Reads the objects of one file, in its order. A type that nobody knows is a fault of the file.
fn read(text: &str) -> Result<Vec<Object>, DataError> {
    let document: toml_edit::DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| DataError::Schema(error.to_string()))?;
    let mut objects = Vec::new();
    for (name, columns) in document.iter() {
        let columns = columns.as_table().ok_or_else(|| DataError::Schema(format!("{name} is no table")))?;
        let mut known = Vec::new();
        for (column, declared) in columns.iter() {
            let wrong = || DataError::Schema(format!("{name}.{column} has no type that is known"));
            let declared = declared.as_str().ok_or_else(wrong)?;
            let (spelled, nullable) = match declared.strip_suffix(" not null") {
                Some(spelled) => (spelled, false),
                None => (declared, true),
            };
            let sql_type = parse_type(spelled).ok_or_else(wrong)?;
            known.push(Column { name: column.to_owned(), sql_type, nullable });
        }
        objects.push(Object { name: name.to_owned(), columns: known });
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_views_are_all_there() {
        let schema = Schema::load().unwrap();
        // 58 documented views with 460 columns, a custom inventory class and the names of update packages.
        assert_eq!(schema.views.len(), 60);
        assert_eq!(schema.views.iter().map(|view| view.columns.len()).sum::<usize>(), 460 + 4 + 3);
    }

    #[test]
    fn columns_are_in_the_order_of_the_file() {
        let schema = Schema::load().unwrap();
        let site = schema.views.iter().find(|view| view.name == "v_Site").unwrap();
        assert_eq!(site.columns[0].name, "SiteCode");
        assert_eq!(site.columns[1].name, "SiteName");
    }
}
