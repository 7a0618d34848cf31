//! A state directory with the `glasshouse` command on it, and a host where a test starts one.

pub mod gate;
mod needles;
pub mod outside;
pub mod pretend_receiver;
pub mod sender;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

pub use needles::Needles;

/// Longer than anything here takes on a slow machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The command, built once for all tests.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        // A test is told which package it is of. A build script that asks for this (ring's does) would take it for a
        // change, and half of the command would be built anew each time.
        for (name, _) in std::env::vars_os() {
            if name
                .to_str()
                .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
            {
                cargo.env_remove(name);
            }
        }
        let built = cargo
            .args(["build", "--quiet", "--package", "glasshouse"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the command does not build");
        // target/debug/deps/e2e-1234 -> target/debug/glasshouse
        let test = std::env::current_exe().expect("a test has a file");
        let folder = test.parent().and_then(Path::parent).expect("a test is two folders below its profile");
        folder.join(format!("glasshouse{}", std::env::consts::EXE_SUFFIX))
    })
}

/// How a command ended, and what it wrote.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(command: &mut Command) -> Self {
        let output = command.stdin(Stdio::null()).output().expect("the command runs");
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The output of a command that must end well.
    #[track_caller]
    pub fn well(self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        self.out
    }

    /// What a command said that must end with this code.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:#?}");
        self.err
    }

    /// The output of a command that must end well, as JSON.
    #[track_caller]
    pub fn json(self) -> Value {
        let out = self.well();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }
}

/// A folder to work in, with a state directory below it.
pub struct House {
    folder: TempDir,
}

impl House {
    /// An empty folder: nothing is set up.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder for the test") }
    }

    /// A state directory that trusts the key `mine` for every kind.
    pub fn trusting() -> Self {
        let house = Self::empty();
        house.run(&["init", "--with-key", "mine"]).well();
        house
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// Writes a file that its owner alone reads.
    pub fn private(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::write(&path, content).expect("it can be written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
        }
    }

    /// The command, to be run in the folder on the state directory.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.arg("--state").arg(self.state()).args(args).current_dir(self.folder.path());
        command.env_remove("GLASSHOUSE_STATE").env_remove("GLASSHOUSE_LOG");
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&mut self.command(args))
    }

    /// Starts a host and waits until it answers.
    pub fn host(&self) -> Host {
        Host::start(self)
    }

    /// A built, signed plugin file of a SQL query with this id and version.
    pub fn signed_query(&self, id: &str, version: &str) -> PathBuf {
        let project = self.project(id, version);
        let parent = project.parent().expect("a project has a parent");
        self.run(&["plugin", "new", "query", id, "--sql", "--in", text(parent)]).well();
        let manifest = project.join("plugin.toml");
        let old = fs::read_to_string(&manifest).expect("a new query has a manifest");
        let new = old.replace("version = \"0.1.0\"", &format!("version = \"{version}\""));
        assert!(version == "0.1.0" || new != old, "{old}");
        fs::write(&manifest, new).expect("the manifest can be changed");
        let file = self.path(&format!("{id}-{version}.wasm"));
        self.run(&["plugin", "build", text(&project), "--out", text(&file)]).well();
        self.run(&["plugin", "sign", text(&file), "--key", "mine"]).well();
        file
    }

    /// Where [`Self::signed_query`] makes its project.
    pub fn project(&self, id: &str, version: &str) -> PathBuf {
        let name = id.rsplit('.').next().expect("an id has parts");
        self.path(&format!("{id}-{version}")).join(name)
    }

    /// The recorded input of that project.
    pub fn recorded(&self, id: &str, version: &str) -> PathBuf {
        self.project(id, version).join("cases/first/input/devices.ndjson")
    }

    /// What `plugin list` says of each plugin: id, version and state.
    pub fn plugins(&self) -> Vec<(String, String, String)> {
        let listing = self.run(&["plugin", "list", "--output", "json"]).json();
        let word = |plugin: &Value, field: &str| plugin[field].as_str().unwrap_or_default().to_owned();
        let plugins = listing["plugins"].as_array().expect("a listing has plugins");
        plugins
            .iter()
            .map(|plugin| (word(plugin, "id"), word(plugin, "version"), word(plugin, "state")))
            .collect()
    }

    /// The state of one version of a plugin; empty where it is not known.
    pub fn state_of(&self, id: &str, version: &str) -> String {
        let found = self.plugins().into_iter().find(|plugin| plugin.0 == id && plugin.1 == version);
        found.map(|plugin| plugin.2).unwrap_or_default()
    }

    /// The reasons of the files in quarantine.
    pub fn quarantined(&self) -> Vec<String> {
        let listing = self.run(&["plugin", "list", "--output", "json"]).json();
        let files = listing["quarantined"].as_array().expect("a listing has a quarantine");
        files.iter().map(|file| file["reason"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Puts a file into the inbox as a careful person does: under another name, then in place.
    pub fn drop_in(&self, file: &Path, name: &str) {
        let inbox = self.state().join("plugins.d");
        let beside = inbox.join(format!(".{name}.partial"));
        fs::copy(file, &beside).expect("the inbox can be written to");
        fs::rename(beside, inbox.join(name)).expect("the file can be put in place");
    }
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a test's paths are text")
}

/// Asks until the answer is yes; how long that took.
#[track_caller]
pub fn wait_until(what: &str, mut yes: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !yes() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        std::thread::yield_now();
    }
    start.elapsed()
}

/// Says that a test was not run, and why, past the test runner, which keeps what passing tests print.
#[cfg(target_os = "linux")]
pub fn skipped(why: &str) {
    use std::io::Write as _;
    let thread = std::thread::current();
    let _ = writeln!(std::io::stderr(), "{} is skipped: {why}", thread.name().unwrap_or("a test"));
}

/// A running host; stopped when it is dropped.
pub struct Host {
    child: Child,
}

impl Host {
    fn start(house: &House) -> Self {
        let mut command = house.command(&["run"]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the host starts");
        let log = BufReader::new(child.stderr.take().expect("the log is a pipe"));
        let (ready, answers) = std::sync::mpsc::channel();
        // Reads on after the host is ready: a full pipe would stop it.
        std::thread::spawn(move || {
            let mut seen = String::new();
            for line in log.lines().map_while(Result::ok) {
                seen.push_str(&line);
                seen.push('\n');
                if line.contains("answering at") {
                    let _ = ready.send(Ok(()));
                }
            }
            let _ = ready.send(Err(seen));
        });
        let host = Self { child };
        match answers.recv_timeout(PATIENCE) {
            Ok(Ok(())) => host,
            Ok(Err(log)) => panic!("the host ended:\n{log}"),
            Err(_) => panic!("the host never answered"),
        }
    }

    /// Asks the host to stop, and waits for its exit code.
    #[cfg(unix)]
    pub fn stop(mut self) -> i32 {
        self.terminate();
        self.child.wait().ok().and_then(|status| status.code()).unwrap_or(-1)
    }

    /// Ends the host without a word, as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().expect("the host can be killed");
        let _ = self.child.wait();
    }

    #[cfg(unix)]
    fn terminate(&self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
