use std::path::PathBuf;

use clap::Args;
use glasshouse_contract::{Fault, FaultKind};
use glasshouse_control::{
    AuditRequest, AuditVerified, Reply, Request, Witnesses, read_witnesses, verify_folder,
};

use super::{Output, key, signed, unexpected};
use crate::{Ended, place::Place, screen};

/// Checks that the leaves, the log's files, its checkpoint and what others saw are one log
///
/// Asks nobody outside. The receipts that came for requests are witnesses by themselves; --witness adds what others
/// kept: receipts that a receiver wrote with `glasshouse receive receipts`, or checkpoints of this log. Receipts have to
/// be signed by a `receiver_key` of glasshouse.toml, or one that --receiver-key names. Without a witness a
/// state directory that was put back to an earlier day as a whole looks sound, for it once was. Ends with 1 where
/// something is wrong, and names the first leaf that differs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  glasshouse audit verify
  glasshouse audit verify --witness ./receipts
  glasshouse audit verify --folder ./log --key key      a copy from `audit export`, on another machine
  glasshouse audit verify --folder ./log --key key --witness ./receipts --receiver-key 'receiver+1f2e3d4c+AZ..'")]
pub struct Verify {
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    output: Output,

    /// A receipt or a checkpoint, or a folder of them
    #[arg(long, value_name = "DIR|FILE")]
    witness: Vec<PathBuf>,

    /// A receiver's key, or a file with it, beside those of glasshouse.toml; with none receipts are believed as they stand
    #[arg(long, value_name = "KEY", requires = "witness")]
    receiver_key: Vec<String>,

    /// A copy of the log in place of the state directory
    #[arg(long, value_name = "DIR", requires = "key")]
    folder: Option<PathBuf>,

    /// The log's key, or a file with it, as `audit show` printed it at the log's host
    #[arg(long, value_name = "KEY", requires = "folder")]
    key: Option<String>,
}

impl Verify {
    pub fn run(self, place: impl Fn() -> Result<Place, Fault>) -> Result<Ended, Fault> {
        let keys: Vec<String> = self.receiver_key.iter().map(|text| key(text)).collect::<Result<_, _>>()?;
        let mut witnesses = Witnesses::default();
        for path in &self.witness {
            let read = read_witnesses(path)?;
            witnesses.notes.extend(read.notes);
            witnesses.files += read.files;
        }
        if !self.witness.is_empty() && witnesses.notes.is_empty() {
            return Err(Fault::new(
                FaultKind::Malformed,
                "--witness",
                "nothing that is there saw this log: no checkpoint of it is in a receipt",
                "name the receipts of requests that were sent since the log began, or a checkpoint",
            ));
        }
        let verified = match (&self.folder, &self.key) {
            (Some(folder), Some(text)) => verify_folder(folder, &key(text)?, &witnesses.notes, &keys)?,
            _ => {
                let verify = AuditRequest::Verify { witnesses: witnesses.notes, receivers: keys };
                let request = Request::Audit(verify);
                match place()?.ask("verifying the audit log", request)? {
                    Reply::AuditVerified(verified) => verified,
                    _ => return Err(unexpected()),
                }
            }
        };
        match self.output {
            Output::Json => screen::print_json(&verified),
            Output::Text => screen::print(&text(&verified)),
        }
        if verified.unchecked > 0 {
            screen::note(&format!(
                "{} receipts were believed as they stand: a receiver_key in glasshouse.toml, or --receiver-key, says who \
                 has to have signed them",
                verified.unchecked
            ));
        }
        if verified.findings.iter().any(|finding| finding.repairable) {
            screen::note("files of the log are made again from its leaves: glasshouse ledger repair");
        }
        Ok(if verified.findings.is_empty() { Ended::Well } else { Ended::WithFindings })
    }
}

fn text(verified: &AuditVerified) -> String {
    let mut text = String::new();
    for finding in &verified.findings {
        text.push_str(&format!("wrong: {}\n", screen::line(&finding.what)));
    }
    if verified.findings.is_empty() {
        text.push_str("the log is sound\n");
    }
    let checkpoint = verified.checkpoint.as_ref().map_or_else(|| "nothing".to_owned(), signed);
    text.push_str(&format!(
        "signed {checkpoint}\n{} leaves and {} files were compared; {} of {} witnesses saw this log\n",
        verified.leaves, verified.files, verified.agreeing, verified.witnesses
    ));
    text
}
