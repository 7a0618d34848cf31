use std::path::PathBuf;

use clap::{Args, ValueEnum};
use glasshouse_contract::Fault;
use glasshouse_control::{Blob, Inspection, Reply, Request};

use super::{name_of, read_file, unexpected};
use crate::{Ended, inspection, place::Place, screen};

/// Takes a plugin file apart without running it, and says whether it would be let in, and why
///
/// Shows signers and every check in order, imports and exports, what is asked for and what of it is
/// granted, limits, statements, columns with their classes, endpoints, the crates that it was built
/// from, digests, and the difference to the version that runs now. Nothing of the plugin is compiled.
#[derive(Debug, Args)]
#[command(after_help = "\
Exits with 1 where the plugin would be refused.

Examples:
  glasshouse plugin inspect devices.wasm
  glasshouse plugin inspect devices.wasm --output markdown > review.md
  glasshouse plugin inspect devices.wasm --output sarif > devices.sarif")]
pub struct Inspect {
    /// The plugin file
    file: PathBuf,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person
    #[default]
    Text,
    /// For a program; fields are added over time, none is renamed
    Json,
    /// For a code scanner: SARIF 2.1.0
    Sarif,
    /// For a ticket or a review
    Markdown,
}

impl Inspect {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let file = Blob(read_file(&self.file, glasshouse_trust::PluginFile::MAX_BYTES as u64)?);
        let name = name_of(&self.file);
        let Reply::Inspection(found) =
            place.ask("inspecting", Request::Inspect { name: name.clone(), file })?
        else {
            return Err(unexpected());
        };
        self.print(&found, &name);
        let refused = found.verdict.refusal().is_some();
        Ok(if refused { Ended::WithFindings } else { Ended::Well })
    }

    fn print(&self, found: &Inspection, name: &str) {
        match self.output {
            Format::Text => screen::print(&inspection::text(found)),
            Format::Json => screen::print_json(found),
            Format::Sarif => screen::print_json(&inspection::sarif(found, name)),
            Format::Markdown => screen::print(&inspection::markdown(found)),
        }
    }
}
