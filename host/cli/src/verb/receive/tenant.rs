mod add;
mod list;
mod remove;
mod renew;

use clap::Subcommand;
use glasshouse_contract::Fault;
use glasshouse_receive::Token;

use super::{Output, Place, fault};
use crate::{Ended, screen};

/// Says who may send
#[derive(Debug, Subcommand)]
#[command(
    arg_required_else_help = true,
    after_help = "\
A tenant is who sends under one token: an organisation, a site. No tenant sees or meets another's requests. A receiver
that runs takes a change within a second."
)]
pub enum Tenant {
    Add(add::Add),
    List(list::List),
    Renew(renew::Renew),
    Remove(remove::Remove),
}

impl Tenant {
    pub fn run(self) -> Result<Ended, Fault> {
        match self {
            Self::Add(verb) => verb.run(),
            Self::List(verb) => verb.run(),
            Self::Renew(verb) => verb.run(),
            Self::Remove(verb) => verb.run(),
        }
    }
}

fn show(token: &Token) {
    screen::print(token.expose());
    screen::note("this is the token; it is not shown again, and only its hash is kept here");
}
