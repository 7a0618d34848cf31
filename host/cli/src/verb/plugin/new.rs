use std::path::PathBuf;

use clap::Args;
use glasshouse_contract::{Fault, FaultKind, Kind};
use glasshouse_workshop::{Start, scaffold};

use super::source;
use crate::{Ended, screen};

/// Makes a folder with a new plugin that builds and passes its test as it is
///
/// With --sql a query is TOML and SQL and needs no compiler. Else it is a Rust crate with the SDK beside it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse plugin new query contoso.devices --sql     then: cd devices && glasshouse plugin test
  glasshouse plugin new rule contoso.mask-names
  glasshouse plugin new target contoso.lake --in plugins/targets")]
pub struct New {
    /// What it is: query, rule or target
    kind: Kind,
    /// Its id, as contoso.devices; the last part becomes the folder's name
    name: String,
    /// A query that is SQL and nothing else
    #[arg(long)]
    sql: bool,
    /// The folder to make it in
    #[arg(long = "in", value_name = "FOLDER", default_value = ".")]
    parent: PathBuf,
    /// Use the SDK in this folder rather than a copy of it
    #[arg(long, value_name = "FOLDER", conflicts_with = "sql")]
    sdk: Option<PathBuf>,
}

impl New {
    pub fn run(self) -> Result<Ended, Fault> {
        let start = match (self.sql, self.kind) {
            (false, kind) => Start::Rust(kind),
            (true, Kind::Query) => Start::Sql,
            (true, kind) => {
                let cause = format!("a {kind} cannot be made of SQL alone");
                return Err(Fault::new(
                    FaultKind::Malformed,
                    "--sql",
                    cause,
                    "leave --sql out: it is written in Rust",
                ));
            }
        };
        let folder = scaffold(start, &self.name, &self.parent, self.sdk.as_deref()).map_err(source::fault)?;
        let shown = screen::line(&folder.display().to_string());
        screen::print(&format!("made {shown}"));
        screen::note(&format!("next: glasshouse plugin build {shown} && glasshouse plugin test {shown}"));
        Ok(Ended::Well)
    }
}
