//! Rules in JavaScript and Python, built with those languages' own tools, run under the limits that
//! the host has for everybody.
//!
//! The tools come from npm and PyPI and take minutes, so this runs only where it is asked for:
//! `GLASSHOUSE_GUESTS=1 cargo test -p glasshouse-guests`.

#![cfg(test)]

mod guest;
mod tools;

use std::{env, process::ExitCode};

use tools::Tools;

/// The argument that makes this program the compiler's child process.
const COMPILE_CHILD: &str = "compile-child";

fn main() -> ExitCode {
    if env::args().nth(1).as_deref() == Some(COMPILE_CHILD) {
        glasshouse_sandbox::compile_child_main()
    }
    if env::var_os("GLASSHOUSE_GUESTS").is_none_or(|asked| asked != "1") {
        println!(
            "skipped: rules in JavaScript and Python need npm, PyPI and minutes; \
             set GLASSHOUSE_GUESTS=1 to build and run them"
        );
        return ExitCode::SUCCESS;
    }
    for tools in [Tools::JAVASCRIPT, Tools::PYTHON] {
        println!("{}:", tools.name);
        let component = tools.build();
        guest::prove(tools.name, &component);
    }
    ExitCode::SUCCESS
}
