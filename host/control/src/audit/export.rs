//! A copy of the log for a stranger's tools: files as C2SP has them, and the leaves as lines of JSON.

use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::Path,
};

use glasshouse_audit::{Checkpoint, LogError, Verifier, write_copy};
use glasshouse_contract::{Fault, FaultKind, LEAF_LEN, Leaf};

use super::{AuditPage, AuditRequest};
use crate::{Reply, Request};

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many leaves.
    pub leaves: u64,
    /// The log's name.
    pub log: String,
}

/// Writes the log to a folder that is new or empty: `checkpoint` and `tile/` as C2SP's tlog-tiles has them, `key` with
/// the key that checks it, `leaves.ndjson` with each leaf in words. `ask` gets the leaves from whoever has the state.
///
/// # Errors
/// When the folder is none or not empty, the log cannot be read or is not what was signed, or the disk fails.
pub fn export(
    folder: &Path,
    mut ask: impl FnMut(Request) -> Result<Reply, Fault>,
) -> Result<Exported, Fault> {
    let file = |error: std::io::Error| {
        Fault::new(FaultKind::Unreachable, folder.display(), error, "name a new or an empty folder")
    };
    fs::create_dir_all(folder).map_err(file)?;
    if fs::read_dir(folder).map_err(file)?.next().is_some() {
        return Err(file(std::io::ErrorKind::DirectoryNotEmpty.into()));
    }
    let mut page = |from| match ask(Request::Audit(AuditRequest::Page { from }))? {
        Reply::AuditPage(page) => Ok(page),
        _ => Err(Fault::new(FaultKind::Unreachable, "the running host", "it answered another question", "")),
    };
    let first: AuditPage = page(0)?;
    let key: Verifier = first
        .key
        .parse()
        .map_err(|error| Fault::new(FaultKind::Malformed, "the key of the log", error, ""))?;
    let signed = Checkpoint::open(&first.note, &key)
        .map_err(|error| Fault::new(FaultKind::Finding, "the checkpoint", error, ""))?;
    let (note, mut lines) =
        (first.note.clone(), BufWriter::new(File::create(folder.join("leaves.ndjson")).map_err(file)?));
    let mut waiting = Some(first);
    let mut next = 0;
    let mut bytes = Vec::new().into_iter();
    let leaves = std::iter::from_fn(|| {
        loop {
            let leaf: Vec<u8> = bytes.by_ref().take(LEAF_LEN).collect();
            if !leaf.is_empty() {
                return Some(line_of(next, &leaf, &mut lines).map_err(|error| Broken(file(error))).map(
                    |()| {
                        next += 1;
                        leaf
                    },
                ));
            }
            if next >= signed.size() {
                return None;
            }
            let more = waiting.take().map_or_else(|| page(next), Ok);
            match more {
                Ok(more) if more.leaves.0.is_empty() => return None,
                Ok(more) => bytes = more.leaves.0.into_iter(),
                Err(fault) => return Some(Err(Broken(fault))),
            }
        }
    });
    // One more than was signed is never asked for: each line is of a leaf that is in the copy.
    let size = usize::try_from(signed.size()).unwrap_or(usize::MAX);
    let copied = write_copy(folder, &note, &key, leaves.take(size)).map_err(|Broken(fault)| fault)?;
    lines.flush().map_err(file)?;
    fs::write(folder.join("key"), format!("{key}\n")).map_err(file)?;
    Ok(Exported { leaves: copied.size(), log: key.name().to_owned() })
}

/// Why the copy broke off.
struct Broken(Fault);

impl From<LogError> for Broken {
    fn from(error: LogError) -> Self {
        Self(error.fault())
    }
}

fn line_of(index: u64, bytes: &[u8], out: &mut impl std::io::Write) -> std::io::Result<()> {
    let leaf = Leaf::from_bytes(bytes).map_err(std::io::Error::other)?;
    let line = serde_json::json!({
        "index": index,
        "kind": leaf.kind().name(),
        "at": leaf.at().to_string(),
        "subject": leaf.subject().to_string(),
        "content": leaf.content().map(ToString::to_string),
        "words": leaf.words().map(ToString::to_string),
    });
    writeln!(out, "{line}")
}
