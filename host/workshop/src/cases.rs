//! Recorded cases: what a plugin gets, and what it must make of it, in files that a person can read
//! and edit.
//!
//! ```text
//! cases/<case>/case.toml              optional: the circumstances of the run
//! cases/<case>/state                  optional: the state that the run begins with
//! cases/<case>/input/<table>.ndjson   the rows that the plugin gets
//! cases/<case>/expected/...           everything that must come out
//! ```

mod golden;
mod load;
mod report;
mod rules;
mod run;

pub use load::Case;
pub use report::{CaseResult, Report};
pub use rules::{RuleCase, RulesMade, test_rules};
pub use run::Made;

use std::{path::Path, time::Instant};

use glasshouse_sandbox::Plugin;

use crate::WorkshopError;

impl Case {
    /// Whether what is recorded is that the plugin gives up or is stopped.
    pub(crate) fn expects_an_error(&self) -> bool {
        golden::expects(&self.folder, run::ERROR)
    }
}

/// What to do with what comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Compare it with what is recorded.
    Recorded,
    /// Record it, in place of what was.
    Anew,
}

/// Runs every case of a folder, each twice: the same input must give the same bytes.
///
/// # Errors
/// When a case cannot be read or recorded. A case that fails is in the report.
pub fn test(plugin: &Plugin, folder: &Path, expect: Expect) -> Result<Report, WorkshopError> {
    let mut results = Vec::new();
    for case in Case::load_all(folder, plugin.manifest())? {
        let started = Instant::now();
        let outcome = run::run(plugin, &case);
        let took = started.elapsed();
        let failure = settle(&case.folder, &outcome, &run::run(plugin, &case), expect)?;
        results.push(CaseResult { name: case.name, took, failure });
    }
    Ok(Report { of: plugin.manifest().id.to_string(), results })
}

/// What is wrong with what came out of a case, where something is; or records it.
fn settle(
    case: &Path,
    outcome: &run::Outcomes,
    again: &run::Outcomes,
    expect: Expect,
) -> Result<Option<String>, WorkshopError> {
    match again.differs_from(outcome) {
        Some(file) => Ok(Some(format!("two runs over the same input differ in {file}"))),
        None if expect == Expect::Anew => golden::record(case, outcome).map(|()| None),
        None => golden::compare(case, outcome),
    }
}
