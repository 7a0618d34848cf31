use glasshouse_contract::{Name, PluginId};
use semver::Version;

use crate::{Ledger, LedgerError, TableRow, parts::read_table, plugins::parse};

/// A table of results, to be read row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultTable {
    id: i64,
    /// The plugin that made it.
    pub plugin: PluginId,
    /// Its version.
    pub version: Version,
    /// The table.
    pub table: TableRow,
}

/// The key of a table's first row.
pub const fn first_key(table: i64) -> i64 {
    table << 32
}

/// The key of the last row that a table can have.
pub const fn last_key(table: i64) -> i64 {
    table << 32 | 0xffff_ffff
}

impl Ledger {
    /// The tables of a run that can be seen and go this way, by plugin and name.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn result_tables(&self, run: &str, route: &Name) -> Result<Vec<ResultTable>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT result_table.*, part.plugin, part.version FROM result_table
             JOIN part ON part.id = result_table.part
             JOIN result_route ON result_route.result_table = result_table.id
             WHERE part.run = ?1 AND part.state = 'done' AND result_route.route = ?2
             ORDER BY part.plugin, result_table.name",
        )?;
        let mut rows = statement.query((run, route.as_str()))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(ResultTable {
                id: row.get("id")?,
                plugin: parse("a plugin id", &row.get::<_, String>("plugin")?)?,
                version: parse("a version", &row.get::<_, String>("version")?)?,
                table: read_table(&connection, row)?,
            });
        }
        Ok(found)
    }

    /// Some rows of a table, each a JSON object, from the row of number `from` on.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn result_rows(&self, table: &ResultTable, from: u32, most: u32) -> Result<Vec<String>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached("SELECT row FROM result WHERE key BETWEEN ?1 AND ?2 ORDER BY key LIMIT ?3")?;
        let rows = statement
            .query_map((first_key(table.id) + i64::from(from), last_key(table.id), most), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
