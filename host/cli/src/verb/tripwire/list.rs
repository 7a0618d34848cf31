use std::fmt::Write as _;

use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{HeldFind, Reply, Request, TripwireReport};

use super::{Output, unexpected};
use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
};

/// Lists the tables that the tripwire holds of each site's newest run, and the finds that are allowed
///
/// Exits with 1 where a table is held.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse tripwire list
  glasshouse tripwire list --output json | jq '.held[] | {site, query, table, column, kind, count}'")]
pub struct List {
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl List {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let Reply::Tripwire(report) = place.ask("reading the finds", Request::TripwireList)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&report),
            Output::Text => screen::print(&text(&report)),
        }
        Ok(if report.held.is_empty() { Ended::Well } else { Ended::WithFindings })
    }
}

fn text(report: &TripwireReport) -> String {
    let mut text = String::new();
    if report.held.is_empty() {
        text.push_str("no table of a site's newest run is held\n");
    } else {
        let mut columns = Columns::new(&["HELD", "SITE", "COLUMN", "KIND", "COUNT", "LET BY"]);
        for held in &report.held {
            let HeldFind { site, query, row, .. } = held;
            columns.row([
                format!("{query}/{}", row.table),
                site.to_string(),
                row.column.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
                row.kind.clone().unwrap_or_else(|| "-".to_owned()),
                row.count.to_string(),
                row.rule.as_ref().map_or_else(|| "no rule changed it".to_owned(), ToString::to_string),
            ]);
        }
        text.push_str(&columns.text());
        text.push_str(
            "\nGive the route a rule for such a column. Where what was found identifies nobody:\n  \
             glasshouse tripwire allow QUERY/TABLE COLUMN KIND --reason \"..\"\n",
        );
    }
    if !report.allowances.is_empty() {
        let mut columns = Columns::new(&["ALLOWED", "COLUMN", "KIND", "SINCE", "BY", "WHY"]);
        for allowed in &report.allowances {
            columns.row([
                format!("{}/{}", allowed.find.query, allowed.find.table),
                allowed.find.column.to_string(),
                allowed.find.kind.clone(),
                allowed.since.strftime("%Y-%m-%d").to_string(),
                allowed.actor.clone(),
                allowed.reason.clone(),
            ]);
        }
        let _ = write!(text, "\n{}", columns.text());
    }
    text
}
