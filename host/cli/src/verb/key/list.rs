use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{Reply, Request};

use super::{Output, unexpected};
use crate::{
    Ended,
    place::Place,
    screen::{self, Columns},
};

/// Lists the keys by their ids, and how many runs used each
///
/// The id is a hash of the key and tells nothing of it. Two sites have the same key where they show
/// the same id. `glasshouse show` has the ids that a run used. Exits with 1 where a file that should
/// be a key cannot be used.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  glasshouse key list")]
pub struct List {
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl List {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let Reply::Keys(report) = place.ask("reading the keys", Request::KeyList)? else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&report),
            Output::Text if report.keys.is_empty() => {
                screen::print("there is no key yet; the first run that needs `default` makes it");
            }
            Output::Text => {
                let mut keys = Columns::new(&["NAME", "ID", "STATE", "RUNS"]);
                for key in &report.keys {
                    let state = if key.in_use { "in use" } else { "kept" };
                    keys.row([key.name.as_str(), key.id.as_str(), state, &key.runs.to_string()]);
                }
                screen::print(&keys.text());
            }
        }
        if self.output == Output::Text {
            for problem in &report.problems {
                screen::note(&screen::line(&format!("{}: {}", problem.object, problem.cause)));
                screen::note(&screen::line(&format!("  mend: {}", problem.mend)));
            }
        }
        Ok(if report.problems.is_empty() { Ended::Well } else { Ended::WithFindings })
    }
}
