//! The one thread that writes to the database while requests come.
//!
//! It takes what is waiting and commits it together: one wait for the disk serves all of it. Whoever brought a request
//! hears of it when the commit is on disk, and not before.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::oneshot;
use tracing::{error, info, warn};

use crate::{
    Folder, Purged, ReceiveError, Store,
    aging::Aging,
    body::Place,
    space::free_bytes,
    store::{Arrival, Arrived},
    tenants::Tenants,
};

/// Requests that wait; more of them are asked to come again.
const WAITING: usize = 4_096;
/// One transaction: more would make the first of them wait for no gain.
const GROUP: usize = 512;
const GROUP_BYTES: usize = 32 << 20;
/// How soon a tenant that a command added is let in, or one that it removed is not.
const TENANTS_EVERY: Duration = Duration::from_millis(500);
const PURGE_EVERY: Duration = Duration::from_secs(3600);

/// Why a request is not kept, and it is not the request's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// Too many others wait.
    Busy,
    /// The database could not be written.
    Failed,
}

/// A request is written to the log and to the file, and then there is what it takes in indexes.
const fn written(bytes: u64) -> u64 {
    bytes.saturating_mul(2).saturating_add(PAGES_OF_A_REQUEST)
}
const PAGES_OF_A_REQUEST: u64 = 32 << 10;

struct Brought {
    arrival: Arrival,
    /// Its place in memory, for others when it is on disk.
    _place: Place,
    answer: oneshot::Sender<Result<Arrived, NotKept>>,
}

/// Where requests are handed in.
#[derive(Clone)]
pub struct Desk(SyncSender<Brought>);

/// What the thread works by.
pub struct Rules {
    /// On the disk that is to keep a reserve.
    pub folder: Folder,
    /// Bytes to leave free.
    pub reserve: u64,
    /// How long requests are kept.
    pub retention: jiff::SignedDuration,
}

/// Starts the thread. It ends when the last [`Desk`] is gone, with everything written that was handed in.
pub fn start(store: Store, rules: Rules, tenants: Tenants) -> Result<(Desk, JoinHandle<()>), ReceiveError> {
    tenants.are(store.let_in()?);
    let (sender, receiver) = sync_channel(WAITING);
    let aging = Aging::starting(Timestamp::now(), store.newest()?, Instant::now());
    let writer = Writer { store, rules, tenants, aging };
    let thread = thread::Builder::new()
        .name("receive-writer".to_owned())
        .spawn(move || writer.run(&receiver))
        .map_err(|error| ReceiveError::System(error.to_string()))?;
    Ok((Desk(sender), thread))
}

impl Desk {
    /// Hands a request in; done when it is on disk, or is not going to be.
    pub async fn keep(&self, arrival: Arrival, place: Place) -> Result<Arrived, NotKept> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Brought { arrival, _place: place, answer }).map_err(|_| NotKept::Busy)?;
        answered.await.unwrap_or(Err(NotKept::Failed))
    }
}

struct Writer {
    store: Store,
    rules: Rules,
    tenants: Tenants,
    aging: Aging,
}

impl Writer {
    fn run(mut self, desk: &Receiver<Brought>) {
        let mut tenants_at = Instant::now() + TENANTS_EVERY;
        let mut purge_at = Instant::now();
        loop {
            let now = Instant::now();
            if now >= tenants_at {
                self.read_tenants();
                tenants_at = now + TENANTS_EVERY;
            }
            if now >= purge_at && !self.purge_some() {
                purge_at = now + PURGE_EVERY;
            }
            let wait = tenants_at.min(purge_at).saturating_duration_since(Instant::now());
            match desk.recv_timeout(wait) {
                Ok(first) => self.keep(group(first, desk)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // What is in the log goes into the file, so that the file alone is a copy of everything.
        if let Err(error) = self.store.give_back(Duration::ZERO) {
            warn!("the log could not be emptied: {error}");
        }
    }

    fn keep(&mut self, group: Vec<Brought>) {
        let needed: u64 = group.iter().map(|brought| written(brought.arrival.sealed.len() as u64)).sum();
        let mut left = self.left();
        if left < needed {
            // The log may hold what is in the file already.
            if let Err(error) = self.store.empty_log(Duration::ZERO) {
                warn!("the log could not be emptied: {error}");
            }
            left = self.left();
        }
        // Asked of the system once for a group: what the group itself takes is counted on.
        let room = |bytes: u64| match left.checked_sub(written(bytes)) {
            Some(less) => {
                left = less;
                true
            }
            None => false,
        };
        let arrivals = group.iter().map(|brought| &brought.arrival);
        let answers = match self.store.keep(arrivals, Timestamp::now(), room) {
            Ok(arrived) => arrived.into_iter().map(Ok).collect(),
            Err(error) => self.not_kept(&error, group.len()),
        };
        for (brought, answer) in group.into_iter().zip(answers) {
            // Who brought it may be gone; the sender comes again.
            let _ = brought.answer.send(answer);
        }
    }

    /// Bytes that may be written before the reserve is touched. What is in the log still has to go into the file.
    fn left(&self) -> u64 {
        let Rules { folder, reserve, .. } = &self.rules;
        match free_bytes(folder.path()) {
            Some(free) => free.saturating_sub(*reserve).saturating_sub(folder.log_bytes()),
            None => u64::MAX,
        }
    }

    /// Nothing of the group is on disk.
    fn not_kept(&self, error: &ReceiveError, group: usize) -> Vec<Result<Arrived, NotKept>> {
        let full = matches!(error, ReceiveError::Database(error)
            if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull));
        error!(requests = group, "not kept: {error}");
        vec![if full { Ok(Arrived::Full) } else { Err(NotKept::Failed) }; group]
    }

    fn read_tenants(&self) {
        match self.store.let_in() {
            Ok(tenants) => self.tenants.are(tenants),
            Err(error) => error!("tenants cannot be read, those known before stay: {error}"),
        }
    }

    /// Deletes some of what is past its time; whether there may be more.
    fn purge_some(&mut self) -> bool {
        let now = self.aging.now(Timestamp::now(), Instant::now());
        let purged = match now.checked_sub(self.rules.retention) {
            Ok(before) => self.store.purge_some(before, None, now),
            // Kept for longer than there are times: nothing is ever too old.
            Err(_) => Ok(Purged::default()),
        };
        match purged {
            Ok(Purged { requests: 0, .. }) => false,
            Ok(Purged { requests, bytes }) => {
                info!(requests, bytes, "deleted, past their time");
                if let Err(error) = self.store.give_back(Duration::ZERO) {
                    warn!("what was deleted is not given back to the disk: {error}");
                }
                true
            }
            Err(error) => {
                error!("what is past its time cannot be deleted: {error}");
                false
            }
        }
    }
}

/// The first that came, and what waits behind it.
fn group(first: Brought, desk: &Receiver<Brought>) -> Vec<Brought> {
    let mut bytes = first.arrival.sealed.len();
    let mut group = vec![first];
    while group.len() < GROUP && bytes < GROUP_BYTES {
        match desk.try_recv() {
            Ok(next) => {
                bytes += next.arrival.sealed.len();
                group.push(next);
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
        }
    }
    group
}
