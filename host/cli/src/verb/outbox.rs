mod list;
mod retry;
mod show;
mod withdraw;

use clap::Subcommand;
use glasshouse_contract::Fault;

use crate::{Ended, place::Place};

/// Shows sealed requests, sends one once more, takes one back
///
/// A request is waiting, held (for a plan that differs from the approved one), draft, sent, refused (put aside: the
/// receiver will never take it) or withdrawn. What was not sent is never dropped but by `withdraw` and `hold deny`.
#[derive(Debug, Subcommand)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  glasshouse outbox list --only refused
  glasshouse outbox show REQUEST
  glasshouse outbox retry REQUEST --reason \"the receiver takes larger bodies now\""
)]
pub enum Outbox {
    List(list::List),
    Show(show::Show),
    Retry(retry::Retry),
    Withdraw(withdraw::Withdraw),
}

impl Outbox {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        match self {
            Self::List(verb) => verb.run(place),
            Self::Show(verb) => verb.run(place),
            Self::Retry(verb) => verb.run(place),
            Self::Withdraw(verb) => verb.run(place),
        }
    }
}
