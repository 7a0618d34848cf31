use std::{future::Future, sync::Arc, time::Duration};

use glasshouse_contract::{BadName, Name, PluginId};
use glasshouse_ledger::{Due, LedgerError};
use glasshouse_registry::Registry;
use jiff::Timestamp;
use tokio::task::{JoinError, JoinSet, spawn_blocking};

use super::{
    backoff::Backoff,
    event::{Delivered, DeliveryEvent, WatchDelivery},
    note::note,
    outlet::Outlets,
    queue::Queue,
    send::{Back, send},
};

/// How often a queue with nothing to do looks for something new: how soon after a run its requests leave.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a full disk is left alone: within ten seconds after there is room delivering goes on.
const DISK_PAUSE: Duration = Duration::from_secs(5);

/// What delivering depends on.
#[derive(Clone)]
pub struct DeliverSettings {
    /// Where to.
    pub outlets: Arc<Outlets>,
    /// When a request that failed is tried again.
    pub backoff: Backoff,
    /// Who wants to know.
    pub watch: Arc<dyn WatchDelivery>,
}

/// Sends what is sealed and waits.
pub struct Deliverer {
    registry: Arc<Registry>,
    settings: DeliverSettings,
}

/// What became of some requests, after the attempt to write it into the ledger.
struct Noted {
    back: Arc<Vec<Back>>,
    events: Result<Vec<DeliveryEvent>, DeliverError>,
}

/// Why delivering broke off. What was noted up to then stays.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A word for a failure is not written as words are.
    #[error(transparent)]
    Word(#[from] BadName),
    /// A part of the work ended as it never should.
    #[error("a worker ended without a word: {0}")]
    Worker(#[from] JoinError),
}

impl DeliverError {
    /// Whether it is over as soon as the disk has room.
    #[must_use]
    pub const fn is_disk_full(&self) -> bool {
        matches!(self, Self::Ledger(error) if error.is_disk_full())
    }
}

/// What is done where the disk has no room for a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnFullDisk {
    /// It is made when there is room again.
    Wait,
    /// Whoever asked is told, and the request is sent once more.
    Fail,
}

impl Deliverer {
    /// Delivers from the ledger of a registry.
    #[must_use]
    pub const fn new(registry: Arc<Registry>, settings: DeliverSettings) -> Self {
        Self { registry, settings }
    }

