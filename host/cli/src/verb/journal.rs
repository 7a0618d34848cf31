use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{JournalLine, JournalReport, Reply, Request};
use serde_json::Value;

use super::{Output, unexpected};
use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
};

/// How many lines are shown where nothing says otherwise.
const LAST: u32 = 100;

/// Shows what was done, when, and at whose word
///
/// The journal is kept in the ledger. Lines are added to it and never changed or taken away. The
/// actor is what the operating system said of who asked; `host` is the host itself, for a file that
/// it found in plugins.d or a plugin that expired. A line's leaf is in the audit log: who edits the line is found.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse journal --last 20
  glasshouse journal --since 0 --output json | jq '.lines[] | select(.event == \"plugin approved\")'")]
pub struct Journal {
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,

    /// Only lines after the one with this number
    #[arg(long, value_name = "SEQ")]
    since: Option<u64>,

    /// Only the newest N of them; without this and --since, the newest 100
    #[arg(long, value_name = "N")]
    last: Option<u32>,
}

impl Journal {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let last = self.last.or_else(|| self.since.is_none().then_some(LAST));
        let request = Request::Journal { after: self.since.unwrap_or(0), last };
        let Reply::Journal(journal) = place.ask("reading the journal", request)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&journal),
            Output::Text => screen::print(&text(&journal)),
        }
        if let Some(line) = journal.lines.last().filter(|_| journal.more) {
            screen::note(&format!("there are more: glasshouse journal --since {}", line.seq));
        }
        Ok(Ended::Well)
    }
}

fn text(journal: &JournalReport) -> String {
    let mut columns = Columns::new(&["SEQ", "AT", "ACTOR", "EVENT", "OBJECT", "LEAF", "FACTS"]);
    for line in &journal.lines {
        columns.row([
            &line.seq.to_string(),
            &line.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            &line.actor,
            &line.event,
            &line.object,
            &line.leaf.map_or_else(String::new, |leaf| leaf.to_string()),
            &facts(line),
        ]);
    }
    if columns.is_empty() { "no lines\n".to_owned() } else { columns.text() }
}

/// `digest sha256:.., why it was replaced`: JSON's quotes and braces only where they tell
/// something.
fn facts(line: &JournalLine) -> String {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match &line.detail {
        Value::Null => String::new(),
        Value::Object(facts) => {
            let facts: Vec<String> =
                facts.iter().map(|(name, value)| format!("{name} {}", word(value))).collect();
            facts.join(", ")
        }
        other => word(other),
    }
}
