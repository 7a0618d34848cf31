mod coverage;
mod test;

use clap::Subcommand;
use glasshouse_contract::Fault;

use super::{Output, cases, unexpected};
use crate::{Ended, place::Place};

/// Tries the rules of a route on cases of your own, and shows what becomes of every column
#[derive(Debug, Subcommand)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Rules and their settings stand in glasshouse.toml: those of [results], and those of each [[route]].

Examples:
  glasshouse rule coverage --route headquarters
  glasshouse rule test our-cases --route headquarters --junit report.xml"
)]
pub enum Rule {
    Test(test::Test),
    Coverage(coverage::Coverage),
}

impl Rule {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match self {
            Self::Test(verb) => verb.run(place),
            Self::Coverage(verb) => verb.run(place),
        }
    }
}
