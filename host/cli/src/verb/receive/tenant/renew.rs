use clap::Args;
use glasshouse_contract::{Fault, Name};

use super::{Place, fault, show};
use crate::Ended;

/// Gives a tenant another token; the one before lets nobody in any more
///
/// Senders with the old token are refused and try again; nothing of theirs is lost while they wait. So is a tenant let
/// in again that was removed.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  (umask 077; glasshouse receive tenant renew /srv/receiver contoso > token)")]
pub struct Renew {
    #[command(flatten)]
    place: Place,

    /// The tenant's name
    name: Name,
}

impl Renew {
    pub fn run(self) -> Result<Ended, Fault> {
        let token = self.place.store()?.renew_token(&self.name).map_err(fault)?;
        show(&token);
        Ok(Ended::Well)
    }
}
