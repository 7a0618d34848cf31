use std::{collections::BTreeMap, fmt, path::Path};

use tlog_tiles::{Tile, record_hash};

use crate::{
    Checkpoint, Receipt, Verifier,
    folder::{Folder, MOST_LEAF, bundle, bundle_leaf, edge_tiles, hash_tile},
    locate::{Computed, Place},
    tree::{Tree, WIDTH, WholeTile},
};

/// What somebody else saw of a log: a checkpoint that cannot be taken back, for it is not kept here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// What it is called when the log is not what it saw: the receipt's file, or the request's id.
    pub name: String,
    /// What it saw.
    pub checkpoint: Checkpoint,
}

impl Witness {
    /// A receipt, whose receiver's signature was checked; nothing when it saw no checkpoint.
    #[must_use]
    pub fn of_receipt(name: &str, receipt: &Receipt) -> Option<Self> {
        receipt.checkpoint.clone().map(|checkpoint| Self { name: name.to_owned(), checkpoint })
    }
}

/// What came of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The last checkpoint, where the log's key signed it.
    pub checkpoint: Option<Checkpoint>,
    /// How many leaves were read; those behind the checkpoint's size are not signed yet.
    pub leaves: u64,
    /// How many files of the log were compared.
    pub files: u64,
    /// How many witnesses saw just this log.
    pub witnesses: usize,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Something that is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// There is no checkpoint, or the log's key did not sign it.
    Checkpoint(String),
    /// A leaf is not what was signed: it was edited, taken away, added or moved.
    Changed(Place),
    /// The leaves end before the log did when it was signed.
    Truncated {
        /// The first that is not there.
        first: u64,
        /// How many were signed.
        signed: u64,
    },
    /// A file of the log is not there or has other bytes. Nothing is lost: it can be made again from leaves.
    File {
        /// Which, in the log's folder.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A witness saw a longer log.
    RolledBack {
        /// Which witness.
        witness: String,
        /// How many leaves it saw.
        saw: u64,
        /// How many there are.
        there: u64,
    },
    /// A witness saw other leaves.
    Rewritten {
        /// Which witness.
        witness: String,
        /// Where the first is that differs, as far as witnesses can tell.
        place: Place,
    },
    /// A witness saw a log of another name: it says nothing of this one.
    OtherLog {
        /// Which witness.
        witness: String,
        /// The name of what it saw.
        origin: String,
    },
}

impl Finding {
    /// Whether only files are concerned that can be made again: the past is as it was signed.
    #[must_use]
    pub const fn is_repairable(&self) -> bool {
        matches!(self, Self::File { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint(why) => write!(f, "checkpoint: {why}"),
            Self::Changed(place) => write!(f, "{place} is not what was signed"),
            Self::Truncated { first, signed } => {
                write!(f, "leaf {first} is gone, and all after it: {signed} leaves were signed")
            }
            Self::File { name, why } => write!(f, "{name}: {why}; it can be made again"),
            Self::RolledBack { witness, saw, there } => {
                write!(f, "the log was rolled back: {witness} saw {saw} leaves, and there are {there}")
            }
            Self::Rewritten { witness, place } => {
                write!(f, "the log was rewritten: {place} is not what {witness} saw")
            }
            Self::OtherLog { witness, origin } => {
                write!(f, "{witness} is of another log, {}", glasshouse_contract::shown(origin))
            }
        }
    }
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Holds all leaves against the files of their log, the last checkpoint and what witnesses saw. Needs nothing
/// but these; leaves are read once, in their order, and not kept.
///
/// # Errors
/// When leaves cannot be read; what is wrong with the log is in the report.
pub fn verify<L: AsRef<[u8]>, E>(
    leaves: impl IntoIterator<Item = Result<L, E>>,
    folder: &Path,
    log: &Verifier,
    witnesses: &[Witness],
) -> Result<Report, E> {
    let folder = Folder::at(folder);
    let checkpoint = folder
        .read_checkpoint()
        .map_err(|error| error.to_string())
        .and_then(|note| Checkpoint::open(&note, log).map_err(|error| error.to_string()));
    let mut seen: BTreeMap<u64, Vec<&Witness>> = BTreeMap::new();
    let mut findings = Vec::new();
    for witness in witnesses {
        if witness.checkpoint.origin() == log.name() {
            seen.entry(witness.checkpoint.size()).or_default().push(witness);
        } else {
            let (witness, origin) = (witness.name.clone(), witness.checkpoint.origin().to_owned());
            findings.push(Finding::OtherLog { witness, origin });
        }
    }
    let signed = checkpoint.as_ref().ok().cloned();
    let mut pass = Pass::new(&folder, signed.as_ref().map_or(0, Checkpoint::size));
    let mut watch = Watch { seen, agreed: 0, agreeing: 0, findings: Vec::new() };
    watch.look(&pass.tree);
    pass.at_signed_size();
    for leaf in leaves {
        pass.take(leaf?.as_ref());
        watch.look(&pass.tree);
        pass.at_signed_size();
    }
    let leaves = pass.tree.size();
    watch.end(leaves);
    pass.end();

    match (&checkpoint, &signed) {
        (Err(why), _) => findings.push(Finding::Checkpoint(why.clone())),
        (Ok(_), Some(signed)) if pass.root_at_signed_size.as_ref() == Some(signed.root()) => {
            findings.append(&mut pass.files_wrong);
        }
        (Ok(_), Some(signed)) => {
            let place = pass.computed.first_difference(&folder, signed).not_before(watch.agreed);
            let (first, signed) = (leaves, signed.size());
            if place != (Place { first, last: first }) {
                findings.push(Finding::Changed(place));
            }
            if leaves < signed {
                findings.push(Finding::Truncated { first, signed });
            }
        }
        (Ok(_), None) => {}
    }
    findings.append(&mut watch.findings);
    Ok(Report { checkpoint: signed, leaves, files: pass.files, witnesses: watch.agreeing, findings })
}

/// One pass over all leaves: what their tree is, and which files differ from it.
struct Pass<'a> {
    folder: &'a Folder,
    signed: u64,
    tree: Tree,
    bundle: Vec<u8>,
    root_at_signed_size: Option<glasshouse_contract::Digest>,
    computed: Computed,
    files: u64,
    files_wrong: Vec<Finding>,
}

impl<'a> Pass<'a> {
    fn new(folder: &'a Folder, signed: u64) -> Self {
        Self {
            folder,
            signed,
            tree: Tree::new(),
            bundle: Vec::new(),
            root_at_signed_size: None,
            computed: Computed::default(),
            files: 0,
            files_wrong: Vec::new(),
        }
    }

