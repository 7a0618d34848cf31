//! Another process, and where a test starts it so, another user: tries to own a state directory, or to
//! ask the host that owns it. Prints what it is told.

use std::{path::PathBuf, process::ExitCode};

use glasshouse_control::{Request, ask};
use glasshouse_registry::{Layout, StateDir};
use glasshouse_sandbox::Compiler;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let (Some(verb), Some(state)) = (args.next(), args.next()) else { return ExitCode::from(2) };
    let layout = Layout::at(PathBuf::from(state));
    let told = if verb == "own" {
        StateDir::own(layout).map(drop).map_err(|error| error.fault().to_string())
    } else {
        ask(&layout, Compiler::InProcess, Request::List, &|_| ()).map(drop).map_err(|fault| fault.to_string())
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            print!("{words}");
            ExitCode::FAILURE
        }
    }
}
