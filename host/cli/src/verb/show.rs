use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use glasshouse_contract::{Fault, FaultKind, Name, PluginId};
use glasshouse_control::{Reply, Request, ResultsReport, ResultsTable, Wanted};
use serde_json::{Map, Value};

use super::{redaction, unexpected};
use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
};

/// How many rows a person sees where nothing says otherwise.
const ROWS: u32 = 20;
/// How many rows are asked for at a time.
const PAGE: u32 = 10_000;

/// Shows what was collected: the tables of a site's newest run, and their rows
///
/// Without a table the tables are listed. The rows are those of the view TEL_TelemetryResults in
/// ledger.sqlite, which any SQLite can read. With --redaction exits with 1 where a table is held.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse show
  glasshouse show client-versions
  glasshouse show client-versions --site cas --all --output csv > versions.csv
  glasshouse show --query glasshouse.clients --output json --all
  glasshouse show client-versions --route headquarters
  glasshouse show --redaction
  glasshouse show --redaction --output json | jq '.receipt.queries[].held[]?'")]
pub struct Show {
    /// The table
    table: Option<Name>,

    /// Only tables of this query
    #[arg(long, value_name = "ID")]
    query: Option<PluginId>,

    /// The site; where none is named, the one that was collected from last
    #[arg(long, value_name = "NAME")]
    site: Option<Name>,

    /// The run; where none is named, the newest that is over
    #[arg(long, value_name = "ID")]
    run: Option<String>,

    /// As the rows go this way; where none is named, as they are kept here
    #[arg(long, value_name = "NAME")]
    route: Option<Name>,

    /// What redaction did instead of rows: each rule and column, tables that are held and why, finds that are
    /// allowed; no values
    #[arg(long, conflicts_with_all = ["table", "query", "route", "rows", "all"])]
    redaction: bool,

    /// At most so many rows of each table
    #[arg(long, value_name = "N", default_value_t = ROWS)]
    rows: u32,

    /// All rows
    #[arg(long, conflicts_with = "rows")]
    all: bool,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Form,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a person.
    #[default]
    Text,
    /// An object for each row, one a line.
    Json,
    /// One table, with a heading (RFC 4180).
    Csv,
}

impl Show {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        if self.redaction {
            return self.redaction(place);
        }
        let lists = self.table.is_none() && self.query.is_none() && !self.all && self.output == Form::Text;
        let left = if lists {
            0
        } else if self.all {
            u32::MAX
        } else {
            self.rows
        };
        let mut wanted = Wanted {
            site: self.site.clone(),
            run: self.run.clone(),
            route: self.route.clone(),
            query: self.query.clone(),
            table: self.table.clone(),
            from: 0,
            rows: left.min(PAGE),
        };
        let report = ask(place, &wanted)?;
        // From here on of this very run, whatever is collected meanwhile.
        wanted.run = Some(report.receipt.run.clone());
        if lists {
            screen::print(&listing(&report));
            return Ok(Ended::Well);
        }
        if self.output == Form::Csv && report.tables.len() > 1 {
            return Err(Fault::new(
                FaultKind::Malformed,
                "--output csv",
                format!("there are {} tables, and CSV holds one", report.tables.len()),
                "name a table, and its query where several have one of that name",
            ));
        }
        if self.output == Form::Text {
            screen::print(&rows_text(&report, self.all));
            if !self.all || report.tables.iter().all(|table| table.rows.len() as u64 == table.total) {
                return Ok(Ended::Well);
            }
            return Err(too_long());
        }
        // Table by table, and from the last row that came: one answer holds what fits into it.
        for table in &report.tables {
            wanted.query = Some(table.query.clone());
            wanted.table = Some(table.table.clone());
            wanted.from = 0;
            loop {
                wanted.rows = left.saturating_sub(wanted.from).min(PAGE);
                let page = ask(place, &wanted)?;
                let Some(part) = page.tables.first() else { break };
                match self.output {
                    Form::Csv => screen::print_exactly(&csv(part, wanted.from == 0)),
                    _ => screen::print_exactly(&json_lines(&page, part)),
                }
                wanted.from = wanted.from.saturating_add(u32::try_from(part.rows.len()).unwrap_or(u32::MAX));
                if part.rows.is_empty() || wanted.from >= left {
                    break;
                }
            }
        }
        Ok(Ended::Well)
    }
}

