use clap::Args;
use glasshouse_contract::{ColumnName, Fault};
use glasshouse_control::{Request, Take};

use super::{change, find, kind};
use crate::{Ended, place::Place};

/// Takes an allowance back, from the next run on
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse tripwire forbid contoso.drivers/drivers Version ipv4")]
pub struct Forbid {
    /// The table, as query/table
    #[arg(value_name = "QUERY/TABLE")]
    table: Take,
    /// The column
    column: ColumnName,
    /// What is found
    #[arg(value_parser = kind)]
    kind: String,
}

impl Forbid {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let find = find(self.table, self.column, self.kind)?;
        change(place, "taking the allowance back", Request::TripwireForbid { find })
    }
}
