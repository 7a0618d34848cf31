use std::{
    collections::BTreeMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};

use glasshouse_contract::{Asks, Digest, Kind, Manifest};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, component::Linker,
};

use crate::{CodeCache, Compiler, Plugin, SandboxError, guest::Guest, imports};

/// How often a running guest is looked at: a revocation or a limit takes hold within two of these.
const TICK: Duration = Duration::from_millis(10);

/// Instances that may live at one time. A run keeps one for each of its steps; the host runs a few
/// at a time.
pub(crate) const INSTANCES: u32 = 64;
/// What a component from the JavaScript toolchain needs of each.
const CORE_INSTANCES: u32 = 40;
const MEMORIES: u32 = 4;
const TABLES: u32 = 40;
const TABLE_ELEMENTS: usize = 8_192;
/// The most memory that a manifest can ask for, in one memory.
const MEMORY_BYTES: usize = 1 << 30;
/// An 8,192-row batch touches about 2 MiB. Pages kept resident are cleared instead of unmapped,
/// which spares a fresh instance its page faults.
const KEEP_RESIDENT: usize = 4 << 20;
/// What a guest may hand over in one call, in bytes. A batch has at most 8 MiB; state and request
/// lists are smaller. More is a fault or an attack.
pub(crate) const HOSTCALL_FUEL: usize = 256 << 20;

/// How a sandbox is set up.
#[derive(Debug)]
pub struct Settings {
    /// Where components are compiled.
    pub compiler: Compiler,
    /// Where compiled code is kept; none means that each start compiles anew.
    pub cache: Option<CodeCache>,
}

/// The place where plugins run. A clone is the same place.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    engine: Engine,
    linkers: BTreeMap<Kind, Linker<Guest>>,
    settings: Settings,
    ticker: Arc<Ticker>,
}

impl Sandbox {
    /// Starts the engine. This reserves address space, not memory.
    ///
    /// # Errors
    /// When the machine does not have what the engine needs.
    pub fn new(settings: Settings) -> Result<Self, SandboxError> {
        Self::for_cpu(settings, Cpu::Native)
    }

    /// The same with code for the least processor of this architecture: for showing that results do
    /// not depend on the machine. It compiles in this process, whatever the settings say.
    ///
    /// # Errors
    /// When the machine does not have what the engine needs.
    pub fn for_least_cpu(settings: Settings) -> Result<Self, SandboxError> {
        Self::for_cpu(Settings { compiler: Compiler::InProcess, ..settings }, Cpu::Least)
    }

    fn for_cpu(settings: Settings, cpu: Cpu) -> Result<Self, SandboxError> {
        let engine_error = |error: wasmtime::Error| SandboxError::Engine(format!("{error:#}"));
        let mut config = compile_config();
        if cpu == Cpu::Least {
            // Naming a target leaves out what this very processor has beyond it.
            config.target(least_target()?).map_err(engine_error)?;
        }
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
        let engine = Engine::new(&config).map_err(engine_error)?;
        let mut linkers = BTreeMap::new();
        for kind in [Kind::Query, Kind::Rule, Kind::Target] {
            let mut linker = Linker::new(&engine);
            imports::link(&mut linker, kind).map_err(engine_error)?;
            linkers.insert(kind, linker);
        }
        let ticker = Ticker::start(engine.clone())?;
        Ok(Self(Arc::new(Inner { engine, linkers, settings, ticker })))
    }

    /// Makes an admitted component ready to run: from the cache, or by compiling it.
    ///
    /// `component` is exactly what was verified, `digest` its digest, `granted` what the plugin may.
    ///
    /// # Errors
    /// When it does not compile within the limits or lacks what its kind must have.
    pub fn load(
        &self,
        manifest: Arc<Manifest>,
        granted: &Asks,
        digest: Digest,
        component: &[u8],
    ) -> Result<Plugin, SandboxError> {
        let inner = &self.0;
        let component = crate::code::load(&inner.engine, &inner.settings, digest, component)?;
        let linker = inner
            .linkers
            .get(&manifest.kind())
            .ok_or_else(|| SandboxError::Engine(format!("nothing is linked for a {}", manifest.kind())))?;
        Plugin::new(manifest, granted, digest, &component, linker, inner.ticker.clone())
    }
}

#[cfg(feature = "measure")]
impl Sandbox {
    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

/// Which processor code is compiled for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cpu {
    Native,
    Least,
}

fn least_target() -> Result<&'static str, SandboxError> {
    match (std::env::consts::ARCH, std::env::consts::OS) {
        ("x86_64", "linux") => Ok("x86_64-unknown-linux-gnu"),
        ("x86_64", "windows") => Ok("x86_64-pc-windows-msvc"),
        ("x86_64", "macos") => Ok("x86_64-apple-darwin"),
        ("aarch64", "linux") => Ok("aarch64-unknown-linux-gnu"),
        ("aarch64", "macos") => Ok("aarch64-apple-darwin"),
        (arch, os) => Err(SandboxError::Engine(format!("there is no least processor known for {arch} {os}"))),
    }
}

/// What decides how code is compiled: the same in the compiler process and here.
pub(crate) fn compile_config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .wasm_simd(true)
        .wasm_bulk_memory(true)
        .wasm_multi_memory(true)
        .wasm_extended_const(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        // One bit pattern for "no number", on every machine.
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        // No guest is asynchronous; leaving that out makes a call three times cheaper.
        .concurrency_support(false)
        .max_wasm_stack(512 << 10)
        .wasm_backtrace_max_frames(None)
        .memory_init_cow(true);
    config
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        .total_core_instances(INSTANCES * 8)
        .total_memories(INSTANCES * 2)
        .total_tables(INSTANCES * 8)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(MEMORY_BYTES)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(TABLE_ELEMENTS * 8)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// Moves the engine's epoch on while guests run, and sleeps while none does.
pub(crate) struct Ticker {
    running: AtomicUsize,
    thread: std::sync::OnceLock<Thread>,
}

impl Ticker {
    fn start(engine: Engine) -> Result<Arc<Self>, SandboxError> {
        let ticker = Arc::new(Self { running: AtomicUsize::new(0), thread: std::sync::OnceLock::new() });
        let watched: Weak<Self> = Arc::downgrade(&ticker);
        let handle = thread::Builder::new()
            .name("sandbox-ticker".to_owned())
            .spawn(move || {
                while let Some(ticker) = watched.upgrade() {
                    let idle = ticker.running.load(Ordering::Acquire) == 0;
                    drop(ticker);
                    if idle {
                        // Woken by the next guest; the timeout lets the thread end with its engine.
                        thread::park_timeout(Duration::from_secs(1));
                    } else {
                        thread::sleep(TICK);
                        engine.increment_epoch();
                    }
                }
            })
            .map_err(|error| SandboxError::Engine(format!("no thread for the ticker: {error}")))?;
        let _ = ticker.thread.set(handle.thread().clone());
        Ok(ticker)
    }

    /// A guest is alive until the guard is dropped.
    pub(crate) fn guard(self: &Arc<Self>) -> TickerGuard {
        if self.running.fetch_add(1, Ordering::AcqRel) == 0
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
        TickerGuard(self.clone())
    }
}

/// See [`Ticker::guard`].
pub(crate) struct TickerGuard(Arc<Ticker>);

impl Drop for TickerGuard {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
    }
}
