use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use glasshouse_contract::{EndpointHosts, Fault, FaultKind, Level, Name, PluginId, RecordedTable};
use glasshouse_control::{Reply, Request, Trial, TrialReport, TrialStep};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Output, read_file, unexpected};
use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
};

/// A recorded table is for trying: beyond this it is a database's export.
const TABLE_BYTES: u64 = 16 << 20;

/// Runs recorded tables through installed plugins and shows each step; nothing is sent or kept
///
/// The tables go through the query (where one is named), the rules in the order given, and the
/// target (where one is named). What each of them makes of it is shown, and at last the requests
/// that would be sent, byte for byte, before credentials.
#[derive(Debug, Args)]
#[command(after_help = "\
A recorded table is a file of JSON lines: a header with the table's name and columns, then a row a line.
`glasshouse plugin new` writes one to begin with, under cases/*/input.

Examples:
  glasshouse try devices.ndjson --query contoso.devices --rule contoso.mask-names --target contoso.lake
  glasshouse try devices.ndjson --target glasshouse.targets.glasshouse --host ingest=telemetry.contoso.example
  glasshouse try devices.ndjson --rule contoso.mask-names --output json")]
pub struct Try {
    /// Recorded tables; for a query each is named after a statement
    #[arg(required = true, value_name = "TABLE.ndjson")]
    tables: Vec<PathBuf>,
    /// The query that the tables go through first
    #[arg(long, value_name = "ID")]
    query: Option<PluginId>,
    /// A rule; may be given more than once, the order is kept
    #[arg(long = "rule", value_name = "ID")]
    rules: Vec<PluginId>,
    /// The target that makes requests of what is left
    #[arg(long, value_name = "ID")]
    target: Option<PluginId>,
    /// The host of an endpoint that the target's manifest leaves to you, as ENDPOINT=HOST; may be given more than once
    #[arg(long = "host", value_name = "ENDPOINT=HOST", value_parser = endpoint_host, requires = "target")]
    hosts: Vec<(Name, String)>,
    /// The level to try at: basic, enhanced or full
    #[arg(long, default_value_t)]
    level: Level,
    /// When the run is said to be due: the plugins see no other time
    #[arg(long, value_name = "TIME", default_value = "2026-01-01T00:00:00Z")]
    scheduled: Timestamp,
    /// How many rows of each table to show
    #[arg(long, default_value_t = 10, value_name = "N")]
    rows: usize,
    /// How to write it; json holds everything
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Try {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        if self.query.is_none() && self.rules.is_empty() && self.target.is_none() {
            return Err(Fault::new(
                FaultKind::Malformed,
                "try",
                "no plugin is named",
                "name at least one with --query, --rule or --target; `glasshouse plugin list` shows them",
            ));
        }
        let mut tables = Vec::new();
        for path in &self.tables {
            let malformed = |cause: String| {
                Fault::new(
                    FaultKind::Malformed,
                    path.display(),
                    cause,
                    "see `glasshouse try --help` for the format",
                )
            };
            let text = String::from_utf8(read_file(path, TABLE_BYTES)?)
                .map_err(|error| malformed(format!("not UTF-8: {error}")))?;
            // Read here only to name the file in the error; what is sent is the text.
            RecordedTable::parse(&text).map_err(|error| malformed(error.to_string()))?;
            tables.push(text);
        }
        let named = self.hosts.len();
        let hosts: BTreeMap<Name, String> = self.hosts.into_iter().collect();
        let bad_host = |cause: &dyn std::fmt::Display| {
            Fault::new(
                FaultKind::Malformed,
                "--host",
                cause,
                "write it as ingest=telemetry.contoso.example:8443",
            )
        };
        if hosts.len() != named {
            return Err(bad_host(&"an endpoint has two hosts"));
        }
        let hosts = EndpointHosts::new(hosts).map_err(|error| bad_host(&error))?;
        let trial = Trial {
            query: self.query,
            rules: self.rules,
            target: self.target,
            hosts,
            level: self.level,
            scheduled: self.scheduled,
            tables,
        };
        let Reply::Trial(report) = place.ask("trying", Request::Try(trial))? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&report),
            Output::Text => screen::print(&text(&report, self.rows)),
        }
        Ok(Ended::Well)
    }
}

fn endpoint_host(text: &str) -> Result<(Name, String), String> {
    let (endpoint, host) = text.split_once('=').ok_or("it is written as ENDPOINT=HOST")?;
    Ok((Name::new(endpoint).map_err(|error| error.to_string())?, host.to_owned()))
}

fn text(report: &TrialReport, rows: usize) -> String {
    let mut text = String::new();
    for step in &report.steps {
        step_text(&mut text, step, rows);
    }
    for (number, request) in (1..).zip(&report.requests) {
        text.push_str(&format!(
            "request {number} to `{}`, {}\n",
            screen::line(&request.endpoint),
            request.digest
        ));
        for line in String::from_utf8_lossy(&request.bytes.0).lines() {
            text.push_str(&format!("  {}\n", screen::line(line)));
        }
        text.push('\n');
    }
    text
}

fn step_text(text: &mut String, step: &TrialStep, rows: usize) {
    text.push_str(&format!("{} {} {} ({})\n", step.kind, step.plugin, step.version, step.digest.short()));
    for line in &step.log {
        text.push_str(&format!("  says: {}\n", screen::line(line)));
    }
    for table in &step.tables {
        text.push_str(&table_text(table, rows));
    }
    text.push('\n');
}

/// A recorded table for a person: its name, its columns with their classes, its first rows.
fn table_text(recorded: &str, most: usize) -> String {
    let Ok(table) = RecordedTable::parse(recorded) else { return String::new() };
    let fields = table.batch.schema().fields();
    let headings: Vec<String> =
        fields.iter().map(|field| format!("{} [{}]", field.name, field.class)).collect();
    let mut columns = Columns::new(&headings.iter().map(String::as_str).collect::<Vec<_>>());
    for row in recorded.lines().skip(1).take(most) {
        let row: Map<String, Value> = serde_json::from_str(row).unwrap_or_default();
        columns.row(fields.iter().map(|field| match row.get(field.name.as_str()) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => "-".to_owned(),
        }));
    }
    let mut text = format!("  {} ({} rows)\n", table.table, table.batch.rows());
    for line in columns.text().lines() {
        text.push_str(&format!("    {line}\n"));
    }
    let shown = u32::try_from(most).unwrap_or(u32::MAX);
    if table.batch.rows() > shown {
        text.push_str(&format!("    … {} more\n", table.batch.rows() - shown));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_shows_its_classes_and_its_first_rows() {
        let recorded = "{\"table\":\"devices\",\"columns\":[\
            {\"name\":\"Os\",\"type\":\"text\",\"nullable\":true,\"class\":\"category\"},\
            {\"name\":\"Count\",\"type\":\"int\",\"nullable\":false,\"class\":\"measure\"}]}\n\
            {\"Os\":\"Windows 11\",\"Count\":7}\n{\"Count\":1}\n{\"Count\":2}\n";
        insta::assert_snapshot!(table_text(recorded, 2), @"
          devices (3 rows)
            Os [category]  Count [measure]
            Windows 11     7
            -              1
            … 1 more
        ");
    }
}
