use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use glasshouse_contract::{
    Batch, CHECKPOINT_HEADER, ColumnBuilder, Digest, ID_HEADER, Name, PluginId, RecordedTable, Request,
    Schema, Table,
};
use glasshouse_ledger::{
    ContentOf, HeldRow, HeldWhy, Ledger, LedgerError, PendingPart, Rendered, RequestId, RequestOf, RunRow,
    ScanRow, TableRow,
};
use glasshouse_sandbox::CallError;
use glasshouse_tripwire::Words;
use jiff::Timestamp;

use super::{SealedRoute, Sealing};
use crate::{Occasion, plan::KEPT, redact::scan::Scan, route::ceiling_of, steps};

/// A target sees this many rows at a time, or this many bytes of them: what is in memory stays small however long
/// the table is.
const CHUNK_ROWS: u32 = 50_000;
const CHUNK_BYTES: usize = 32 << 20;
/// Rows that are read back at a time.
const PAGE_ROWS: u32 = 8_192;

/// What all tables of a part have in common.
pub(crate) struct About<'a> {
    pub ledger: &'a Ledger,
    pub part: &'a PendingPart,
    pub run: &'a RunRow,
    pub query: &'a PluginId,
    pub occasion: &'a Occasion,
    pub scan: &'a Scan,
    /// What the tables' cells were looked through for, and what of it an administrator allows.
    pub scanned: &'a [ScanRow],
    /// The words of the query's own text.
    pub words: &'a Words,
    pub now: Timestamp,
}

/// What came of sealing a part.
#[derive(Debug, Default)]
pub(crate) struct Sealed {
    /// Tables that do not go a route after all.
    pub held: Vec<HeldRow>,
    /// What was sealed says this, route by route and table by table.
    pub contents: Vec<(Name, Name, Digest)>,
    /// Tables of which the receiver has it all already.
    pub unchanged: u64,
}

/// Why a table is not sealed on a route.
enum NotSealed {
    Held { why: HeldWhy, kind: String, count: u64 },
    Ledger(LedgerError),
}

impl From<LedgerError> for NotSealed {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl NotSealed {
    fn target(error: &CallError) -> Self {
        let kind = match error {
            CallError::Limit(limit) => format!("limit {}", limit.name),
            CallError::Trap { .. } => "trap".to_owned(),
            CallError::Stopped(_) => "stopped".to_owned(),
            _ => "gave-up".to_owned(),
        };
        Self::Held { why: HeldWhy::TargetFailed, kind, count: 1 }
    }
}

/// Renders each table on each route that it goes, and adds the requests to the part.
///
/// # Errors
/// When the ledger fails. A table that cannot be rendered, or that the tripwire finds something in, is held on that
/// route, and the others go on.
pub(crate) fn seal(about: &About<'_>, sealing: &Sealing, tables: &[TableRow]) -> Result<Sealed, LedgerError> {
    let mut sealed = Sealed::default();
    for route in &sealing.routes {
        let goes = |table: &&TableRow| {
            table.chain.as_ref() == Some(&route.chain) && table.routes.contains(&route.route)
        };
        for table in tables.iter().filter(goes) {
            match seal_table(about, sealing, route, table) {
                Ok(Some(content)) => {
                    sealed.contents.push((route.route.clone(), table.name.clone(), content));
                }
                Ok(None) => sealed.unchanged += 1,
                Err(NotSealed::Ledger(error)) => return Err(error),
                Err(NotSealed::Held { why, kind, count }) => {
                    tracing::warn!(query = %about.query, table = %table.name, route = %route.route, kind,
                        "a table is held: {}", why.words());
                    about.ledger.discard_requests(about.part, &route.route, &table.name)?;
                    sealed.held.push(HeldRow {
                        chain: route.chain.clone(),
                        route: Some(route.route.clone()),
                        table: table.name.clone(),
                        why,
                        column: None,
                        rule: None,
                        kind: Some(kind),
                        class: None,
                        ceiling: None,
                        count,
                    });
                }
            }
        }
    }
    Ok(sealed)
}

fn seal_table(
    about: &About<'_>,
    sealing: &Sealing,
    route: &SealedRoute,
    table: &TableRow,
) -> Result<Option<Digest>, NotSealed> {
    let content = about.part.content(table);
    let of = ContentOf { site: &about.run.site, route: &route.route, query: about.query, table: &table.name };
    // It would say again what the receiver has.
    if about.ledger.last_content(&of)? == Some(content) {
        return Ok(None);
    }
    let mut rows = Rows { about, row: table, schema: Arc::new(table.columns.clone()), from: 0 };
    let is_of = |scan: &&ScanRow| scan.chain == route.chain && scan.table == table.name;
    let allowed = about.scanned.iter().filter(is_of).map(|scan| scan.allowed).sum();
    let mut words = about.words.clone();
    route.written.iter().chain([&about.query.to_string()]).for_each(|written| words.add(written));
    let is_searched = ceiling_of(route.ceiling, table.level) <= KEPT;
    if is_searched && !about.scan.is_complete() {
        return Err(NotSealed::Held {
            why: HeldWhy::KnownValuesFull,
            kind: "known-value".to_owned(),
            count: 0,
        });
    }
    let (mut chunk, mut found) = (0, 0);
    while let Some(table) = rows.chunk()? {
        let requests = rendered(about, sealing, route, &table, chunk)?;
        if is_searched {
            found += hits(about.scan, &words, &requests);
        }
        // What is allowed in a cell is in the request that has the cell.
        if found > allowed {
            let kind = "known-value".to_owned();
            return Err(NotSealed::Held { why: HeldWhy::Tripwire, kind, count: found });
        }
        about.ledger.add_requests(
            about.part,
            &[Rendered {
                route: &route.route,
                table: &table.name,
                chunk,
                target: &route.target.manifest().id,
                target_digest: route.target.digest(),
                hold: route.holds.get(about.query).copied(),
                requests: &requests,
                sealed: about.now,
            }],
        )?;
        chunk += 1;
    }
    Ok(Some(content))
}

/// One call of the target: its requests, with the host's headers, looked through.
fn rendered(
    about: &About<'_>,
    sealing: &Sealing,
    route: &SealedRoute,
    table: &Table,
    chunk: u32,
) -> Result<Vec<(RequestId, Request)>, NotSealed> {
    let (requests, _) =
        steps::render(route.target.plugin(), about.occasion, std::slice::from_ref(table), &route.hosts)
            .map_err(|error| NotSealed::target(&error))?;
    Ok(requests
        .into_iter()
        .zip(0..)
        .map(|(mut request, step)| {
            let id = RequestId::of(&RequestOf {
                hierarchy: &about.run.hierarchy,
                site: &about.run.site_hash,
                route: &route.route,
                query: about.query,
                table: &table.name,
                run: &about.run.id,
                chunk,
                step,
            });
            request.headers.push((ID_HEADER.to_owned(), id.to_string()));
            if let Some(checkpoint) = &sealing.checkpoint {
                request.headers.push((CHECKPOINT_HEADER.to_owned(), STANDARD.encode(checkpoint)));
            }
            (id, request)
        })
        .collect())
}

/// How often the run's known values are in requests, as they will be sent.
fn hits(scan: &Scan, words: &Words, requests: &[(RequestId, Request)]) -> u64 {
    requests.iter().map(|(_, request)| scan.known_in(words, request)).sum()
}

/// The rows of a table as they were kept, chunk by chunk.
struct Rows<'a> {
    about: &'a About<'a>,
    row: &'a TableRow,
    schema: Arc<Schema>,
    from: u32,
}

