use std::path::PathBuf;

use clap::Args;
use glasshouse_contract::Fault;
use glasshouse_workshop::Expect;

use super::source;
use crate::{Ended, screen, verb::cases};

/// Runs a plugin on its recorded cases and compares what comes out
///
/// Builds the plugin first, then runs each case twice under the limits of a host: the same input must
/// give the same bytes, and they must be the recorded ones. Cases are files to read and edit:
/// cases/NAME/input/TABLE.ndjson goes in, cases/NAME/expected/ must come out.
#[derive(Debug, Args)]
#[command(after_help = "\
Exits with 1 where a case fails.

Examples:
  glasshouse plugin test                          the plugin in this folder
  glasshouse plugin test devices --record         after a change that is meant; then look at the difference
  glasshouse plugin test devices.wasm --cases cases --junit report.xml")]
pub struct Test {
    /// A folder with a plugin.toml, a TOML file with a query, or a plugin file
    #[arg(default_value = ".")]
    source: PathBuf,
    /// Where the cases are [default: cases/ beside the source]
    #[arg(long, value_name = "FOLDER")]
    cases: Option<PathBuf>,
    /// Record what comes out as what must come out
    #[arg(long)]
    record: bool,
    /// Also write the result as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Test {
    pub fn run(self) -> Result<Ended, Fault> {
        let ready = source::make_ready(&self.source, self.cases.as_deref())?;
        let expect = if self.record { Expect::Anew } else { Expect::Recorded };
        let report = {
            let _progress = screen::Progress::start("running the cases");
            glasshouse_workshop::test(&ready.plugin, &ready.cases, expect).map_err(source::fault)?
        };
        cases::tell(&report, self.record, self.junit.as_deref())
    }
}
