use std::{fmt, io, path::Path, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tlog_tiles::{Hash, check_record, check_tree, prove_record, prove_tree, record_hash};

use crate::{
    Checkpoint, NoteError, Verifier,
    folder::{Folder, Tiles},
    note,
};

/// The first line of C2SP's tlog-proof.
const INCLUSION: &str = "c2sp.org/tlog-proof@v1";
/// A log of more leaves than a number can count has no more levels.
const MOST_HASHES: usize = 64;

/// That a leaf is in a log: C2SP's tlog-proof, a text that anybody can check with the log's key alone.
///
/// ```text
/// c2sp.org/tlog-proof@v1
/// index <the leaf's number>
/// <hashes beside the way from the leaf to the root, one a line, base64>
///
/// <the signed checkpoint>
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct InclusionProof {
    index: u64,
    hashes: Vec<Hash>,
    checkpoint: String,
}

/// That a log is an earlier one with more leaves. As text it is the body of C2SP's tlog-witness request, so that
/// it can be handed to a witness as it is.
///
/// ```text
/// old <how many leaves the earlier one had>
/// <hashes, one a line, base64>
///
/// <the signed checkpoint of the later one>
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ConsistencyProof {
    old: u64,
    hashes: Vec<Hash>,
    checkpoint: String,
}

/// Why something is not proved.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// There is no checkpoint to prove it against.
    #[error("the log has no checkpoint: {0}")]
    NoCheckpoint(io::Error),
    /// The checkpoint is not one that the log's key signed.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] NoteError),
    /// Not yet, or never.
    #[error("number {index} is not in the log that was signed, which has {size} leaves")]
    Beyond {
        /// What was asked for.
        index: u64,
        /// How many there are.
        size: u64,
    },
    /// The files of the log do not make a proof.
    #[error("the files of the log do not lead to its checkpoint: {0}")]
    Files(String),
    /// It is no proof.
    #[error("it is no proof: {0}")]
    Malformed(&'static str),
    /// It is one, and of something else.
    #[error("the proof does not hold: {0}")]
    Wrong(&'static str),
}

impl InclusionProof {
    /// Proves a leaf out of a log's files, against its last checkpoint.
    ///
    /// # Errors
    /// When the log has not signed it, has another leaf there, or its files are damaged.
    pub fn of(folder: &Path, log: &Verifier, index: u64, leaf: &[u8]) -> Result<Self, ProofError> {
        let folder = Folder::at(folder);
        let (checkpoint, signed) = newest(&folder, log)?;
        let size = signed.size();
        if index >= size {
            return Err(ProofError::Beyond { index, size });
        }
        let hashes = prove_record(size, index, &Tiles { folder: &folder, size })
            .map_err(|error| ProofError::Files(error.to_string()))?;
        let proof = Self { index, hashes, checkpoint };
        // Tiles are read without being checked: what comes of them is.
        proof.verify(log, leaf).map_err(|_| {
            ProofError::Files(format!("with this leaf at number {index} they give another root"))
        })?;
        Ok(proof)
    }

    /// Holds it against a leaf and the log's key. Returns the checkpoint that it is proved against.
    ///
    /// # Errors
    /// When the leaf is not at that place of a log that this key signed.
    pub fn verify(&self, log: &Verifier, leaf: &[u8]) -> Result<Checkpoint, ProofError> {
        let signed = Checkpoint::open(&self.checkpoint, log)?;
        check_record(
            &self.hashes,
            signed.size(),
            Hash(*signed.root().as_bytes()),
            self.index,
            record_hash(leaf),
        )
        .map_err(|_| ProofError::Wrong("the leaf is not at that place of the log"))?;
        Ok(signed)
    }

    /// The leaf's number.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }
}

impl ConsistencyProof {
    /// Proves, out of a log's files, that its last checkpoint goes on from an earlier one.
    ///
    /// # Errors
    /// When it does not, or its files are damaged.
    pub fn of(folder: &Path, log: &Verifier, earlier: &Checkpoint) -> Result<Self, ProofError> {
        let folder = Folder::at(folder);
        let (checkpoint, signed) = newest(&folder, log)?;
        let (old, size) = (earlier.size(), signed.size());
        if old > size {
            return Err(ProofError::Wrong("the log has fewer leaves than it had: it was rolled back"));
        }
        let hashes = if old == 0 {
            Vec::new()
        } else {
            prove_tree(size, old, &Tiles { folder: &folder, size })
                .map_err(|error| ProofError::Files(error.to_string()))?
        };
        let proof = Self { old, hashes, checkpoint };
        proof.verify(log, earlier)?;
        Ok(proof)
    }

    /// Holds it against the earlier checkpoint and the log's key. Returns the later checkpoint.
    ///
    /// # Errors
    /// When the later log is not the earlier one with more leaves.
    pub fn verify(&self, log: &Verifier, earlier: &Checkpoint) -> Result<Checkpoint, ProofError> {
        let signed = Checkpoint::open(&self.checkpoint, log)?;
        let rewritten =
            ProofError::Wrong("the log does not begin with the leaves that it had: it was rewritten");
        if earlier.size() != self.old || earlier.origin() != signed.origin() {
            return Err(ProofError::Wrong("it is about another checkpoint"));
        }
        let (before, now) = (Hash(*earlier.root().as_bytes()), Hash(*signed.root().as_bytes()));
        let holds = if self.old == 0 {
            // Every log begins with nothing.
            self.hashes.is_empty() && before == tlog_tiles::EMPTY_HASH
        } else {
            check_tree(&self.hashes, signed.size(), now, self.old, before).is_ok()
        };
        if holds { Ok(signed) } else { Err(rewritten) }
    }

    /// How many leaves the earlier log had.
    #[must_use]
    pub const fn old(&self) -> u64 {
        self.old
    }
}

fn newest(folder: &Folder, log: &Verifier) -> Result<(String, Checkpoint), ProofError> {
    let note = folder.read_checkpoint().map_err(ProofError::NoCheckpoint)?;
    let signed = Checkpoint::open(&note, log)?;
    Ok((note, signed))
}

fn write(f: &mut fmt::Formatter<'_>, head: &str, hashes: &[Hash], checkpoint: &str) -> fmt::Result {
    writeln!(f, "{head}")?;
    hashes.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash.0)))?;
    write!(f, "\n{checkpoint}")
}

