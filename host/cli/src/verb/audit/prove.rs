use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use glasshouse_contract::{Fault, FaultKind};
use glasshouse_control::{AuditProof, AuditRequest, Reply, Request, Subject};

use super::{Output, subject, unexpected};
use crate::{Ended, place::Place, screen};

/// Writes a proof that a leaf is in the log
///
/// The proof is C2SP's tlog-proof: any tool that reads it, and `glasshouse audit check`, tells with the log's key alone
/// whether the leaf is in the log that was signed. With --out the leaf's 106 bytes are in FILE.leaf.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse audit prove line:17 --out approval.proof
  glasshouse audit prove 5b0c.. --out request.proof      64 digits: the id of a request
  glasshouse audit check approval.proof --key key")]
pub struct Prove {
    /// A leaf's number, `line:` and a line's number of the journal, the id of a request, or a plugin's digest
    #[arg(value_name = "ID|INDEX|line:SEQ", value_parser = subject)]
    subject: Subject,

    /// How to write what is proved
    #[arg(long, value_enum, default_value_t)]
    output: Output,

    /// Where to write the proof; without it, it is printed
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Prove {
    pub fn run(self, place: &Place) -> Result<Ended, Fault> {
        let request = Request::Audit(AuditRequest::Prove { subject: self.subject });
        let Reply::AuditProof(proof) = place.ask("proving", request)? else {
            return Err(unexpected());
        };
        if let Some(out) = &self.out {
            let leaf = super::check::leaf_of(out);
            write(out, proof.proof.as_bytes())?;
            write(&leaf, &proof.leaf.0)?;
        }
        match (self.output, &self.out) {
            (Output::Json, _) => screen::print_json(&proof),
            (Output::Text, Some(out)) => {
                screen::print(&text(&proof));
                screen::note(&format!("the proof is in {}", screen::line(&out.display().to_string())));
            }
            (Output::Text, None) => {
                screen::note(text(&proof).trim_end());
                screen::print_exactly(&proof.proof);
            }
        }
        Ok(Ended::Well)
    }
}

fn text(proof: &AuditProof) -> String {
    let mut text =
        format!("leaf {}: {} at {}\nsubject {}\n", proof.index, proof.kind, proof.at, proof.subject);
    if let Some(content) = &proof.content {
        text.push_str(&format!("content {content}\n"));
    }
    for (index, kind) in &proof.others {
        text.push_str(&format!("also about it: leaf {index}, {kind}\n"));
    }
    text
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    fs::write(path, bytes).map_err(|error| {
        Fault::new(FaultKind::Unreachable, path.display(), error, "name another file: --out")
    })
}
