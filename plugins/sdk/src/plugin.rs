//! What a plugin is to its author: one trait for each kind.

use crate::{Batch, Context, Outcome, Request, Response, Result, Tables, bindings::rule::exports};

pub mod adapters;

/// A telemetry query: statements' rows in, telemetry tables out. One value lives for one run.
pub trait Query: Sized + 'static {
    /// Begins a run. `run.state` is what [`finish`](Self::finish) returned after the last one.
    ///
    /// # Errors
    /// Ends the run, with its text shown at the host.
    fn begin(run: &Context) -> Result<Self>;

    /// Takes some rows of one of the declared statements. Called many times, in order.
    ///
    /// # Errors
    /// Ends the run, with its text shown at the host.
    fn take(&mut self, statement: &str, batch: &Batch) -> Result<()>;

    /// Ends the run and returns the state for the next one. It is kept when the run's results are.
    ///
    /// # Errors
    /// Ends the run without results, with its text shown at the host.
    fn finish(self) -> Result<Vec<u8>>;
}

/// A redaction rule: a table in, the same table with less in it out.
///
/// A rule of scope `batch` has [`apply`](Self::apply), one of scope `table` has
/// [`finish`](Self::finish).
pub trait Rule: Sized + 'static {
    /// Begins a run.
    ///
    /// # Errors
    /// Holds the table back, with its text shown at the host.
    fn begin(run: &Context) -> Result<Self>;

    /// Changes one batch.
    ///
    /// # Errors
    /// Holds the table back, with its text shown at the host.
    fn apply(&mut self, _batch: &Batch, _targets: &Targets) -> Result<()> {
        Err("this rule works on whole tables: its manifest's scope is `table`".into())
    }

    /// Changes a whole table.
    ///
    /// # Errors
    /// Holds the table back, with its text shown at the host.
    fn finish(&mut self, _tables: &Tables, _targets: &Targets) -> Result<()> {
        Err("this rule works on batches: its manifest's scope is `batch`".into())
    }
}

/// An upload target: redacted tables in, requests out. It keeps nothing between calls.
pub trait Target: 'static {
    /// Turns tables into an ordered list of requests.
    ///
    /// # Errors
    /// Seals nothing, with its text shown at the host.
    fn render(run: &Context, tables: &Tables) -> Result<Vec<Request>>;

    /// Reads the answer to request number `step`. Without one of its own a target goes by
    /// [`Response::outcome`].
    ///
    /// # Errors
    /// Leaves the request unsent, to be tried again.
    fn interpret(_step: u32, response: &Response) -> Result<Outcome> {
        Ok(response.outcome())
    }
}

/// Which columns each of a rule's needs applies to.
#[derive(Clone, Debug)]
pub struct Targets(Vec<exports::glasshouse::plugin::redaction::Target>);

impl Targets {
    /// The columns that the manifest's need number `need` (from 0) takes in this table.
    pub fn of(&self, need: u32) -> impl Iterator<Item = u32> + Clone + '_ {
        self.0.iter().filter(move |target| target.need == need).map(|target| target.column)
    }

    /// Every column with the number of the need that takes it.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.0.iter().map(|target| (target.need, target.column))
    }
}

/// Makes a type that is a [`Query`] into the plugin.
#[macro_export]
macro_rules! query {
    ($query:ty) => {
        const _: () = {
            struct Plugin;
            impl $crate::bindings::query::exports::glasshouse::plugin::shaping::Guest for Plugin {
                type Shaper = $crate::__adapters::Shaper<$query>;
            }
    $crate::bindings::query::export_query!(Plugin with_types_in $crate::bindings::query);
        };
    };
}

/// Makes a type that is a [`Rule`] into the plugin.
#[macro_export]
macro_rules! rule {
    ($rule:ty) => {
        const _: () = {
            struct Plugin;
            impl $crate::bindings::rule::exports::glasshouse::plugin::redaction::Guest for Plugin {
                type Redactor = $crate::__adapters::Redactor<$rule>;
            }
    $crate::bindings::rule::export_rule!(Plugin with_types_in $crate::bindings::rule);
        };
    };
}

/// Makes a type that is a [`Target`] into the plugin.
#[macro_export]
macro_rules! target {
    ($target:ty) => {
        const _: () = {
            type Plugin = $crate::__adapters::Delivery<$target>;
    $crate::bindings::target::export_target!(Plugin with_types_in $crate::bindings::target);
        };
    };
}
