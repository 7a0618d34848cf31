use std::path::PathBuf;

use clap::Args;
use glasshouse_contract::{Fault, FaultKind};
use glasshouse_control::{LedgerReply, LedgerRequest, Reply, Request, TakenOver};

use super::unexpected;
use crate::{Ended, place::Place, screen};

/// Puts a backup in the place of the ledger
///
/// No host may run. What happened after the backup is not in it: what was sent since is sent again, and a receiver knows
/// it by its id. The audit log begins anew with the backup's leaves; receivers and whoever kept a checkpoint see that it
/// was put back, for it was. Ledger and log that were there are kept under other names. Requests that were withdrawn since and
/// files that were barred since stay so, where the ledger that was there can still be read.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse restore /backups/ledger-2026-03-01 --force --reason \"the disk failed\"")]
pub struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Also where there is a ledger
    #[arg(long)]
    force: bool,

    /// Why, for the journal
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Restore {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let file = std::path::absolute(&self.file).map_err(|error| {
            Fault::new(FaultKind::Malformed, self.file.display(), error, "name the backup's file")
        })?;
        let request = LedgerRequest::Restore { file, replace: self.force, reason: self.reason };
        let Reply::Ledger(LedgerReply::Restored(restored)) =
            place.ask("restoring the ledger", Request::Ledger(request))?
        else {
            return Err(unexpected());
        };
        screen::print(&format!("the ledger is the backup now, which had schema {}", restored.schema));
        for (what, kept) in [("ledger", &restored.kept), ("audit log", &restored.log_kept)] {
            if let Some(kept) = kept {
                screen::print(&format!(
                    "the {what} that was there is kept: {}",
                    screen::line(&kept.display().to_string())
                ));
            }
        }
        match restored.taken_over {
            Some(TakenOver { withdrawn, barred, ratchets, list }) => {
                let list = if list { ", and the newer revocation list" } else { "" };
                screen::print(&format!(
                    "what was taken back since the backup stays so: {withdrawn} requests, {barred} barred files, \
                     {ratchets} versions of plugins{list}"
                ));
            }
            None => screen::note(
                "no ledger could be read for what was taken back since the backup: requests that were withdrawn after it \
                 are sent, and files that were barred after it are let in; see `outbox list --only waiting` before the \
                 host starts",
            ),
        }
        Ok(Ended::Well)
    }
}
