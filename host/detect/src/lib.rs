//! Finds identifiers in text: pure scanners over whole column buffers, used by the host's kernels
//! and, compiled for wasm, by plugins that mask on their own.
//!
//! Nothing here knows tables, sandboxes or rules; text goes in, places come out. What may not come
//! in: any dependency that a guest cannot afford (`regex` alone would weigh 800 kB).

#![forbid(unsafe_code)]

mod block;
mod email;
mod ip;
mod mask;

pub use mask::{Patterns, mask};

/// What stands in for an e-mail address.
///
/// No stand-in is longer than the shortest thing that it replaces (`a@b.cc`), so that masking
/// never needs room: it happens in place.
pub const EMAIL: &str = "[mail]";
/// What stands in for an IP address.
pub const IP: &str = "[ip]";
