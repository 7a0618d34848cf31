use std::path::{Path, PathBuf};

use glasshouse_contract::{BadName, Fault, FaultKind, Kind, ManifestError, RecordingError};
use glasshouse_guard::GuardError;
use glasshouse_sandbox::SandboxError;
use glasshouse_trust::FileError;

use crate::NoToolchain;

/// Why the author's work could not be done.
#[derive(Debug, thiserror::Error)]
pub enum WorkshopError {
    /// A file or folder cannot be read.
    #[error("cannot be read: {why}")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot be written: {why}")]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// Something is there already and would be overwritten.
    #[error("is there already")]
    Exists(PathBuf),
    /// The folder or file is not the source of a plugin.
    #[error("{why}")]
    NoSource {
        /// Which.
        path: PathBuf,
        /// What is missing.
        why: &'static str,
    },
    /// The author's TOML breaks a rule.
    #[error("{why}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: ManifestError,
    },
    /// A statement that no host runs, or a class below what its SQL reads.
    #[error("{why}")]
    Guard {
        /// The file, or the plugin.
        object: String,
        /// What is wrong, statement by statement.
        why: GuardError,
    },
    /// The author's TOML names a file with SQL that cannot stand in.
    #[error("statement `{statement}`: {why}")]
    SqlFile {
        /// The author's TOML.
        path: PathBuf,
        /// The statement.
        statement: String,
        /// What is wrong.
        why: String,
    },
    /// Nothing here can build a plugin.
    #[error(transparent)]
    Toolchain(#[from] NoToolchain),
    /// The compiler refused the source.
    #[error("does not compile{}", if words.is_empty() { String::new() } else { format!(":\n{words}") })]
    Compile {
        /// The plugin's folder.
        path: PathBuf,
        /// The compiler's words, where it did not say them on the screen itself.
        words: String,
    },
    /// A module or component does not fit the world of its kind.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The parts of a component cannot be put together.
    #[error("the component cannot be put together: {0}")]
    Assembly(String),
    /// The result is no plugin file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A name for a new plugin that cannot be one.
    #[error(transparent)]
    Name(#[from] BadName),
    /// A file of a case is not what it should be.
    #[error("{why}")]
    Case {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A recorded table cannot be read.
    #[error("{why}")]
    Recording {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: RecordingError,
    },
    /// The sandbox cannot make the plugin ready.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

/// How a module or component does not fit the world of its kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FitError {
    /// It asks for what no plugin of this kind gets.
    #[error("a {kind} does not get what it imports: {}", names.join(", "))]
    ForeignImports {
        /// The plugin's kind.
        kind: Kind,
        /// What it imports, module by module.
        names: Vec<String>,
    },
    /// It lacks what the host would call.
    #[error("a {kind} exports `{needed}`, and this exports {}", list(found))]
    NoExport {
        /// The plugin's kind.
        kind: Kind,
        /// The missing interface.
        needed: String,
        /// What is there.
        found: Vec<String>,
    },
    /// The names are right and the types are not.
    #[error("it does not fit the world `{world}` of wit/glasshouse.wit: {why}")]
    Types {
        /// The world.
        world: &'static str,
        /// What the type checker said.
        why: String,
    },
    /// Not a WebAssembly component, or not a core module, where one is needed.
    #[error("{0}")]
    Form(String),
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing that a plugin exports".to_owned() } else { names.join(", ") }
}

impl WorkshopError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |why| Self::Read { path: path.to_owned(), why }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |why| Self::Write { path: path.to_owned(), why }
    }

    pub(crate) fn case(path: &Path, why: impl std::fmt::Display) -> Self {
        Self::Case { path: path.to_owned(), why: why.to_string() }
    }

    /// The error for the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        use FaultKind::{Finding, Malformed, Unreachable};
        let of = |kind, path: &Path, mend: &str| Fault::new(kind, path.display(), self, mend);
        match self {
            Self::Read { path, .. } => {
                of(Unreachable, path, "name a file or folder that exists and may be read")
            }
            Self::Write { path, .. } => of(Unreachable, path, "see that the folder may be written to"),
            Self::Exists(path) => of(Malformed, path, "choose another name, or remove what is there"),
            Self::NoSource { path, .. } => {
                of(Malformed, path, "begin with `glasshouse plugin new`, or name a folder with a plugin.toml")
            }
            Self::Manifest { path, .. } => of(Malformed, path, "correct the named field"),
            Self::Guard { object, why } => why.fault(object),
            Self::SqlFile { path, .. } => {
                of(Malformed, path, "put the SQL into a file in the same folder, or into `sql`")
            }
            Self::Toolchain(none) => Fault::new(Unreachable, "the Rust compiler", none, none.mend()),
            Self::Compile { path, .. } => of(Finding, path, "correct what the compiler names"),
            Self::Fit(FitError::ForeignImports { .. }) => Fault::new(
                Malformed,
                "the plugin",
                self,
                "build for wasm32-unknown-unknown, without WASI; a plugin has no files, clock or randomness",
            ),
            Self::Fit(FitError::NoExport { kind, .. }) => Fault::new(
                Malformed,
                "the plugin",
                self,
                format!(
                    "end the source with `glasshouse_sdk::{kind}!(YourType)`, or correct `kind` in the manifest"
                ),
            ),
            Self::Fit(_) | Self::Assembly(_) => {
                Fault::new(Malformed, "the plugin", self, "build it against this host's wit/glasshouse.wit")
            }
            Self::File(_) => {
                Fault::new(Malformed, "the plugin", self, "correct the named part and build again")
            }
            Self::Name(_) => Fault::new(Malformed, "the new plugin", self, "choose a name by that rule"),
            Self::Case { path, .. } | Self::Recording { path, .. } => of(Malformed, path, "correct the file"),
            Self::Sandbox(error) => error.fault("the plugin"),
        }
    }
}
