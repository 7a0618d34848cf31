use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwap;
use glasshouse_contract::{Asks, Digest, Fault, FaultKind, PluginId};
use glasshouse_guard::Floors;
use glasshouse_ledger::{Actor, Event, Ledger, PluginRow, Standing};
use glasshouse_sandbox::Sandbox;
use glasshouse_trust::{PluginFile, Revocations, TrustStore, Verdict};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Clock, Generation, HostKeys, Inbox, Listing, PluginState, PluginStatus, Quarantine, RegistryError,
    StateDir, Store, generation::Live, intake::Intake, policy::Policy,
};

/// As long as it takes to get a new version through a change process.
const WARN_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The plugins of one state directory.
///
/// Callers [`get`](Self::get) a plugin without waiting for anybody. Changes take turns: `turn` is
/// held while a file is judged, compiled and tried; `policy` only while one is judged and swapped
/// in, so that a revocation need not wait for a compiler. Whoever takes both takes `turn` first.
#[derive(Debug)]
pub struct Registry {
    pub(crate) state: StateDir,
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) store: Store,
    pub(crate) quarantine: Quarantine,
    pub(crate) inbox: Inbox,
    pub(crate) live: ArcSwap<Live>,
    pub(crate) policy: Mutex<Policy>,
    pub(crate) turn: Mutex<Intake>,
    pub(crate) board: Mutex<Board>,
    /// Whether a change of trust may have made something admissible that was not.
    pub(crate) unsettled: AtomicBool,
    /// What time it was when it was last looked at.
    pub(crate) ticked: Mutex<Option<Timestamp>>,
}

/// What there is to say about files that do not serve, and about what keeps work from being done.
#[derive(Debug, Default)]
pub struct Board {
    pub(crate) notes: BTreeMap<Digest, Note>,
    pub(crate) inbox_problems: Vec<Fault>,
    pub(crate) other_problems: Vec<Fault>,
}

/// Why a file that the ledger calls serving or waiting does not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It may not.
    Stopped(String),
    /// It asks for this beyond what was granted.
    Beyond(Asks),
}

impl Registry {
    /// Opens the plugins of a state directory: judges anew everything that served, and gets it
    /// ready. What cannot serve any more is listed with the reason; the rest goes on.
    ///
    /// # Errors
    /// When the ledger cannot be opened. Without a trust store the registry opens, and nothing loads.
    pub fn open(state: StateDir, sandbox: Sandbox, clock: Clock) -> Result<Self, RegistryError> {
        no_empty_start(&state)?;
        let ledger = Ledger::open(&state.ledger())?;
        let unread = Fault::new(FaultKind::Refused, state.trust().display(), "it was not read yet", "");
        let registry = Self {
            store: Store::of(&state),
            quarantine: Quarantine::of(&state),
            inbox: Inbox::at(state.inbox()),
            state,
            sandbox,
            clock,
            ledger,
            live: ArcSwap::default(),
            policy: Mutex::new(Policy::none(unread)),
            turn: Mutex::default(),
            board: Mutex::default(),
            unsettled: AtomicBool::new(false),
            ticked: Mutex::default(),
        };
        registry.sweep_store()?;
        registry.sweep_cache()?;
        registry.reload_trust()?;
        Ok(registry)
    }

    /// The generation of a plugin that serves now. Never waits; whoever holds an older generation
    /// can finish with it.
    #[must_use]
    pub fn get(&self, id: &PluginId) -> Option<Arc<Generation>> {
        let generation = self.live.load().get(id.as_str()).cloned()?;
        (self.clock.now() < generation.not_after()).then_some(generation)
    }

    /// All generations that serve now, by id.
    #[must_use]
    pub fn serving(&self) -> Vec<Arc<Generation>> {
        let now = self.clock.now();
        self.live.load().values().filter(|generation| now < generation.not_after()).cloned().collect()
    }

