mod allow;
mod forbid;
mod list;

use clap::Subcommand;
use glasshouse_contract::{ColumnName, Fault};
use glasshouse_control::{Find, Reply, Request, Take};
use glasshouse_detect::Kind;

use super::{Output, unexpected};
use crate::{Ended, place::Place, screen};

/// Shows what the tripwire held, and says of its false alarms that they are none
///
/// A run remembers what it read that identifies, and looks for it, and for what is written as identifiers
/// are, in everything that would be kept or leave. A table in which it finds something is held: none of its rows
/// stay. Usually a rule let something by that it should not have. Where what was found identifies nobody - a
/// product that is called like a machine - an administrator allows that find, in that column.
#[derive(Debug, Subcommand)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  glasshouse tripwire list
  glasshouse tripwire allow contoso.models/models Model known-value --reason \"a model is called like a site\"
  glasshouse tripwire forbid contoso.models/models Model known-value"
)]
pub enum Tripwire {
    List(list::List),
    Allow(allow::Allow),
    Forbid(forbid::Forbid),
}

impl Tripwire {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match self {
            Self::List(verb) => verb.run(place),
            Self::Allow(verb) => verb.run(place),
            Self::Forbid(verb) => verb.run(place),
        }
    }
}

/// The find that a command is about.
fn find(take: Take, column: ColumnName, kind: String) -> Result<Find, Fault> {
    match take {
        Take { query, table: Some(table) } => Ok(Find { query, table, column, kind }),
        Take { query, table: None } => Err(Fault::new(
            glasshouse_contract::FaultKind::Malformed,
            &query,
            "it is a query; what the tripwire finds is allowed table by table",
            format!("write {query}/TABLE, as `glasshouse tripwire list` shows it"),
        )),
    }
}

/// A kind of find: a value that the run knows, or what looks like an identifier of a kind.
fn kind(text: &str) -> Result<String, String> {
    if KNOWN.contains(&text) || Kind::named(text).is_some() {
        return Ok(text.to_owned());
    }
    let all: Vec<&str> = KNOWN.into_iter().chain(Kind::ALL.iter().map(|kind| kind.as_str())).collect();
    Err(format!("there is no such find; there are {}", all.join(", ")))
}

/// The finds that are no pattern of the detectors.
const KNOWN: [&str; 3] = ["known-value", "not-confirmed", "too-much-encoded"];

/// Asks for a change and says what was done.
fn change(place: &Place, doing: &str, request: Request) -> Result<Ended, Fault> {
    match place.ask(doing, request)? {
        Reply::Done(words) => {
            screen::print(&screen::line(&words));
            Ok(Ended::Well)
        }
        _ => Err(unexpected()),
    }
}
