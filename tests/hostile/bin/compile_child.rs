//! The host's compiler process, by itself: tests send components into it that exhaust a compiler.

use std::process::ExitCode;

fn main() -> ExitCode {
    glasshouse_sandbox::compile_child_main()
}
