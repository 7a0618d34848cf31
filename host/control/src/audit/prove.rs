use std::collections::BTreeMap;

use glasshouse_audit::{InclusionProof, ProofError, Verifier};
use glasshouse_contract::{Digest, Fault, FaultKind, Leaf, LeafKind};
use glasshouse_registry::Registry;

use super::{AuditProof, Keeper, Subject, not_written, report::Signed, unreadable};
use crate::Blob;

/// Proves that a leaf is in the log that was signed last.
pub(super) fn of(registry: &Registry, keeper: &Keeper, subject: &Subject) -> Result<AuditProof, Fault> {
    keeper.catch_up(registry.ledger())?;
    let ledger = registry.ledger();
    let index = match subject {
        Subject::Leaf(index) => *index,
        Subject::Line(line) => ledger.leaf_of_line(*line).map_err(unreadable)?.ok_or_else(|| {
            none(
                &format!("line {line} of the journal"),
                "`glasshouse journal` shows the lines and their leaves",
            )
        })?,
        Subject::Digest(digest) => about(registry, digest)?,
    };
    let leaves = ledger.leaf_bytes(index, 1).map_err(unreadable)?;
    let Some((_, bytes)) = leaves.into_iter().find(|(seq, _)| *seq == index) else {
        return Err(none(&format!("leaf {index}"), "`glasshouse audit show` says how many there are"));
    };
    let leaf = Leaf::from_bytes(&bytes).map_err(|_| not_written(index))?;
    let key = keeper.verifier()?;
    let proof = InclusionProof::of(keeper.folder(), &key, index, &bytes)
        .map_err(|error| Fault::new(FaultKind::Finding, format!("leaf {index}"), error, mend()))?;
    let others = ledger.leaves_about(leaf.subject()).map_err(unreadable)?.into_iter();
    let others: BTreeMap<u64, String> = others
        .filter(|(seq, other)| *seq != index && other.subject() == leaf.subject())
        .map(|(seq, other)| (seq, other.kind().name().to_owned()))
        .collect();
    Ok(AuditProof {
        index,
        kind: leaf.kind().name().to_owned(),
        at: leaf.at(),
        subject: *leaf.subject(),
        content: leaf.content().copied(),
        others,
        leaf: Blob(bytes),
        proof: proof.to_string(),
        key: key.to_string(),
    })
}

/// The leaf that tells of it: of a request its seal, of other things the first.
fn about(registry: &Registry, digest: &Digest) -> Result<u64, Fault> {
    let found = registry.ledger().leaves_about(digest).map_err(unreadable)?;
    let seal = found.iter().find(|(_, leaf)| leaf.kind() == LeafKind::Seal);
    let (seq, _) = seal.or_else(|| found.first()).ok_or_else(|| {
        none(&digest.hex(), "`glasshouse outbox list` shows requests, `glasshouse plugin list` plugins")
    })?;
    Ok(*seq)
}

fn none(what: &str, mend: &str) -> Fault {
    Fault::new(FaultKind::Malformed, what, "no leaf of the audit log tells of it", mend)
}

const fn mend() -> &'static str {
    "`glasshouse audit verify` says what is wrong with the log"
}

/// Checks a proof that was handed over, with the leaf's bytes and the log's key: it needs no state directory.
/// Returns what was signed.
///
/// # Errors
/// When one of them is malformed, or the proof does not hold.
pub fn check(proof: &str, leaf: &[u8], key: &str) -> Result<(u64, Leaf, Signed), Fault> {
    let malformed = |what: &'static str| {
        move |error: &dyn std::fmt::Display| {
            Fault::new(FaultKind::Malformed, what, error, "see `glasshouse audit prove`")
        }
    };
    let key: Verifier = key.trim().parse().map_err(|error| malformed("the key")(&error))?;
    let proof: InclusionProof = proof.parse().map_err(|error: ProofError| malformed("the proof")(&error))?;
    let read = Leaf::from_bytes(leaf).map_err(|error| malformed("the leaf")(&error))?;
    let signed = proof.verify(&key, leaf).map_err(|error| {
        Fault::new(
            FaultKind::Finding,
            "the proof",
            error,
            "what it is said to prove is not proved: ask for another",
        )
    })?;
    Ok((proof.index(), read, signed.into()))
}
