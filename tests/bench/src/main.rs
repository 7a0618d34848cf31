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
mod sealed;
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

const USAGE: &str = "usage: glasshouse-bench RULE.wasm PLUGINS_FOLDER GLASSHOUSE SCRATCH_FOLDER [--part NAME].. \
                     [--output json]";

/// What is measured with.
struct Bench {
    rule: PathBuf,
    plugins: PathBuf,
    glasshouse: PathBuf,
    scratch: PathBuf,
}

type Measure = fn(&Bench, &mut Figures) -> Result<(), Failed>;

/// What is measured, in this order; each can be asked for alone.
const PARTS: &[(&str, Measure)] = &[
    ("rule", |bench, figures| {
        let rule = bench.rule()?;
        let manifest = Arc::new(Manifest::parse(rule.manifest.as_bytes())?);
        let sandbox = Sandbox::new(Settings { compiler: Compiler::InProcess, cache: None })?;
        let digest = Digest::of(&rule.component);
        let plugin = sandbox.load(manifest.clone(), &manifest.asks(), digest, &rule.component)?;
        rule::measure(figures, &plugin, &sandbox)
    }),
    ("start", |bench, figures| {
        start::measure(figures, &bench.scratch, &bench.glasshouse, &Example::all(&bench.plugins)?)
    }),
    ("swap", |bench, figures| swap::measure(figures, &bench.scratch, &bench.glasshouse, &bench.rule()?)),
    ("guard", |_, figures| guard::measure(figures)),
    ("detect", |_, figures| detect::measure(figures)),
    ("tripwire", |_, figures| tripwire::measure(figures)),
    ("audit", |bench, figures| audit::measure(figures, &bench.scratch)),
    ("receive", |bench, figures| receive::measure(figures, &bench.scratch)),
    ("deliver", |bench, figures| {
        deliver::measure(figures, &bench.scratch, &bench.glasshouse, &bench.plugins)
    }),
    ("outbox", |bench, figures| outbox::measure(figures, &bench.scratch)),
    ("collect", |bench, figures| collect::measure(figures, &bench.scratch)),
];

impl Bench {
    fn rule(&self) -> Result<Example, Failed> {
        Example::read(&self.rule)
    }

    fn measure(&self, wanted: &[String]) -> Result<Figures, Failed> {
        if let Some(unknown) = wanted.iter().find(|name| PARTS.iter().all(|(part, _)| part != name)) {
            let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
            return Err(format!("there is no part `{unknown}`; there are {}", names.join(", ")).into());
        }
        let mut figures = Figures::default();
        for (name, measure) in PARTS {
            if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
                eprintln!("measuring: {name}");
                measure(self, &mut figures).map_err(|error| format!("{name}: {error}"))?;
            }
        }
        Ok(figures)
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let done = match args.as_slice() {
        // Processes of their own, whose memory is measured.
        [verb, folder] if verb == outbox::VERB => outbox::child(folder.as_ref()),
        [verb, address, scratch] if verb == collect::VERB => collect::child(address, scratch),
        [rule, plugins, glasshouse, scratch, options @ ..] => {
            let Some((parts, json)) = parts_and_form(options) else { return usage() };
            let [rule, plugins, glasshouse, scratch] =
                [rule, plugins, glasshouse, scratch].map(PathBuf::from);
            let bench = Bench { rule, plugins, glasshouse, scratch };
            bench.measure(&parts).map(|figures| match json {
                true => println!("{}", figures.to_json()),
                false => print!("{}", figures.to_text()),
            })
        }
        _ => return usage(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// The parts that are wanted, and whether the figures are for a machine.
fn parts_and_form(options: &[String]) -> Option<(Vec<String>, bool)> {
    let (mut parts, mut json) = (Vec::new(), false);
    for pair in options.chunks(2) {
        match pair {
            [option, name] if option == "--part" => parts.push(name.clone()),
            [option, form] if option == "--output" && form == "json" => json = true,
            _ => return None,
        }
    }
    Some((parts, json))
}
