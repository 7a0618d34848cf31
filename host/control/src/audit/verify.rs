use std::{collections::BTreeMap, convert::Infallible, path::Path};

use glasshouse_audit::{Checkpoint, Leaves, Receipt, ReceiverKeys, Report, Verifier, Witness, verify};
use glasshouse_contract::{Fault, FaultKind, PluginId};
use glasshouse_ledger::{Ledger, LedgerError, Received};
use glasshouse_pipeline::receiver_keys;
use glasshouse_registry::Registry;

use super::{
    AuditFinding, AuditVerified, Keeper, WitnessNote, unreadable,
    witness::{distinct, keys_of, unchecked},
};
use crate::Config;

/// Leaves that are read at once.
const BATCH: u32 = 16_384;

/// Holds the leaves in the ledger against the log's files, its last checkpoint, the receipts that came for requests,
/// and what others kept. Receipts are held against the keys of the configuration, and those that are named.
pub(super) fn ledger_and_files(
    registry: &Registry,
    keeper: &Keeper,
    notes: &[WitnessNote],
    receivers: &[String],
) -> Result<AuditVerified, Fault> {
    let key = keeper.verifier()?;
    let ledger = registry.ledger();
    keeper.begin_where_new(ledger)?;
    let of_targets = configured_keys(registry)?;
    let mut known = keys_of(receivers)?;
    of_targets.values().for_each(|keys| known.add(keys));
    let mut believed = unchecked(notes, &known)?;
    let (mut all, mut not_genuine) = (Vec::new(), Vec::new());
    for received in ledger.receipts().map_err(unreadable)? {
        let Some((note, receipt)) = read(&received) else { continue };
        let name = format!("the receipt of request {}", received.request);
        match of_targets.get(&received.target) {
            Some(keys) if is_genuine(&received, &note, keys) => {}
            Some(_) => {
                not_genuine.push(AuditFinding {
                    what: format!(
                        "{name} is not one that the receiver_key of [[target]] `{}` signed over this request",
                        received.target
                    ),
                    repairable: false,
                });
                continue;
            }
            None => believed += usize::from(receipt.checkpoint.is_some()),
        }
        all.push(WitnessNote { name, note });
    }
    all.extend(notes.iter().cloned());
    let witnesses = witnesses(&distinct(all), &key)?;
    let report = compared(keeper, &key, &witnesses, || pages(ledger))?;
    let mut verified = AuditVerified::of(key.to_string(), witnesses.len(), believed, report);
    verified.findings.extend(not_genuine);
    Ok(verified)
}

/// Holds leaves and files against each other. The host goes on meanwhile, and takes unfinished files away that it has
/// longer ones for: where something is wrong it is looked at once more, with nothing going on.
fn compared<L: Iterator<Item = Result<Vec<u8>, LedgerError>>>(
    keeper: &Keeper,
    key: &Verifier,
    witnesses: &[Witness],
    leaves: impl Fn() -> L,
) -> Result<Report, Fault> {
    let look = || verify(leaves(), keeper.folder(), key, witnesses).map_err(unreadable);
    let report = look()?;
    if report.is_sound() { Ok(report) } else { keeper.while_they_stay(look) }
}

/// The keys of receivers that the configuration names, by target.
fn configured_keys(registry: &Registry) -> Result<BTreeMap<PluginId, ReceiverKeys>, Fault> {
    let config = Config::load(registry.state())?;
    let mut of_targets = BTreeMap::new();
    for target in &config.sending.targets {
        let keys = receiver_keys(target, registry.state().root()).map_err(|bad| bad.fault())?;
        of_targets.extend(keys.map(|keys| (target.plugin.clone(), keys)));
    }
    Ok(of_targets)
}

/// What came for a request, where it is written as our receipts are. What a receiver of another kind answered is no
/// receipt of ours, and no witness.
fn read(received: &Received) -> Option<(String, Receipt)> {
    let note = String::from_utf8(received.receipt.clone()).ok()?;
    let receipt = Receipt::read(&note).ok()?;
    Some((note, receipt))
}

fn is_genuine(received: &Received, note: &str, keys: &ReceiverKeys) -> bool {
    keys.open(note).is_ok_and(|receipt| {
        receipt.request == received.request.digest() && receipt.digest == received.digest
    })
}

/// The same for a copy of the log's files, with the leaves in them: it needs no state directory.
///
/// # Errors
/// When a key or a witness is none.
pub fn verify_folder(
    folder: &Path,
    key: &str,
    notes: &[WitnessNote],
    receivers: &[String],
) -> Result<AuditVerified, Fault> {
    let key: Verifier = key.trim().parse().map_err(|error| {
        Fault::new(
            FaultKind::Malformed,
            "the key",
            error,
            "`glasshouse audit show` prints it at the log's host",
        )
    })?;
    let believed = unchecked(notes, &keys_of(receivers)?)?;
    let witnesses = witnesses(notes, &key)?;
    let (leaves, unread) = match Leaves::of(folder) {
        // What cannot be read ends the leaves: what is missing then is found.
        Ok(leaves) => (leaves.map_while(Result::ok).map(Ok::<_, Infallible>).collect(), None),
        Err(error) => (Vec::new(), Some(error)),
    };
    if let Some(error) = unread.filter(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Err(Fault::new(
            FaultKind::Unreachable,
            folder.display(),
            format!("no checkpoint of a log is there: {error}"),
            "name the folder that `glasshouse audit export` wrote",
        ));
    }
    let report: Result<Report, Infallible> = verify(leaves, folder, &key, &witnesses);
    match report {
        Ok(report) => Ok(AuditVerified::of(key.to_string(), witnesses.len(), believed, report)),
    }
}

/// What each note says that it saw.
fn witnesses(notes: &[WitnessNote], log: &Verifier) -> Result<Vec<Witness>, Fault> {
    let mut witnesses = Vec::new();
    for WitnessNote { name, note } in notes {
        if let Ok(receipt) = Receipt::read(note) {
            witnesses.extend(Witness::of_receipt(name, &receipt));
            continue;
        }
        // A checkpoint of this very log has to be signed by its key; what another log signed says nothing of it.
        let bad = |error| {
            Fault::new(
                FaultKind::Malformed,
                glasshouse_contract::shown(name),
                error,
                "name receipts of a receiver, or checkpoints of the log that were kept elsewhere",
            )
        };
        let read = Checkpoint::read(note).map_err(bad)?;
        let checkpoint =
            if read.origin() == log.name() { Checkpoint::open(note, log).map_err(bad)? } else { read };
        witnesses.push(Witness { name: name.clone(), checkpoint });
    }
    Ok(witnesses)
}

/// The leaves of a ledger as they are, read some at a time.
fn pages(ledger: &Ledger) -> impl Iterator<Item = Result<Vec<u8>, LedgerError>> + '_ {
    let mut from = Some(0);
    std::iter::from_fn(move || {
        let page = ledger.leaf_bytes(from?, BATCH);
        from = match &page {
            // Numbers may have gaps where somebody took leaves away.
            Ok(page) => page.last().map(|(seq, _)| seq + 1),
            Err(_) => None,
        };
        Some(page)
    })
    .flat_map(|page| match page {
        Ok(page) => page.into_iter().map(|(_, leaf)| Ok(leaf)).collect(),
        Err(error) => vec![Err(error)],
    })
}

#[cfg(test)]
mod tests;
