//! What a table's requests say, as one digest: a receiver is not told twice what it has.

use glasshouse_contract::{Digest, Name, PluginId};
use rusqlite::OptionalExtension as _;

use crate::{
    Change, Ledger, LedgerError, PendingPart, TableRow,
    outbox::PASSED_OVER,
    parts::json,
    plugins::digest,
    results::{first_key, last_key},
};

/// Whose rows, on which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentOf<'a> {
    /// The site.
    pub site: &'a Name,
    /// The route.
    pub route: &'a Name,
    /// The query.
    pub query: &'a PluginId,
    /// The table.
    pub table: &'a Name,
}

impl PendingPart {
    /// The digest of a table that is being written: of its columns and of its rows.
    #[must_use]
    pub fn content(&self, table: &TableRow) -> Digest {
        let rows =
            self.rows_digest(table.chain.as_ref(), &table.name).map_or(String::new(), |rows| rows.hex());
        Digest::of(format!("{}\n{rows}", json(&table.columns)).as_bytes())
    }
}

impl Ledger {
    /// Rows of a table that is being written, each a JSON object, from the row of number `from` on.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn pending_rows(
        &self,
        part: &PendingPart,
        table: &TableRow,
        from: u32,
        most: u32,
    ) -> Result<Vec<String>, LedgerError> {
        let Some(id) = part.table_id(table.chain.as_ref(), &table.name) else { return Ok(Vec::new()) };
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached("SELECT row FROM result WHERE key BETWEEN ?1 AND ?2 ORDER BY key LIMIT ?3")?;
        let rows =
            statement.query_map((first_key(id) + i64::from(from), last_key(id), most), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The content of which the newest requests are that were sealed, and neither refused nor taken back.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_content(&self, of: &ContentOf<'_>) -> Result<Option<Digest>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT sealed_content.content FROM sealed_content
             JOIN part ON part.id = sealed_content.part JOIN run ON run.id = part.run
             WHERE run.site = ?1 AND sealed_content.route = ?2 AND part.plugin = ?3 AND sealed_content.name = ?4
                 AND part.state = 'done' AND NOT EXISTS (
                     SELECT 1 FROM delivery JOIN request ON request.delivery = delivery.id
                     WHERE delivery.part = part.id AND delivery.route = ?2 AND delivery.name = ?4
                         AND (request.state = 'refused'
                             OR request.state = 'withdrawn' AND request.reason IS NOT ?5))
             ORDER BY run.seq DESC LIMIT 1",
        )?;
        let found: Option<String> = statement
            .query_row(
                (of.site.as_str(), of.route.as_str(), of.query.as_str(), of.table.as_str(), PASSED_OVER),
                |row| row.get(0),
            )
            .optional()?;
        found.map(|hex| digest(&hex)).transpose()
    }

    /// Throws away what was rendered of a table for a route: it is held there.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn discard_requests(
        &self,
        part: &PendingPart,
        route: &Name,
        table: &Name,
    ) -> Result<(), LedgerError> {
        while self.change(|change| change.discard_some_requests(part, route, table))? > 0 {}
        Ok(())
    }
}

impl Change<'_> {
    /// Notes what a table's requests on a route say. Call it in the change that finishes the part.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_content(
        &self,
        part: &PendingPart,
        route: &Name,
        table: &Name,
        content: Digest,
    ) -> Result<(), LedgerError> {
        self.execute(
            "INSERT INTO sealed_content (part, route, name, content) VALUES (?1, ?2, ?3, ?4)",
            &[&part.id(), &route.as_str(), &table.as_str(), &content.hex()],
        )?;
        Ok(())
    }

    fn discard_some_requests(
        &self,
        part: &PendingPart,
        route: &Name,
        table: &Name,
    ) -> Result<usize, LedgerError> {
        // Bodies may be large, and SQLite's log should not grow with them.
        const PIECE: u32 = 64;
        let of: (i64, &str, &str) = (part.id(), route.as_str(), table.as_str());
        let some: Vec<i64> = {
            let mut statement = self.prepare(
                "SELECT request.seq FROM request JOIN delivery ON delivery.id = request.delivery
                 WHERE delivery.part = ?1 AND delivery.route = ?2 AND delivery.name = ?3
                     AND delivery.state = 'pending' LIMIT ?4",
            )?;
            statement.query_map((of.0, of.1, of.2, PIECE), |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        for seq in &some {
            self.execute("DELETE FROM body WHERE request = ?1", &[seq])?;
            self.execute("DELETE FROM request WHERE seq = ?1", &[seq])?;
        }
        if some.is_empty() {
            self.execute(
                "DELETE FROM delivery WHERE part = ?1 AND route = ?2 AND name = ?3 AND state = 'pending'",
                &[&of.0, &of.1, &of.2],
            )?;
        }
        Ok(some.len())
    }
}
