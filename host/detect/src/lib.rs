//! Finds identifiers in text: pure scanners, used by the host's kernels and verbs and, compiled for
//! wasm, by plugins that mask on their own.
//!
//! Two doors. [`Detectors`] finds all kinds in a text and says where they are. [`mask`] knows three
//! kinds and replaces them in a whole column buffer at once. Nothing here knows tables, sandboxes or
//! rules; text goes in, places come out. What may not come in: any dependency that a guest cannot
//! afford (`regex` alone would weigh 800 kB).

#![forbid(unsafe_code)]

mod account;
mod address;
mod block;
mod connection;
mod context;
mod detectors;
mod directory;
mod email;
mod host;
mod host_form;
mod id;
mod ip;
mod keys;
mod kind;
mod mask;
mod name;
mod national_id;
mod number;
mod path;
mod phone;
mod resolve;
mod scan;
mod secret;
mod text;
mod token;
mod words;

pub use detectors::Detectors;
pub use kind::{Found, Kind, Kinds};
pub use mask::{Patterns, mask};

/// What stands in for an e-mail address.
///
/// No stand-in is longer than the shortest thing that it replaces (`a@b.cc`), so that masking
/// never needs room: it happens in place.
pub const EMAIL: &str = "[mail]";
/// What stands in for an IP address.
pub const IP: &str = "[ip]";
