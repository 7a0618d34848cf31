//! Other systems doing the benchmarks' rule, against the same native rule on the same rows.
//!
//! Run by `cargo xtask bench --peers`; prints a table, or one JSON object with `--output json`.

mod remap;

#[path = "../../src/data.rs"]
mod data;
#[path = "../../src/native.rs"]
mod native;
#[path = "../../src/report.rs"]
mod report;
#[path = "../../src/rounds.rs"]
mod rounds;

use std::{env, hint::black_box, process::ExitCode};

use native::Native;
use remap::Remap;
use report::Figures;
use rounds::{Candidate, Rounds, run};

/// Anything that keeps a figure from being measured.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Rounds that count, and passes in each. Every pass over VRL's events takes a fresh copy of them, of
/// about 10 MB; together they stay below 512 MB.
const ROUNDS: usize = 5;
const INNER: u32 = 4;
const PASSES: usize = (ROUNDS + 1) * INNER as usize;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let json = match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => false,
        ["--output", "json"] => true,
        _ => {
            eprintln!("usage: glasshouse-bench-peers [--output json]");
            return ExitCode::from(2);
        }
    };
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
    let batch = data::table()?;
    let native = Native::new(&batch)?;
    native.full().agrees(&Remap::full()?.table(&batch)?)?;

    let (full, mask) = (Remap::full()?, Remap::mask()?);
    let mut full = full.over(&batch, PASSES);
    let mut mask = mask.over(&batch, PASSES);
    let rounds = run(
        ROUNDS,
        INNER,
        vec![
            Candidate { name: "native.full", run: Box::new(|| drop(black_box(native.full()))) },
            Candidate { name: "vrl.full", run: Box::new(|| full.pass()) },
            Candidate { name: "native.mask", run: Box::new(|| drop(black_box(native.mask()))) },
            Candidate { name: "vrl.mask", run: Box::new(|| mask.pass()) },
        ],
    );
    full.end()?;
    mask.end()?;
    Ok(figures(&rounds))
}

fn figures(rounds: &Rounds) -> Figures {
    let mut figures = Figures::default();
    for (name, to) in [("vrl.full", "native.full"), ("vrl.mask", "native.mask")] {
        figures.ratio(&format!("peer.{name}"), rounds.ratio(name, to), None);
        for name in [name, to] {
            figures.micros(&format!("peer.us.{name}"), rounds.micros(name), None);
            let rows_per_s = f64::from(data::ROWS) * 1e6 / rounds.micros(name);
            figures.add(&format!("peer.{name}.rows_per_s"), rows_per_s, "/s", None);
        }
    }
    figures
}
