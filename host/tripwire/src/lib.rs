//! Known-value detection: [`KnownValues`] remembers what a run read that names a person, a machine or a
//! place, and [`Tripwire`] finds it again in cells and in bytes that are about to leave: in any case, and
//! behind Base64, hex, percent-encoding, escapes and UTF-16, up to three of them in one another.
//!
//! A hit says where and how often, never what. A value is found where it is a token: letters, digits and
//! underscores end it on no side. Not found: values compressed or encrypted, cut into lines of Base64, written in
//! HTML entities or in another Unicode normalisation, words of scripts that put no space between them, and values
//! of fewer than six characters but as a whole cell. Values are kept in memory and then in a sealed file, up to a
//! cap; over it the caller holds the table.
//! What may not come in: paths, sockets, clocks, rules, plugins; batches and bytes go in, hits come out.

#![forbid(unsafe_code)]

mod arena;
mod canonical;
mod decode;
mod filter;
mod finder;
mod hash;
mod hit;
mod known;
mod parts;
mod runs;
mod spill;
mod table;
mod tripwire;
mod words;

pub use hit::{Encoding, Hit, HitKind};
pub use known::{Full, KnownValues};
pub use tripwire::{ColumnRule, Tripwire};
pub use words::Words;
