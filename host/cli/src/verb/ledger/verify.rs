use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{LedgerReply, LedgerRequest, Reply, Request};

use super::{Output, unexpected};
use crate::{Ended, place::Place, screen};

/// Checks that the ledger is what was written into it
///
/// Reads all of it: the structure of the file, each table's sum, the digests of requests and results, the journal
/// against the audit log's leaves, and that no request is lost. Ends with 1 where something is damaged.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse ledger verify")]
pub struct Verify {
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Verify {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let request = Request::Ledger(LedgerRequest::Verify);
        let Reply::Ledger(LedgerReply::Verified(verified)) = place.ask("checking the ledger", request)?
        else {
            return Err(unexpected());
        };
        if self.output == Output::Json {
            screen::print_json(&verified);
        } else {
            for damage in &verified.damage {
                screen::print(&format!("damaged: {}", screen::line(damage)));
            }
            if verified.damage.is_empty() {
                screen::print("the ledger is whole");
            }
            screen::print(&format!(
                "{} leaves, {} bodies of requests and {} tables of results were compared",
                verified.leaves, verified.bodies, verified.tables
            ));
        }
        if verified.damage.is_empty() {
            return Ok(Ended::Well);
        }
        screen::note(
            "mend: `glasshouse restore` takes a backup, `glasshouse ledger repair` saves what can be read",
        );
        Ok(Ended::WithFindings)
    }
}
