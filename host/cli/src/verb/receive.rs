mod init;
mod list;
mod purge;
mod receipts;
mod run;
mod show;
mod tenant;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use glasshouse_contract::Fault;
use glasshouse_receive::{Folder, ReceiveError, Store};

use super::{Output, confirmed};
use crate::Ended;

/// Receives what hosts of this kind deliver: each request once, with a signed receipt
///
/// A receiver has a folder of its own and needs no state directory. The verbs beside `run` look into the folder and
/// change it, whether the receiver runs or not.
#[derive(Debug, Subcommand)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Begin, on one machine:
  glasshouse receive init ./receiver --name receiver.contoso.example --own-authority localhost
  glasshouse receive tenant add ./receiver contoso > token
  glasshouse receive run ./receiver

A sender has `https://HOST:PORT` as the host of its target's endpoint, the token as its credential, and the verifier
that `init` prints as its receiver_key: then nothing counts as sent without a receipt that this key signed."
)]
pub enum Receive {
    Init(init::Init),
    Run(run::Run),
    #[command(subcommand)]
    Tenant(tenant::Tenant),
    List(list::List),
    Show(show::Show),
    Receipts(receipts::Receipts),
    Purge(purge::Purge),
}

/// The folder of a receiver.
#[derive(Debug, Args)]
struct Place {
    /// The receiver's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Receive {
    pub fn run(self) -> Result<Ended, Fault> {
        match self {
            Self::Init(verb) => verb.run(),
            Self::Run(verb) => verb.run(),
            Self::Tenant(verb) => verb.run(),
            Self::List(verb) => verb.run(),
            Self::Show(verb) => verb.run(),
            Self::Receipts(verb) => verb.run(),
            Self::Purge(verb) => verb.run(),
        }
    }
}

impl Place {
    fn folder(&self) -> Folder {
        Folder::at(&self.folder)
    }

    fn store(&self) -> Result<Store, Fault> {
        Store::open(&self.folder()).map_err(fault)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` takes")]
fn fault(error: ReceiveError) -> Fault {
    error.fault()
}
