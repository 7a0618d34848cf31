//! One case through the sandbox, and everything that came out as files.

use std::collections::BTreeMap;

use glasshouse_contract::{Batch, Column, Kind, Outcome, RecordedTable, Scope, Table};
use glasshouse_sandbox::{CallError, LogLine, Plugin, Rendered, Severity, Shaped};

use super::Case;

/// The file with the words of a run that failed.
pub(super) const ERROR: &str = "error.txt";

/// What came out of a run: file name and bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcomes(pub BTreeMap<String, Vec<u8>>);

impl Outcomes {
    pub fn differs_from<'a>(&'a self, other: &'a Self) -> Option<&'a str> {
        let names = self.0.keys().chain(other.0.keys());
        names.map(String::as_str).find(|name| self.0.get(*name) != other.0.get(*name))
    }

    pub fn put(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.insert(name.into(), bytes.into());
    }

    fn put_tables(&mut self, tables: &[Table]) {
        for table in tables {
            self.put(format!("{}.ndjson", table.name), table_text(table));
        }
    }

    fn put_log(&mut self, log: &[LogLine]) {
        let text: String = log
            .iter()
            .map(|line| {
                let severity = match line.severity {
                    Severity::Info => "info",
                    Severity::Warning => "warning",
                };
                format!("{severity}: {}\n", line.text)
            })
            .collect();
        if !text.is_empty() {
            self.put("log.txt", text);
        }
    }
}

/// What a plugin made of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// By a query.
    Shaped(Shaped),
    /// By a rule of either scope.
    Redacted {
        /// The tables, redacted.
        tables: Vec<Table>,
        /// What the rule said.
        log: Vec<LogLine>,
    },
    /// By a target.
    Rendered {
        /// The requests.
        rendered: Rendered,
        /// What the target made of each of the case's answers.
        outcomes: Vec<Outcome>,
    },
}

impl Case {
    /// Runs a plugin on the case as the host would.
    ///
    /// # Errors
    /// When the plugin gives up, traps or is stopped; there are cases that expect it.
    pub fn run(&self, plugin: &Plugin) -> Result<Made, CallError> {
        match plugin.manifest().kind() {
            Kind::Query => {
                let mut shaper = plugin.shaper(&self.context)?;
                for table in &self.tables {
                    for batch in &table.batches {
                        shaper.take(&table.name, batch)?;
                    }
                }
                shaper.finish().map(Made::Shaped)
            }
            Kind::Rule if plugin.manifest().rule().is_some_and(|rule| rule.scope == Scope::Table) => {
                let redacted = plugin.redact_tables(&self.context, &self.keys, &self.tables)?;
                Ok(Made::Redacted { tables: redacted.tables, log: redacted.log })
            }
            Kind::Rule => redact_batches(plugin, self),
            Kind::Target => {
                let rendered = plugin.render(&self.context, &self.tables, &self.hosts)?;
                let steps = u32::try_from(rendered.requests.len()).unwrap_or(u32::MAX);
                let mut delivery = plugin.delivery(steps);
                let outcomes = self
                    .answers
                    .iter()
                    .map(|(step, response)| delivery.interpret(*step, response))
                    .collect::<Result<_, _>>()?;
                Ok(Made::Rendered { rendered, outcomes })
            }
        }
    }
}

fn redact_batches(plugin: &Plugin, case: &Case) -> Result<Made, CallError> {
    let mut log = Vec::new();
    let mut tables = Vec::with_capacity(case.tables.len());
    for table in &case.tables {
        let mut batches = Vec::with_capacity(table.batches.len());
        for batch in &table.batches {
            let redacted = plugin.redact(&case.context, &case.keys, batch)?;
            batches.push(redacted.batch);
            log.extend(redacted.log);
        }
        let schema = batches.first().map_or_else(|| table.schema.clone(), |batch| batch.schema().clone());
        tables.push(Table { name: table.name.clone(), schema, batches });
    }
    Ok(Made::Redacted { tables, log })
}

/// Runs a case and writes down everything that came out. A plugin that fails gives its error: that
/// too can be what a case expects.
pub(super) fn run(plugin: &Plugin, case: &Case) -> Outcomes {
    let mut files = Outcomes::default();
    match case.run(plugin) {
        Err(error) => files.put(ERROR, format!("{error}\n")),
        Ok(Made::Shaped(shaped)) => {
            files.put_tables(&shaped.tables);
            files.put_log(&shaped.log);
            if !shaped.state.is_empty() {
                files.put("state", shaped.state);
            }
        }
        Ok(Made::Redacted { tables, log }) => {
            files.put_tables(&tables);
            files.put_log(&log);
        }
        Ok(Made::Rendered { rendered, outcomes }) => {
            for (number, request) in rendered.requests.iter().enumerate() {
                files.put(format!("{number}.request"), request.bytes());
            }
            files.put_log(&rendered.log);
            let answers: String = case
                .answers
                .iter()
                .zip(&outcomes)
                .map(|((step, response), outcome)| {
                    format!("step {step}, status {}: {}\n", response.status, words(outcome))
                })
                .collect();
            if !answers.is_empty() {
                files.put("answers.txt", answers);
            }
        }
    }
    files
}

/// The table as one recording, whatever batches it came in.
fn table_text(table: &Table) -> String {
    let mut text = String::new();
    let empty = || {
        let columns = table.schema.fields().iter().map(|field| Column::nulls(field.kind, 0)).collect();
        Batch::new(table.schema.clone(), 0, columns)
    };
    let batches =
        if table.batches.is_empty() { empty().into_iter().collect() } else { table.batches.clone() };
    for batch in batches {
        let part = RecordedTable { table: table.name.clone(), batch }.to_text();
        let rows = part.split_once('\n').map_or("", |(_, rows)| rows);
        text.push_str(if text.is_empty() { &part } else { rows });
    }
    text
}

fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted => "accepted".to_owned(),
        Outcome::RetryAfter(0) => "try again".to_owned(),
        Outcome::RetryAfter(seconds) => format!("try again after {seconds} s"),
        Outcome::Rejected(why) => format!("rejected, {why}"),
        Outcome::Next(step) => format!("go on with step {step}"),
    }
}
