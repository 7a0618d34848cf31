mod check;
mod export;
mod prove;
mod show;
mod verify;

use std::path::Path;

use clap::Subcommand;
use glasshouse_contract::{Digest, Fault, FaultKind};
use glasshouse_control::{Signed, Subject};

use super::{Output, read_file, unexpected};
use crate::{Ended, place::Place};

/// Proves the past: what was admitted, refused, changed, sealed, sent, erased and looked at
///
/// Each such thing leaves a leaf in a log that only grows; the host's key signs how long it is and what is in it.
/// A leaf holds digests and no data; the words are in the journal. An edit, a deletion or a change of order is
/// found, with the first leaf that differs. Whoever has the host's key can write another past: that takes a witness
/// to find, which are the receipts of receivers, or a checkpoint that was kept elsewhere.
#[derive(Debug, Subcommand)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  glasshouse audit show
  glasshouse audit verify --witness ./receipts
  glasshouse audit prove line:17 --out approval.proof
  glasshouse audit export ./log"
)]
pub enum Audit {
    Show(show::Show),
    Verify(verify::Verify),
    Prove(prove::Prove),
    Check(check::Check),
    Export(export::Export),
}

impl Audit {
    pub fn run(self, place: impl Fn() -> Result<Place, Fault>) -> Result<Ended, Fault> {
        match self {
            Self::Show(verb) => verb.run(&place()?),
            Self::Verify(verb) => verb.run(place),
            Self::Prove(verb) => verb.run(&place()?),
            Self::Check(verb) => verb.run(),
            Self::Export(verb) => verb.run(&place()?),
        }
    }
}

/// `17` is a leaf, `line:17` a line of the journal, 64 digits the id of a request or the digest of a plugin.
fn subject(text: &str) -> Result<Subject, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| "it is no number".to_owned());
    if let Some(line) = text.strip_prefix("line:") {
        return number(line).map(Subject::Line);
    }
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    if hex.len() == 64 {
        return Digest::from_hex(hex).map(Subject::Digest).map_err(|error| error.to_string());
    }
    number(text)
        .map(Subject::Leaf)
        .map_err(|_| "name a leaf's number, `line:` and a line's number of the journal, or an id".to_owned())
}

/// A key that is written out, or in a file.
fn key(text: &str) -> Result<String, Fault> {
    if text.contains('+') {
        return Ok(text.to_owned());
    }
    let bytes = read_file(Path::new(text), 4096)?;
    String::from_utf8(bytes)
        .map(|text| text.trim().to_owned())
        .map_err(|error| Fault::new(FaultKind::Malformed, text, error, "it holds one line: name+id+key"))
}

/// How much was signed, in a line.
fn signed(signed: &Signed) -> String {
    format!("{} leaves, root {}", signed.size, signed.root)
}
