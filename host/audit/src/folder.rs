//! The files of a log, with the names and contents of C2SP's tlog-tiles: `checkpoint`, `tile/<level>/<number>`
//! and `tile/entries/<number>`. A folder of them is a log that any web server can serve.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use glasshouse_trust::replace_file;
use tlog_tiles::{Error, HASH_SIZE, Hash, HashReader, Tile, record_hash};

use crate::tree::{HEIGHT, LEVELS, WIDTH, edge_width};

/// A leaf in a bundle has its length before it, in two bytes.
pub(crate) const MOST_LEAF: usize = u16::MAX as usize;
/// A whole bundle of such leaves, and no file of ours is larger.
const MOST_FILE: u64 = WIDTH * (MOST_LEAF as u64 + 2);

/// Where the files of a log are.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

/// The hashes of a level, from where the tile's number says.
pub(crate) fn hash_tile(level: u8, number: u64, width: u64) -> Tile {
    Tile::new(HEIGHT, level.min(LEVELS), number, narrow(width), false)
}

/// The bytes of leaves.
pub(crate) fn bundle(number: u64, width: u64) -> Tile {
    Tile::new(HEIGHT, 0, number, narrow(width), true)
}

/// A width that the crate accepts, for it panics over others; callers have one from 1 to 256.
fn narrow(width: u64) -> u32 {
    u32::try_from(width.clamp(1, WIDTH)).unwrap_or(1)
}

/// The unfinished tiles of a log of that size, the bundle last.
pub(crate) fn edge_tiles(size: u64) -> Vec<Tile> {
    let tiles = (0..LEVELS).filter_map(|level| {
        let width = edge_width(size, level);
        (width > 0).then(|| hash_tile(level, size >> HEIGHT >> (HEIGHT * level), width))
    });
    let width = edge_width(size, 0);
    tiles.chain((width > 0).then(|| bundle(size >> HEIGHT, width))).collect()
}

impl Folder {
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// An empty folder beside the tiles, for those that are made again.
    pub(crate) fn again(&self) -> io::Result<Self> {
        let root = self.root.join("again");
        remove_folder(&root)?;
        Ok(Self { root })
    }

    /// Puts the tiles of another folder in the place of ours, and takes the other folder away. Killed in between,
    /// there are none, and they are made again once more.
    pub(crate) fn take_tiles_of(&self, other: &Self) -> io::Result<()> {
        let (ours, theirs) = (self.root.join("tile"), other.root.join("tile"));
        remove_folder(&ours)?;
        match fs::rename(theirs, &ours) {
            // A log of fewer leaves than a tile has no whole one.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        remove_folder(&other.root)?;
        sync_folder(&self.root)
    }

    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.root.join("checkpoint")
    }

    /// The crate names tiles as Go's checksum database does, which has the height in the path.
    pub(crate) fn name(tile: Tile) -> String {
        let path = tile.path();
        if tile.is_data() {
            path.replacen("tile/8/data/", "tile/entries/", 1)
        } else {
            path.replacen("tile/8/", "tile/", 1)
        }
    }

    pub(crate) fn path(&self, tile: Tile) -> PathBuf {
        self.root.join(Self::name(tile))
    }

