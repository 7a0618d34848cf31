use std::sync::Arc;

use glasshouse_contract::{Asks, Context, Digest, EndpointHosts, Kind, LimitName, Manifest, Name};
use wasmtime::{
    Store, Trap,
    component::{
        Component, ComponentExportIndex, ComponentNamedList, InstancePre, Lift, Linker, Lower, TypedFunc,
    },
};

use crate::{
    CallError, Keys, LimitExceeded, SandboxError,
    engine::{HOSTCALL_FUEL, INSTANCES, Ticker, TickerGuard},
    guest::{Guest, StopFlag, Stopped, on_tick},
    imports::{diagnostics_cut, interface},
    target::Delivery,
    wire::Refusal,
};

/// An admitted plugin, ready to run. A clone is the same plugin.
#[derive(Clone)]
pub struct Plugin(Arc<Inner>);

struct Inner {
    manifest: Arc<Manifest>,
    digest: Digest,
    free_body: bool,
    pre: InstancePre<Guest>,
    exports: Vec<(&'static str, ComponentExportIndex)>,
    stop: Arc<StopFlag>,
    ticker: Arc<Ticker>,
}

/// What a plugin of each kind exports, besides the destructor that wasmtime finds by itself.
const fn functions(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Query => &["[constructor]shaper", "[method]shaper.take", "[method]shaper.finish"],
        Kind::Rule => &["[constructor]redactor", "[method]redactor.apply", "[method]redactor.finish"],
        Kind::Target => &["render", "interpret"],
    }
}

impl Plugin {
    pub(crate) fn new(
        manifest: Arc<Manifest>,
        granted: &Asks,
        digest: Digest,
        component: &Component,
        linker: &Linker<Guest>,
        ticker: Arc<Ticker>,
    ) -> Result<Self, SandboxError> {
        // The linker has what the kind's world has and nothing else: any other import ends here.
        let pre =
            linker.instantiate_pre(component).map_err(|error| SandboxError::Shape(format!("{error:#}")))?;
        let export = interface(manifest.kind().export());
        let instance = component
            .get_export_index(None, &export)
            .ok_or_else(|| SandboxError::NoExport(export.clone()))?;
        let exports = functions(manifest.kind())
            .iter()
            .map(|name| {
                component
                    .get_export_index(Some(&instance), name)
                    .map(|index| (*name, index))
                    .ok_or_else(|| SandboxError::NoExport(format!("{export}#{name}")))
            })
            .collect::<Result<_, _>>()?;
        let free_body = manifest.target().is_some_and(|target| target.free_body) && granted.has("free-body");
        let stop = Arc::new(StopFlag::default());
        Ok(Self(Arc::new(Inner { manifest, digest, free_body, pre, exports, stop, ticker })))
    }

    /// What the plugin says about itself.
    #[must_use]
    pub fn manifest(&self) -> &Arc<Manifest> {
        &self.0.manifest
    }

    /// The digest of the component.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// Stops it for good: a running call ends within two ticks, a new one does not begin.
    pub fn stop(&self, why: &str) {
        self.0.stop.raise(why);
    }

    /// Why it was stopped, where it was: for those who wait for something else meanwhile.
    #[must_use]
    pub fn stopped(&self) -> Option<String> {
        self.0.stop.check().err().map(|stopped| stopped.0)
    }

    /// Tries the plugin before it replaces a running one: instance, constructor, and its samples.
    ///
    /// # Errors
    /// When any of these fails.
    pub fn dry_call(&self) -> Result<(), CallError> {
        let manifest = &self.0.manifest;
        let samples =
            manifest.sample_tables().map_err(|error| CallError::Contract(format!("its samples: {error}")))?;
        let context = Context {
            run: "dry-call".to_owned(),
            scheduled_us: 0,
            level: glasshouse_contract::Level::Full,
            site: String::new(),
            hierarchy: String::new(),
            settings: manifest.settings.iter().map(|s| (s.name.clone(), s.default.clone())).collect(),
            state: Vec::new(),
        };
        match manifest.kind() {
            Kind::Query => {
                let mut shaper = self.shaper(&context)?;
                for (statement, batch) in &samples {
                    shaper.take(statement, batch)?;
                }
                shaper.finish().map(drop)
            }
            Kind::Rule => self.dry_redact(&context, samples),
            Kind::Target => {
                let tables: Vec<_> = samples
                    .into_iter()
                    .map(|(name, batch)| glasshouse_contract::Table {
                        name,
                        schema: batch.schema().clone(),
                        batches: vec![batch],
                    })
                    .collect();
                let target = manifest.target().ok_or(CallError::WrongKind("target"))?;
                // Nothing is sent: what it renders is thrown away.
                let hosts = EndpointHosts::default().or_placeholders(target);
                self.render(&context, &tables, &hosts).map(drop)
            }
        }
    }

