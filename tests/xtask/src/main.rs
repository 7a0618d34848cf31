//! `cargo xtask`: what a developer does with this repository.
//!
//! Standard library only, so that it is built in a second on a fresh machine; everything else is
//! done by the `glasshouse` binary and by cargo.

#![forbid(unsafe_code)]

mod apt;
mod bench;
mod check;
mod demo;
mod plugins;
mod shell;
mod test;
mod torture;
mod wasm;

use std::process::ExitCode;

const HELP: &str = "\
What a developer does with this repository.

Usage: cargo xtask COMMAND

Commands:
  demo              The main job on embedded defaults: builds and signs the shipped plugins, starts the
                    host, collects from a pretend site, upgrades a plugin while the host runs, refuses
                    a tampered one. Ends with what it did and where to look.
  test              Everything that CI does: check, plugins, and all tests.
  check             Format, lints, the contract's version, licences of dependencies.
  plugins           Builds the shipped plugins and runs their cases.
  bench [--part NAME].. [--output json] [--peers]
                    Measures everything that has a figure to reach, against the same work done natively where
                    there is such. --peers also builds and measures other systems.
  torture [--part NAME].. [--number N]
                    The long forms of tests that are short in CI: 10,000 kills, every bit flipped. Takes hours,
                    and prints its figures.

Each command installs or builds what it needs, and says what and why. The first run compiles
wasmtime and SQLite: about ten minutes on two cores; later runs take seconds.
";

/// Why a command ended early: the words for the developer.
pub type Failed = String;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["demo"] => demo::run(),
        ["test"] => test::run(),
        ["check"] => check::run(),
        ["plugins"] => plugins::run(),
        ["bench", options @ ..] => bench::run(options),
        ["torture", options @ ..] => torture::run(options),
        [] | ["help" | "-h" | "--help"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("error: there is no `cargo xtask {}`\n\n{HELP}", words.join(" "));
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}
