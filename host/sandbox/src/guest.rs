//! What the host keeps for one instance: its handles, its meters, its words.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use cpu_time::ThreadTime;
use glasshouse_contract::{Batch, LimitName, Limits, Manifest, Name};
use wasmtime::{StoreContextMut, UpdateDeadline};

use crate::{
    LimitExceeded,
    keys::Keys,
    limit::{MemoryMeter, take},
    open::{OpenBatch, OpenBuilder, OpenTables},
    wire::Refusal,
};

/// A line that a plugin said. It may quote data: shown on this machine only, escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How serious the plugin found it.
    pub severity: Severity,
    /// The plugin's words, at most 1 KiB of them.
    pub text: String,
}

/// How serious a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Worth a look.
    Warning,
}

/// Things that a guest holds by number. Numbers are used again, so a slab stays small.
#[derive(Debug)]
pub struct Slab<T> {
    items: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { items: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    fn insert(&mut self, item: T) -> u32 {
        if let Some(number) = self.free.pop()
            && let Some(place) = self.items.get_mut(number as usize)
        {
            *place = Some(item);
            return number;
        }
        self.items.push(Some(item));
        (self.items.len() - 1) as u32
    }

    fn remove(&mut self, number: u32) -> Option<T> {
        let item = self.items.get_mut(number as usize)?.take();
        if item.is_some() {
            self.free.push(number);
        }
        item
    }

    fn get(&self, number: u32) -> Option<&T> {
        self.items.get(number as usize)?.as_ref()
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.items.get_mut(number as usize)?.as_mut()
    }

    fn live(&self) -> usize {
        self.items.len() - self.free.len()
    }
}

/// One of the things that a guest can hold: where the host keeps those.
pub trait Held: Sized {
    fn slab(guest: &mut Guest) -> &mut Slab<Self>;
    fn slab_ref(guest: &Guest) -> &Slab<Self>;
}

macro_rules! held {
    ($type:ty, $field:ident) => {
        impl Held for $type {
            fn slab(guest: &mut Guest) -> &mut Slab<Self> {
                &mut guest.$field
            }
            fn slab_ref(guest: &Guest) -> &Slab<Self> {
                &guest.$field
            }
        }
    };
}

held!(OpenBatch, batches);
held!(OpenBuilder, builders);
held!(OpenTables, tables);
held!(Vec<u8>, bodies);

/// Why a generation of a plugin must stop, once it must.
#[derive(Debug, Default)]
pub struct StopFlag {
    raised: AtomicBool,
    why: Mutex<String>,
}

impl StopFlag {
    pub fn raise(&self, why: &str) {
        why.clone_into(&mut self.why.lock().unwrap_or_else(PoisonError::into_inner));
        self.raised.store(true, Ordering::Release);
    }

    pub fn check(&self) -> Result<(), Stopped> {
        if self.raised.load(Ordering::Acquire) {
            Err(Stopped(self.why.lock().unwrap_or_else(PoisonError::into_inner).clone()))
        } else {
            Ok(())
        }
    }
}

/// Carries the reason out of a trap.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Stopped(pub String);

/// The state behind one instance.
pub struct Guest {
    pub manifest: Arc<Manifest>,
    pub limits: Limits,
    pub keys: Keys,
    pub memory: MemoryMeter,
    pub log: Vec<LogLine>,
    pub last_words: Option<String>,
    pub outputs: BTreeMap<Name, Vec<Batch>>,
    /// Bytes of literal text in each body.
    pub literals: BTreeMap<u32, usize>,
    pub masked: u64,
    /// Whether bodies may hold bytes that no encoder wrote.
    pub free_body: bool,
    stop: Arc<StopFlag>,
    batches: Slab<OpenBatch>,
    builders: Slab<OpenBuilder>,
    tables: Slab<OpenTables>,
    bodies: Slab<Vec<u8>>,
    host_calls: u64,
    rows_out: u64,
    bytes_out: u64,
    /// When the call at hand was first seen by the ticker: wall and processor time.
    call_started: Option<(Instant, Duration)>,
}

impl Guest {
    pub fn new(manifest: Arc<Manifest>, free_body: bool, keys: Keys, stop: Arc<StopFlag>) -> Self {
        let limits = manifest.limits;
        Self {
            memory: MemoryMeter::new(&limits),
            manifest,
            limits,
            keys,
            log: Vec::new(),
            last_words: None,
            outputs: BTreeMap::new(),
            literals: BTreeMap::new(),
            masked: 0,
            free_body,
            stop,
            batches: Slab::default(),
            builders: Slab::default(),
            tables: Slab::default(),
            bodies: Slab::default(),
            host_calls: 0,
            rows_out: 0,
            bytes_out: 0,
            call_started: None,
        }
    }

