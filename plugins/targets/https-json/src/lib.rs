//! Sends each table as requests of newline-delimited JSON.

mod answer;

use glasshouse_sdk::prelude::*;

struct HttpsJson;

impl Target for HttpsJson {
    fn render(run: &Context, tables: &Tables) -> Result<Vec<Request>> {
        let most: u64 = run.read_setting("rows-per-request")?;
        if most == 0 {
            return Err("setting `rows-per-request` is 0: no request would hold a row".into());
        }
        let mut requests = Vec::new();
        for (table, name) in (0..).zip(tables.names()) {
            let rows = tables.rows(table)?;
            for from in (0..rows).step_by(usize::try_from(most).unwrap_or(usize::MAX)) {
                let body = Body::new();
                body.encode(tables, table, from, most.min(rows - from), Format::Ndjson)?;
                requests
                    .push(Request::new("ingest", &name, body).header("content-type", "application/x-ndjson"));
            }
        }
        Ok(requests)
    }

    fn interpret(_step: u32, response: &Response) -> Result<Outcome> {
        Ok(answer::outcome(response))
    }
}

glasshouse_sdk::target!(HttpsJson);
