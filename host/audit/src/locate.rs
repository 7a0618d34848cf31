//! Which leaf is the first that is not what was signed: down from the signed root, as far as files can be
//! believed.

use std::{collections::BTreeMap, fmt};

use tlog_tiles::{HASH_SIZE, Hash, Tile};

use crate::{
    Checkpoint,
    folder::{Folder, bundle, edge_tiles, hash_tile, hashes_of},
    tree::{HEIGHT, LEVELS, Tree, WIDTH},
};

/// Where the first leaf is that differs. One number, where the files of the log tell which; else the numbers
/// among which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// No leaf before this one differs.
    pub first: u64,
    /// The first that differs is not after this one.
    pub last: u64,
}

impl Place {
    /// The leaves before a number are known to be as they were.
    pub(crate) fn not_before(self, first: u64) -> Self {
        if first <= self.last { Self { first: self.first.max(first), ..self } } else { self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "leaf {}", self.first)
        } else {
            write!(f, "one of the leaves {} to {}", self.first, self.last)
        }
    }
}

/// The tree of the leaves that there are: what is needed of it to find where it differs from the signed one.
#[derive(Default)]
pub(crate) struct Computed {
    /// For each level of tiles the hashes over its whole tiles; those over leaves first.
    over: Vec<Vec<Hash>>,
    /// Whole tiles of leaf hashes that are not what the files have. What is not here is what the file has.
    differing: BTreeMap<u64, Vec<u8>>,
    /// The unfinished tiles: where the signed log ends or, with fewer leaves, where these end.
    edge: Vec<Vec<u8>>,
}

impl Computed {
    /// A tile is whole; its bytes where the file has others.
    pub(crate) fn tile(&mut self, level: u8, number: u64, root: Hash, differing: Option<Vec<u8>>) {
        while self.over.len() <= usize::from(level) {
            self.over.push(Vec::new());
        }
        if let Some(over) = self.over.get_mut(usize::from(level)) {
            over.push(root);
        }
        if let Some(bytes) = differing.filter(|_| level == 0) {
            self.differing.insert(number, bytes);
        }
    }

    /// The unfinished tiles, when the leaves are as many as were signed or there are no more.
    pub(crate) fn edge(&mut self, tree: &Tree) {
        self.edge = (0..LEVELS).map(|level| tree.edge(level).to_vec()).collect();
    }

    /// The first leaf that is not what was signed.
    pub(crate) fn first_difference(&self, folder: &Folder, signed: &Checkpoint) -> Place {
        let anywhere = Place { first: 0, last: signed.size().saturating_sub(1) };
        let Some(edge) = signed_edge(folder, signed) else { return anywhere };
        // From the left, that is from the top, for a higher tile is over earlier leaves.
        for level in (0..LEVELS).rev() {
            let Some(bytes) = edge.get(usize::from(level)).filter(|bytes| !bytes.is_empty()) else {
                continue;
            };
            let number = signed.size() >> HEIGHT >> (HEIGHT * level);
            if let Some(place) = self.within(folder, level, number, bytes) {
                return place;
            }
        }
        anywhere
    }

    /// The first difference below a tile whose bytes are what was signed.
    fn within(&self, folder: &Folder, level: u8, number: u64, signed: &[u8]) -> Option<Place> {
        for (place, hash) in (number * WIDTH..).zip(signed.chunks_exact(HASH_SIZE)) {
            if self.hash(folder, level, place).is_some_and(|computed| computed == hash) {
                continue;
            }
            let Some(below) = level.checked_sub(1) else { return Some(Place { first: place, last: place }) };
            let signed_below = signed_tile(folder, below, place, hash);
            let found = signed_below.and_then(|bytes| self.within(folder, below, place, &bytes));
            let shift = HEIGHT * level;
            let all = Place { first: place << shift, last: ((place + 1) << shift) - 1 };
            return Some(found.unwrap_or(all));
        }
        None
    }

    /// A hash of the tree of the leaves that there are.
    fn hash(&self, folder: &Folder, level: u8, place: u64) -> Option<Vec<u8>> {
        if let Some(below) = level.checked_sub(1) {
            let over = self.over.get(usize::from(below))?;
            return over.get(usize::try_from(place).ok()?).map(|hash| hash.0.to_vec());
        }
        let (tile, within) = (place / WIDTH, usize::try_from(place % WIDTH).ok()?);
        let whole = self.over.first().map_or(0, Vec::len) as u64;
        let from_file;
        let bytes = if tile > whole {
            return None;
        } else if tile == whole {
            self.edge.first()?
        } else if let Some(bytes) = self.differing.get(&tile) {
            bytes
        } else {
            from_file = folder.read(hash_tile(0, tile, WIDTH)).ok()?;
            &from_file
        };
        bytes.chunks_exact(HASH_SIZE).nth(within).map(<[u8]>::to_vec)
    }
}

/// A whole tile over which this hash was signed: the file, or what the bundle of leaves gives.
fn signed_tile(folder: &Folder, level: u8, number: u64, hash: &[u8]) -> Option<Vec<u8>> {
    let whole =
        |bytes: &Vec<u8>| bytes.len() == 256 * HASH_SIZE && Tile::subtree_hash(bytes).0.as_slice() == hash;
    let file = folder.read(hash_tile(level, number, WIDTH)).ok().filter(whole);
    file.or_else(|| {
        let leaves = (level == 0).then(|| folder.read(bundle(number, WIDTH)).ok())??;
        hashes_of(&leaves).filter(whole)
    })
}

/// The unfinished tiles that were signed: the files, or for the leaves what their bundle gives.
fn signed_edge(folder: &Folder, signed: &Checkpoint) -> Option<Vec<Vec<u8>>> {
    let mut edge = vec![Vec::new(); usize::from(LEVELS)];
    let mut from_bundle = None;
    for tile in edge_tiles(signed.size()) {
        let bytes = folder.read(tile).ok();
        if tile.is_data() {
            from_bundle = bytes.and_then(|bytes| hashes_of(&bytes));
        } else if let Some(place) = edge.get_mut(usize::from(tile.level())) {
            *place = bytes.unwrap_or_default();
        }
    }
    let is_signed = |edge: &Vec<Vec<u8>>| {
        Tree::of_edge(signed.size(), edge.clone()).is_some_and(|tree| tree.root() == *signed.root())
    };
    if is_signed(&edge) {
        return Some(edge);
    }
    *edge.first_mut()? = from_bundle?;
    is_signed(&edge).then_some(edge)
}
