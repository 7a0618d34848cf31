//! What others kept of the log: receipts and checkpoints in files.

use std::{collections::BTreeSet, fs, path::Path};

use glasshouse_audit::{BadReceiverKeys, Checkpoint, Receipt, ReceiverKeys};
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
}

/// The keys of receivers that were named beside those of the configuration.
pub(super) fn keys_of(receivers: &[String]) -> Result<ReceiverKeys, Fault> {
    if receivers.is_empty() {
        return Ok(ReceiverKeys::default());
    }
    receivers.join("\n").parse().map_err(|error: BadReceiverKeys| {
        Fault::new(FaultKind::Malformed, "the receiver's key", error, "it is written `name+id+key`")
    })
}

/// Holds receipts that others kept against the keys of receivers; how many of them nobody can judge, for no key is
/// known.
pub(super) fn unchecked(notes: &[WitnessNote], keys: &ReceiverKeys) -> Result<usize, Fault> {
    let mut receipts = notes.iter().filter(|note| Receipt::read(&note.note).is_ok());
    if keys.is_empty() {
        return Ok(receipts.count());
    }
    match receipts.find(|note| keys.open(&note.note).is_err()) {
        Some(note) => Err(Fault::new(
            FaultKind::Malformed,
            glasshouse_contract::shown(&note.name),
            "none of the receivers' keys that were named signed it",
            "leave it out, or name its receiver's key: `--receiver-key`, or `receiver_key` in glasshouse.toml",
        )),
        None => Ok(0),
    }
}

/// Reads receipts and checkpoints: a file, or all files of a folder.
///
/// # Errors
/// When a file cannot be read, or is neither.
pub fn read_witnesses(path: &Path) -> Result<Witnesses, Fault> {
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
        let text = fs::read_to_string(&file).map_err(|error| bad(error.to_string()))?;
        // `jq -r` adds a newline, and an editor takes one: no signature is about the last one.
        let note = format!("{}\n", text.trim_end());
        if Receipt::read(&note).is_err() {
            Checkpoint::read(&note).map_err(|error| bad(error.to_string()))?;
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
        // Who signed it has not been looked at yet: what another one signed says something else.
        let by = note.note.lines().last().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let origin = checkpoint.origin().to_owned();
        seen.insert((by.to_owned(), origin, checkpoint.size(), checkpoint.root().hex()))
    };
    notes.into_iter().filter(|note| is_new(note)).collect()
}

#[cfg(test)]
mod tests {
    use glasshouse_audit::{Deed, Signer};
    use glasshouse_contract::{Digest, Name};

    use super::*;

    fn signer(seed: u8) -> Signer {
        Signer::from_seed(&format!("receiver-{seed}"), &[seed; 32]).unwrap()
    }

    /// A receipt of that receiver, for a request that came with this checkpoint.
    fn note(seed: u8, request: &[u8], size: u64) -> WitnessNote {
        let log = Signer::from_seed("glasshouse/0123", &[1; 32]).unwrap();
        let receipt = Receipt {
            deed: Deed::Stored,
            tenant: Name::new("contoso").unwrap(),
            request: Digest::of(request),
            digest: Digest::of(request),
            at: "2026-03-01T12:00:00Z".parse().unwrap(),
            checkpoint: Some(Checkpoint::new(log.verifier(), size, Digest::of(b"root"))),
        };
        WitnessNote { name: format!("{seed}-{size}"), note: receipt.sign(&signer(seed)) }
    }

    #[test]
    fn receipts_are_held_against_the_keys_that_are_known_and_else_counted() {
        let notes = [note(2, b"a", 7), note(3, b"b", 7)];
        let keys = |seeds: &[u8]| {
            let texts: Vec<String> = seeds.iter().map(|seed| signer(*seed).verifier().to_string()).collect();
            keys_of(&texts).unwrap()
        };
        assert_eq!(unchecked(&notes, &keys(&[])), Ok(2));
        assert_eq!(unchecked(&notes, &keys(&[2, 3])), Ok(0));
        let refused = unchecked(&notes, &keys(&[2])).unwrap_err();
        assert_eq!((refused.kind, refused.object.as_str()), (FaultKind::Malformed, "3-7"));
        assert!(keys_of(&["no key".to_owned()]).is_err());
    }

    #[test]
    fn a_note_that_a_tool_wrote_with_a_newline_more_or_less_is_the_same_witness() {
        let folder = tempfile::tempdir().unwrap();
        let signed = note(2, b"a", 7);
        for (name, text) in [
            ("whole", signed.note.clone()),
            ("more", format!("{}\n", signed.note)),
            ("less", signed.note.trim_end().to_owned()),
        ] {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            let notes = read_witnesses(&file).unwrap_or_else(|fault| panic!("{name}: {fault}")).notes;
            assert_eq!(notes[0].note, signed.note, "{name}");
        }
    }

    #[test]
    fn a_checkpoint_counts_once_for_each_who_saw_it() {
        let notes = vec![note(2, b"a", 7), note(2, b"b", 7), note(3, b"a", 7), note(2, b"c", 8)];
        let names: Vec<String> = distinct(notes).into_iter().map(|note| note.name).collect();
        assert_eq!(names, ["2-7", "3-7", "2-8"]);
    }
}
