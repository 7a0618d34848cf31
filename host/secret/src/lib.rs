//! Passwords, tokens and the like: where they are kept, and how they are read when they are used.
//!
//! A [`SecretPlace`] is what a configuration names; a [`Secret`] is what is there, wiped when it is dropped. Neither
//! an error nor `Debug` ever shows one.
//!
//! What may not come in: what a secret is for, keys that the host makes for itself, networks.

#![forbid(unsafe_code)]

mod place;

pub use place::{Secret, SecretError, SecretPlace};
