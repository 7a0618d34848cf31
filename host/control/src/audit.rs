//! The audit log of a state directory: kept level with the leaves in the ledger, shown, verified, proved.

mod export;
mod keeper;
mod prove;
mod report;
mod request;
mod verify;
mod witness;

pub use export::{Exported, export};
pub(crate) use keeper::Keeper;
pub use prove::check;
pub use report::{AuditFinding, AuditPage, AuditProof, AuditReport, AuditVerified, Signed};
pub use request::{AuditRequest, Subject, WitnessNote};
pub use verify::verify_folder;
pub use witness::{Witnesses, read_witnesses};

use glasshouse_contract::{Fault, FaultKind, Leaf};
use glasshouse_ledger::LedgerError;
use glasshouse_registry::{Registry, RegistryError};

use crate::{Blob, Reply};

/// Leaves in one answer: some MiB.
const PAGE: u32 = 32_768;

/// Answers a request about the audit log.
pub(crate) fn answer(registry: &Registry, keeper: &Keeper, request: &AuditRequest) -> Result<Reply, Fault> {
    match request {
        AuditRequest::Show => show(registry, keeper).map(Reply::Audit),
        AuditRequest::Verify { witnesses, receivers } => {
            verify::ledger_and_files(registry, keeper, witnesses, receivers).map(Reply::AuditVerified)
        }
        AuditRequest::Prove { subject } => {
            prove::of(registry, keeper, subject).map(|proof| Reply::AuditProof(Box::new(proof)))
        }
        AuditRequest::Page { from } => page(registry, keeper, *from).map(Reply::AuditPage),
    }
}

fn show(registry: &Registry, keeper: &Keeper) -> Result<AuditReport, Fault> {
    // A log that cannot be gone on with is shown as well, with the reason.
    let trouble = keeper.catch_up(registry.ledger()).err();
    let kinds = registry.ledger().leaf_kinds().map_err(unreadable)?;
    Ok(AuditReport {
        log: keeper.verifier()?.name().to_owned(),
        key: keeper.verifier()?.to_string(),
        leaves: registry.ledger().leaf_count().map_err(unreadable)?,
        checkpoint: keeper.signed().map(Into::into),
        note: keeper.newest(),
        kinds: kinds.into_iter().map(|(kind, count)| (kind.name().to_owned(), count)).collect(),
        trouble,
    })
}

fn page(registry: &Registry, keeper: &Keeper, from: u64) -> Result<AuditPage, Fault> {
    keeper.catch_up(registry.ledger())?;
    let leaves = registry.ledger().leaf_bytes(from, PAGE).map_err(unreadable)?;
    let mut bytes = Vec::new();
    for ((seq, leaf), expected) in leaves.into_iter().zip(from..) {
        if seq != expected || Leaf::from_bytes(&leaf).is_err() {
            return Err(not_written(expected));
        }
        bytes.extend_from_slice(&leaf);
    }
    let note = keeper.newest().unwrap_or_default();
    Ok(AuditPage { note, key: keeper.verifier()?.to_string(), leaves: Blob(bytes) })
}

/// The ledger, for the person who reads it.
fn unreadable(error: LedgerError) -> Fault {
    RegistryError::from(error).fault("the audit log")
}

/// A leaf that is missing, or is none.
fn not_written(leaf: u64) -> Fault {
    Fault::new(
        FaultKind::Finding,
        "the audit log",
        format!("leaf {leaf} in the ledger is not what was written there"),
        "nothing more is signed until this is cleared up: `glasshouse audit verify` says what differs, \
         `glasshouse ledger verify` what is damaged; `glasshouse restore` takes a backup",
    )
}
