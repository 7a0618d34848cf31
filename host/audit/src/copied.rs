use std::path::Path;

use tlog_tiles::record_hash;

use crate::{
    Checkpoint, LogError, Verifier,
    folder::{Folder, MOST_LEAF, bundle, bundle_leaf, edge_tiles, hash_tile},
    tree::{Tree, WIDTH, WholeTile},
};

/// Writes the files of a log into a folder, out of its signed checkpoint and its leaves: a copy for a stranger's
/// tools. More leaves than the checkpoint speaks of are left alone.
///
/// # Errors
/// When the key did not sign the checkpoint, the leaves are not those that were signed, or the disk fails.
pub fn write_copy<L: AsRef<[u8]>, E: From<LogError>>(
    folder: &Path,
    note: &str,
    log: &Verifier,
    leaves: impl IntoIterator<Item = Result<L, E>>,
) -> Result<Checkpoint, E> {
    let folder = Folder::at(folder);
    let path = folder.checkpoint();
    let file = |source| LogError::File { path: path.clone(), source };
    let signed = Checkpoint::open(note, log)
        .map_err(|why| E::from(LogError::Checkpoint { path: path.clone(), why }))?;
    let (mut tree, mut bytes, mut written) = (Tree::new(), Vec::new(), Vec::new());
    let mut put = |tile, bytes: &[u8]| -> Result<(), LogError> {
        written.push(folder.write(tile, bytes).map_err(file)?);
        Ok(())
    };
    let mut leaves = leaves.into_iter();
    while tree.size() < signed.size() {
        let Some(leaf) = leaves.next() else { break };
        let leaf = leaf?;
        let leaf = leaf.as_ref();
        if leaf.len() > MOST_LEAF {
            return Err(LogError::Leaf(leaf.len()).into());
        }
        bundle_leaf(&mut bytes, leaf);
        let mut whole = Vec::new();
        tree.push_hash(record_hash(leaf), |tile| whole.push(tile));
        for WholeTile { level, number, bytes: hashes, .. } in whole {
            put(hash_tile(level, number, WIDTH), &hashes)?;
            if level == 0 {
                put(bundle(number, WIDTH), &std::mem::take(&mut bytes))?;
            }
        }
    }
    if tree.size() < signed.size() {
        return Err(LogError::Truncated { signed: signed.size(), there: tree.size() }.into());
    }
    if tree.root() != *signed.root() {
        return Err(LogError::Rewritten { signed: signed.size() }.into());
    }
    for tile in edge_tiles(tree.size()) {
        if tile.is_data() { put(tile, &bytes)? } else { put(tile, tree.edge(tile.level()))? }
    }
    folder.sync(&written).map_err(file)?;
    // Last, for it speaks of all the others.
    folder.write_checkpoint(note).map_err(file)?;
    Ok(signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Log, Signer, verify};

    fn leaves(range: std::ops::Range<u32>) -> impl Iterator<Item = Result<[u8; 4], LogError>> {
        range.map(|number| Ok(number.to_be_bytes()))
    }

    #[test]
    fn a_copy_is_sound_and_only_of_what_was_signed() {
        let signer = Signer::from_seed("log", &[1; 32]).unwrap();
        for size in [0, 1, 255, 256, 700] {
            let folder = tempfile::tempdir().unwrap();
            let mut log =
                Log::open(&folder.path().join("log"), Signer::from_seed("log", &[1; 32]).unwrap()).unwrap();
            log.append((0..size).map(u32::to_be_bytes)).unwrap();
            let note = log.publish().unwrap().to_owned();
            let copy = folder.path().join("copy");
            write_copy(&copy, &note, signer.verifier(), leaves(0..size + 9)).unwrap();
            let report = verify(leaves(0..size), &copy, signer.verifier(), &[]).unwrap();
            assert!(report.is_sound() && report.checkpoint.is_some(), "{size}: {report:?}");
            if size > 0 {
                let other =
                    write_copy(&folder.path().join("b"), &note, signer.verifier(), leaves(1..size + 1));
                assert!(matches!(other, Err(LogError::Rewritten { .. })), "{size}");
                let short = write_copy(&folder.path().join("c"), &note, signer.verifier(), leaves(1..size));
                assert!(matches!(short, Err(LogError::Truncated { .. })), "{size}");
                assert!(!folder.path().join("b/checkpoint").exists());
            }
        }
    }
}