    /// The bytes of a tile; of one with hashes, as many as it has to have.
    pub(crate) fn read(&self, tile: Tile) -> io::Result<Vec<u8>> {
        let bytes = read_capped(&self.path(tile), MOST_FILE)?;
        let right = tile.is_data() || bytes.len() == tile.width() as usize * HASH_SIZE;
        if right {
            Ok(bytes)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "it has another length"))
        }
    }

    /// Writes a tile, unless it is there with these bytes. It need not be whole on disk until [`Self::sync`]:
    /// no checkpoint speaks of it yet.
    pub(crate) fn write(&self, tile: Tile, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.path(tile);
        if self.read(tile).is_ok_and(|there| there == bytes) {
            return Ok(path);
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        // What is there is taken away and never written into: it may be a link that somebody put there.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::File::create_new(&path)?.write_all(bytes)?;
        Ok(path)
    }

    /// Has these files and the folders above them on disk.
    pub(crate) fn sync(&self, paths: &[PathBuf]) -> io::Result<()> {
        let mut folders = BTreeSet::new();
        for path in paths {
            fs::OpenOptions::new().write(true).open(path)?.sync_all()?;
            let above = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root));
            folders.extend(above.map(Path::to_owned));
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    /// Puts a checkpoint in the place of the last one, whole or not at all.
    pub(crate) fn write_checkpoint(&self, note: &str) -> io::Result<()> {
        fs::create_dir_all(&self.root)?;
        // It holds a size and a hash; who may read the folder may read it.
        replace_file(&self.checkpoint(), note.as_bytes(), 0o644)
    }

    pub(crate) fn read_checkpoint(&self) -> io::Result<String> {
        let bytes = read_capped(&self.checkpoint(), MOST_FILE)?;
        String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
    }

    /// Takes unfinished tiles away that a longer log has no use for. What stays by accident is only untidy.
    pub(crate) fn tidy(&self, before: u64, now: u64) {
        let needed: BTreeSet<PathBuf> = edge_tiles(now).into_iter().map(|tile| self.path(tile)).collect();
        for path in edge_tiles(before).into_iter().map(|tile| self.path(tile)) {
            if !needed.contains(&path) {
                let _ = fs::remove_file(&path);
                // The folder of a tile's unfinished forms; it stays while there are any.
                let _ = path.parent().map(fs::remove_dir);
            }
        }
    }
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn read_capped(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    // A pipe would keep whoever opens it waiting for ever.
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is larger than any file of a log"));
    }
    Ok(bytes)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// NTFS journals names; a folder cannot be opened for syncing there.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Adds a leaf to a bundle.
pub(crate) fn bundle_leaf(bundle: &mut Vec<u8>, leaf: &[u8]) {
    // Who takes leaves in has seen to it that they are short enough.
    bundle.extend_from_slice(&u16::try_from(leaf.len()).unwrap_or(u16::MAX).to_be_bytes());
    bundle.extend_from_slice(leaf);
}

/// The leaves of a bundle; nothing when it is not written as one.
pub(crate) fn leaves_of(bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut leaves = Vec::new();
    let mut rest = bundle;
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk()?;
        let (leaf, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        leaves.push(leaf);
        rest = after;
    }
    Some(leaves)
}

/// The hashes that belong to a bundle, as a tile has them.
pub(crate) fn hashes_of(bundle: &[u8]) -> Option<Vec<u8>> {
    Some(leaves_of(bundle)?.into_iter().flat_map(|leaf| record_hash(leaf).0).collect())
}

/// Reads hashes of a log of a known size out of its tiles, and believes them: what is made of them is checked
/// against a root afterwards.
pub(crate) struct Tiles<'a> {
    pub folder: &'a Folder,
    pub size: u64,
}

impl HashReader for Tiles<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        indexes
            .iter()
            .map(|index| {
                let least = Tile::from_index(HEIGHT, *index);
                let first = least.level_index() << HEIGHT;
                let in_level = self.size >> (HEIGHT * least.level());
                let width = in_level.saturating_sub(first).min(WIDTH);
                if width < u64::from(least.width()) {
                    return Err(Error::IndexesNotInTree);
                }
                let tile = hash_tile(least.level(), least.level_index(), width);
                let unread = |error| Error::InvalidInput(format!("{}: {error}", Folder::name(tile)));
                tile.hash_at_index(&self.folder.read(tile).map_err(unread)?, *index)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_have_the_names_of_the_format() {
        for (tile, name) in [
            (hash_tile(0, 0, 256), "tile/0/000"),
            (hash_tile(1, 1_234_067, 256), "tile/1/x001/x234/067"),
            (hash_tile(0, 273, 112), "tile/0/273.p/112"),
            (bundle(273, 112), "tile/entries/273.p/112"),
            (bundle(1_000, 256), "tile/entries/x001/000"),
        ] {
            assert_eq!(Folder::name(tile), name);
        }
    }

    #[test]
    fn the_edge_of_a_log_is_what_the_format_says() {
        // The example of tlog-tiles.
        let names: Vec<String> = edge_tiles(70_000).into_iter().map(Folder::name).collect();
        assert_eq!(
            names,
            ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"]
        );
        assert!(edge_tiles(0).is_empty());
        let names: Vec<String> = edge_tiles(256).into_iter().map(Folder::name).collect();
        assert_eq!(names, ["tile/1/000.p/1"]);
    }

    #[test]
    fn leaves_come_back_out_of_a_bundle() {
        let mut bundle = Vec::new();
        for leaf in [&b"one"[..], b"", b"three"] {
            bundle_leaf(&mut bundle, leaf);
        }
        assert_eq!(leaves_of(&bundle).unwrap(), [&b"one"[..], b"", b"three"]);
        for cut in 1..bundle.len() {
            let short = leaves_of(&bundle[..cut]).map(|leaves| leaves.len());
            assert!(short.is_none() || short < Some(3), "{cut}");
        }
    }
}