impl Rows<'_> {
    /// The next rows that a target sees together; nothing after the last.
    fn chunk(&mut self) -> Result<Option<Table>, LedgerError> {
        let (mut batches, mut rows, mut bytes) = (Vec::new(), 0, 0);
        while rows < CHUNK_ROWS && bytes < CHUNK_BYTES {
            let page = self.about.ledger.pending_rows(self.about.part, self.row, self.from, PAGE_ROWS)?;
            if page.is_empty() {
                break;
            }
            let batch = read_back(&self.row.name, &self.schema, &page)?;
            self.from += batch.rows();
            rows += batch.rows();
            bytes += batch.size();
            batches.push(batch);
        }
        Ok((!batches.is_empty()).then(|| Table {
            name: self.row.name.clone(),
            schema: Arc::clone(&self.schema),
            batches,
        }))
    }
}

/// Rows as the ledger keeps them, as a batch.
fn read_back(table: &Name, schema: &Arc<Schema>, rows: &[String]) -> Result<Batch, LedgerError> {
    let damaged = |why: String| LedgerError::Damaged { what: "a row of results", value: why };
    let columns = schema.fields().iter().map(|field| ColumnBuilder::new(field.kind, 0).finish()).collect();
    let none = Batch::new(Arc::clone(schema), 0, columns).map_err(|error| damaged(error.to_string()))?;
    let mut text = RecordedTable { table: table.clone(), batch: none }.to_text();
    for row in rows {
        text.push_str(row);
        text.push('\n');
    }
    // What is wrong is said by the row's number and the column's name, never by the value.
    let read = RecordedTable::parse(&text).map_err(|error| damaged(error.to_string()))?;
    Ok(read.batch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshouse_contract::{ColumnName, ColumnType, DataClass, Field};

    #[test]
    fn rows_that_were_kept_come_back_as_they_were() {
        let field = |name: &str, kind| Field {
            name: ColumnName::new(name).unwrap(),
            kind,
            nullable: true,
            class: DataClass::Category,
        };
        let kinds = [
            ColumnType::Text,
            ColumnType::Int,
            ColumnType::Float,
            ColumnType::Boolean,
            ColumnType::Timestamp,
        ];
        let fields =
            kinds.iter().zip(["A", "B", "C", "D", "E"]).map(|(kind, name)| field(name, *kind)).collect();
        let schema = Arc::new(Schema::new(fields).unwrap());
        let text = "{\"table\":\"t\",\"columns\":COLUMNS}\n\
            {\"A\":\"x \\\"y\\\" \\u0007 \u{e4}\",\"B\":-9007199254740993,\"C\":0.1,\"D\":true,\"E\":\"2026-03-01T12:00:00.000001Z\"}\n\
            {\"C\":\"NaN\"}\n";
        let text = text.replace("COLUMNS", &serde_json::to_string(schema.fields()).unwrap());
        let batch = RecordedTable::parse(&text).unwrap().batch;
        let rows: Vec<String> = (0..2)
            .map(|row| {
                let mut text = String::new();
                batch.write_row(row, &mut text);
                text
            })
            .collect();
        let back = read_back(&Name::new("t").unwrap(), &schema, &rows).unwrap();
        let mut again = String::new();
        back.write_row(0, &mut again);
        assert_eq!(again, rows[0]);
        assert_eq!(format!("{back:?}"), format!("{batch:?}"));
    }
}
