use clap::Args;
use glasshouse_contract::{Fault, FaultKind, Name};
use jiff::{SignedDuration, Timestamp};

use super::{Place, confirmed, fault};
use crate::{Ended, screen};

/// Deletes requests that came before a time
///
/// Their bytes are overwritten and gone. Their receipts stay, and each deletion has a signed receipt of its own:
/// `glasshouse receive receipts` writes both. A receiver that runs deletes by itself what is older than
/// `retention_days` in receive.toml; without --before, that is what is deleted here.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse receive purge /srv/receiver
  glasshouse receive purge /srv/receiver --before 2026-01-01T00:00:00Z --tenant contoso --yes")]
pub struct Purge {
    #[command(flatten)]
    place: Place,

    /// The time
    #[arg(long, value_name = "TIME")]
    before: Option<Timestamp>,

    /// Only this tenant's
    #[arg(long, value_name = "NAME")]
    tenant: Option<Name>,

    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Purge {
    pub fn run(self) -> Result<Ended, Fault> {
        let days = self.place.folder().config().map_err(fault)?.retention_days;
        let now = Timestamp::now();
        let past = || {
            now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).map_err(|error| {
                Fault::new(FaultKind::Malformed, "retention_days", error, "name the time with --before")
            })
        };
        let before = self.before.map_or_else(past, Ok)?;
        let mut store = self.place.store()?;
        let whose = self.tenant.as_ref().map_or_else(|| "all tenants".to_owned(), Name::to_string);
        let question = format!("Delete what came before {before} of {whose}?");
        if !self.yes && !confirmed("receive purge", &question)? {
            screen::note("nothing was deleted");
            return Ok(Ended::WithFindings);
        }
        let purged = store.purge(before, self.tenant.as_ref(), now).map_err(fault)?;
        screen::print(&format!("{} requests of {} bytes are deleted", purged.requests, purged.bytes));
        Ok(Ended::Well)
    }
}
