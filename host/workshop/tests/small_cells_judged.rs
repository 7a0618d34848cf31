//! What the rule `small-cells` leaves is judged by somebody else: PyPI's `pycanon` says how many devices at
//! least share a combination of categories (k-anonymity), for tables as they were recorded.
//!
//! pycanon and what it needs are some 400 MB, so this runs only where it is asked for:
//! `GLASSHOUSE_JUDGES=1 cargo test -p glasshouse-workshop --test small_cells_judged`. That the recorded
//! tables are what the rule makes is held by `examples.rs`, always.

#![cfg(test)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The release that the script was written against.
const PACKAGE: &str = "pycanon==1.3.6";

fn run(command: &mut Command, mend: &str) -> String {
    match command.output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Ok(output) => panic!("{command:?} failed: {}\n{mend}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => panic!("{command:?} cannot be started: {error}\n{mend}"),
    }
}

/// A Python that has pycanon, made when it is not there.
fn python() -> PathBuf {
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tools");
    fs::create_dir_all(&tools).unwrap();
    let lock = fs::File::create(tools.join("pycanon.lock")).unwrap();
    lock.lock().unwrap();
    let folder = tools.join("pycanon-1.3.6");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let ready = folder.join("ready");
    if !ready.exists() {
        let system = if cfg!(windows) { "python" } else { "python3" };
        run(
            Command::new(system).args(["-m", "venv", "--clear"]).arg(&folder),
            "This test needs Python 3 with venv (Debian: apt-get install python3-venv).",
        );
        run(
            Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]),
            "This test needs a package index that has pycanon, the first time that it runs.",
        );
        fs::write(ready, "").unwrap();
    }
    python
}

/// How many devices at least share their categories in a recorded table.
fn least(case: &str, side: &str, table: &str, count: &str, categories: &[&str]) -> i64 {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = here.join("../../plugins/rules/small-cells/cases");
    let table = cases.join(case).join(side).join(format!("{table}.ndjson"));
    let mut judge = Command::new(python());
    judge.arg(here.join("tests/small_cells_judged.py")).arg(table).arg(count).args(categories);
    run(&mut judge, "pycanon could not judge the table").parse().unwrap()
}

#[test]
fn nobody_is_in_a_group_of_fewer_than_five() {
    if env::var_os("GLASSHOUSE_JUDGES").is_none_or(|asked| asked != "1") {
        println!("skipped: pycanon and what it needs are 400 MB; set GLASSHOUSE_JUDGES=1 to have them");
        return;
    }
    for (case, table, count, categories, asked) in [
        ("many-devices", "devices", "-", &["Model", "Os", "Virtual"][..], 5),
        ("single-devices", "devices", "-", &["Os", "Virtual"], 3),
        ("groups", "models", "Devices", &["Maker", "Model", "Hash_Site"], 5),
        ("complement", "models", "Devices", &["Model"], 5),
        ("suppress", "models", "Devices", &["Model"], 5),
    ] {
        let before = least(case, "input", table, count, categories);
        let after = least(case, "expected", table, count, categories);
        assert!(before < asked, "{case}: nothing had to be hidden, {before} already share everything");
        assert!(after >= asked, "{case}: only {after} share their categories");
    }
}