impl Show {
    fn redaction(&self, place: &Place) -> Result<Ended, Fault> {
        let request = Request::Redaction { site: self.site.clone(), run: self.run.clone() };
        let Reply::Redaction(report) = place.ask("reading the record", request)? else {
            return Err(unexpected());
        };
        match self.output {
            Form::Json => screen::print_json(&report),
            Form::Text => screen::print(&redaction::in_full(&report)),
            Form::Csv => {
                return Err(Fault::new(
                    FaultKind::Malformed,
                    "--output csv",
                    "the record of a redaction is no table",
                    "use --output json",
                ));
            }
        }
        Ok(if report.receipt.total.redaction.held == 0 { Ended::Well } else { Ended::WithFindings })
    }
}

fn ask(place: &Place, wanted: &Wanted) -> Result<ResultsReport, Fault> {
    match place.ask("reading the results", Request::Results(wanted.clone()))? {
        Reply::Results(report) => Ok(report),
        _ => Err(unexpected()),
    }
}

fn too_long() -> Fault {
    Fault::new(
        FaultKind::Malformed,
        "--all",
        "a table has more rows than a screen holds",
        "write them to a file: --all --output json, or csv",
    )
}

fn heading(report: &ResultsReport) -> String {
    let receipt = &report.receipt;
    let when = receipt.started.strftime("%Y-%m-%d %H:%M:%S UTC");
    let mut text = format!(
        "site {}, level {}, run {} of {when} ({})\n",
        receipt.site, receipt.level, receipt.run, receipt.state
    );
    let keys: Vec<String> = receipt.keys.iter().map(|(name, id)| format!("{name}/{id}")).collect();
    if !keys.is_empty() {
        let _ = writeln!(text, "pseudonyms by key {}", keys.join(", "));
    }
    text
}

fn listing(report: &ResultsReport) -> String {
    let mut text = format!("{}\n", heading(report));
    let mut columns = Columns::new(&["QUERY", "TABLE", "LEVEL", "ROWS", "COLUMNS", "NOT KEPT"]);
    for table in &report.tables {
        columns.row([
            table.query.to_string(),
            table.table.to_string(),
            table.level.to_string(),
            table.total.to_string(),
            table.columns.fields().len().to_string(),
            left_out(table),
        ]);
    }
    text.push_str(&columns.text());
    text.push_str("\nThe rows of a table:  glasshouse show TABLE\n");
    text
}

fn left_out(table: &ResultsTable) -> String {
    table.left_out.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn rows_text(report: &ResultsReport, all: bool) -> String {
    let mut text = heading(report);
    for table in &report.tables {
        let _ = writeln!(text, "\n{} {}: {} ({} rows)", table.query, table.version, table.table, table.total);
        let names: Vec<&str> = table.columns.fields().iter().map(|field| field.name.as_str()).collect();
        let mut columns = Columns::new(&names);
        for row in &table.rows {
            let row = object(row);
            columns.row(names.iter().map(|name| cell(row.get(*name), "-")));
        }
        text.push_str(&columns.text());
        let shown = table.rows.len() as u64;
        if shown < table.total && !all {
            let _ = writeln!(text, ".. and {} more: --all", table.total - shown);
        }
        if !table.left_out.is_empty() {
            let _ = writeln!(text, "not kept, for they are above `pseudonym`: {}", left_out(table));
        }
    }
    text
}

/// The ledger wrote it as an object; what is none has no values.
fn object(row: &str) -> Map<String, Value> {
    serde_json::from_str(row).unwrap_or_default()
}

fn cell(value: Option<&Value>, none: &str) -> String {
    match value {
        None | Some(Value::Null) => none.to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn csv(table: &ResultsTable, with_heading: bool) -> String {
    let names: Vec<&str> = table.columns.fields().iter().map(|field| field.name.as_str()).collect();
    let mut text = String::new();
    let mut line = |values: Vec<String>| {
        text.push_str(&values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    };
    if with_heading {
        line(names.iter().map(|name| (*name).to_owned()).collect());
    }
    for row in &table.rows {
        let row = object(row);
        line(names.iter().map(|name| cell(row.get(*name), "")).collect());
    }
    text
}

fn quoted(value: &str) -> String {
    if value.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

/// Each row with what it is of beside it.
fn json_lines(report: &ResultsReport, table: &ResultsTable) -> String {
    let mut text = String::new();
    for row in &table.rows {
        let line = serde_json::json!({
            "run": report.receipt.run,
            "site": report.receipt.site,
            "query": table.query,
            "table": table.table,
            "row": object(row),
        });
        let _ = writeln!(text, "{}", screen::harmless_json(&line.to_string()));
    }
    text
}
