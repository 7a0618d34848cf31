//! Known-value detection: [`KnownValues`] remembers what a run read that names a person, a machine or a
//! place, and [`Tripwire`] finds it again in cells and in bytes that are about to leave: in any case, and
//! behind Base64, hex, percent-encoding, escapes and UTF-16, up to six of them in one another.
//!
//! A hit says where and how often, never what. A value is found where it is a token, with no letter, digit or
//! underscore beside it. Not found: what is compressed, encrypted, cut by its author, written in HTML entities or
//! in another Unicode normalisation; words of scripts that put no space between them; and, but as a whole cell,
//! values of fewer than six characters and [`Words`] that a query wrote itself. Versions, times and names that
//! every site has are not taken in. Values are in memory and then in a sealed file, up to a cap; over it the
//! caller holds the table.
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
mod shape;
mod spill;
mod table;
mod tripwire;
mod vocabulary;
mod words;

pub use hit::{Encoding, Hit, HitKind};
pub use known::{Full, KnownValues};
pub use tripwire::{ColumnRule, Tripwire};
pub use words::Words;
