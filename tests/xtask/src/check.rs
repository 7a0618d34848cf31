//! What can be said about the sources without running them.

use std::{env, path::PathBuf};

use crate::{
    Failed,
    shell::{self, cargo, command, root, step, target, works},
};

/// The version that the configuration is written for.
const CARGO_DENY: &str = "0.20.2";

/// Workspaces of one crate each, beside this one and that of the plugins.
const LONE_CRATES: [&str; 3] = ["tests/bench/guest", "tests/bench/peers", "tests/fuzz"];

pub fn run() -> Result<(), Failed> {
    step("format", || {
        for workspace in ["", "plugins"] {
            run_cargo(workspace, &["fmt", "--all", "--check"])?;
        }
        // Not `--all`: that would go through the crates of this workspace again, by their paths.
        LONE_CRATES.iter().try_for_each(|workspace| run_cargo(workspace, &["fmt", "--check"]))
    })?;
    step("lints", || {
        run_cargo("", &["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"])
    })?;
    step("lints of the SDK and the example plugins", || {
        run_cargo("plugins", &["clippy", "--quiet", "--all-targets", "--", "--deny", "warnings"])
    })?;
    step("the contract's version", || {
        run_cargo("", &["test", "--quiet", "--package", "glasshouse-workshop", "--test", "wit"])
    })?;
    step("dependencies: licences and sources", deny)
}

fn run_cargo(workspace: &str, args: &[&str]) -> Result<(), Failed> {
    shell::run(cargo().args(args).current_dir(root().join(workspace)))
}

/// Advisories need the network's database and are checked where it can be had.
fn deny() -> Result<(), Failed> {
    let deny = cargo_deny()?;
    let check = |what: &[&str]| {
        let mut command = command(&deny);
        command.args(["--log-level", "error", "check"]).args(what);
        command
    };
    shell::run(&mut check(&["bans", "licenses", "sources"]))?;
    if works(command(&deny).args(["fetch", "db"])) {
        shell::run(&mut check(&["advisories"]))
    } else {
        eprintln!("    advisories: not checked, the advisory database cannot be reached from here");
        Ok(())
    }
}

fn cargo_deny() -> Result<PathBuf, Failed> {
    if works(command("cargo-deny").arg("--version")) {
        return Ok("cargo-deny".into());
    }
    let home = target().join("tools");
    let program = home.join("bin").join(format!("cargo-deny{}", env::consts::EXE_SUFFIX));
    if !program.exists() {
        step("installing cargo-deny, which checks the dependencies' licences (once, a few minutes)", || {
            shell::run(
                cargo()
                    .args(["install", "--quiet", "--locked", "--version", CARGO_DENY, "cargo-deny", "--root"])
                    .arg(&home),
            )
        })?;
    }
    Ok(program)
}
