use clap::Args;
use glasshouse_contract::{Fault, FaultKind};
use glasshouse_control::{LedgerReply, LedgerRequest, Reply, Request};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{confirmed, unexpected};
use crate::{Ended, place::Place, screen};

/// Erases what is old: rows of results, and bodies of requests that were sent
///
/// That they were there, their digests and receipts, and who erased them when and why stays. What was not sent is never
/// erased by its age. A host erases by itself what `[retention]` in glasshouse.toml says: rows after 400 days and bodies 90
/// days after they were sent, where it says nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse purge --before 2026-01-01 --reason \"end of the contract\"
  glasshouse purge --before 2026-01-01T12:00:00Z --results --reason \"asked for by the works council\" --yes")]
pub struct Purge {
    /// A day, from its begin in UTC, or a time
    #[arg(long, value_name = "DATE", value_parser = moment)]
    before: Timestamp,

    /// Only rows of results
    #[arg(long, conflicts_with = "bodies")]
    results: bool,

    /// Only bodies of requests
    #[arg(long)]
    bodies: bool,

    /// Why, for the journal
    #[arg(long, value_name = "TEXT")]
    reason: String,

    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Purge {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let (results, bodies) = (!self.bodies, !self.results);
        if self.before > Timestamp::now() {
            return Err(Fault::new(
                FaultKind::Malformed,
                "--before",
                format!("{} is yet to come", self.before),
                "name a day that is over",
            ));
        }
        let what = match (results, bodies) {
            (true, true) => "rows that were collected and bodies that were sent",
            (true, false) => "rows that were collected",
            _ => "bodies that were sent",
        };
        screen::note(&format!("{what} before {} are erased for good; a backup has them still", self.before));
        if !self.yes && !confirmed("purge", "erase them?")? {
            screen::note("nothing was erased");
            return Ok(Ended::WithFindings);
        }
        let request = LedgerRequest::Purge { before: self.before, results, bodies, reason: self.reason };
        match place.ask("erasing", Request::Ledger(request))? {
            Reply::Ledger(LedgerReply::Purged { tables, bodies }) => {
                screen::print(&format!(
                    "erased: the rows of {tables} tables of results, the bodies of {bodies} requests"
                ));
                Ok(Ended::Well)
            }
            _ => Err(unexpected()),
        }
    }
}

/// A day or a time.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let day: Date =
        text.parse().map_err(|_| "it is neither a day, 2026-01-31, nor a time, 2026-01-31T12:00:00Z")?;
    day.to_zoned(TimeZone::UTC).map(|day| day.timestamp()).map_err(|error| error.to_string())
}
