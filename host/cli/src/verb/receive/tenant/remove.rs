use clap::Args;
use glasshouse_contract::{Fault, Name};

use super::{Place, fault};
use crate::{Ended, screen};

/// Lets nobody in under a tenant's name any more
///
/// What came stays as long as it would have; `glasshouse receive purge --tenant` deletes it.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse receive tenant remove /srv/receiver contoso")]
pub struct Remove {
    #[command(flatten)]
    place: Place,

    /// The tenant's name
    name: Name,
}

impl Remove {
    pub fn run(self) -> Result<Ended, Fault> {
        self.place.store()?.remove_tenant(&self.name).map_err(fault)?;
        screen::print(&format!("the token of {} lets nobody in any more", self.name));
        Ok(Ended::Well)
    }
}
