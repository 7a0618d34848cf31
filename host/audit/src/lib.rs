//! The audit log: a Merkle tree over the leaves that the ledger keeps, checkpoints of it that the host's key
//! signs, proofs for whoever asks, and the receipts by which a receiver becomes its witness.
//!
//! Formats are those of C2SP, so that tools of others read them: signed-note, tlog-checkpoint, tlog-tiles,
//! tlog-proof. [`Log`] makes files out of leaves; [`verify`] holds leaves, files and witnesses against each
//! other; [`InclusionProof`] and [`ConsistencyProof`] are for those who have neither.
//!
//! What may not come in: SQLite, sockets, a clock, key files (a key comes as its seed), and the meaning of
//! a leaf: bytes are hashed as they are.

#![forbid(unsafe_code)]

mod checkpoint;
mod copied;
mod folder;
mod key;
mod leaves;
mod locate;
mod log;
mod note;
mod proof;
mod receipt;
mod receiver_keys;
mod tree;
mod verify;

pub use checkpoint::{Checkpoint, NotAfter};
pub use copied::write_copy;
pub use key::{BadVerifier, Signer, Verifier};
pub use leaves::Leaves;
pub use locate::Place;
pub use log::{Beginning, Log, LogError};
pub use note::NoteError;
pub use proof::{ConsistencyProof, InclusionProof, ProofError};
pub use receipt::{Deed, Receipt};
pub use receiver_keys::{BadReceiverKeys, ReceiverKeys};
pub use tree::Tree;
pub use verify::{Finding, Report, Witness, verify};
