//! Sees changes of the state directory: by the system's notifications, and by looking every second,
//! for notifications get lost on network drives and when folders are replaced.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use glasshouse_ledger::Actor;
use notify::{
    EventKind, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};

use crate::{Inbox, Registry, RegistryError, Stamp};

const LOOK: Duration = Duration::from_secs(1);
/// How soon to look again at a file that is still being written, or at the rest of many files.
const LOOK_SOON: Duration = Duration::from_millis(100);

/// How long others have to take their turn while there is more to look at.
const PAUSE: Duration = Duration::from_millis(10);

/// A running watch; dropped, it ends.
#[derive(Debug)]
pub struct Watch {
    // Two threads: a revocation must not wait behind a compiler.
    wakers: Vec<Sender<Wake>>,
    threads: Vec<JoinHandle<()>>,
    _notifications: Option<notify::RecommendedWatcher>,
}

enum Wake {
    Look,
    End,
}

impl Registry {
    /// Watches the inbox, the trust file, the revocation list, the site's floors and the time, until the returned
    /// value is dropped.
    ///
    /// # Errors
    /// When the system gives no thread. Without notifications it looks every second.
    pub fn watch(self: &Arc<Self>) -> Result<Watch, RegistryError> {
        let (inbox, inbox_wakes) = mpsc::channel();
        let (trust, trust_wakes) = mpsc::channel();
        let notifications = self.notifications(inbox.clone(), trust.clone());
        // From here on dropping `watch` ends whatever was started.
        let mut watch =
            Watch { wakers: vec![inbox.clone(), trust], threads: Vec::new(), _notifications: notifications };
        let registry = self.clone();
        watch.start("inbox-watch", move || {
            let mut wait = Duration::ZERO;
            while wait_for(&inbox_wakes, wait) {
                let scan = registry.scan_inbox();
                let soon = scan.as_ref().is_ok_and(|scan| scan.incomplete);
                registry.report(scan.map(drop));
                if soon {
                    // Notifications may wake it at once; others get their turn first.
                    thread::sleep(PAUSE);
                }
                wait = if soon { LOOK_SOON } else { LOOK };
            }
        })?;
        let registry = self.clone();
        // Read once more at first: a change between opening and this line is seen.
        let mut last = None;
        watch.start("trust-watch", move || {
            let mut wait = Duration::ZERO;
            while wait_for(&trust_wakes, wait) {
                wait = LOOK;
                let now = registry.trust_stamps();
                if last.as_ref() != Some(&now) {
                    match registry.reload_policy(&Actor::host()) {
                        Ok(()) => last = Some(now),
                        // Not noted as seen: it is tried again.
                        Err(error) => tracing::error!(%error, "trust cannot be read again"),
                    }
                    let _ = inbox.send(Wake::Look);
                }
                if let Err(error) = registry.tick() {
                    tracing::error!(%error, "expiry cannot be noted");
                }
            }
        })?;
        Ok(watch)
    }

    fn notifications(&self, inbox: Sender<Wake>, trust: Sender<Wake>) -> Option<notify::RecommendedWatcher> {
        let folder = self.state.inbox();
        let in_inbox = folder.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // To look is an access, too: it must not be a reason to look.
            if event.as_ref().is_ok_and(|event| {
                event.kind.is_access()
                    && event.kind != EventKind::Access(AccessKind::Close(AccessMode::Write))
            }) {
                return;
            }
            // An error may be an overflow: look everywhere.
            let inside =
                event.as_ref().is_ok_and(|event| event.paths.iter().all(|path| path.starts_with(&in_inbox)));
            let _ = inbox.send(Wake::Look);
            if !inside {
                let _ = trust.send(Wake::Look);
            }
        })
        .inspect_err(|error| tracing::warn!(%error, "no notifications; looking every second"))
        .ok()?;
        // The parent as well: the inbox may be replaced, and the trust file is.
        for path in [self.state.root().to_owned(), folder] {
            if let Err(error) = watcher.watch(&path, RecursiveMode::NonRecursive) {
                tracing::warn!(%error, path = %path.display(), "no notifications; looking every second");
            }
        }
        Some(watcher)
    }

    fn trust_stamps(&self) -> [Option<Stamp>; 3] {
        let root = Inbox::at(self.state.root());
        [self.state.trust(), self.state.revocations(), self.state.site_classes()]
            .map(|path: PathBuf| root.stamp(path.file_name().unwrap_or_default()).ok())
    }
}

/// Waits for a reason to look; `false` where it is time to end.
fn wait_for(wakes: &mpsc::Receiver<Wake>, at_most: Duration) -> bool {
    match wakes.recv_timeout(at_most) {
        Ok(Wake::Look) => {
            // One look answers all that came by now.
            while let Ok(wake) = wakes.try_recv() {
                if matches!(wake, Wake::End) {
                    return false;
                }
            }
            true
        }
        Err(RecvTimeoutError::Timeout) => true,
        Ok(Wake::End) | Err(RecvTimeoutError::Disconnected) => false,
    }
}

impl Watch {
    fn start(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), RegistryError> {
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(work)
            .map_err(|source| RegistryError::Io { path: name.into(), source })?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for waker in &self.wakers {
            let _ = waker.send(Wake::End);
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
