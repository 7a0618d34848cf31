//! The plugin author's side: begin a plugin, build it, try it on recorded rows, measure it.
//!
//! What comes out of [`build`] is an unsigned plugin file: a component with its manifest inside.
//! Queries that are SQL and nothing else need no compiler: they get the ready-made component of
//! [`pass_through`]. Cases are run by the sandbox that the host runs plugins with, under the limits
//! of the manifest, so what passes here passes there.
//!
//! What may not come in: an engine of its own, signing keys, the state directory, text that only a
//! command line needs.

#![forbid(unsafe_code)]

mod bench;
mod build;
mod cases;
mod componentize;
mod crates;
mod error;
mod load;
mod pass_through;
mod scaffold;
mod sdk;
mod source;
mod toolchain;
mod world;

pub use bench::{Pace, bench};
pub use build::{BuildOptions, Built, Maker, build, build_from_component};
pub use cases::{Case, CaseResult, Expect, Made, Report, RuleCase, RulesMade, test, test_rules};
pub use componentize::{check_component, componentize};
pub use error::{FitError, WorkshopError};
pub use load::load;
pub use pass_through::pass_through;
pub use scaffold::{Start, scaffold};
pub use toolchain::{NoToolchain, Toolchain};
