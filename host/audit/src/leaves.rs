use std::{io, path::Path};

use crate::{
    Checkpoint,
    folder::{Folder, bundle, leaves_of},
    tree::WIDTH,
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
