//! Seals requests and reads them again: exactly the bytes that are shown, stored and sent.

use glasshouse_contract::{Body, Leaf, LeafKind, PluginId, Request};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::{
    Change, HoldId, Ledger, LedgerError, PendingPart, Rendered, RequestId, RequestRow, RequestState,
    SealedRequest, Wanted,
    parts::json,
    plugins::{digest, parse},
};

const COLUMNS: &str = "SELECT request.seq, request.id, request.step, request.endpoint, request.method,
    request.url, request.headers, request.size, request.digest, request.state, request.since, request.reason,
    request.leaf, request.body, delivery.route, delivery.name, delivery.chunk, delivery.target,
    delivery.target_digest, delivery.hold, delivery.sealed, delivery.steps, delivery.step AS next,
    delivery.attempts, delivery.due, delivery.failure, part.plugin, part.run, run.site
    FROM request JOIN delivery ON delivery.id = request.delivery
    JOIN part ON part.id = delivery.part JOIN run ON run.id = part.run";

impl Ledger {
    /// Seals requests of a part: on disk when this returns, and nobody sees them before the part is done. Many
    /// in one call share one write to the disk.
    ///
    /// # Errors
    /// When the part is over, a request of the same id was sealed before, or the disk fails.
    pub fn add_requests(&self, part: &PendingPart, rendered: &[Rendered<'_>]) -> Result<(), LedgerError> {
        self.change(|change| {
            change.must_be_pending(part.id())?;
            rendered.iter().try_for_each(|rendered| change.add_rendered(part, rendered))
        })
    }

    /// Sealed requests, in the order in which they were sealed, without their bodies; at most `most`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn requests(&self, wanted: &Wanted, most: u32) -> Result<Vec<RequestRow>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&format!(
            "{COLUMNS} WHERE request.seq > ?1 AND request.state <> 'pending'
             AND (?2 IS NULL OR request.target = ?2) AND (?3 IS NULL OR request.state = ?3)
             AND (?4 IS NULL OR part.run = ?4) AND (?5 IS NULL OR delivery.hold = ?5)
             ORDER BY request.seq LIMIT ?6"
        ))?;
        let mut rows = statement.query((
            i64::try_from(wanted.after).unwrap_or(i64::MAX),
            wanted.target.as_ref().map(PluginId::as_str),
            wanted.state.map(RequestState::as_str),
            wanted.run.as_deref(),
            wanted.hold.map(HoldId::number),
            most,
        ))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// What is known of a sealed request.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn request_row(&self, id: &RequestId) -> Result<Option<RequestRow>, LedgerError> {
        let connection = self.reader();
        let mut statement = connection.prepare_cached(&by_id())?;
        let mut rows = statement.query([id.to_string()])?;
        rows.next()?.map(read).transpose()
    }

    /// A sealed request, whole: what is shown, and what is sent. Nothing where there is none, or where its body
    /// was erased.
    ///
    /// # Errors
    /// When the ledger cannot be read, or the bytes are not those that were sealed.
    pub fn request(&self, id: &RequestId) -> Result<Option<SealedRequest>, LedgerError> {
        let Some(row) = self.request_row(id)?.filter(|row| row.has_body) else {
            return Ok(None);
        };
        let body: Option<Vec<u8>> = {
            let connection = self.reader();
            let mut statement = connection.prepare_cached("SELECT bytes FROM body WHERE request = ?1")?;
            statement.query_row([row.seq.cast_signed()], |row| row.get(0)).optional()?
        };
        let not_as_sealed = || LedgerError::NotAsSealed { id: id.to_string() };
        let request = Request {
            endpoint: row.endpoint.clone(),
            method: row.method.clone(),
            url: row.url.clone(),
            headers: row.headers.clone(),
            body: Body(body.ok_or_else(not_as_sealed)?),
        };
        if request.digest() != row.digest {
            return Err(not_as_sealed());
        }
        Ok(Some(SealedRequest { row, request }))
    }

    /// What the receiver gave for a request that it took.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn receipt(&self, id: &RequestId) -> Result<Option<Vec<u8>>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT receipt FROM request WHERE id = ?1")?;
        Ok(statement.query_row([id.to_string()], |row| row.get(0)).optional()?.flatten())
    }

    /// Throws away what an unfinished part sealed, in pieces.
    pub(crate) fn delete_requests(&self, part: i64) -> Result<(), LedgerError> {
        while self.change(|change| change.delete_some_requests(part))? > 0 {}
        Ok(())
    }
}

