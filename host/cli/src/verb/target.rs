mod test;

use clap::Subcommand;
use glasshouse_contract::Fault;
pub use test::endpoint_text;

use crate::{Ended, place::Place};

/// Looks at the receivers that requests are sent to
#[derive(Debug, Subcommand)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Example:
  glasshouse target test"
)]
pub enum Target {
    Test(test::Test),
}

impl Target {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match self {
            Self::Test(verb) => verb.run(place),
        }
    }
}