    /// Sends what may be sent now, all targets side by side, and ends when nothing is left that could be. What has to
    /// wait waits.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn deliver_now(&self) -> Result<Vec<Delivered>, DeliverError> {
        let queues = self.settings.outlets.targets().map(|target| async move {
            let mut queue = Queue::of(target.clone());
            self.work_off(&mut queue, OnFullDisk::Fail).await
        });
        // All of them come to their end, also where one breaks off.
        futures_util::future::join_all(queues).await.into_iter().collect()
    }

    /// Sends whatever is sealed, for as long as this is awaited, all targets side by side. Dropped, it leaves
    /// requests that are sent once more.
    pub async fn run(&self, until: impl Future<Output = ()>) {
        let queues = self.settings.outlets.targets().map(|target| self.keep_on(target.clone()));
        let all = futures_util::future::join_all(queues);
        tokio::select! {
            () = until => {}
            _ = all => {}
        }
    }

    /// One target's queue, for ever.
    async fn keep_on(&self, target: PluginId) {
        let mut queue = Queue::of(target);
        loop {
            let pause = match self.work_off(&mut queue, OnFullDisk::Wait).await {
                Ok(_) => {
                    self.disk_is_full(&mut queue, false);
                    LOOK_EVERY
                }
                Err(error) if error.is_disk_full() => {
                    self.disk_is_full(&mut queue, true);
                    DISK_PAUSE
                }
                Err(error) => {
                    tracing::warn!(target = %queue.target, "delivering broke off: {error}");
                    DISK_PAUSE
                }
            };
            queue.forget_those_on_their_way();
            tokio::time::sleep(self.longer_where_silent(&queue, pause)).await;
        }
    }

    /// Sends what may be sent, until nothing of the queue is due and nothing is on its way.
    async fn work_off(&self, queue: &mut Queue, on_full: OnFullDisk) -> Result<Delivered, DeliverError> {
        let mut delivered = Delivered::nothing(queue.target.clone());
        // Requests that nobody can send are not tried: they have not failed.
        if let Err(error) = self.settings.outlets.running(&self.registry, &queue.target) {
            delivered.failure = Some(Name::new(&error.word())?);
            return Ok(delivered);
        }
        let mut on_their_way: JoinSet<Back> = JoinSet::new();
        let mut noting: JoinSet<Noted> = JoinSet::new();
        let mut back = Vec::new();
        loop {
            for due in self.take_due(queue, on_their_way.len()).await? {
                let (registry, settings) = (Arc::clone(&self.registry), self.settings.clone());
                let target = queue.target.clone();
                on_their_way.spawn(async move { send(&registry, &settings, &target, due).await });
            }
            // What comes back while a note is written is in the next one: one write to the disk for several.
            if noting.is_empty() && !back.is_empty() {
                noting.spawn(self.note(&queue.target, Arc::new(std::mem::take(&mut back))));
            }
            let events = tokio::select! {
                Some(first) = on_their_way.join_next() => {
                    let came = back.len();
                    back.push(first?);
                    while let Some(next) = on_their_way.try_join_next() {
                        back.push(next?);
                    }
                    let came = back.get(came..).unwrap_or_default();
                    Self::look_at_endpoints(queue, came, self.now())
                }
                Some(noted) = noting.join_next() => {
                    let Noted { back, events } = noted?;
                    match events {
                        // A receiver that took requests is not asked again because there was no room for a line
                        // about it: the line waits.
                        Err(error) if error.is_disk_full() && on_full == OnFullDisk::Wait => {
                            self.disk_is_full(queue, true);
                            tokio::time::sleep(DISK_PAUSE).await;
                            noting.spawn(self.note(&queue.target, back));
                            continue;
                        }
                        events => {
                            let events = events?;
                            back.iter().for_each(|one| queue.is_noted(&one.due.id));
                            self.disk_is_full(queue, false);
                            events
                        }
                    }
                }
                else => return Ok(delivered),
            };
            for event in events {
                delivered.count(&event);
                self.settings.watch.happened(&event);
            }
        }
    }

    /// What of the queue may be sent now. The ledger may be busy: nothing else waits for it.
    async fn take_due(&self, queue: &mut Queue, on_their_way: usize) -> Result<Vec<Due>, DeliverError> {
        let room = queue.room(on_their_way);
        if room == 0 {
            return Ok(Vec::new());
        }
        let (registry, now) = (Arc::clone(&self.registry), self.now());
        let mut taken = std::mem::replace(queue, Queue::of(queue.target.clone()));
        let (taken, due) = spawn_blocking(move || {
            let due = taken.take_due(registry.ledger(), now, room);
            (taken, due)
        })
        .await?;
        *queue = taken;
        Ok(due?)
    }

    /// To look through a queue whose endpoint is left alone is work for nothing.
    fn longer_where_silent(&self, queue: &Queue, pause: Duration) -> Duration {
        let until = queue.next_probe().map(|until| until.duration_since(self.now()));
        until
            .and_then(|until| Duration::try_from(until).ok())
            .map_or(pause, |until| pause.max(until.min(DISK_PAUSE)))
    }

    /// What requests that came back tell of their endpoints.
    fn look_at_endpoints(queue: &mut Queue, back: &[Back], now: Timestamp) -> Vec<DeliveryEvent> {
        let mut events = Vec::new();
        for one in back {
            let circuit = queue.circuit(&one.due.endpoint);
            match one.reached {
                Some(true) => circuit.answered(),
                Some(false) => {
                    if let Some(until) = circuit.failed(now) {
                        let (target, endpoint) = (queue.target.clone(), one.due.endpoint.clone());
                        events.push(DeliveryEvent::Silent { target, endpoint, until });
                    }
                }
                None => circuit.not_tried(),
            }
        }
        events
    }

    /// Notes what became of some requests, in one transaction.
    fn note(&self, target: &PluginId, back: Arc<Vec<Back>>) -> impl Future<Output = Noted> + use<> {
        let (registry, backoff, target) =
            (Arc::clone(&self.registry), self.settings.backoff.clone(), target.clone());
        let now = self.now();
        let writing = Arc::clone(&back);
        let written = spawn_blocking(move || {
            registry.ledger().change(|change| {
                let mut events = Vec::with_capacity(writing.len());
                for one in writing.iter() {
                    events.extend(note(change, one, &target, &backoff, now)?);
                }
                Ok(events)
            })
        });
        async move { Noted { back, events: written.await.unwrap_or_else(|error| Err(error.into())) } }
    }

    /// Tells where the disk begins or ends to be full, as far as this queue can see.
    fn disk_is_full(&self, queue: &mut Queue, full: bool) {
        if std::mem::replace(&mut queue.disk_full, full) == full {
            return;
        }
        let target = queue.target.clone();
        self.settings.watch.happened(&if full {
            tracing::warn!(%target, "waiting: disk; delivering goes on when there is room");
            DeliveryEvent::DiskFull { target }
        } else {
            tracing::info!(%target, "the disk has room again");
            DeliveryEvent::DiskHasRoom { target }
        });
    }

    fn now(&self) -> Timestamp {
        self.registry.clock().now()
    }
}
