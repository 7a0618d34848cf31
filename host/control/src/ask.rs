//! A request finds whoever can answer it: the host that runs, or this process.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use glasshouse_contract::{Fault, FaultKind};
use glasshouse_registry::{Clock, HostKeys, Layout, Registry, StateDir, StateError};
use glasshouse_sandbox::{CacheKey, CodeCache, Compiler, Sandbox, Settings};
use glasshouse_trust::PluginFile;
use tracing::warn;

use crate::{
    Reply, Request, actor,
    client::{Host, NoReply},
    examine, ledger_care,
    server::Answers as _,
    service::Service,
};

/// How long a command waits for another one that has the state, or for a host that is starting.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How often it looks again.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// Has a request answered: by the host that runs on the state directory, or else by this process.
/// `progress` hears what is being done.
///
/// # Errors
/// When it cannot be done, or neither a host nor the state directory can be reached.
pub fn ask(
    layout: &Layout,
    compiler: Compiler,
    request: Request,
    progress: &dyn Fn(&str),
) -> Result<Reply, Fault> {
    if !layout.root().exists()
        && let Some(answer) = without_state(layout, &request)
    {
        return answer;
    }
    let begun = Instant::now();
    loop {
        if let Some(host) = Host::find(layout.root())? {
            match host.ask(&request, progress) {
                // To look once more, here or at the next host, harms nothing. Whether a change was
                // made is not known, so that it is not asked for again.
                Err(NoReply::Ended(_)) if request.only_looks() && begun.elapsed() < PATIENCE => {
                    std::thread::sleep(LOOK_AGAIN);
                    continue;
                }
                answer => return Ok(answer?),
            }
        }
        match StateDir::own(layout.clone()) {
            Ok(state) => {
                if let Request::Ledger(request) = &request
                    && request.needs_the_file_alone()
                {
                    return ledger_care::alone(&state, request.clone(), &actor::this_process())
                        .map(Reply::Ledger);
                }
                let registry = open(state, compiler).map_err(|not| not.fault)?;
                return Service::new(Arc::new(registry), None).answer(
                    request,
                    &actor::this_process(),
                    progress,
                );
            }
            // Another command works on it, or a host starts and does not listen yet.
            Err(StateError::Held { .. }) if begun.elapsed() < PATIENCE => std::thread::sleep(LOOK_AGAIN),
            Err(error) => return Err(error.fault()),
        }
    }
}

/// The answer where there is no state directory, for requests that must not make one.
fn without_state(layout: &Layout, request: &Request) -> Option<Result<Reply, Fault>> {
    let none = Fault::new(
        FaultKind::Unreachable,
        layout.root().display(),
        "there is no state directory here",
        "make one with `glasshouse init`, or name another with --state",
    );
    match request {
        Request::Inspect { name, file } => Some(
            PluginFile::parse(file.0.clone())
                .map_err(|error| error.fault(name))
                .map(|file| Reply::Inspection(Box::new(examine::alone(&file, &none)))),
        ),
        Request::Install { .. } | Request::TrustAdd { .. } | Request::TrustRevoke { .. } => None,
        _ => Some(Err(none)),
    }
}

/// Why the registry of a state directory cannot be opened.
pub(crate) struct NotOpened {
    pub fault: Fault,
    /// Whether it is over as soon as the disk has room.
    pub disk_full: bool,
}

/// Opens the registry of a state directory that this process owns.
pub(crate) fn open(state: StateDir, compiler: Compiler) -> Result<Registry, NotOpened> {
    let object = state.root().display().to_string();
    let cache = match HostKeys::of(&state).cache() {
        Ok(key) => Some(CodeCache::new(state.cache(), CacheKey::new(*key))),
        // Without a key there is no cache that could be believed: everything is compiled anew.
        Err(error) => {
            warn!("compiled code is not kept: {error}");
            None
        }
    };
    let sandbox = Sandbox::new(Settings { compiler, cache })
        .map_err(|error| NotOpened { fault: error.fault(&object), disk_full: false })?;
    Registry::open(state, sandbox, Clock::system())
        .map_err(|error| NotOpened { fault: error.fault(&object), disk_full: error.is_disk_full() })
}

#[cfg(test)]
mod tests;