/// The hashes up to the empty line, and the note below it.
fn read_hashes(text: &str) -> Result<(Vec<Hash>, String), ProofError> {
    let mut hashes = Vec::new();
    let mut rest = text;
    loop {
        let (line, after) =
            rest.split_once('\n').ok_or(ProofError::Malformed("no checkpoint is below an empty line"))?;
        rest = after;
        if line.is_empty() {
            break;
        }
        let bytes = STANDARD.decode(line).ok().and_then(|bytes| bytes.try_into().ok());
        hashes.push(Hash(bytes.ok_or(ProofError::Malformed("a line is no hash"))?));
        if hashes.len() > MOST_HASHES {
            return Err(ProofError::Malformed("it has more hashes than any tree has levels"));
        }
    }
    note::text(rest)?;
    Ok((hashes, rest.to_owned()))
}

fn number(text: &str) -> Result<u64, ProofError> {
    let number: u64 = text.parse().map_err(|_| ProofError::Malformed("a number is none"))?;
    if number.to_string() == text { Ok(number) } else { Err(ProofError::Malformed("a number is none")) }
}

impl fmt::Display for InclusionProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, &format!("{INCLUSION}\nindex {}", self.index), &self.hashes, &self.checkpoint)
    }
}

impl FromStr for InclusionProof {
    type Err = ProofError;

    /// A line `extra`, which the format has for data of an application, is refused: ours have none.
    fn from_str(text: &str) -> Result<Self, ProofError> {
        let rest = text
            .strip_prefix(INCLUSION)
            .and_then(|rest| rest.strip_prefix("\nindex "))
            .ok_or(ProofError::Malformed("it does not begin as one"))?;
        let (index, rest) = rest.split_once('\n').ok_or(ProofError::Malformed("it ends too early"))?;
        let index = number(index)?;
        let (hashes, checkpoint) = read_hashes(rest)?;
        Ok(Self { index, hashes, checkpoint })
    }
}

impl fmt::Display for ConsistencyProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, &format!("old {}", self.old), &self.hashes, &self.checkpoint)
    }
}

