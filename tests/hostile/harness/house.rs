//! A state directory with an inbox, and a registry that owns it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use glasshouse_contract::Kind;
use glasshouse_registry::{Clock, Layout, Registry, StateDir};
use glasshouse_trust::PluginFile;
use tempfile::TempDir;

use super::{
    SANDBOX, component,
    signed::{Host, MANIFEST, sign},
};

/// A host that trusts a key and granted what the plugin asks for.
pub struct House {
    pub registry: Registry,
    home: TempDir,
}

/// A signed rule that runs.
pub fn plugin() -> PluginFile {
    let unsigned = PluginFile::unsigned(&component(Kind::Rule, ""), MANIFEST).unwrap();
    sign(&PluginFile::parse(unsigned).unwrap(), &[1])
}

impl House {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (host, state) = (Host::new(), StateDir::own(Layout::at(home.path())).unwrap());
        fs::write(state.trust(), &host.trust).unwrap();
        let registry = Registry::open(state, SANDBOX.clone(), Clock::manual(host.now)).unwrap();
        Self { registry, home }
    }

    pub fn path(&self) -> &Path {
        self.home.path()
    }

    /// A place in the inbox.
    pub fn inbox(&self, name: &str) -> PathBuf {
        self.registry.state().inbox().join(name)
    }

    /// The plugin in the inbox, as a careful administrator would put it there.
    pub fn drop_in(&self, name: &str) -> PathBuf {
        let path = self.inbox(name);
        fs::write(&path, plugin().bytes()).unwrap();
        path
    }

    /// Looks into the inbox and tells why what lay there is in quarantine now.
    #[cfg(unix)]
    pub fn put_away(&self) -> String {
        self.registry.scan_inbox().unwrap();
        assert!(!self.serves());
        let quarantined = self.registry.list().unwrap().quarantined;
        let reason = &quarantined.first().unwrap().reason;
        format!("{}: {}\n  mend: {}", reason.file, reason.reason, reason.mend)
    }

    pub fn serves(&self) -> bool {
        self.registry.get(&"contoso.mask".parse().unwrap()).is_some()
    }

    /// The same plugin, dropped in as it should be, is taken and serves.
    pub fn still_serves(&self) {
        self.drop_in("good.wasm");
        let arrivals = self.registry.scan_inbox().unwrap().arrivals;
        assert!(arrivals.iter().any(|arrival| arrival.outcome.is_ok()), "{arrivals:?}");
        assert!(self.serves());
    }
}

/// What another process is told that tries to own a state directory, or asks its host.
pub fn told(command: &mut Command, verb: &str, state: &Path) -> String {
    let output = command.arg(verb).arg(state).output().unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    words.replace(state.to_str().unwrap(), "STATE")
}

/// The program that is another process.
pub fn stranger() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_hostile-stranger"))
}

/// Says that a test was not run, and why, past the test runner, which keeps what passing tests print.
#[cfg(unix)]
pub fn skipped(why: &str) {
    use std::io::Write as _;
    let thread = std::thread::current();
    let _ = writeln!(std::io::stderr(), "{} is skipped: {why}", thread.name().unwrap_or("a test"));
}
