//! Everything that is decided about a plugin *file* before any of it is compiled: its anatomy,
//! who signed it, whether the administrator trusts them, and what it was granted.
//!
//! [`PluginFile::parse`] reads a file of which nothing is believed yet. [`Admission::judge`] holds
//! it against `trust.toml` ([`TrustStore`]), the signed revocation list ([`Revocations`]), the
//! highest version seen and the clock that the caller passes in, and gives a [`Verdict`] with
//! every step in words. No step looks at anything but the bytes that were parsed.
//!
//! What may not come in: wasmtime, SQLite, sockets, and a clock of its own. Every parser here is
//! a pure function of bytes that a stranger may have written: capped, iterative, without panics.

#![forbid(unsafe_code)]

mod admission;
mod durable;
mod envelope;
mod file;
mod key;
mod key_file;
mod policy;
mod refusal;
mod revocation;
mod statement;
mod verdict;

pub use admission::Admission;
pub use durable::replace_file;
pub use envelope::{Envelope, EnvelopeError, Signature};
pub use file::{Dependency, DependencyError, DependencyUse, FileError, PluginFile};
pub use key::{BadKey, KeyId, PublicKey, SigningKey};
pub use key_file::KeyError;
pub use policy::{Grant, Policy, Quorum, TrustDocument, TrustError, TrustStore, TrustedKey};
pub use refusal::Refusal;
pub use revocation::{RevocationError, Revocations};
pub use statement::{Statement, StatementError, Validity};
pub use verdict::{Outcome, Signer, SignerState, Step, StepOutcome, Verdict};
