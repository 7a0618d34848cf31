use clap::Args;
use glasshouse_contract::{Fault, Name, PseudonymKeyId};
use glasshouse_control::{Reply, Request};

use super::{confirmed, unexpected};
use crate::{Ended, place::Place, screen};

/// Deletes an earlier key, so that nobody can link its pseudonyms to values any more
///
/// The key in use cannot be deleted; make or import another one first. A run that was cut short and
/// began with this key does not go on; its week is begun anew. Copies elsewhere, such as exports and
/// backups of the state directory, are not reached.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse key delete default 3f2a9c01d4e5b677
  glasshouse key delete default 3f2a9c01d4e5b677 --yes      in a script")]
pub struct Delete {
    /// The key's name
    name: Name,
    /// Its id, as `glasshouse key list` shows it
    id: PseudonymKeyId,
    /// Delete without asking
    #[arg(long)]
    yes: bool,
}

impl Delete {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let Self { name, id, yes } = self;
        if !yes {
            let Reply::Keys(report) = place.ask("reading the keys", Request::KeyList)? else {
                return Err(unexpected());
            };
            let known = report.keys.iter().find(|key| key.name == name && key.id == id && !key.in_use);
            if let Some(key) = known {
                screen::note(&format!(
                    "the key {name}/{id} made the pseudonyms of {} runs; nobody will be able to make them again",
                    key.runs
                ));
            }
            // One that is not there, or is in use, is refused below, with the reason.
            if known.is_some() && !confirmed("key delete", "delete it?")? {
                screen::note("nothing was deleted");
                return Ok(Ended::WithFindings);
            }
        }
        match place.ask("deleting the key", Request::KeyDelete { name, id })? {
            Reply::Done(words) => {
                screen::print(&screen::line(&words));
                Ok(Ended::Well)
            }
            _ => Err(unexpected()),
        }
    }
}