    fn take(&mut self, leaf: &[u8]) {
        let signed = self.tree.size() < self.signed;
        if signed {
            // A longer one cannot be in a log, and is found by its hash.
            bundle_leaf(&mut self.bundle, leaf.get(..MOST_LEAF).unwrap_or(leaf));
        }
        let mut whole = Vec::new();
        self.tree.push_hash(record_hash(leaf), |tile| whole.push(tile));
        for WholeTile { level, number, bytes, root } in whole.into_iter().filter(|_| signed) {
            let same = self.compare(hash_tile(level, number, WIDTH), &bytes);
            self.computed.tile(level, number, root, (!same).then_some(bytes));
            if level == 0 {
                let leaves = std::mem::take(&mut self.bundle);
                self.compare(bundle(number, WIDTH), &leaves);
            }
        }
    }

    /// Where the log ended when it was signed, its unfinished tiles are compared.
    fn at_signed_size(&mut self) {
        if self.tree.size() != self.signed || self.root_at_signed_size.is_some() {
            return;
        }
        self.root_at_signed_size = Some(self.tree.root());
        for tile in edge_tiles(self.signed) {
            let bytes =
                if tile.is_data() { self.bundle.clone() } else { self.tree.edge(tile.level()).to_vec() };
            self.compare(tile, &bytes);
        }
        self.computed.edge(&self.tree);
    }

    /// There are no more leaves.
    fn end(&mut self) {
        if self.root_at_signed_size.is_none() {
            self.computed.edge(&self.tree);
        }
    }

    /// Whether a file is there with these bytes.
    fn compare(&mut self, tile: Tile, bytes: &[u8]) -> bool {
        self.files += 1;
        let why = match self.folder.read(tile) {
            Ok(there) if there == bytes => return true,
            Ok(_) => String::from("it is not what its leaves give"),
            Err(error) => error.to_string(),
        };
        self.files_wrong.push(Finding::File { name: Folder::name(tile), why });
        false
    }
}

/// Holds the tree, as it grows, against what witnesses saw.
struct Watch<'a> {
    seen: BTreeMap<u64, Vec<&'a Witness>>,
    /// So many leaves are what a witness saw.
    agreed: u64,
    agreeing: usize,
    findings: Vec<Finding>,
}

impl Watch<'_> {
    fn look(&mut self, tree: &Tree) {
        let Some(witnesses) = self.seen.remove(&tree.size()) else { return };
        let root = tree.root();
        // Two of them may have seen different logs of one size: those that agree are asked first.
        let (same, other): (Vec<&Witness>, Vec<&Witness>) =
            witnesses.into_iter().partition(|witness| *witness.checkpoint.root() == root);
        if !same.is_empty() {
            self.agreed = tree.size();
            self.agreeing += same.len();
        }
        for witness in other {
            // With as many leaves, all of them are under suspicion that nobody vouches for.
            let first = if self.agreed < tree.size() { self.agreed } else { 0 };
            let place = Place { first, last: tree.size().saturating_sub(1) };
            self.findings.push(Finding::Rewritten { witness: witness.name.clone(), place });
        }
    }

    fn end(&mut self, there: u64) {
        for (saw, witnesses) in std::mem::take(&mut self.seen) {
            for witness in witnesses {
                self.findings.push(Finding::RolledBack { witness: witness.name.clone(), saw, there });
            }
        }
    }
}
