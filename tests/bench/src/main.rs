//! What the sandbox and collecting cost. Run by `cargo xtask bench`; prints a table, or one JSON object with
//! `--output json`.

#![forbid(unsafe_code)]

mod audit;
mod collect;
mod data;
mod deliver;
mod detect;
mod examples;
mod guard;
mod house;
mod native;
mod outbox;
mod receive;
mod report;
mod rounds;
mod rule;
mod start;
mod swap;
mod tripwire;

use std::{env, path::PathBuf, process::ExitCode, sync::Arc};

use examples::Example;
use glasshouse_contract::{Digest, Manifest};
use glasshouse_sandbox::{Compiler, Sandbox, Settings};
use report::Figures;

/// Anything that keeps a figure from being measured.
type Failed = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str =
    "usage: glasshouse-bench RULE.wasm PLUGINS_FOLDER GLASSHOUSE SCRATCH_FOLDER [--output json]";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [verb, folder] = args.as_slice()
        && verb == outbox::VERB
    {
        return match outbox::child(folder.as_ref()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        };
    }
    if let [verb, address, scratch] = args.as_slice()
        && verb == collect::VERB
    {
        return match collect::child(address, scratch) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let (paths, json) = match args.as_slice() {
        [rule, plugins, glasshouse, scratch] => ([rule, plugins, glasshouse, scratch], false),
        [rule, plugins, glasshouse, scratch, output, json] if output == "--output" && json == "json" => {
            ([rule, plugins, glasshouse, scratch], true)
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match measure(paths.map(PathBuf::from)) {
        Ok(figures) if json => println!("{}", figures.to_json()),
        Ok(figures) => print!("{}", figures.to_text()),
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn measure([rule, plugins, glasshouse, scratch]: [PathBuf; 4]) -> Result<Figures, Failed> {
    let mut figures = Figures::default();
    let rule = Example::read(&rule)?;
    let manifest = Arc::new(Manifest::parse(rule.manifest.as_bytes())?);
    let sandbox = Sandbox::new(Settings { compiler: Compiler::InProcess, cache: None })?;
    let digest = Digest::of(&rule.component);
    let plugin = sandbox.load(manifest.clone(), &manifest.asks(), digest, &rule.component)?;
    rule::measure(&mut figures, &plugin, &sandbox)?;
    start::measure(&mut figures, &scratch, &glasshouse, &Example::all(&plugins)?)?;
    swap::measure(&mut figures, &scratch, &glasshouse, &rule)?;
    guard::measure(&mut figures)?;
    detect::measure(&mut figures)?;
    tripwire::measure(&mut figures)?;
    audit::measure(&mut figures, &scratch)?;
    receive::measure(&mut figures, &scratch)?;
    deliver::measure(&mut figures, &scratch)?;
    outbox::measure(&mut figures, &scratch)?;
    collect::measure(&mut figures, &scratch)?;
    Ok(figures)
}