    /// What there is to see of the plugins.
    ///
    /// # Errors
    /// When the ledger or the quarantine cannot be read.
    pub fn list(&self) -> Result<Listing, RegistryError> {
        let rows = self.ledger.plugins()?;
        let live = self.live.load();
        let now = self.clock.now();
        let quarantined = self
            .quarantine
            .list()
            .map_err(|source| RegistryError::Io { path: self.state.quarantine(), source })?;
        let mut problems: Vec<Fault> = lock(&self.policy).faults().cloned().collect();
        let board = lock(&self.board);
        problems.extend(board.inbox_problems.iter().chain(&board.other_problems).cloned());
        let plugins = rows
            .into_iter()
            .map(|row| {
                let generation = live.get(&row.id).filter(|generation| generation.digest() == row.digest);
                self.status(row, generation, &board, now)
            })
            .collect::<Result<_, RegistryError>>()?;
        Ok(Listing { plugins, quarantined, problems })
    }

    fn status(
        &self,
        row: PluginRow,
        generation: Option<&Arc<Generation>>,
        board: &Board,
        now: Timestamp,
    ) -> Result<PluginStatus, RegistryError> {
        let mut warnings = Vec::new();
        let mut beyond = Asks::default();
        let (state, why) = match (row.standing, board.notes.get(&row.digest)) {
            (Standing::Superseded, _) => (PluginState::Superseded, String::new()),
            (Standing::Quarantined, _) => {
                let why = self.ledger.barred(row.digest)?.map_or_else(String::new, |barred| barred.why);
                (PluginState::Quarantined, why)
            }
            (_, Some(Note::Stopped(why))) => (PluginState::Stopped, why.clone()),
            (_, Some(Note::Beyond(asks))) => {
                beyond = asks.clone();
                (PluginState::Waiting, waiting_words(asks))
            }
            (Standing::Waiting, None) => (PluginState::Waiting, waiting_words(&beyond)),
            (Standing::Serving, None) => match generation {
                Some(generation) if now < generation.not_after() => {
                    let left = generation.not_after().duration_since(now);
                    if left <= WARN_BEFORE {
                        let days = left.as_hours() / 24;
                        warnings.push(format!("it expires in {days} days, at {}", generation.not_after()));
                    }
                    (PluginState::Running, String::new())
                }
                Some(generation) => {
                    (PluginState::Stopped, format!("it expired at {}", generation.not_after()))
                }
                None => (PluginState::Stopped, "it was not loaded yet".to_owned()),
            },
        };
        Ok(PluginStatus {
            id: row.id,
            version: row.version,
            kind: row.kind,
            digest: row.digest,
            signers: generation
                .map_or(row.signers, |generation| crate::generation::names(generation.signers())),
            state,
            why,
            beyond,
            warnings,
            since: row.since,
        })
    }

    /// How a file would be judged now, without doing anything: for an inspection.
    ///
    /// # Errors
    /// When nothing can be judged, or the ledger cannot be read.
    pub fn judge(&self, file: &PluginFile) -> Result<Verdict, RegistryError> {
        let ratchet = self.ledger.ratchet(&file.manifest().id)?;
        lock(&self.policy).judge_new(file, ratchet.as_ref(), self.clock.now())
    }

    /// The stored file of a plugin that serves, waits or served, whole and unchanged.
    ///
    /// # Errors
    /// When it is gone, damaged, or another one.
    pub fn stored(&self, digest: Digest) -> Result<PluginFile, RegistryError> {
        Ok(self.store.get(digest)?)
    }

    /// The trust file as last read, or why there is none.
    ///
    /// # Errors
    /// The reason why nothing is trusted.
    pub fn trust(&self) -> Result<Arc<TrustStore>, Fault> {
        lock(&self.policy).trust().cloned().map_err(Clone::clone)
    }

    /// What the columns of the database hold, by the host's list and the site's, or why that is not known.
    ///
    /// # Errors
    /// The reason why no query can be judged.
    pub fn floors(&self) -> Result<Arc<Floors>, Fault> {
        lock(&self.policy).floors().cloned().map_err(Clone::clone)
    }

