use std::path::{Path, PathBuf};

use clap::Args;
use glasshouse_contract::{Fault, FaultKind};
use glasshouse_control::check;

use super::{key, read_file, signed};
use crate::{Ended, screen};

/// A proof has a line for each level of the tree.
const MOST: u64 = 64 << 10;

/// Checks a proof from `audit prove`; needs no state directory
///
/// What it needs is the proof, the leaf in FILE.leaf beside it, and the log's key, from whoever is believed about that.
/// Ends with 1 where the proof does not hold.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse audit check approval.proof --key 'glasshouse/0a1b2c3d+5e6f7a8b+AZ..'")]
pub struct Check {
    /// The proof
    #[arg(value_name = "FILE")]
    proof: PathBuf,

    /// The leaf's bytes; FILE.leaf where none is named
    #[arg(long, value_name = "FILE")]
    leaf: Option<PathBuf>,

    /// The log's key, or a file with it
    #[arg(long, value_name = "KEY")]
    key: String,
}

impl Check {
    pub fn run(self) -> Result<Ended, Fault> {
        let proof = String::from_utf8(read_file(&self.proof, MOST)?).map_err(|error| {
            Fault::new(FaultKind::Malformed, self.proof.display(), error, "see `glasshouse audit prove`")
        })?;
        let leaf = read_file(&self.leaf.unwrap_or_else(|| leaf_of(&self.proof)), MOST)?;
        let (index, leaf, checkpoint) = check(&proof, &leaf, &key(&self.key)?)?;
        screen::print(&format!(
            "it holds: leaf {index}, {} at {}, subject {}\nsigned {}",
            leaf.kind(),
            leaf.at(),
            leaf.subject(),
            signed(&checkpoint)
        ));
        Ok(Ended::Well)
    }
}

/// Where the leaf of a proof is.
pub fn leaf_of(proof: &Path) -> PathBuf {
    let mut name = proof.file_name().unwrap_or_default().to_owned();
    name.push(".leaf");
    proof.with_file_name(name)
}
