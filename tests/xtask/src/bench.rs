//! The benchmarks: built for release, run, and their figures printed.

use crate::{
    Failed, plugins,
    shell::{cargo, command, glasshouse, root, run as shell_run, step, target},
};

pub fn run(options: &[&str]) -> Result<(), Failed> {
    let mut json = false;
    let mut peers = false;
    let mut parts = Vec::new();
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        match *option {
            "--output=json" => json = true,
            "--output" if rest.next() == Some(&"json") => json = true,
            "--peers" => peers = true,
            "--part" => parts.push(*rest.next().ok_or("`--part` needs a name, as in `--part deliver`")?),
            other => return Err(format!("`cargo xtask bench` has no option `{other}`")),
        }
    }
    let glasshouse = glasshouse()?;
    plugins::build(&glasshouse)?;
    let rule = target().join("bench").join("rule.wasm");
    step("the benchmarks' rule", || {
        plugins::build_one(&glasshouse, &root().join("tests/bench/guest"), &rule)
    })?;
    step("the benchmarks, for release (first time: several minutes)", || {
        shell_run(cargo().args([
            "build",
            "--quiet",
            "--release",
            "--package",
            "glasshouse-bench",
            "--package",
            "glasshouse",
        ]))
    })?;
    let release = target().join("release");
    let mut bench = command(release.join("glasshouse-bench"));
    bench
        .arg(&rule)
        .arg(target().join("plugins"))
        .arg(release.join("glasshouse"))
        .arg(target().join("bench"));
    bench.args(parts.iter().flat_map(|part| ["--part", part]));
    if json {
        bench.args(["--output", "json"]);
    }
    step("measuring (some minutes; quiet machines tell more)", || shell_run(&mut bench))?;
    if peers {
        let folder = root().join("tests/bench/peers");
        let mut peers = cargo();
        peers.current_dir(&folder).args(["run", "--quiet", "--release", "--target-dir"]);
        peers.arg(target().join("peers"));
        if json {
            peers.args(["--", "--output", "json"]);
        }
        step("peers: built and measured (first time: several minutes)", || shell_run(&mut peers))?;
    }
    Ok(())
}
