use clap::Args;
use glasshouse_contract::{ColumnName, Fault};
use glasshouse_control::{Request, Take};

use super::{change, find, kind};
use crate::{Ended, place::Place};

/// Says of a find of the tripwire that it is none, from the next run on
///
/// It counts for one kind of find in one column, on every route, until `tripwire forbid`. Who said so, when and why is in
/// the journal, and each run's record counts what was found and allowed. See whether a rule is the better mend:
/// allowed is not only what is there today.
#[derive(Debug, Args)]
#[command(after_help = "\
KIND is as `tripwire list` shows it: known-value for what the run itself read as identifying, else what it looks
like (ipv4, email, ..; `glasshouse detect --help` names them).

Examples:
  glasshouse tripwire allow glasshouse.hardware/surface-models Model known-value \\
      --reason \"a model is called like one of our machines\"
  glasshouse tripwire allow contoso.drivers/drivers Version ipv4 --reason \"versions with four parts\"")]
pub struct Allow {
    /// The table, as query/table
    #[arg(value_name = "QUERY/TABLE")]
    table: Take,
    /// The column
    column: ColumnName,
    /// What is found
    #[arg(value_parser = kind)]
    kind: String,
    /// Why it identifies nobody; for the journal
    #[arg(long, value_name = "WORDS")]
    reason: String,
}

impl Allow {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let find = find(self.table, self.column, self.kind)?;
        change(place, "allowing the find", Request::TripwireAllow { find, reason: self.reason })
    }
}
