//! How recorded cases went: what `plugin test` and `rule test` say.

use std::{fs, path::Path};

use glasshouse_contract::{Fault, FaultKind};
use glasshouse_workshop::Report;

use crate::{Ended, screen};

/// Shows a report, and writes it as JUnit XML where that is wanted.
pub fn tell(report: &Report, recorded: bool, junit: Option<&Path>) -> Result<Ended, Fault> {
    if let Some(path) = junit {
        fs::write(path, report.to_junit()).map_err(|error| {
            Fault::new(FaultKind::Unreachable, path.display(), error, "choose another file with --junit")
        })?;
    }
    screen::print(&text(report, recorded));
    Ok(if report.failed() == 0 { Ended::Well } else { Ended::WithFindings })
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
        0 if recorded => text.push_str(&format!("{}: {of} recorded; look at the difference\n", report.of)),
        0 => text.push_str(&format!("{}: {of} passed\n", report.of)),
        failed => text.push_str(&format!("{}: {failed} of {of} failed\n", report.of)),
    }
    text
}