impl FromStr for ConsistencyProof {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, ProofError> {
        let rest = text.strip_prefix("old ").ok_or(ProofError::Malformed("it does not begin as one"))?;
        let (old, rest) = rest.split_once('\n').ok_or(ProofError::Malformed("it ends too early"))?;
        let old = number(old)?;
        let (hashes, checkpoint) = read_hashes(rest)?;
        Ok(Self { old, hashes, checkpoint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Log, Signer};

    fn signer() -> Signer {
        Signer::from_seed("log", &[1; 32]).unwrap()
    }

    fn log_of(size: u32) -> (tempfile::TempDir, Checkpoint) {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::open(folder.path(), signer()).unwrap();
        log.append((0..size).map(u32::to_be_bytes)).unwrap();
        log.publish().unwrap();
        let checkpoint = log.newest().unwrap().0.clone();
        (folder, checkpoint)
    }

    #[test]
    fn every_leaf_is_proved_and_at_its_place_alone() {
        for size in [1, 2, 7, 255, 256, 257, 600] {
            let (folder, checkpoint) = log_of(size);
            for index in 0..size {
                let leaf = index.to_be_bytes();
                let proof =
                    InclusionProof::of(folder.path(), signer().verifier(), u64::from(index), &leaf).unwrap();
                let read: InclusionProof = proof.to_string().parse().unwrap();
                assert_eq!(read, proof);
                assert_eq!(read.verify(signer().verifier(), &leaf).unwrap(), checkpoint);
                assert!(read.verify(signer().verifier(), b"another leaf").is_err());
                let elsewhere = InclusionProof { index: u64::from(index ^ 1), ..read };
                assert!(elsewhere.verify(signer().verifier(), &leaf).is_err());
            }
        }
    }

    #[test]
    fn what_is_not_in_the_log_is_not_proved() {
        let (folder, _) = log_of(300);
        let of = |index, leaf: &[u8]| InclusionProof::of(folder.path(), signer().verifier(), index, leaf);
        let beyond = of(300, b"x").unwrap_err().to_string();
        assert_eq!(beyond, "number 300 is not in the log that was signed, which has 300 leaves");
        let other = of(7, b"x").unwrap_err().to_string();
        assert!(other.contains("with this leaf at number 7 they give another root"), "{other}");
        std::fs::remove_file(folder.path().join("tile/0/000")).unwrap();
        let damaged = of(7, &7_u32.to_be_bytes()).unwrap_err().to_string();
        assert!(damaged.contains("tile/0/000"), "{damaged}");
    }

    #[test]
    fn a_later_log_is_proved_to_go_on_from_every_earlier_one() {
        let (folder, now) = log_of(515);
        for old in [0, 1, 2, 3, 100, 255, 256, 257, 511, 512, 513, 515] {
            let (_earlier, earlier) = log_of(old);
            let proof = ConsistencyProof::of(folder.path(), signer().verifier(), &earlier).unwrap();
            let read: ConsistencyProof = proof.to_string().parse().unwrap();
            assert_eq!(read.verify(signer().verifier(), &earlier).unwrap(), now);
            let other = Checkpoint::new(signer().verifier(), u64::from(old), *now_root(old).root());
            assert!(read.verify(signer().verifier(), &other).is_err(), "{old}");
            assert!(ConsistencyProof::of(folder.path(), signer().verifier(), &other).is_err(), "{old}");
        }
        let (_later, later) = log_of(516);
        let error = ConsistencyProof::of(folder.path(), signer().verifier(), &later).unwrap_err();
        assert!(error.to_string().contains("rolled back"), "{error}");
    }

    /// A checkpoint of that size and a root that no log has.
    fn now_root(size: u32) -> Checkpoint {
        let root = glasshouse_contract::Digest::of(b"no log has this root");
        Checkpoint::new(signer().verifier(), u64::from(size), root)
    }

    #[test]
    fn a_proof_about_another_checkpoint_is_none_about_this_one() {
        let (folder, _) = log_of(300);
        let (_earlier, earlier) = log_of(200);
        let proof = ConsistencyProof::of(folder.path(), signer().verifier(), &earlier).unwrap();
        let other_log = Signer::from_seed("other", &[1; 32]).unwrap();
        let other_log = Checkpoint::new(other_log.verifier(), 200, *earlier.root());
        let other_size = Checkpoint::new(signer().verifier(), 201, *earlier.root());
        for other in [other_log, other_size] {
            let error = proof.verify(signer().verifier(), &other).unwrap_err().to_string();
            assert_eq!(error, "the proof does not hold: it is about another checkpoint");
        }
    }

    #[test]
    fn near_misses_are_no_proofs() {
        let (folder, _) = log_of(5);
        let good = InclusionProof::of(folder.path(), signer().verifier(), 2, &2_u32.to_be_bytes())
            .unwrap()
            .to_string();
        for (from, to, why) in [
            ("@v1", "@v2", "begin"),
            ("index 2", "index 02", "number"),
            ("index 2", "index -2", "number"),
            ("index 2", "extra AAAA\nindex 2", "begin"),
            ("=\n", "\n", "no hash"),
            ("\n\n", "\n", "no hash"),
            ("\n\u{2014}", "\u{2014}", "no signed note"),
        ] {
            let error = good.replacen(from, to, 1).parse::<InclusionProof>().unwrap_err().to_string();
            assert!(error.contains(why), "{from} -> {to}: {error}");
        }
        for cut in 0..good.len() {
            let cut = good.get(..cut).unwrap_or("").parse::<InclusionProof>();
            assert!(cut.is_err_and(|error| !error.to_string().is_empty()));
        }
    }
}
