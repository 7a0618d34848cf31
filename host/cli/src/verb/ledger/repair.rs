use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_control::{LedgerRepaired, LedgerReply, LedgerRequest, Reply, Request};

use super::{Output, unexpected};
use crate::{Ended, place::Place, screen};

/// Saves what can be read of a damaged ledger into a new file
///
/// The damaged file is kept beside it. A request whose bytes are damaged goes aside; one that cannot be read is lost and
/// counted. Leaves of the audit log that are lost or changed come back from its files, where the checkpoint proves them;
/// and the files are made again from leaves. No host may run. Does nothing to a ledger that is whole. Ends with 1 where something could not be saved.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse ledger repair --reason \"the disk failed\"")]
pub struct Repair {
    /// Why, for the journal
    #[arg(long, value_name = "TEXT")]
    reason: String,

    /// How to write what was done
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Repair {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let request = Request::Ledger(LedgerRequest::Repair { reason: self.reason });
        let Reply::Ledger(LedgerReply::Repaired(repaired)) = place.ask("repairing the ledger", request)?
        else {
            return Err(unexpected());
        };
        match self.output {
            Output::Json => screen::print_json(&repaired),
            Output::Text => screen::print(&text(&repaired)),
        }
        let whole = repaired.left.is_empty()
            && repaired.lost.is_empty()
            && repaired.unreadable.is_empty()
            && repaired.audit.is_none();
        Ok(if whole { Ended::Well } else { Ended::WithFindings })
    }
}

fn text(repaired: &LedgerRepaired) -> String {
    let mut text = String::new();
    match &repaired.kept {
        None => text.push_str("the ledger is whole; nothing was done to it\n"),
        Some(kept) => {
            for damage in &repaired.damage {
                text.push_str(&format!("damaged: {}\n", screen::line(damage)));
            }
            text.push_str(&format!(
                "the damaged file is kept: {}\n",
                screen::line(&kept.display().to_string())
            ));
        }
    }
    for (table, places) in &repaired.unreadable {
        text.push_str(&format!("{places} places of `{}` could not be read\n", screen::line(table)));
    }
    for id in &repaired.aside {
        text.push_str(&format!("request {} is aside: its bytes are damaged\n", screen::line(id)));
    }
    for (target, count) in &repaired.lost {
        text.push_str(&format!("{count} requests for {} are lost\n", screen::line(target)));
    }
    if repaired.leaves > 0 {
        text.push_str(&format!("{} leaves of the audit log came back from its files\n", repaired.leaves));
    }
    for left in &repaired.left {
        text.push_str(&format!("left as it is: {}\n", screen::line(left)));
    }
    if let Some(fault) = &repaired.audit {
        text.push_str(&format!(
            "the audit log: {}\n  mend: {}\n",
            screen::shown(&fault.cause),
            screen::shown(&fault.mend)
        ));
    }
    text
}
