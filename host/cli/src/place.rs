//! Where the state is, and how a verb reaches it.

use std::{io::IsTerminal as _, path::PathBuf};

use glasshouse_contract::{Fault, FaultKind};
use glasshouse_control::{Reply, Request};
use glasshouse_registry::Layout;
use glasshouse_sandbox::{ChildCompiler, Compiler};

use crate::screen::{self, Progress};

/// One state directory.
#[derive(Debug)]
pub struct Place {
    /// What lies where in it.
    pub layout: Layout,
}

impl Place {
    /// The directory that was named, or this account's own.
    ///
    /// # Errors
    /// When none was named and this account has no home.
    pub fn choose(named: Option<PathBuf>) -> Result<Self, Fault> {
        let layout = named.map(Layout::at).or_else(Layout::default_place).ok_or_else(|| {
            Fault::new(
                FaultKind::Malformed,
                "the state directory",
                "none is named and this account has no home directory",
                "name one: --state DIR, or GLASSHOUSE_STATE in the environment",
            )
        })?;
        // Said to another process, and kept while this one runs: no longer relative to anything.
        let root = std::path::absolute(layout.root()).map_err(|error| {
            Fault::new(FaultKind::Malformed, layout.root().display(), error, "name another directory")
        })?;
        Ok(Self { layout: Layout::at(root) })
    }

    /// Has a request answered, by the running host or by this process; shows what is going on.
    ///
    /// # Errors
    /// When it cannot be answered.
    pub fn ask(&self, doing: &str, request: Request) -> Result<Reply, Fault> {
        let progress = Progress::start(doing);
        glasshouse_control::ask(&self.layout, compiler(), request, &|text| progress.at(text))
    }

    /// The same for work that takes minutes: where nobody looks at a terminal, what is going on is said
    /// line by line.
    ///
    /// # Errors
    /// When it cannot be answered.
    pub fn ask_telling(&self, doing: &str, request: Request) -> Result<Reply, Fault> {
        let progress = Progress::start(doing);
        let watched = std::io::stderr().is_terminal();
        glasshouse_control::ask(&self.layout, compiler(), request, &|text| {
            if watched { progress.at(text) } else { screen::note(&screen::line(text)) }
        })
    }
}

/// Components are compiled in a process of their own: this very program, under limits.
#[must_use]
pub fn compiler() -> Compiler {
    // On Linux by way of the running program itself: an update that replaces the file under a running
    // host must not have its plugins compiled by another version.
    let program =
        if cfg!(target_os = "linux") { Ok(PathBuf::from("/proc/self/exe")) } else { std::env::current_exe() };
    // Where the system does not say, a start fails later with the name that was tried.
    let program = program.unwrap_or_else(|_| PathBuf::from("glasshouse"));
    Compiler::Child(ChildCompiler::new(program, vec!["compile-child".into()]))
}
