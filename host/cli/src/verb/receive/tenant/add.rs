use clap::Args;
use glasshouse_contract::{Fault, Name};
use jiff::Timestamp;

use super::{Place, fault, show};
use crate::Ended;

/// Adds a tenant, and prints the token that lets its senders in
///
/// The token is printed once, alone on standard output. The sender keeps it in a file that nobody else may read.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  (umask 077; glasshouse receive tenant add /srv/receiver contoso > token)")]
pub struct Add {
    #[command(flatten)]
    place: Place,

    /// The tenant's name; receipts have it
    name: Name,
}

impl Add {
    pub fn run(self) -> Result<Ended, Fault> {
        let token = self.place.store()?.add_tenant(&self.name, Timestamp::now()).map_err(fault)?;
        show(&token);
        Ok(Ended::Well)
    }
}
