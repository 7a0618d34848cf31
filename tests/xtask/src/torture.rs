//! The long forms of tests that are short in CI: kills, faults and flipped bits in numbers that take hours.

use std::{process::Command, time::Instant};

use crate::{
    Failed,
    shell::{cargo, output, run as shell_run, step},
};

/// A test and how long it is asked to be.
struct Form {
    name: &'static str,
    /// What it does, with `N` for the number.
    what: &'static str,
    package: &'static str,
    /// Which of the package's tests: arguments of `cargo test` and a part of the test's name.
    select: &'static [&'static str],
    test: &'static str,
    /// The variable that says how long, and the number for all of it. Nothing where the test has one length.
    length: Option<(&'static str, u64)>,
    /// What else the test is told by variables.
    also: &'static [(&'static str, &'static str)],
}

const FORMS: &[Form] = &[
    Form {
        name: "kills",
        what: "a host killed N times at a random moment: what was told is kept, nothing twice, every start works",
        package: "glasshouse-ledger",
        select: &["--test", "kill"],
        test: "nothing_that_was_told_is_lost_however_often_the_host_is_killed",
        length: Some(("GLASSHOUSE_KILLS", 10_000)),
        also: &[],
    },
    Form {
        name: "steps",
        what: "a run broken off at N times as many steps of SQLite as in CI; at each of them where that is enough",
        package: "glasshouse-ledger",
        select: &["--lib"],
        test: "faults::a_run_that_breaks_off",
        length: Some(("GLASSHOUSE_TORTURE", 1_000)),
        also: &[],
    },
    Form {
        name: "commits",
        what: "every commit of a run refused, every page of it the one for which there is no room",
        package: "glasshouse-ledger",
        select: &["--lib"],
        test: "faults::a_change_that_cannot_be_committed",
        length: None,
        also: &[],
    },
    Form {
        name: "bits",
        what: "bits of a small ledger flipped, N times as many as in CI; all of them where that is enough",
        package: "glasshouse-ledger",
        select: &["--lib"],
        test: "faults::bits::a_flipped_bit",
        length: Some(("GLASSHOUSE_TORTURE", 1_000_000)),
        also: &[],
    },
    Form {
        name: "repairs",
        what: "the same, and repaired: what a bit did not touch is kept",
        package: "glasshouse-ledger",
        select: &["--lib"],
        test: "faults::bits::a_repair_after",
        length: Some(("GLASSHOUSE_TORTURE", 1_000_000)),
        also: &[],
    },
    Form {
        name: "disk",
        what: "a file system of 16 MiB that fills up and gets room again",
        package: "glasshouse-ledger",
        select: &["--test", "disk_full"],
        test: "",
        length: None,
        also: &[],
    },
    Form {
        name: "outage",
        what: "what 50 sites seal in N months without a receiver, caught up with while more is sealed: each once, in order",
        package: "glasshouse-pipeline",
        select: &["--test", "collect"],
        test: "outage",
        length: Some(("GLASSHOUSE_OUTAGE", 1)),
        also: &[],
    },
    Form {
        name: "audit",
        what: "every leaf of small logs changed, every bit of a small log's files flipped",
        package: "glasshouse-audit",
        select: &["--test", "verified"],
        test: "",
        length: None,
        also: &[],
    },
    Form {
        name: "seeds",
        what: "N pretend sites of 5,000 devices at each level: nothing is held where nothing is wrong",
        package: "glasshouse-pipeline",
        select: &["--test", "collect"],
        test: "packs::clean_sites",
        length: Some(("GLASSHOUSE_SEEDS", 100)),
        also: &[("GLASSHOUSE_DEVICES", "5000")],
    },
    Form {
        name: "masked",
        what: "N rows of free text with somebody in each, masked: nobody is in any file",
        package: "glasshouse-pipeline",
        select: &["--test", "collect"],
        test: "masked",
        length: Some(("GLASSHOUSE_ROWS", 1_000_000)),
        also: &[],
    },
    Form {
        name: "statements",
        what: "N statements against SQL that is not run, judged by another parser",
        package: "glasshouse-fuzz-bodies",
        select: &["--test", "statements"],
        test: "",
        length: Some(("GLASSHOUSE_ROUNDS", 1_000_000)),
        also: &[],
    },
];

impl Form {
    fn command(&self, option: &str) -> Command {
        let mut test = cargo();
        test.args(["test", "--quiet", "--release", "--package", self.package]).args(self.select);
        test.args([self.test, "--", option]);
        test.envs(self.also.iter().copied());
        test
    }

    /// Where a test was renamed, its old name selects none, and none of none fails.
    fn must_be_there(&self) -> Result<(), Failed> {
        match output(&mut self.command("--list"))? {
            (tests, 0) if tests.lines().any(|line| line.ends_with(": test")) => Ok(()),
            (_, 0) => {
                Err(format!("the part `{}` has no test: is `{}` called otherwise now?", self.name, self.test))
            }
            (_, code) => {
                Err(format!("the tests of the part `{}` do not build (exit code {code})", self.name))
            }
        }
    }
}

const USAGE: &str = "cargo xtask torture [--part NAME].. [--number N]";

pub fn run(options: &[&str]) -> Result<(), Failed> {
    let (mut parts, mut number) = (Vec::new(), None);
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        match (*option, rest.next()) {
            ("--part", Some(name)) => parts.push(form(name)?),
            ("--number", Some(given)) => {
                number = Some(given.parse::<u64>().map_err(|_| format!("`{given}` is no number: {USAGE}"))?);
            }
            (other, _) => return Err(format!("`cargo xtask torture` has no option `{other}`: {USAGE}")),
        }
    }
    if parts.is_empty() {
        parts = FORMS.iter().collect();
    }
    let mut figures = Vec::new();
    for form in parts {
        let length = form.length.map(|(variable, all)| (variable, number.unwrap_or(all)));
        let mut test = form.command("--nocapture");
        let mut what = form.what.to_owned();
        if let Some((variable, number)) = length {
            test.env(variable, number.to_string());
            what = what.replacen('N', &number.to_string(), 1);
        }
        let begun = Instant::now();
        let held = step(&what, || {
            form.must_be_there()?;
            shell_run(&mut test)
        });
        let number = length.map_or_else(|| "all".to_owned(), |(_, number)| number.to_string());
        figures.push((form.name, number, begun.elapsed().as_secs(), held));
    }
    println!("{:<12} {:>10} {:>9}  held", "part", "number", "seconds");
    for (name, number, seconds, held) in &figures {
        println!("{name:<12} {number:>10} {seconds:>9}  {}", if held.is_ok() { "yes" } else { "NO" });
    }
    figures.into_iter().try_for_each(|(.., held)| held)
}

fn form(name: &str) -> Result<&'static Form, Failed> {
    FORMS.iter().find(|form| form.name == name).ok_or_else(|| {
        let names: Vec<&str> = FORMS.iter().map(|form| form.name).collect();
        format!("there is no part `{name}`; there are {}", names.join(", "))
    })
}
