//! The audit log: a Merkle tree over the leaves that the ledger keeps, checkpoints of it that the host's key
//! signs, proofs for whoever asks, and the receipts by which a receiver becomes its witness.
//!
//! Formats are those of C2SP, so that tools of others read them: signed-note, tlog-checkpoint. The hashes are RFC 6962's.
//! What may not come in: SQLite, sockets, a clock, key files (a key comes as its seed), and the meaning of
//! a leaf: bytes are hashed as they are.

#![forbid(unsafe_code)]

mod checkpoint;
mod key;
mod note;
mod receipt;

pub use checkpoint::{Checkpoint, NotAfter};
pub use key::{BadVerifier, Signer, Verifier};
pub use note::NoteError;
pub use receipt::{Deed, Receipt};
