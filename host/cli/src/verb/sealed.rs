//! What several verbs say of sealed requests.

use glasshouse_contract::Fault;
use glasshouse_control::{Reply, Request, SealedTable, SendingReply, SendingRequest};

use super::unexpected;
use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
};

/// Asks about what leaves.
pub fn ask(place: &Place, doing: &str, request: SendingRequest) -> Result<SendingReply, Fault> {
    match place.ask(doing, Request::Sending(request))? {
        Reply::Sending(reply) => Ok(reply),
        _ => Err(unexpected()),
    }
}

/// The same for what takes minutes.
pub fn ask_telling(place: &Place, doing: &str, request: SendingRequest) -> Result<SendingReply, Fault> {
    match place.ask_telling(doing, Request::Sending(request))? {
        Reply::Sending(reply) => Ok(reply),
        _ => Err(unexpected()),
    }
}

/// Asks for a change and says what was done.
pub fn change(place: &Place, doing: &str, request: SendingRequest) -> Result<Ended, Fault> {
    let SendingReply::Done(words) = ask(place, doing, request)? else { return Err(unexpected()) };
    screen::print(&screen::line(&words));
    Ok(Ended::Well)
}

/// Requests of tables, a line each.
pub fn tables(tables: &[SealedTable]) -> String {
    let mut columns =
        Columns::new(&["TARGET", "ROUTE", "SITE", "TABLE", "STATE", "REQUESTS", "BYTES", "SINCE", "FIRST"]);
    for table in tables {
        let hold = table.hold.filter(|_| matches!(table.state.as_str(), "held" | "draft"));
        columns.row([
            table.target.to_string(),
            table.route.to_string(),
            table.site.to_string(),
            format!("{}/{}", table.query, table.table),
            hold.map_or_else(|| table.state.to_string(), |hold| format!("{} by {hold}", table.state)),
            table.requests.to_string(),
            table.bytes.to_string(),
            table.oldest.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            table.first.to_string(),
        ]);
    }
    columns.text()
}

/// A number of bytes as a person reads it.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} bytes"),
        10_000..=9_999_999 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}
