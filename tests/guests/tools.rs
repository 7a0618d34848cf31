//! Building a guest the way its README says, in a copy of its folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

/// One language's tools.
pub struct Tools {
    /// The guest's folder.
    pub name: &'static str,
    /// What is copied from it.
    sources: &'static [&'static str],
    /// The README's commands; `WIT` stands for the contract's folder.
    commands: &'static [&'static [&'static str]],
}

impl Tools {
    pub const JAVASCRIPT: Self = Self {
        name: "javascript",
        sources: &["build.mjs", "package.json", "rule.js"],
        commands: &[
            &[if cfg!(windows) { "npm.cmd" } else { "npm" }, "install", "--no-package-lock"],
            &["node", "build.mjs", "WIT", "rule.wasm"],
        ],
    };

    pub const PYTHON: Self = Self {
        name: "python",
        sources: &["redaction.py", "requirements.txt"],
        commands: &[
            &["python3", "-m", "venv", "venv"],
            &[VENV_PYTHON, "-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"],
            &[
                COMPONENTIZE_PY,
                "--wit-path",
                "WIT",
                "--world",
                "redaction-rule",
                "componentize",
                "--stub-wasi",
                "--output",
                "rule.wasm",
                "redaction",
            ],
        ],
    };

    /// Runs the commands and returns the component's file.
    pub fn build(&self) -> PathBuf {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests").join(self.name);
        // npm and pip mend a folder that is half there in their own ways; an empty one has no past.
        let _ = fs::remove_dir_all(&work);
        fs::create_dir_all(&work).unwrap();
        for source in self.sources {
            fs::copy(here.join(self.name).join(source), work.join(source)).unwrap();
        }
        let wit = here.join("../../wit");
        let wit = wit.to_str().unwrap();
        for command in self.commands {
            let words: Vec<&str> =
                command.iter().map(|word| if *word == "WIT" { wit } else { *word }).collect();
            let shown = words.join(" ");
            let start = Instant::now();
            // A program of the venv is named relative to the folder, and found from here.
            let inside = work.join(words[0]);
            let program = if inside.exists() { inside } else { words[0].into() };
            let output = Command::new(program)
                .args(&words[1..])
                .current_dir(&work)
                .output()
                .unwrap_or_else(|error| panic!("`{shown}` cannot be run: {error}"));
            assert!(
                output.status.success(),
                "`{shown}` ended with {}\n{}{}",
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            println!("  {:>5.2} s  {shown}", start.elapsed().as_secs_f64());
        }
        work.join("rule.wasm")
    }
}

const VENV_PYTHON: &str = if cfg!(windows) { "venv/Scripts/python.exe" } else { "venv/bin/python" };
const COMPONENTIZE_PY: &str =
    if cfg!(windows) { "venv/Scripts/componentize-py.exe" } else { "venv/bin/componentize-py" };
