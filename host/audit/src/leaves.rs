use std::{io, path::Path};

use crate::{
    Checkpoint, Verifier,
    folder::{Folder, bundle, leaves_of},
    tree::{Tree, WIDTH},
};

/// The leaves in a log's own files, in their order: for who has a copy of the folder and no ledger. Whether they
/// are what was signed is for [`crate::verify`] to say.
#[derive(Debug)]
pub struct Leaves {
    folder: Folder,
    size: u64,
    next: u64,
    /// Of the bundle that is being read, last first.
    waiting: Vec<Vec<u8>>,
}

impl Leaves {
    /// As many as the folder's checkpoint says, whoever signed it.
    ///
    /// # Errors
    /// When there is no checkpoint, or it is none.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let folder = Folder::at(folder);
        let size = Checkpoint::read(&folder.read_checkpoint()?)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?
            .size();
        Ok(Self { folder, size, next: 0, waiting: Vec::new() })
    }

    /// The same where they are what the log's key signed, down to the last one: for who has lost some of them. They are
    /// read twice, and not kept.
    ///
    /// # Errors
    /// When a file cannot be read, the key did not sign the checkpoint, or it is not one of these leaves.
    pub fn proved(folder: &Path, log: &Verifier) -> io::Result<Self> {
        let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
        let note = Folder::at(folder).read_checkpoint()?;
        let signed = Checkpoint::open(&note, log).map_err(|error| invalid(error.to_string()))?;
        let mut tree = Tree::new();
        for leaf in Self::of(folder)? {
            tree.push(&leaf?);
        }
        if tree.size() != signed.size() || tree.root() != *signed.root() {
            return Err(invalid("the leaves in the log's files are not those that were signed".to_owned()));
        }
        Self::of(folder)
    }

    fn read(&mut self) -> io::Result<()> {
        let number = self.next / WIDTH;
        let width = (self.size - number * WIDTH).min(WIDTH);
        let tile = bundle(number, width);
        let wrong =
            |why: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", Folder::name(tile)));
        let bytes = self
            .folder
            .read(tile)
            .map_err(|error| io::Error::new(error.kind(), wrong(&error.to_string())))?;
        let leaves = leaves_of(&bytes).ok_or_else(|| wrong("it is no bundle of leaves"))?;
        if leaves.len() as u64 != width {
            return Err(wrong("it has another number of leaves"));
        }
        self.waiting = leaves.into_iter().rev().map(<[u8]>::to_vec).collect();
        Ok(())
    }
}

impl Iterator for Leaves {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.size {
            return None;
        }
        if self.waiting.is_empty()
            && let Err(error) = self.read()
        {
            // After an error it has ended: whoever goes on would count the rest from a wrong number.
            self.next = self.size;
            return Some(Err(error));
        }
        self.next += 1;
        self.waiting.pop().map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{Log, Signer};

    fn signer(seed: u8) -> Signer {
        Signer::from_seed("log", &[seed; 32]).unwrap()
    }

    fn published(folder: &Path, leaves: u32) {
        let mut log = Log::open(folder, signer(1)).unwrap();
        log.append((0..leaves).map(u32::to_be_bytes)).unwrap();
        log.publish().unwrap();
    }

    #[test]
    fn leaves_are_proved_by_the_checkpoint_of_their_key_alone() {
        for leaves in [0, 3, 256, 700] {
            let folder = tempfile::tempdir().unwrap();
            published(folder.path(), leaves);
            let proved = Leaves::proved(folder.path(), signer(1).verifier()).unwrap();
            let proved: Vec<Vec<u8>> = proved.map(Result::unwrap).collect();
            assert!(proved.into_iter().eq((0..leaves).map(|leaf| leaf.to_be_bytes().to_vec())), "{leaves}");
            assert!(Leaves::proved(folder.path(), signer(2).verifier()).is_err());
        }
    }

    #[test]
    fn one_bit_of_a_leaf_proves_none() {
        let folder = tempfile::tempdir().unwrap();
        published(folder.path(), 300);
        for name in ["tile/entries/000", "tile/entries/001.p/44"] {
            let path = folder.path().join(name);
            let good = fs::read(&path).unwrap();
            let mut bad = good.clone();
            bad[5] ^= 1;
            fs::write(&path, bad).unwrap();
            assert!(Leaves::proved(folder.path(), signer(1).verifier()).is_err(), "{name}");
            fs::write(&path, good).unwrap();
        }
        Leaves::proved(folder.path(), signer(1).verifier()).unwrap();
    }
}