    /// The revocation list in force.
    #[must_use]
    pub fn revocations(&self) -> Option<Arc<Revocations>> {
        lock(&self.policy).list().cloned()
    }

    /// The state directory.
    #[must_use]
    pub const fn state(&self) -> &StateDir {
        &self.state
    }

    /// What the host remembers.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The host's own keys.
    #[must_use]
    pub fn keys(&self) -> HostKeys {
        HostKeys::of(&self.state)
    }

    /// The time, as this registry sees it.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Adds a line to the journal.
    pub(crate) fn note(&self, actor: &Actor, event: &Event) -> Result<(), RegistryError> {
        Ok(self.ledger.change(|change| change.note(self.clock.now(), actor, event))?)
    }

    pub(crate) fn mark(&self, digest: Digest, note: Note) {
        lock(&self.board).notes.insert(digest, note);
    }

    pub(crate) fn unmark(&self, digest: Digest) -> Option<Note> {
        lock(&self.board).notes.remove(&digest)
    }

    /// Puts a generation in the place of whatever served, or takes it away. The swap is one pointer:
    /// a caller gets the old one or the new one.
    pub(crate) fn publish(&self, id: &PluginId, generation: Option<Arc<Generation>>) {
        self.live.rcu(|live| {
            let mut next = Live::clone(live);
            match &generation {
                Some(generation) => next.insert(id.clone(), generation.clone()),
                None => next.remove(id),
            };
            next
        });
    }

    /// Removes stored files that the ledger does not know: their admission was cut short.
    fn sweep_store(&self) -> Result<(), RegistryError> {
        let known: Vec<_> =
            self.ledger.plugins()?.into_iter().map(|row| self.state.stored(row.digest)).collect();
        let io = |source| RegistryError::Io { path: self.state.store(), source };
        for entry in std::fs::read_dir(self.state.store()).map_err(io)? {
            let entry = entry.map_err(io)?;
            let path = entry.path();
            // A folder there is none of ours (`lost+found` of a disk of its own), and no reason not to start.
            if !known.contains(&path) && !entry.file_type().map_err(io)?.is_dir() {
                std::fs::remove_file(&path).map_err(io)?;
            }
        }
        Ok(())
    }

    /// Removes compiled code of plugins that are not in the store: its files begin with the digest.
    fn sweep_cache(&self) -> Result<(), RegistryError> {
        let known: BTreeSet<String> =
            self.ledger.plugins()?.into_iter().map(|row| row.digest.hex()).collect();
        let io = |source| RegistryError::Io { path: self.state.cache(), source };
        for entry in std::fs::read_dir(self.state.cache()).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let of_one =
                name.ends_with(".cwasm") && name.split('.').next().is_some_and(|hex| known.contains(hex));
            if !of_one && !entry.file_type().map_err(io)?.is_dir() {
                std::fs::remove_file(entry.path()).map_err(io)?;
            }
        }
        Ok(())
    }

    pub(crate) fn is_unsettled(&self) -> bool {
        self.unsettled.load(Ordering::Acquire)
    }
}

/// Where the audit log's files speak of a ledger that is not there, it is lost, and a new one would hide that.
fn no_empty_start(state: &StateDir) -> Result<(), RegistryError> {
    let path = state.ledger();
    if state.tiles().join("checkpoint").exists() && !path.exists() {
        return Err(RegistryError::LedgerGone { path });
    }
    Ok(())
}

/// A panic in another thread left its data as whole as a crash would: that is what it is made for.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn waiting_words(beyond: &Asks) -> String {
    if beyond.is_empty() {
        return "nobody has approved it yet".to_owned();
    }
    let asks: Vec<String> = beyond.iter().map(ToString::to_string).collect();
    format!("it asks for what was not granted: {}", asks.join("; "))
}
