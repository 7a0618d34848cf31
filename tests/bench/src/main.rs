//! What the sandbox costs. Run by `cargo xtask bench`; prints a table, or one JSON object with
//! `--output json`.

#![forbid(unsafe_code)]

mod data;
mod report;
mod rounds;
mod rule;

use std::{env, process::ExitCode, sync::Arc};

use glasshouse_contract::{Digest, Manifest};
use glasshouse_sandbox::{Compiler, Sandbox, Settings};
use report::Figures;

/// Anything that keeps a figure from being measured.
type Failed = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let json = env::args().any(|arg| arg == "--output=json") || env::args().any(|arg| arg == "json");
    match measure() {
        Ok(figures) if json => println!("{}", figures.to_json()),
        Ok(figures) => print!("{}", figures.to_text()),
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn measure() -> Result<Figures, Failed> {
    let mut figures = Figures::default();
    let core = std::fs::read("target/wasm/wasm32-unknown-unknown/release/glasshouse_bench_rule.wasm")?;
    let manifest = Arc::new(Manifest::parse(&std::fs::read("tests/bench/guest/plugin.toml")?)?);
    let component = glasshouse_workshop::componentize(&core, manifest.kind())?;
    let sandbox = Sandbox::new(Settings { compiler: Compiler::InProcess, cache: None })?;
    let plugin = sandbox.load(manifest.clone(), &manifest.asks(), Digest::of(&component), &component)?;
    rule::measure(&mut figures, &plugin, &sandbox)?;
    Ok(figures)
}
