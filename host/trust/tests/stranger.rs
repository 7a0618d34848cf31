//! A plugin's signatures are no secret of this house: PyPI's `securesystemslib` verifies them.
//!
//! The test makes itself a Python environment below `target/tools`; it needs `python3` with `venv`
//! and, the first time, a package index. Where those are missing it fails and says so.

#![cfg(test)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use support::{key, other_file, signed};

/// The release that the script was written against.
const PACKAGE: &str = "securesystemslib[crypto]==1.6.0";

fn run(command: &mut Command, mend: &str) -> Output {
    match command.output() {
        Ok(output) if output.status.success() => output,
        Ok(output) => panic!("{command:?} failed: {}\n{mend}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => panic!("{command:?} cannot be started: {error}\n{mend}"),
    }
}

/// A Python that has securesystemslib, made when it is not there.
fn python() -> PathBuf {
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tools");
    fs::create_dir_all(&tools).unwrap();
    let lock = fs::File::create(tools.join("securesystemslib.lock")).unwrap();
    lock.lock().unwrap();
    let folder = tools.join("securesystemslib-1.6.0");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let ready = folder.join("ready");
    if !ready.exists() {
        let system = if cfg!(windows) { "python" } else { "python3" };
        run(
            Command::new(system).args(["-m", "venv", "--clear"]).arg(&folder),
            "This test needs Python 3 with venv (Debian: apt-get install python3-venv).",
        );
        run(
            Command::new(&python).args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                PACKAGE,
            ]),
            "This test needs a package index that has securesystemslib, the first time that it runs.",
        );
        fs::write(ready, "").unwrap();
    }
    python
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the stranger says of a file signed by these keys.
fn ask(name: &str, bytes: &[u8], seeds: &[u8]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    Command::new(python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stranger.py"))
        .arg(&path)
        .args(seeds.iter().map(|seed| hex(key(*seed).public().as_bytes())))
        .output()
        .unwrap()
}

#[test]
fn a_stranger_verifies_the_signatures_and_finds_the_same_digest() {
    let output = ask("mask.wasm", signed(&[1, 2]).bytes(), &[1, 2]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), "contoso.mask: 2 signatures verify");
}

#[test]
fn a_stranger_sees_a_tampered_file_too() {
    let file = signed(&[1]);
    let envelope = &file.bytes()[file.signed_bytes().len()..];
    let stolen = [other_file().bytes(), envelope].concat();
    let errors = [
        (ask("stolen.wasm", &stolen, &[1]), "another file was signed"),
        (ask("signer.wasm", file.bytes(), &[2]), "Accepted signatures do not match threshold"),
    ];
    for (output, expected) in errors {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(expected), "{error}");
    }
}
