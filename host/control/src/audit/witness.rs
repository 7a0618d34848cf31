//! What others kept of the log: receipts and checkpoints in files.

use std::{collections::BTreeSet, fs, path::Path};

use glasshouse_audit::{Checkpoint, Receipt, Verifier};
use glasshouse_contract::{Fault, FaultKind};

use super::WitnessNote;

/// A receipt or a checkpoint has some hundred bytes.
const MOST_BYTES: u64 = 64 << 10;

/// What was found in files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnesses {
    /// One note for each thing that was seen.
    pub notes: Vec<WitnessNote>,
    /// How many files were read.
    pub files: usize,
    /// How many receipts no key was named for: what they say is believed as it stands.
    pub unchecked: usize,
}

/// Reads receipts and checkpoints: a file, or all files of a folder. A receipt has to be signed by one of the
/// receivers' keys, where any is named.
///
/// # Errors
/// When a file cannot be read, is neither, or none of the keys signed it.
pub fn read_witnesses(path: &Path, receivers: &[String]) -> Result<Witnesses, Fault> {
    let keys: Vec<Verifier> = receivers
        .iter()
        .map(|key| {
            key.trim().parse().map_err(|error| {
                Fault::new(FaultKind::Malformed, "the receiver's key", error, "it is written `name+id+key`")
            })
        })
        .collect::<Result<_, _>>()?;
    let unread = |error: std::io::Error| {
        Fault::new(FaultKind::Unreachable, path.display(), error, "name a file or a folder of receipts")
    };
    let mut files = Vec::new();
    if fs::metadata(path).map_err(unread)?.is_dir() {
        for entry in fs::read_dir(path).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            if entry.file_type().map_err(unread)?.is_file() {
                files.push(entry.path());
            }
        }
        files.sort();
    } else {
        files.push(path.to_owned());
    }
    let mut found = Witnesses { files: files.len(), ..Witnesses::default() };
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bad = |cause: String| {
            Fault::new(
                FaultKind::Malformed,
                file.display(),
                cause,
                "name receipts of a receiver, or checkpoints of the log that were kept elsewhere",
            )
        };
        if fs::metadata(&file).map_err(unread)?.len() > MOST_BYTES {
            return Err(bad("it is neither a receipt nor a checkpoint".to_owned()));
        }
        let note = fs::read_to_string(&file).map_err(|error| bad(error.to_string()))?;
        match Receipt::read(&note) {
            Ok(_) if keys.is_empty() => found.unchecked += 1,
            Ok(_) if keys.iter().any(|key| Receipt::open(&note, key).is_ok()) => {}
            Ok(_) => return Err(bad("none of the receivers' keys that were named signed it".to_owned())),
            Err(_) => drop(Checkpoint::read(&note).map_err(|error| bad(error.to_string()))?),
        }
        found.notes.push(WitnessNote { name, note });
    }
    found.notes = distinct(found.notes);
    Ok(found)
}

/// A receiver that took a thousand requests of one run saw one checkpoint a thousand times.
pub(super) fn distinct(notes: Vec<WitnessNote>) -> Vec<WitnessNote> {
    let mut seen = BTreeSet::new();
    let mut is_new = |note: &WitnessNote| {
        let checkpoint = match Receipt::read(&note.note) {
            // A receipt without a checkpoint saw nothing of the log.
            Ok(receipt) => match receipt.checkpoint {
                Some(checkpoint) => checkpoint,
                None => return false,
            },
            Err(_) => match Checkpoint::read(&note.note) {
                Ok(checkpoint) => checkpoint,
                // Neither: whoever verifies says so.
                Err(_) => return true,
            },
        };
        seen.insert((checkpoint.origin().to_owned(), checkpoint.size(), checkpoint.root().hex()))
    };
    notes.into_iter().filter(|note| is_new(note)).collect()
}
