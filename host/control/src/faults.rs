//! The state directory's own errors, for the person who reads them.

use glasshouse_contract::{Fault, FaultKind};
use glasshouse_registry::{HostKeyError, StateError};

/// Why a state directory cannot be owned.
#[must_use]
pub fn state(error: &StateError) -> Fault {
    match error {
        StateError::Held { path, pid } => {
            let holder = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
            Fault::new(
                FaultKind::Refused,
                path.display(),
                format!("it is in use by {holder}"),
                "stop that process, or let it do the work: commands reach a running host by themselves",
            )
        }
        StateError::Open { path, why } => Fault::new(
            FaultKind::Refused,
            path.display(),
            why,
            "give it to the account that the host runs as, and take write access from group and others",
        ),
        StateError::File { path, source } => Fault::new(
            FaultKind::Unreachable,
            path.display(),
            source,
            "name a state directory that this account may use: --state DIR",
        ),
    }
}

/// Why a key of the host cannot be used.
pub(crate) fn host_key(error: &HostKeyError) -> Fault {
    let fault =
        |kind, path: &std::path::Path, cause: &str, mend: &str| Fault::new(kind, path.display(), cause, mend);
    match error {
        HostKeyError::Missing { path } => fault(
            FaultKind::Unreachable,
            path,
            "there is no such key",
            "make one with 32 random bytes and mode 0600, or leave the rule out",
        ),
        HostKeyError::Open { path, why } => fault(
            FaultKind::Refused,
            path,
            why,
            "put a new key in its place, with mode 0600; this one may be known",
        ),
        HostKeyError::Length { path } => fault(
            FaultKind::Malformed,
            path,
            "a key has 32 bytes, and this file has another number",
            "restore it from a backup",
        ),
        HostKeyError::File { path, source } => {
            fault(FaultKind::Unreachable, path, &source.to_string(), "let the host's account read it")
        }
    }
}