    /// The answers to the requests of one delivery go through this.
    #[must_use]
    pub fn delivery(&self, requests: u32) -> Delivery {
        Delivery::new(self.clone(), requests)
    }

    /// Keys under which a dry call runs: as many as declared, worth nothing.
    pub(crate) fn dry_keys(&self) -> Keys {
        let names: &[Name] = self.0.manifest.rule().map_or(&[], |rule| &rule.keys);
        names.iter().fold(Keys::new(), |keys, name| keys.with(name.clone(), &[0; 32]))
    }

    /// A fresh instance.
    pub(crate) fn instance(&self, kind: Kind, keys: Keys) -> Result<Instance, CallError> {
        let inner = &self.0;
        if inner.manifest.kind() != kind {
            return Err(CallError::WrongKind(kind.as_str()));
        }
        inner.stop.check().map_err(|stopped| CallError::Stopped(stopped.0))?;
        let guest = Guest::new(inner.manifest.clone(), inner.free_body, keys, inner.stop.clone());
        let guard = inner.ticker.guard();
        let mut store = Store::new(inner.pre.engine(), guest);
        store.limiter(|guest| &mut guest.memory);
        store.set_hostcall_fuel(HOSTCALL_FUEL);
        store.epoch_deadline_callback(on_tick);
        store.set_epoch_deadline(1);
        match inner.pre.instantiate(&mut store) {
            Ok(instance) => Ok(Instance { store, instance, plugin: self.clone(), _guard: guard }),
            Err(error) => Err(call_error(&error, store.data_mut())),
        }
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin").field("id", &self.0.manifest.id).field("digest", &self.0.digest).finish()
    }
}

/// One instance with its store. After an error it is dropped, never used again.
pub(crate) struct Instance {
    pub store: Store<Guest>,
    instance: wasmtime::component::Instance,
    plugin: Plugin,
    _guard: TickerGuard,
}

impl Instance {
    /// One of the functions that `functions` lists.
    pub fn function<P, R>(&mut self, name: &'static str) -> Result<TypedFunc<P, R>, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let missing = || CallError::Contract(format!("there is no `{name}`"));
        let (_, index) =
            self.plugin.0.exports.iter().find(|(known, _)| *known == name).ok_or_else(missing)?;
        self.instance
            .get_typed_func(&mut self.store, index)
            .map_err(|error| CallError::Contract(format!("`{name}` has another type: {error:#}")))
    }

    /// Calls a function under the limits.
    pub fn call<P, R>(&mut self, function: &TypedFunc<P, R>, params: P) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        self.store.data_mut().begin_call();
        self.store.set_epoch_deadline(1);
        function.call(&mut self.store, params).map_err(|error| call_error(&error, self.store.data_mut()))
    }
}

/// A refusal that the guest passed on, or one of its own.
pub(crate) fn gave_up(refusal: &Refusal) -> CallError {
    CallError::GaveUp(diagnostics_cut(refusal.words()))
}

fn call_error(error: &wasmtime::Error, guest: &mut Guest) -> CallError {
    if let Some(limit) = error.downcast_ref::<LimitExceeded>() {
        return CallError::Limit(*limit);
    }
    if let Some(Stopped(why)) = error.downcast_ref::<Stopped>() {
        return CallError::Stopped(why.clone());
    }
    if error.downcast_ref::<wasmtime::PoolConcurrencyLimitError>().is_some() {
        return CallError::Busy(INSTANCES);
    }
    // Wasmtime has no type for this one; its words are of fuel.
    if error.root_cause().to_string().contains("fuel allocated for hostcalls") {
        return CallError::Contract(format!("more than {} MiB in one call", HOSTCALL_FUEL >> 20));
    }
    let last_words = guest.last_words.take();
    match error.downcast_ref::<Trap>() {
        Some(trap) => CallError::Trap { trap: trap.to_string(), last_words },
        // The context names wasm frames; the cause is the innermost.
        None => CallError::Trap { trap: diagnostics_cut(error.root_cause().to_string()), last_words },
    }
}

/// For limits that are checked on what a call returned.
pub(crate) const fn over(name: LimitName, limit: u64, current: u64) -> CallError {
    CallError::Limit(LimitExceeded { name, limit, current: limit, requested: current.saturating_sub(limit) })
}
