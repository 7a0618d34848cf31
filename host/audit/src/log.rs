use std::{
    io,
    path::{Path, PathBuf},
};

use glasshouse_contract::{Fault, FaultKind};
use tlog_tiles::record_hash;

use crate::{
    Checkpoint, NoteError, Signer,
    folder::{Folder, MOST_LEAF, bundle, bundle_leaf, edge_tiles, hash_tile, hashes_of},
    tree::{LEVELS, Tree, WIDTH, WholeTile},
};

/// The log as files: takes leaves in, writes tiles, signs checkpoints.
///
/// Leaves come from the ledger, in their order, from number [`Log::size`] on. Nothing that is here cannot be
/// made again from them; but what was signed once has to come out again, or nothing more is signed. One
/// process has a log.
#[derive(Debug)]
pub struct Log {
    folder: Folder,
    signer: Signer,
    tree: Tree,
    /// The leaves of the bundle that is not whole yet.
    bundle: Vec<u8>,
    newest: Option<(Checkpoint, String)>,
    written: Vec<PathBuf>,
    beginning: Beginning,
    /// Where files are made again until they are known to be what was signed: those that are there, broken as
    /// they may be, tell which leaf differs if they are not.
    again: Option<Folder>,
}

/// How a log began when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Nothing was signed before.
    New,
    /// It goes on where it was.
    Continued,
    /// Its files are not what was signed, or it was asked for: it is made again from the first leaf.
    Again(String),
}

/// Why a log cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The last checkpoint is not one that our key signed.
    #[error("{}: {why}", .path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: NoteError,
    },
    /// There are fewer leaves than were signed.
    #[error("{signed} leaves were signed, and there are {there}")]
    Truncated {
        /// How many were signed.
        signed: u64,
        /// How many there are.
        there: u64,
    },
    /// There are other leaves than were signed.
    #[error("the first {signed} leaves are not those that were signed")]
    Rewritten {
        /// How many were signed.
        signed: u64,
    },
    /// A leaf that is too long for the format.
    #[error("a leaf of {0} bytes is longer than the format of the log allows")]
    Leaf(usize),
    /// A file.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
}

impl LogError {
    /// The error for the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let look = "nothing more is signed until this is cleared up: `glasshouse audit verify` names the first \
                    leaf that differs. Where the ledger comes from a backup, set the log's files aside: it begins \
                    anew from the ledger, and receipts will say that it was rolled back, for it was";
        match self {
            Self::Checkpoint { path, why } => Fault::new(
                FaultKind::Finding,
                path.display(),
                why,
                "it was changed after it was signed: put it back from a backup, or move it away; the log is then \
                 made again from the ledger, and receipts tell whether it is the same",
            ),
            Self::Truncated { .. } | Self::Rewritten { .. } => {
                Fault::new(FaultKind::Finding, "the audit log", self, look)
            }
            Self::Leaf(_) => Fault::new(FaultKind::Malformed, "the audit log", self, ""),
            Self::File { path, source } => Fault::new(
                FaultKind::Unreachable,
                path.display(),
                source,
                "let the host's account write there, and see that the disk has room",
            ),
        }
    }
}

impl Log {
    /// Whether anything was ever signed there, as far as the files tell: a checkpoint is there, whatever it is.
    #[must_use]
    pub fn is_signed(folder: &Path) -> bool {
        Folder::at(folder).checkpoint().symlink_metadata().is_ok()
    }

    /// Opens the log in a folder, or begins one. Of what is there the last checkpoint and the right edge are
    /// checked; all of it is [`crate::verify`]'s.
    ///
    /// # Errors
    /// When the last checkpoint cannot be read, or our key did not sign it.
    pub fn open(folder: &Path, signer: Signer) -> Result<Self, LogError> {
        let mut log = Self::empty(folder, signer)?;
        if let Some((checkpoint, _)) = &log.newest {
            match log.edge(checkpoint) {
                Ok(edge) => {
                    (log.tree, log.bundle) = edge;
                    log.beginning = Beginning::Continued;
                }
                Err(why) => log.begin_again(why)?,
            }
        }
        Ok(log)
    }

