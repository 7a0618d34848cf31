//! For `tests/bench` alone: what a call and an instance cost by themselves.

use wasmtime::{
    Store,
    component::{Component, Linker, TypedFunc},
};

use crate::{
    CallError, Keys, Plugin, Sandbox, SandboxError,
    engine::HOSTCALL_FUEL,
    guest::{Guest, StopFlag, on_tick},
};

/// A component with one function that does nothing.
const EMPTY: &[u8] = br#"(component
    (core module $module (func (export "empty")))
    (core instance $instance (instantiate $module))
    (func (export "empty") (canon lift (core func $instance "empty"))))"#;

/// Calls an empty function in a store that is set up as for any plugin.
pub struct EmptyCall {
    store: Store<Guest>,
    function: TypedFunc<(), ()>,
}

impl EmptyCall {
    /// An instance with an empty function; `like` lends its manifest.
    ///
    /// # Errors
    /// When the engine refuses it, which would be a fault of ours.
    pub fn new(sandbox: &Sandbox, like: &Plugin) -> Result<Self, SandboxError> {
        let failed = |error: wasmtime::Error| SandboxError::Engine(format!("{error:#}"));
        let engine = sandbox.engine();
        let component = Component::new(engine, EMPTY).map_err(failed)?;
        let stop = std::sync::Arc::new(StopFlag::default());
        let mut store = Store::new(engine, Guest::new(like.manifest().clone(), false, Keys::new(), stop));
        store.limiter(|guest| &mut guest.memory);
        store.set_hostcall_fuel(HOSTCALL_FUEL);
        store.epoch_deadline_callback(on_tick);
        let instance = Linker::new(engine).instantiate(&mut store, &component).map_err(failed)?;
        let function = instance.get_typed_func(&mut store, "empty").map_err(failed)?;
        Ok(Self { store, function })
    }

    /// One call, with what every call does before.
    ///
    /// # Errors
    /// When it traps, which would be a fault of ours.
    #[inline]
    pub fn call(&mut self) -> Result<(), CallError> {
        self.store.data_mut().begin_call();
        self.store.set_epoch_deadline(1);
        self.function.call(&mut self.store, ()).map_err(|error| CallError::Contract(format!("{error:#}")))
    }
}

impl Plugin {
    /// Makes a fresh instance and drops it.
    ///
    /// # Errors
    /// When the plugin is stopped, traps or runs into a limit.
    pub fn instantiate_and_drop(&self) -> Result<(), CallError> {
        self.instance(self.manifest().kind(), Keys::new()).map(drop)
    }
}
