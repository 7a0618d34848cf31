use std::process::ExitCode;

use clap::Args;
use glasshouse_contract::Fault;

use crate::Ended;

/// Compiles one component from standard input to standard output, within limits (the host runs this)
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct CompileChild {}

impl CompileChild {
    pub fn run(&self) -> Result<Ended, Fault> {
        // The child's words go to the parent host, which reads its exit code and makes the fault.
        if glasshouse_sandbox::compile_child_main() == ExitCode::SUCCESS {
            Ok(Ended::Well)
        } else {
            Ok(Ended::WithFindings)
        }
    }
}
