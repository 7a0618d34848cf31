use std::collections::VecDeque;

use glasshouse_contract::Digest;
use tlog_tiles::{Error, HASH_SIZE, Hash, HashReader, Tile, record_hash, tree_hash};

/// How many levels of the tree a tile holds, in C2SP's tlog-tiles: 256 hashes, 8 KiB.
pub(crate) const HEIGHT: u8 = 8;
/// How many hashes a whole tile has.
pub(crate) const WIDTH: u64 = 1 << HEIGHT;
/// Seven times eight levels are more leaves than there will ever be.
pub(crate) const LEVELS: u8 = 7;

/// The tree over all leaves so far, of which it keeps the right edge: at most 255 hashes for each eight levels.
/// That is enough to go on, and to know the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// For each level of tiles the bytes of the one that is not whole yet.
    edge: Vec<Vec<u8>>,
}

/// A tile that got its last hash.
pub(crate) struct WholeTile {
    pub level: u8,
    pub number: u64,
    pub bytes: Vec<u8>,
    /// The hash over it, which stands in the tile above.
    pub root: Hash,
}

impl Tree {
    /// Without a leaf.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: &[u8]) {
        self.push_hash(record_hash(leaf), |_| {});
    }

    /// The root of the tree over all leaves.
    #[must_use]
    pub fn root(&self) -> Digest {
        // Every hash that the root is made of is on the edge, so that it cannot fail.
        Digest::from_bytes(tree_hash(self.size, self).unwrap_or(tlog_tiles::EMPTY_HASH).0)
    }

    /// The tree of that size whose unfinished tiles these are, if they are of the right length.
    pub(crate) fn of_edge(size: u64, edge: Vec<Vec<u8>>) -> Option<Self> {
        let fits = (0..LEVELS).all(|level| {
            let there = edge.get(usize::from(level)).map_or(0, Vec::len);
            u64::try_from(there).is_ok_and(|there| there == edge_width(size, level) * HASH_SIZE as u64)
        });
        fits.then_some(Self { size, edge })
    }

    /// The bytes of the unfinished tile of a level.
    pub(crate) fn edge(&self, level: u8) -> &[u8] {
        self.edge.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// Adds the hash of a leaf, and hands over each tile that is whole by it, from the leaves upwards.
    pub(crate) fn push_hash(&mut self, leaf: Hash, mut whole: impl FnMut(WholeTile)) {
        self.size += 1;
        let mut hashes = VecDeque::from([leaf]);
        let mut level = 0;
        while let Some(hash) = hashes.pop_front() {
            if self.edge.len() <= usize::from(level) {
                self.edge.push(Vec::with_capacity(256 * HASH_SIZE));
            }
            let Some(tile) = self.edge.get_mut(usize::from(level)) else { break };
            tile.extend_from_slice(&hash.0);
            if tile.len() == 256 * HASH_SIZE {
                let bytes = std::mem::take(tile);
                let root = Tile::subtree_hash(&bytes);
                let number = (self.size >> (HEIGHT * (level + 1))) - 1;
                whole(WholeTile { level, number, bytes, root });
                hashes.push_back(root);
                level += 1;
            }
        }
    }
}

/// How many hashes are in the unfinished tile of a level when there are so many leaves.
pub(crate) const fn edge_width(size: u64, level: u8) -> u64 {
    (size >> (HEIGHT * level)) % WIDTH
}

impl HashReader for Tree {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        indexes
            .iter()
            .map(|index| {
                let tile = Tile::from_index(HEIGHT, *index);
                tile.hash_at_index(self.edge(tile.level()), *index)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use tlog_tiles::node_hash;

    use super::*;

    /// RFC 6962, section 2.1, as it stands there.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => tlog_tiles::EMPTY_HASH,
            [leaf] => *leaf,
            _ => {
                let half = leaves.len().next_power_of_two() / 2;
                node_hash(by_definition(&leaves[..half]), by_definition(&leaves[half..]))
            }
        }
    }

    #[test]
    fn the_root_is_that_of_the_definition_at_every_size() {
        let mut tree = Tree::new();
        let mut leaves = Vec::new();
        for size in 0..600_u32 {
            assert_eq!(tree.root(), Digest::from_bytes(by_definition(&leaves).0), "{size} leaves");
            tree.push(&size.to_be_bytes());
            leaves.push(record_hash(&size.to_be_bytes()));
        }
    }

    #[test]
    fn the_root_is_right_where_a_tile_of_tiles_becomes_whole() {
        let mut tree = Tree::new();
        let mut leaves = Vec::new();
        let mut whole = Vec::new();
        for number in 0..65_540_u32 {
            let leaf = record_hash(&number.to_be_bytes());
            leaves.push(leaf);
            tree.push_hash(leaf, |tile| whole.push((tile.level, tile.number)));
            if number >= 65_530 {
                assert_eq!(tree.root(), Digest::from_bytes(by_definition(&leaves).0), "{number}");
            }
        }
        let expected: Vec<(u8, u64)> = (0..256).map(|number| (0, number)).chain([(1, 0)]).collect();
        assert_eq!(whole, expected);
    }

    #[test]
    fn an_edge_of_another_length_is_no_tree() {
        let mut tree = Tree::new();
        (0..300_u32).for_each(|number| tree.push(&number.to_be_bytes()));
        assert_eq!(Tree::of_edge(300, tree.edge.clone()).as_ref(), Some(&tree));
        assert_eq!(Tree::of_edge(299, tree.edge.clone()), None);
        assert_eq!(Tree::of_edge(300, vec![tree.edge[0].clone()]), None);
        assert_eq!(Tree::of_edge(0, Vec::new()), Some(Tree::new()));
    }
}