    /// Opens the log to make all its files again, from the first leaf.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn open_again(folder: &Path, signer: Signer) -> Result<Self, LogError> {
        let mut log = Self::empty(folder, signer)?;
        if log.newest.is_some() {
            log.begin_again(String::from("it was asked for"))?;
        }
        Ok(log)
    }

    /// Moves the files of a log to a folder beside it, and says where they are; nothing when there are none. For a
    /// ledger that comes from a backup: what was signed since is in these files alone, and they are kept.
    ///
    /// # Errors
    /// When the folder cannot be moved.
    pub fn set_aside(folder: &Path) -> Result<Option<PathBuf>, LogError> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let free =
            (1_u32..).map(|number| folder.with_file_name(format!("{name}.{number}"))).find(|to| !to.exists());
        let file = |source| LogError::File { path: folder.to_owned(), source };
        match (std::fs::rename(folder, free.as_deref().unwrap_or(folder)), free) {
            (Ok(()), to) => Ok(to),
            (Err(error), _) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            (Err(error), _) => Err(file(error)),
        }
    }

    fn empty(folder: &Path, signer: Signer) -> Result<Self, LogError> {
        let folder = Folder::at(folder);
        let path = folder.checkpoint();
        let newest = match folder.read_checkpoint() {
            Ok(note) => match Checkpoint::open(&note, signer.verifier()) {
                Ok(checkpoint) => Some((checkpoint, note)),
                Err(why) => return Err(LogError::Checkpoint { path, why }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(LogError::File { path, source }),
        };
        let (tree, bundle, written, again) = Default::default();
        Ok(Self { folder, signer, tree, bundle, newest, written, beginning: Beginning::New, again })
    }

    fn begin_again(&mut self, why: String) -> Result<(), LogError> {
        self.beginning = Beginning::Again(why);
        if self.newest.as_ref().is_some_and(|(signed, _)| signed.size() > 0) {
            self.again = Some(self.folder.again().map_err(|source| self.in_folder(source))?);
        }
        Ok(())
    }

    fn in_folder(&self, source: io::Error) -> LogError {
        LogError::File { path: self.folder.root().to_owned(), source }
    }

    /// The tree and the unfinished bundle of the last checkpoint, out of the files; or why they are not it.
    fn edge(&self, checkpoint: &Checkpoint) -> Result<(Tree, Vec<u8>), String> {
        let mut edge = vec![Vec::new(); usize::from(LEVELS)];
        let mut leaves = Vec::new();
        for tile in edge_tiles(checkpoint.size()) {
            let bytes = self.folder.read(tile).map_err(|error| format!("{}: {error}", Folder::name(tile)))?;
            if tile.is_data() {
                leaves = bytes;
            } else if let Some(place) = edge.get_mut(usize::from(tile.level())) {
                *place = bytes;
            }
        }
        while edge.last().is_some_and(Vec::is_empty) {
            edge.pop();
        }
        if hashes_of(&leaves).as_deref() != Some(edge.first().map_or(&[], Vec::as_slice)) {
            return Err(String::from("the newest leaves in its files are not those of its tiles"));
        }
        Tree::of_edge(checkpoint.size(), edge)
            .filter(|tree| tree.root() == *checkpoint.root())
            .map(|tree| (tree, leaves))
            .ok_or(String::from("its tiles are not those of its last checkpoint"))
    }

    /// How the log began when it was opened.
    #[must_use]
    pub const fn beginning(&self) -> &Beginning {
        &self.beginning
    }

    /// How many leaves are in it; the number of the next one.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The newest checkpoint and its signed note.
    #[must_use]
    pub fn newest(&self) -> Option<(&Checkpoint, &str)> {
        self.newest.as_ref().map(|(checkpoint, note)| (checkpoint, note.as_str()))
    }

    /// Takes leaves in, in their order: all of them or, when it fails, none. They are signed by the next
    /// [`Self::publish`].
    ///
    /// # Errors
    /// When they are not what was signed once, or the disk fails.
    pub fn append(&mut self, leaves: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Result<(), LogError> {
        let (tree, bundle) = (self.tree.clone(), self.bundle.clone());
        let taken = leaves.into_iter().try_for_each(|leaf| self.take(leaf.as_ref()));
        if taken.is_err() {
            (self.tree, self.bundle) = (tree, bundle);
        }
        taken
    }

    fn take(&mut self, leaf: &[u8]) -> Result<(), LogError> {
        if leaf.len() > MOST_LEAF {
            return Err(LogError::Leaf(leaf.len()));
        }
        bundle_leaf(&mut self.bundle, leaf);
        let mut whole = Vec::new();
        self.tree.push_hash(record_hash(leaf), |tile| whole.push(tile));
        for WholeTile { level, number, bytes, .. } in whole {
            self.put(hash_tile(level, number, WIDTH), &bytes)?;
            if level == 0 {
                let leaves = std::mem::take(&mut self.bundle);
                self.put(bundle(number, WIDTH), &leaves)?;
            }
        }
        self.settle()
    }

    /// Made again as far as it was signed, it has to be what was signed. Then its files take the place of those
    /// that were there.
    fn settle(&mut self) -> Result<(), LogError> {
        let Some((signed, _)) = self.newest.as_ref().filter(|(signed, _)| signed.size() == self.size())
        else {
            return Ok(());
        };
        if *signed.root() != self.tree.root() {
            return Err(LogError::Rewritten { signed: signed.size() });
        }
        if let Some(again) = self.again.take() {
            again
                .sync(&std::mem::take(&mut self.written))
                .and_then(|()| self.folder.take_tiles_of(&again))
                .map_err(|source| self.in_folder(source))?;
        }
        Ok(())
    }

    fn put(&mut self, tile: tlog_tiles::Tile, bytes: &[u8]) -> Result<(), LogError> {
        let folder = self.again.as_ref().unwrap_or(&self.folder);
        let file = |source| LogError::File { path: folder.path(tile), source };
        let path = folder.write(tile, bytes).map_err(file)?;
        self.written.push(path);
        Ok(())
    }

    /// Signs all that was taken in: tiles first, on disk, then the checkpoint that speaks of them. Killed in
    /// between, the last checkpoint still has all its tiles. Returns the signed note.
    ///
    /// # Errors
    /// When there are fewer leaves than were signed before, or the disk fails.
    pub fn publish(&mut self) -> Result<&str, LogError> {
        let before = self.newest.as_ref().map_or(0, |(signed, _)| signed.size());
        if self.size() < before {
            return Err(LogError::Truncated { signed: before, there: self.size() });
        }
        for tile in edge_tiles(self.size()) {
            let bytes =
                if tile.is_data() { self.bundle.clone() } else { self.tree.edge(tile.level()).to_vec() };
            self.put(tile, &bytes)?;
        }
        let path = self.folder.checkpoint();
        let file = move |source| LogError::File { path, source };
        self.folder.sync(&self.written).map_err(file.clone())?;
        self.written.clear();
        // Signed once, a size is not signed again: there is one note for it.
        if self.newest.as_ref().is_none_or(|(signed, _)| signed.size() != self.size()) {
            let checkpoint = Checkpoint::new(self.signer.verifier(), self.size(), self.tree.root());
            let note = checkpoint.sign(&self.signer);
            self.folder.write_checkpoint(&note).map_err(file)?;
            self.folder.tidy(before, self.size());
            self.newest = Some((checkpoint, note));
        }
        Ok(self.newest.as_ref().map_or("", |(_, note)| note))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn signer() -> Signer {
        Signer::from_seed("log", &[1; 32]).unwrap()
    }

    fn leaves(range: std::ops::Range<u32>) -> impl Iterator<Item = [u8; 4]> {
        range.map(u32::to_be_bytes)
    }

    fn published(folder: &Path, range: std::ops::Range<u32>) -> Log {
        let mut log = Log::open(folder, signer()).unwrap();
        log.append(leaves(range)).unwrap();
        log.publish().unwrap();
        log
    }

    /// All files of a log, by name.
    fn files(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                    found.push(name.replace('\\', "/"));
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn a_log_goes_on_where_it_was_and_keeps_no_old_edges() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(published(folder.path(), 0..3).beginning(), &Beginning::New);
        for (range, whole) in [(3..255, false), (255..256, true), (256..600, true), (600..600, true)] {
            let log = published(folder.path(), range.clone());
            assert_eq!(log.beginning(), &Beginning::Continued);
            let mut tree = Tree::new();
            leaves(0..range.end).for_each(|leaf| tree.push(&leaf));
            assert_eq!(log.newest().unwrap().0.root(), &tree.root());
            assert_eq!(folder.path().join("tile/0/000").exists(), whole);
        }
        let expected = [
            "checkpoint",
            "tile/0/000",
            "tile/0/001",
            "tile/0/002.p/88",
            "tile/1/000.p/2",
            "tile/entries/000",
            "tile/entries/001",
            "tile/entries/002.p/88",
        ];
        assert_eq!(files(folder.path()), expected);
    }

    #[test]
    fn an_empty_log_is_signed_too() {
        let folder = tempfile::tempdir().unwrap();
        let log = published(folder.path(), 0..0);
        assert_eq!(log.newest().unwrap().0.size(), 0);
        assert_eq!(files(folder.path()), ["checkpoint"]);
        assert_eq!(published(folder.path(), 0..1).beginning(), &Beginning::Continued);
    }

    #[test]
    fn a_size_is_signed_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = published(folder.path(), 0..9);
        let first = log.newest().unwrap().1.to_owned();
        assert_eq!(log.publish().unwrap(), first);
    }

    #[test]
    fn files_that_are_not_what_was_signed_are_made_again_from_leaves() {
        for damage in ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"] {
            for gone in [true, false] {
                let folder = tempfile::tempdir().unwrap();
                let signed = published(folder.path(), 0..300).newest().unwrap().1.to_owned();
                let path = folder.path().join(damage);
                let good = fs::read(&path).unwrap();
                if gone {
                    fs::remove_file(&path).unwrap();
                } else {
                    let mut bad = good.clone();
                    bad[5] ^= 1;
                    fs::write(&path, bad).unwrap();
                }
                let mut log = Log::open(folder.path(), signer()).unwrap();
                assert!(matches!(log.beginning(), Beginning::Again(_)), "{damage}");
                assert_eq!(log.size(), 0);
                log.append(leaves(0..300)).unwrap();
                assert_eq!(log.publish().unwrap(), signed);
                assert_eq!(fs::read(&path).unwrap(), good);
            }
        }
    }

    #[test]
    fn other_leaves_than_were_signed_are_never_signed() {
        let folder = tempfile::tempdir().unwrap();
        published(folder.path(), 0..300);
        let mut log = Log::open_again(folder.path(), signer()).unwrap();
        let before = fs::read(folder.path().join("tile/0/000")).unwrap();
        let error = log.append(leaves(1..400)).unwrap_err();
        assert!(matches!(error, LogError::Rewritten { signed: 300 }), "{error}");
        assert_eq!(log.size(), 0, "nothing is taken in when something is wrong");
        assert_eq!(fs::read(folder.path().join("tile/0/000")).unwrap(), before, "the old files are evidence");
        log.append(leaves(0..299)).unwrap();
        let error = log.publish().unwrap_err();
        assert!(matches!(error, LogError::Truncated { signed: 300, there: 299 }), "{error}");
        log.append(leaves(299..301)).unwrap();
        log.publish().unwrap();
        let twin = tempfile::tempdir().unwrap();
        published(twin.path(), 0..301);
        assert_eq!(files(folder.path()), files(twin.path()), "nothing is left of making it again");
    }

    #[test]
    fn a_checkpoint_that_was_changed_is_not_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        published(folder.path(), 0..3);
        let path = folder.path().join("checkpoint");
        let note = fs::read_to_string(&path).unwrap();
        fs::write(&path, note.replacen("\n3\n", "\n2\n", 1)).unwrap();
        let error = Log::open(folder.path(), signer()).unwrap_err();
        assert!(matches!(error, LogError::Checkpoint { .. }), "{error}");
        assert!(error.fault().to_string().contains("was changed after it was signed"));
    }

    #[test]
    fn killed_before_the_checkpoint_the_last_one_still_holds() {
        let folder = tempfile::tempdir().unwrap();
        published(folder.path(), 0..300);
        let checkpoint = fs::read(folder.path().join("checkpoint")).unwrap();
        published(folder.path(), 300..700);
        // As if the newer tiles had been written, the newer checkpoint not, and one of the newer files only half.
        fs::write(folder.path().join("checkpoint"), checkpoint).unwrap();
        let earlier = tempfile::tempdir().unwrap();
        published(earlier.path(), 0..300);
        for name in ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::copy(earlier.path().join(name), path).unwrap();
        }
        fs::write(folder.path().join("tile/0/001"), b"half").unwrap();
        let log = published(folder.path(), 300..700);
        assert_eq!(log.beginning(), &Beginning::Continued);
        assert_eq!(fs::read(folder.path().join("tile/0/001")).unwrap().len(), 8192);
    }

    #[test]
    fn a_ledger_from_a_backup_begins_a_log_anew_and_the_old_files_are_kept() {
        let state = tempfile::tempdir().unwrap();
        let tiles = state.path().join("tiles");
        assert_eq!(Log::set_aside(&tiles).unwrap(), None);
        for round in 1..3 {
            published(&tiles, 0..300);
            let mut log = Log::open_again(&tiles, signer()).unwrap();
            log.append(leaves(0..200)).unwrap();
            assert!(log.publish().is_err());
            let kept = state.path().join(format!("tiles.{round}"));
            assert_eq!(Log::set_aside(&tiles).unwrap(), Some(kept.clone()));
            assert_eq!(Log::open(&kept, signer()).unwrap().size(), 300);
            assert_eq!(published(&tiles, 0..200).beginning(), &Beginning::New);
            fs::remove_dir_all(&tiles).unwrap();
        }
    }

    #[test]
    fn a_leaf_that_the_format_cannot_hold_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = published(folder.path(), 0..3);
        assert!(matches!(log.append([vec![0; 65_536]]), Err(LogError::Leaf(65_536))));
        log.append([vec![0; 65_535]]).unwrap();
        assert_eq!(log.size(), 4);
    }
}
