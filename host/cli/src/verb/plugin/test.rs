use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use glasshouse_contract::{Fault, FaultKind};
use glasshouse_workshop::{Expect, Report};

use super::source;
use crate::{Ended, screen};

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
        if let Some(path) = &self.junit {
            write(path, &report.to_junit())?;
        }
        screen::print(&text(&report, self.record));
        Ok(if report.failed() == 0 { Ended::Well } else { Ended::WithFindings })
    }
}

fn write(path: &Path, text: &str) -> Result<(), Fault> {
    fs::write(path, text).map_err(|error| {
        Fault::new(FaultKind::Unreachable, path.display(), error, "choose another file with --junit")
    })
}

fn text(report: &Report, recorded: bool) -> String {
    let mut text = String::new();
    for result in &report.results {
        let how = match (&result.failure, recorded) {
            (Some(_), _) => "FAILED",
            (None, true) => "recorded",
            (None, false) => "ok",
        };
        let took = result.took.as_micros() as f64 / 1000.0;
        text.push_str(&format!("{how:<9}{} ({took:.1} ms)\n", screen::line(&result.name)));
        for line in result.failure.iter().flat_map(|words| words.lines()) {
            text.push_str(&format!("  {}\n", screen::shown(line)));
        }
    }
    let cases = report.results.len();
    let of = if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") };
    match report.failed() {
        0 if recorded => {
            text.push_str(&format!("{}: {of} recorded; look at the difference\n", report.plugin))
        }
        0 => text.push_str(&format!("{}: {of} passed\n", report.plugin)),
        failed => text.push_str(&format!("{}: {failed} of {of} failed\n", report.plugin)),
    }
    text
}
