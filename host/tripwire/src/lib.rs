//! Known-value detection: [`KnownValues`] remembers what a run read that names a person, a machine or a
//! place, and [`Tripwire`] finds it again in cells and in bytes that are about to leave: in any case, and
//! behind Base64, hex, percent-encoding, escapes and UTF-16.
//!
//! A hit says where and how often, never what. Not found: values compressed, encrypted, cut into lines of
//! Base64, written in HTML entities or in another Unicode normalisation, and words of scripts that put no
//! space between them; nor `DOMAIN\name` where `\n` (or another escape of JSON) stands raw in a text that mixes it
//! with percent-encoding, which can be read both ways. Values are kept in memory up to a cap; over it the caller holds the table, for there
//! is no spill to disk. What may not come in: files, sockets, clocks, rules, plugins; batches and bytes go in,
//! hits come out.

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
