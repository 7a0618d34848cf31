mod approve;
mod bench;
mod build;
mod inspect;
mod install;
mod list;
mod new;
mod quarantine;
mod remove;
mod rollback;
mod sign;
mod source;
mod test;

use std::path::Path;

use clap::Subcommand;
use glasshouse_contract::Fault;

use super::{read_file, unexpected};
use crate::{Ended, place::Place};

/// Make, test and sign plugins; let them in, look into them, take them out
#[derive(Debug, Subcommand)]
#[command(
    arg_required_else_help = true,
    after_help = "\
An author:  new, build, test, bench, sign
An admin:   install (or drop the file into plugins.d), list, approve, rollback, quarantine, remove
An auditor: inspect"
)]
pub enum Plugin {
    New(new::New),
    Build(build::Build),
    Test(test::Test),
    Bench(bench::Bench),
    Sign(sign::Sign),
    Inspect(inspect::Inspect),
    Install(install::Install),
    List(list::List),
    Approve(approve::Approve),
    Remove(remove::Remove),
    Rollback(rollback::Rollback),
    Quarantine(quarantine::Quarantine),
}

impl Plugin {
    /// An author needs no state directory: it is looked for by the verbs that use it.
    pub fn run(self, place: impl Fn() -> Result<Place, Fault>) -> Result<Ended, Fault> {
        match self {
            Self::New(verb) => verb.run(),
            Self::Build(verb) => verb.run(),
            Self::Test(verb) => verb.run(),
            Self::Bench(verb) => verb.run(),
            Self::Sign(verb) => verb.run(place),
            Self::Inspect(verb) => verb.run(&place()?),
            Self::Install(verb) => verb.run(&place()?),
            Self::List(verb) => verb.run(&place()?),
            Self::Approve(verb) => verb.run(&place()?),
            Self::Remove(verb) => verb.run(&place()?),
            Self::Rollback(verb) => verb.run(&place()?),
            Self::Quarantine(verb) => verb.run(&place()?),
        }
    }
}

/// What a file is called, for messages.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
