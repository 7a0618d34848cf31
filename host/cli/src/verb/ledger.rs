mod repair;
mod verify;

use clap::Subcommand;
use glasshouse_contract::Fault;

use super::{Output, unexpected};
use crate::{Ended, place::Place};

/// Checks the ledger, and saves what can be saved of a damaged one
#[derive(Debug, Subcommand)]
#[command(
    arg_required_else_help = true,
    after_help = "\
The ledger is the file ledger.sqlite: all that the host remembers. Where it is damaged, a backup is best:

  glasshouse ledger verify
  glasshouse restore /backups/ledger --force --reason \"the disk failed\"

What happened since the backup is in the damaged file alone. To keep that, as far as it can be read:

  glasshouse ledger repair --reason \"the disk failed\""
)]
pub enum Ledger {
    Verify(verify::Verify),
    Repair(repair::Repair),
}

impl Ledger {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match self {
            Self::Verify(verb) => verb.run(place),
            Self::Repair(verb) => verb.run(place),
        }
    }
}
