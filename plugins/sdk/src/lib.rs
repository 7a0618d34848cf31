//! Write Glasshouse plugins in Rust.
//!
//! A plugin is a pure function: tables in, tables or requests out. It has no files, sockets, clock
//! or randomness; what it may use is what this crate shows, and it acts only on what the host hands
//! over. The same input gives the same bytes, always, so a plugin is tested with recorded rows:
//! `glasshouse plugin test`.
//!
//! `glasshouse plugin new query|rule|target NAME` makes a plugin that builds and passes its test.
//! Each plugin is one type, one trait and one macro:
//!
//! | kind | does | trait | macro |
//! |---|---|---|---|
//! | query | folds the rows of its SQL statements into telemetry tables | [`Query`] | [`query!`] |
//! | rule | takes out of a table what may not leave | [`Rule`] | [`rule!`] |
//! | target | turns tables into requests and reads the answers | [`Target`] | [`target!`] |
//!
//! Which statements it has, which columns it touches and where it sends is not said in code but in
//! `plugin.toml`, so that it can be read without running the plugin. The host refuses everything
//! that is not declared there.
//!
//! # A rule
//! Keeps the part of an e-mail address behind the `@`. The manifest's first need says which columns
//! it takes (`classes = ["identifier"]`, `type = "text"`, `access = "replace"`).
//! ```
//! use glasshouse_sdk::prelude::*;
//!
//! struct MailDomain;
//!
//! impl Rule for MailDomain {
//!     fn begin(_: &Context) -> Result<Self> {
//!         Ok(Self)
//!     }
//!
//!     fn apply(&mut self, batch: &Batch, targets: &Targets) -> Result<()> {
//!         for column in targets.of(0) {
//!             batch.map_text(column, |address, row| {
//!                 row.push(address.rsplit('@').next().unwrap_or_default());
//!             })?;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! glasshouse_sdk::rule!(MailDomain);
//! ```
//! A rule of scope `batch` has [`Rule::apply`] and runs on a fresh instance for each batch; one of
//! scope `table` has [`Rule::finish`] and sees the whole table. What need not be seen should not
//! be: with `access = "handle"` a column is changed by the host's [`kernels`], natively, and its
//! values never enter the plugin.
//!
//! # A query
//! Adds up devices and remembers the sum for the next run.
//! ```
//! use glasshouse_sdk::prelude::*;
//!
//! struct Growth {
//!     before: Option<i64>,
//!     now: i64,
//! }
//!
//! impl Query for Growth {
//!     fn begin(run: &Context) -> Result<Self> {
//!         let before = match run.state.as_slice() {
//!             [] => None,
//!             state => Some(std::str::from_utf8(state)?.parse()?),
//!         };
//!         Ok(Self { before, now: 0 })
//!     }
//!
//!     fn take(&mut self, _statement: &str, batch: &Batch) -> Result<()> {
//!         self.now += batch.ints(batch.column("Devices")?)?.iter().flatten().sum::<i64>();
//!         Ok(())
//!     }
//!
//!     fn finish(self) -> Result<Vec<u8>> {
//!         let change = self.before.map(|before| self.now - before);
//!         Output::new("growth", 1).int([self.now])?.int([change])?.emit()?;
//!         Ok(self.now.to_string().into_bytes())
//!     }
//! }
//!
//! glasshouse_sdk::query!(Growth);
//! ```
//!
//! # A target
//! Sends each table as one request. [`Target::interpret`] is there already: it knows the usual
//! meanings of HTTP answers.
//! ```
//! use glasshouse_sdk::prelude::*;
//!
//! struct Upload;
//!
//! impl Target for Upload {
//!     fn render(_: &Context, tables: &Tables) -> Result<Vec<Request>> {
//!         (0..).zip(tables.names()).map(|(table, name)| {
//!             let body = Body::new();
//!             body.encode(tables, table, 0, tables.rows(table)?, Format::Ndjson)?;
//!             Ok(Request::new("ingest", &name, body).header("content-type", "application/x-ndjson"))
//!         }).collect()
//!     }
//! }
//!
//! glasshouse_sdk::target!(Upload);
//! ```
//!
//! # Columns
//! A column crosses the border in one copy, as whole buffers in Arrow layout. [`Batch::text`],
//! [`ints`](Batch::ints), [`floats`](Batch::floats) and [`booleans`](Batch::booleans) read one; the
//! iterators over them compile to the loop that you would write by hand. Where even that is too
//! much, the buffers are there: [`Text`] derefs to [`TextColumn`] with `validity`, `offsets` and
//! `data`. [`TextBuilder`] and its kin build a column row by row, or collect it from an iterator.
//! Columns that are never asked for never cross.
//!
//! # Failing
//! Everything returns [`Result`]; `?` and `Err("why".into())` do what you expect. A panic ends the
//! run too: its message and place are shown to the person at the host, nothing else happens.
//!
//! # Testing
//! What needs no host is ordinary Rust: put it in functions over `&str` and numbers and test it
//! with `cargo test`. Calls into the host (a [`Batch`], [`kernels`]) work in the sandbox alone, so
//! the plugin as a whole is tested with `glasshouse plugin test` and its `cases/`.

#[doc(hidden)]
pub mod bindings;
mod build;
mod context;
mod error;
mod http;
#[cfg(target_family = "wasm")]
mod memory;
mod panic;
mod plugin;
mod read;
mod table;

pub use bindings::diagnostics::{self, Severity};
pub use bindings::kernels::{self, Patterns};
pub use bindings::output;
pub use bindings::payload::{Body, Format};
pub use bindings::run::{Context, Level, Setting};
pub use bindings::table::{
    Batch, BooleanColumn, Builder, ColumnType, DataClass, Error, Field, FloatColumn, IntColumn, Tables,
    TextColumn,
};
pub use bindings::target::exports::glasshouse::plugin::delivery::{Header, Outcome, Request, Response};
pub use build::{BooleanBuilder, FloatBuilder, IntBuilder, Row, TextBuilder};
pub use error::Result;
#[doc(hidden)]
pub use plugin::adapters as __adapters;
pub use plugin::{Query, Rule, Target, Targets};
pub use read::Text;
pub use table::Output;

#[cfg(target_family = "wasm")]
#[global_allocator]
static MEMORY: memory::HeadStart = memory::HeadStart::new();

/// Everything that a plugin's `use` line needs.
pub mod prelude {
    pub use crate::{
        Batch, Body, Context, Error, FloatBuilder, Format, IntBuilder, Outcome, Output, Patterns, Query,
        Request, Response, Result, Rule, Tables, Target, Targets, Text, TextBuilder, diagnostics, info,
        kernels, warning,
    };
}

/// Says something to the person who looks at the run: `info!("{} rows", rows)`.
#[macro_export]
macro_rules! info {
    ($($text:tt)*) => {
        $crate::diagnostics::log($crate::Severity::Info, &::std::format!($($text)*))
    };
}

/// Says something worth a look to the person who looks at the run.
#[macro_export]
macro_rules! warning {
    ($($text:tt)*) => {
        $crate::diagnostics::log($crate::Severity::Warning, &::std::format!($($text)*))
    };
}
