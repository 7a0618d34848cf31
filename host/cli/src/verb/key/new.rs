use clap::Args;
use glasshouse_contract::{Fault, Name};
use glasshouse_control::{Reply, Request};

use super::unexpected;
use crate::{Ended, place::Place, screen};

/// Makes a new key, which runs use that begin from now on
///
/// The same values get other pseudonyms from then on: rows of later runs cannot be joined with rows
/// of earlier ones. A run that has begun, and one that was cut short, ends with the key that it began
/// with. The key before is kept until `glasshouse key delete`. Give the new one to the other sites
/// of the hierarchy.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  glasshouse key new\n  glasshouse key new contoso-2027")]
pub struct New {
    /// The key's name, as rules name it in their manifest
    #[arg(default_value = "default")]
    name: Name,
}

impl New {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match place.ask("making a key", Request::KeyNew { name: self.name })? {
            Reply::Done(words) => {
                screen::print(&screen::line(&words));
                Ok(Ended::Well)
            }
            _ => Err(unexpected()),
        }
    }
}
