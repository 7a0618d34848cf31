//! Sends each table to a Glasshouse receiver, as requests of newline-delimited JSON of bounded size.

mod answer;
mod split;

use glasshouse_sdk::prelude::*;

struct Glasshouse;

impl Target for Glasshouse {
    fn render(run: &Context, tables: &Tables) -> Result<Vec<Request>> {
        let most = split::Most::read(run)?;
        let mut requests = Vec::new();
        for (table, name) in (0..).zip(tables.names()) {
            for body in split::bodies(tables, table, most)? {
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

glasshouse_sdk::target!(Glasshouse);
