//! The `glasshouse` command: its verbs, its configuration and the wiring of the rooms.
//!
//! Each verb is one file below `verb/`: what it takes, what its help says, what it does. There is
//! no logic here: what a verb does to the state is done by `glasshouse-control`, what it does for
//! an author by `glasshouse-workshop`. This file and `screen` alone write to the terminal's
//! streams, and this one alone turns a fault into text and an exit code.

#![forbid(unsafe_code)]

mod inspection;
mod place;
mod screen;
mod verb;

use std::process::ExitCode;

use clap::Parser as _;
use glasshouse_contract::Fault;

/// How a verb ended that did what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// All is well.
    Well,
    /// It did its work and found something: a failed test, a plugin that would be refused.
    WithFindings,
}

fn main() -> ExitCode {
    leave_no_core();
    match verb::Command::parse().run() {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::WithFindings) => ExitCode::from(1),
        Err(fault) => {
            screen::note(&report(&fault));
            ExitCode::from(fault.kind.exit_code())
        }
    }
}

/// This process holds signing keys or keys for pseudonyms: where it crashes, its memory must not become
/// a file.
#[cfg(unix)]
fn leave_no_core() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // To lower a limit cannot fail; for good, so that what this process starts keeps to it.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Windows keeps such files only where an administrator asks for them.
#[cfg(not(unix))]
fn leave_no_core() {}

/// The one form in which a fault is shown. All three parts may quote what came from outside.
fn report(fault: &Fault) -> String {
    let indented = |text: &str| screen::shown(text).replace('\n', "\n  ");
    let mut text = format!("error: {}: {}", screen::line(&fault.object), indented(&fault.cause));
    if !fault.mend.is_empty() {
        text.push_str(&format!("\n  mend: {}", indented(&fault.mend)));
    }
    text
}

#[cfg(test)]
mod tests {
    use glasshouse_contract::FaultKind;

    use super::*;

    #[test]
    fn a_fault_is_object_cause_and_mend_and_nothing_that_moves_the_cursor() {
        let fault = Fault::new(FaultKind::Refused, "a\nb\u{1b}[2J.wasm", "one\ntwo", "sign it");
        assert_eq!(report(&fault), "error: a\\nb\\u{1b}[2J.wasm: one\n  two\n  mend: sign it");
    }

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory as _;
        verb::Command::command().debug_assert();
    }
}
