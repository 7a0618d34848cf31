use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use glasshouse_contract::Digest;

/// What lies where in a state directory. Names paths and touches nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout below a directory.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The state directory where none is named: `GLASSHOUSE_STATE`, else the system's place for
    /// the state of a service (for root) or of a user. `None` where the environment names none.
    #[must_use]
    pub fn default_place() -> Option<Self> {
        place(|name| std::env::var_os(name).filter(|value| !value.is_empty()), runs_as_root()).map(Self::at)
    }

    /// The directory itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.root.join("glasshouse.toml")
    }

    /// Which keys and grants are trusted.
    #[must_use]
    pub fn trust(&self) -> PathBuf {
        self.root.join("trust.toml")
    }

    /// The signed list of what is revoked.
    #[must_use]
    pub fn revocations(&self) -> PathBuf {
        self.root.join("revocations.json")
    }

    /// What the site itself says of the columns of its database.
    #[must_use]
    pub fn site_classes(&self) -> PathBuf {
        self.root.join("site-classes.toml")
    }

    /// Signing keys, and the host's own.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The inbox that plugin files are dropped into.
    #[must_use]
    pub fn inbox(&self) -> PathBuf {
        self.root.join("plugins.d")
    }

    /// The host's own copies of what was admitted.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    /// The host's own copy of one plugin file.
    #[must_use]
    pub fn stored(&self, digest: Digest) -> PathBuf {
        self.store().join(format!("{}.wasm", digest.hex()))
    }

    /// Files that failed, each with its reason.
    #[must_use]
    pub fn quarantine(&self) -> PathBuf {
        self.root.join("quarantine")
    }

    /// Compiled code.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// What a run has no memory for, sealed under a key that is never written down. Nothing in it outlives its run.
    #[must_use]
    pub fn spill(&self) -> PathBuf {
        self.root.join("spill")
    }

    /// What the host remembers.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger.sqlite")
    }

    /// The files of the audit log.
    #[must_use]
    pub fn tiles(&self) -> PathBuf {
        self.root.join("tiles")
    }

    /// Locked by the process that owns the directory.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// Where the running host answers.
    #[must_use]
    pub fn control(&self) -> PathBuf {
        self.root.join("control.sock")
    }
}

#[cfg(unix)]
fn place(variable: impl Fn(&str) -> Option<OsString>, root: bool) -> Option<PathBuf> {
    if let Some(named) = variable("GLASSHOUSE_STATE") {
        return Some(named.into());
    }
    if root {
        return Some("/var/lib/glasshouse".into());
    }
    // The XDG rule: a relative path there is to be ignored.
    let xdg = variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = xdg.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/state")))?;
    Some(state.join("glasshouse"))
}

#[cfg(not(unix))]
fn place(variable: impl Fn(&str) -> Option<OsString>, _root: bool) -> Option<PathBuf> {
    variable("GLASSHOUSE_STATE")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(variable("ProgramData")?).join("Glasshouse")))
}

#[cfg(unix)]
fn runs_as_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
const fn runs_as_root() -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn place_with(set: &[(&str, &str)], root: bool) -> Option<String> {
        let variable = |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| value.into());
        place(variable, root).map(|path| path.display().to_string())
    }

    #[test]
    fn the_default_place_is_the_systems_own() {
        let home = ("HOME", "/home/anna");
        assert_eq!(place_with(&[home, ("GLASSHOUSE_STATE", "/x")], true).unwrap(), "/x");
        assert_eq!(place_with(&[home], true).unwrap(), "/var/lib/glasshouse");
        assert_eq!(place_with(&[home], false).unwrap(), "/home/anna/.local/state/glasshouse");
        assert_eq!(place_with(&[home, ("XDG_STATE_HOME", "/s")], false).unwrap(), "/s/glasshouse");
        let relative = ("XDG_STATE_HOME", "s");
        assert_eq!(place_with(&[home, relative], false).unwrap(), "/home/anna/.local/state/glasshouse");
        assert_eq!(place_with(&[], false), None);
    }
}
