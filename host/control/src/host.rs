//! A host that runs: it owns the state directory, watches the inbox and answers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use glasshouse_contract::Fault;
use glasshouse_registry::{Layout, Registry, StateDir, StateError};
use glasshouse_sandbox::Compiler;
use jiff::Timestamp;
use tracing::{info, warn};

use crate::{
    Access,
    ask::{LOOK_AGAIN, NotOpened, PATIENCE, open},
    client::Host,
    sending::serve_metrics,
    server::Listener,
    service::Service,
    upkeep::keep,
};

/// How long a full disk is left alone: within ten seconds after there is room the host starts.
const DISK_PAUSE: Duration = Duration::from_secs(5);

/// Runs a host on a state directory until `stop` is done.
///
/// # Errors
/// When another process owns the directory, or it cannot be opened or listened on.
pub async fn host(
    layout: Layout,
    compiler: Compiler,
    access: &Access,
    stop: impl Future<Output = ()>,
) -> Result<(), Fault> {
    tokio::pin!(stop);
    let registry = tokio::select! {
        opened = open_when_there_is_room(&layout, compiler) => Arc::new(opened?),
        () = &mut stop => return Ok(()),
    };
    let root = registry.state().root().to_owned();
    info!("glasshouse {} owns {}", glasshouse_registry::host_version(), root.display());
    if let Ok(listing) = registry.list() {
        for problem in &listing.problems {
            warn!("{}: {}", problem.object, problem.cause);
        }
    }
    let listener = Listener::bind(&root, access)?;
    let watching = registry.watch().map_err(|error| error.fault(&root.display().to_string()))?;
    info!("watching {}, answering at {}", registry.state().inbox().display(), listener.place());
    let service = Service::new(Arc::clone(&registry), Some(Timestamp::now()));
    let collecting = tokio::spawn(Arc::clone(service.sites()).keep_collecting());
    let delivering = Arc::clone(service.delivering());
    let sending = tokio::spawn(Arc::clone(&delivering).keep_delivering());
    let metrics = tokio::spawn(serve_metrics(Arc::clone(service.sites()), Arc::clone(&delivering)));
    let keeping = tokio::spawn(keep(Arc::clone(service.sites()), Arc::clone(service.keeper())));
    let stop = async {
        stop.await;
        // Whoever asked to send is told at once: a receiver that does not answer would keep the host for minutes.
        delivering.stop();
    };
    listener.serve(Arc::new(service), stop).await;
    metrics.abort();
    keeping.abort();
    let _ = keeping.await;
    // What is on its way is sent once more when a host runs again.
    sending.abort();
    let _ = sending.await;
    // A run that is at work goes on from there when a host runs again.
    collecting.abort();
    let _ = collecting.await;
    tokio::task::block_in_place(|| drop(watching));
    info!("stopped");
    Ok(())
}

/// Takes the state directory and opens what is in it. A disk that is full is waited for: what starts hosts anew when
/// they end gives up after a few of them.
async fn open_when_there_is_room(layout: &Layout, compiler: Compiler) -> Result<Registry, Fault> {
    let mut told = false;
    loop {
        let not_opened = match own(layout).await {
            Ok(state) => match tokio::task::block_in_place(|| open(state, compiler.clone())) {
                Ok(registry) => return Ok(registry),
                Err(not_opened) => not_opened,
            },
            Err(error) => NotOpened { fault: error.fault(), disk_full: error.is_disk_full() },
        };
        if !not_opened.disk_full {
            return Err(not_opened.fault);
        }
        if !std::mem::replace(&mut told, true) {
            warn!("waiting: disk; the host starts when there is room: {}", not_opened.fault.cause);
        }
        tokio::time::sleep(DISK_PAUSE).await;
    }
}

/// Takes the state directory. A command that works on it is waited for, another host is not.
async fn own(layout: &Layout) -> Result<StateDir, StateError> {
    let begun = Instant::now();
    loop {
        match StateDir::own(layout.clone()) {
            Ok(state) => return Ok(state),
            Err(StateError::Held { .. })
                if begun.elapsed() < PATIENCE && !matches!(Host::find(layout.root()), Ok(Some(_))) =>
            {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            Err(error) => return Err(error),
        }
    }
}