    /// A new call into the guest begins: what is counted per call starts at nothing.
    pub fn begin_call(&mut self) {
        self.host_calls = 0;
        self.call_started = None;
    }

    /// Every import begins here.
    #[inline]
    pub fn count_host_call(&mut self) -> wasmtime::Result<()> {
        Ok(take(LimitName::HostCalls, self.limits.host_calls, &mut self.host_calls, 1)?)
    }

    /// Rows that the guest gives back.
    pub fn count_rows(&mut self, batch: &Batch) -> Result<(), LimitExceeded> {
        take(LimitName::RowsOut, self.limits.rows_out, &mut self.rows_out, u64::from(batch.rows()))
    }

    /// Bytes that the guest makes the host keep. Counted when they are handed over, not when they are
    /// given back: columns of a builder that is never emitted take memory just the same.
    pub fn count_bytes(&mut self, bytes: u64) -> Result<(), LimitExceeded> {
        let sum = self.bytes_out.saturating_add(bytes);
        let mut mib = self.bytes_out >> 20;
        let requested = (sum >> 20) - mib;
        take(LimitName::OutMib, self.limits.out_mib, &mut mib, requested)?;
        self.bytes_out = sum;
        Ok(())
    }

    /// Bytes that the host keeps for the guest no more: its caller took them away.
    pub const fn bytes_left(&mut self, bytes: u64) {
        self.bytes_out = self.bytes_out.saturating_sub(bytes);
    }

    /// What was given back is gone from here: an instance that is kept begins anew.
    pub const fn begin_output(&mut self) {
        self.rows_out = 0;
        self.bytes_out = 0;
    }

    /// Gives the guest something to hold.
    pub fn hold<T: Held>(&mut self, item: T) -> Result<u32, LimitExceeded> {
        let live = self.batches.live() + self.builders.live() + self.tables.live() + self.bodies.live();
        take(LimitName::Handles, self.limits.handles, &mut (live as u64), 1)?;
        Ok(T::slab(self).insert(item))
    }

    pub fn get<T: Held>(&self, number: u32) -> Result<&T, Refusal> {
        T::slab_ref(self).get(number).ok_or_else(gone)
    }

    pub fn get_mut<T: Held>(&mut self, number: u32) -> Result<&mut T, Refusal> {
        T::slab(self).get_mut(number).ok_or_else(gone)
    }

    pub fn release<T: Held>(&mut self, number: u32) -> Option<T> {
        T::slab(self).remove(number)
    }
}

/// Wasmtime lets a guest use no handle after its end; this is for a fault of our own.
fn gone() -> Refusal {
    Refusal::Other("the handle's object is gone".to_owned())
}

/// Called on every tick while a guest runs: has it been stopped, or run for too long?
///
/// The clocks are read on the first tick of a call rather than at its start: reading the processor
/// time is a system call, and most calls end before the first tick.
pub fn on_tick(mut store: StoreContextMut<'_, Guest>) -> wasmtime::Result<UpdateDeadline> {
    let guest = store.data_mut();
    guest.stop.check()?;
    let now = (Instant::now(), ThreadTime::now().as_duration());
    let (wall, cpu) = *guest.call_started.get_or_insert(now);
    let over = |name, limit: u64, used: Duration| {
        let used = used.as_millis() as u64;
        if used < limit { Ok(()) } else { Err(LimitExceeded { name, limit, current: used, requested: 1 }) }
    };
    over(LimitName::CpuMs, guest.limits.cpu_ms, now.1.saturating_sub(cpu))?;
    over(LimitName::WallMs, guest.limits.wall_ms, now.0.duration_since(wall))?;
    Ok(UpdateDeadline::Continue(1))
}
