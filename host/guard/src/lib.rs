//! The statement guard: text of a plugin's author in, text that the host may send to SQL Server out.
//!
//! The host never sends what an author wrote. [`Printed::of`] reads it into a tree that can only say what
//! is allowed - one SELECT over the site's own database - and prints that tree. [`Printed::columns`] tells for
//! each column of the result which columns of the database it is made from, and the lowest class that it may
//! have by the host's own list of [`Floors`]. [`check`] holds a manifest to both.
//!
//! What may not come in: sockets, files, clocks; a String that reaches SQL Server by another way; belief in
//! what a manifest declares. This room owns the SQL parser and knows `contract` alone.

#![forbid(unsafe_code)]

mod allowed;
mod check;
mod floors;
mod lexical;
mod lineage;
mod print;
mod printed;
mod read;
mod refusal;
mod rules;
mod tree;
mod words;

pub use check::{Checked, ColumnVerdict, Finding, GuardError, OutputVerdict, Review, check, review};
pub use floors::{Floor, Floors, FloorsError, Origin};
pub use lineage::{OutputColumn, Source};
pub use printed::{Needs, Printed};
pub use refusal::{Place, Reason, Refusal};
pub use tree::ObjectName;