impl Change<'_> {
    fn add_rendered(&self, part: &PendingPart, rendered: &Rendered<'_>) -> Result<(), LedgerError> {
        let steps = u32::try_from(rendered.requests.len()).map_err(|_| LedgerError::TooManyRows)?;
        self.execute(
            "INSERT INTO delivery (part, route, name, chunk, target, target_digest, hold, sealed, state, step, steps)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending', 0, ?9)",
            &[
                &part.id(),
                &rendered.route.as_str(),
                &rendered.table.as_str(),
                &rendered.chunk,
                &rendered.target.as_str(),
                &rendered.target_digest.hex(),
                &rendered.hold.map(HoldId::number),
                &rendered.sealed.to_string(),
                &steps,
            ],
        )?;
        let delivery = self.last_id();
        for ((id, request), step) in rendered.requests.iter().zip(0i64..) {
            let added = self.execute(
                "INSERT INTO request (id, delivery, step, target, endpoint, method, url, headers, size, digest,
                     state, since, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'pending', ?11, 'kept')
                 ON CONFLICT (id) DO NOTHING",
                &[
                    &id.to_string(),
                    &delivery,
                    &step,
                    &rendered.target.as_str(),
                    &request.endpoint.as_str(),
                    &request.method,
                    &request.url,
                    &json(&request.headers),
                    &(request.body.0.len() as u64).cast_signed(),
                    &request.digest().hex(),
                    &rendered.sealed.as_microsecond(),
                ],
            )?;
            if added == 0 {
                return Err(LedgerError::SealedBefore { id: id.to_string() });
            }
            self.execute(
                "INSERT INTO body (request, bytes) VALUES (?1, ?2)",
                &[&self.last_id(), &request.body.0],
            )?;
        }
        Ok(())
    }

    /// Makes the requests of a part seen, with their leaves. A hold that was decided meanwhile counts.
    pub(crate) fn seal(&self, part: i64) -> Result<(), LedgerError> {
        self.execute(
            "UPDATE delivery SET state = CASE
                 WHEN steps = 0 THEN 'over' WHEN hold IS NULL THEN 'waiting'
                 ELSE (SELECT CASE state WHEN 'approved' THEN 'waiting' WHEN 'denied' THEN 'over'
                     ELSE iif(kind = 'draft', 'draft', 'held') END FROM hold WHERE hold.id = delivery.hold) END
             WHERE part = ?1 AND state = 'pending'",
            &[&part],
        )?;
        let deliveries: Vec<(i64, String)> = {
            let mut statement = self.prepare("SELECT id, state FROM delivery WHERE part = ?1 ORDER BY id")?;
            statement.query_map([part], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?
        };
        deliveries.into_iter().try_for_each(|(delivery, state)| self.seal_delivery(delivery, &state))
    }

    fn seal_delivery(&self, delivery: i64, state: &str) -> Result<(), LedgerError> {
        // Over at birth: its hold was denied before it was there.
        let (state, body) = if state == "over" { ("withdrawn", "leaving") } else { (state, "kept") };
        let reason = (state == "withdrawn").then_some("the hold was denied");
        let pending: Vec<(i64, String, String, String, i64)> = {
            let mut statement = self.prepare(
                "SELECT seq, id, digest, target, since FROM request
                 WHERE delivery = ?1 AND state = 'pending' ORDER BY step",
            )?;
            let rows = statement.query_map([delivery], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })?;
            rows.collect::<Result<_, _>>()?
        };
        for (seq, id, bytes, target, sealed) in pending {
            let leaf = Leaf::new(LeafKind::Seal, time(sealed)?, digest(&id)?).with_content(digest(&bytes)?);
            let leaf = self.leaf(&leaf)?.cast_signed();
            self.execute(
                "UPDATE request SET state = ?2, leaf = ?3, body = ?4, reason = ?5 WHERE seq = ?1",
                &[&seq, &state, &leaf, &body, &reason],
            )?;
            self.execute(
                "INSERT INTO sealed_count (target, requests) VALUES (?1, 1)
                 ON CONFLICT (target) DO UPDATE SET requests = requests + 1",
                &[&target],
            )?;
        }
        Ok(())
    }

    fn delete_some_requests(&self, part: i64) -> Result<usize, LedgerError> {
        // Bodies may be large, and SQLite's log should not grow with them.
        const PIECE: u32 = 64;
        let some: Vec<i64> = {
            let mut statement = self.prepare(
                "SELECT request.seq FROM request JOIN delivery ON delivery.id = request.delivery
                 WHERE delivery.part = ?1 LIMIT ?2",
            )?;
            statement.query_map((part, PIECE), |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        for seq in &some {
            self.execute("DELETE FROM body WHERE request = ?1", &[seq])?;
            self.execute("DELETE FROM request WHERE seq = ?1", &[seq])?;
        }
        if some.is_empty() {
            self.execute("DELETE FROM delivery WHERE part = ?1", &[&part])?;
        }
        Ok(some.len())
    }
}

fn by_id() -> String {
    format!("{COLUMNS} WHERE request.id = ?1 AND request.state <> 'pending'")
}

/// Deletes requests of which so much is damaged that nobody can read them, and says how many. When a call was sealed
/// is also in its requests.
pub fn delete_unreadable(connection: &Connection) -> Result<u64, LedgerError> {
    let requests: Vec<(i64, i64)> = {
        let mut statement =
            connection.prepare("SELECT seq, delivery FROM request WHERE state <> 'pending'")?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?
    };
    let is_readable = |seq: i64| -> Result<bool, LedgerError> {
        let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE request.seq = ?1"))?;
        let mut rows = statement.query([seq])?;
        Ok(rows.next()?.is_some_and(|row| read(row).is_ok()))
    };
    let mut deleted = 0;
    for (seq, delivery) in requests {
        if is_readable(seq)? {
            continue;
        }
        let since: i64 =
            connection.query_row("SELECT since FROM request WHERE seq = ?1", [seq], |row| row.get(0))?;
        if let Ok(sealed) = time(since) {
            connection
                .execute("UPDATE delivery SET sealed = ?2 WHERE id = ?1", (delivery, sealed.to_string()))?;
        }
        if !is_readable(seq)? {
            connection.execute("DELETE FROM body WHERE request = ?1", [seq])?;
            connection.execute("DELETE FROM request WHERE seq = ?1", [seq])?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

pub fn time(microseconds: i64) -> Result<Timestamp, LedgerError> {
    Timestamp::from_microsecond(microseconds)
        .map_err(|_| LedgerError::damaged("a time", microseconds.to_string()))
}

fn read(row: &Row<'_>) -> Result<RequestRow, LedgerError> {
    let text = |column: &str| row.get::<_, String>(column);
    let step: u32 = row.get("step")?;
    let state: RequestState = parse("a request's state", &text("state")?)?;
    // Attempts are the delivery's; they are about the request that is next.
    let is_next =
        step == row.get::<_, u32>("next")? && !matches!(state, RequestState::Sent | RequestState::Withdrawn);
    let due: i64 = row.get("due")?;
    let headers = text("headers")?;
    let failure: Option<String> = row.get("failure")?;
    Ok(RequestRow {
        seq: row.get::<_, i64>("seq")?.unsigned_abs(),
        id: parse("a request's id", &text("id")?)?,
        run: text("run")?,
        site: parse("a site's name", &text("site")?)?,
        route: parse("a route", &text("route")?)?,
        query: parse("a plugin id", &text("plugin")?)?,
        table: parse("a table's name", &text("name")?)?,
        chunk: row.get("chunk")?,
        step,
        steps: row.get("steps")?,
        target: parse("a plugin id", &text("target")?)?,
        target_digest: digest(&text("target_digest")?)?,
        endpoint: parse("an endpoint", &text("endpoint")?)?,
        method: text("method")?,
        url: text("url")?,
        headers: serde_json::from_str(&headers).map_err(|_| LedgerError::damaged("headers", headers))?,
        size: row.get::<_, i64>("size")?.unsigned_abs(),
        digest: digest(&text("digest")?)?,
        sealed: parse("a time", &text("sealed")?)?,
        hold: row.get::<_, Option<i64>>("hold")?.map(HoldId::new),
        state,
        since: time(row.get("since")?)?,
        reason: row.get("reason")?,
        attempts: if is_next { row.get("attempts")? } else { 0 },
        next_at: if is_next && due > 0 { Some(time(due)?) } else { None },
        failure: failure.filter(|_| is_next).map(|word| parse("a word", &word)).transpose()?,
        leaf: row.get::<_, Option<i64>>("leaf")?.map(i64::unsigned_abs),
        has_body: text("body")? == "kept",
    })
}

#[cfg(test)]
mod tests;
