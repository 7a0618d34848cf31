//! Puts a backup in the place of the ledger.

mod taken_over;

use std::path::{Path, PathBuf};

use crate::{
    Damage, Decision, Event, Ledger, LedgerError,
    repair::{beside, free_name, put_in_place, with_suffix},
    schema,
};
use taken_over::TakenBack;

pub use taken_over::TakenOver;

/// What the ledger that was there is called from then on, and a number.
const REPLACED: &str = "replaced";

/// What a restore did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// The schema that the backup had; it was brought up to this host's.
    pub schema: i64,
    /// Where the ledger is that was there before.
    pub kept: Option<PathBuf>,
    /// What was taken over from it; nothing where there was none, or it could not be read.
    pub taken_over: Option<TakenOver>,
}

impl Ledger {
    /// Makes a backup the ledger at `path`, which nobody may have open. One of an older schema is brought up to
    /// date; the backup itself stays as it is. Where there is a ledger already, it is kept under another name, and
    /// only if `replace` says so is it replaced at all.
    ///
    /// What happened after the backup is not in it: a request that was sent since is sent again, with the same
    /// id, and the receiver knows it. The audit log is shorter than the checkpoints that were handed out. What was
    /// taken back since stays so, where the ledger that was there can still be read.
    ///
    /// # Errors
    /// When there is a ledger and `replace` does not say so, the backup is damaged, newer than this host or no
    /// ledger, or the disk fails. What was there is then as it was.
    pub fn restore(
        backup: &Path,
        path: &Path,
        replace: bool,
        decision: &Decision<'_>,
    ) -> Result<Restored, LedgerError> {
        let there = path.exists() || with_suffix(path, "-wal").exists();
        if there && !replace {
            let source = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(LedgerError::File { path: path.to_owned(), source });
        }
        let found = schema::of_backup(backup)?;
        let new = beside(path, "restoring")?;
        let before = was(path).and_then(|was| TakenBack::read(&was).ok());
        let result = copy(backup, &new, found, before.as_ref(), decision).and_then(|taken_over| {
            let kept = free_name(path, REPLACED)?;
            put_in_place(&new, path, &kept)?;
            Ok(Restored { schema: found, kept: there.then_some(kept), taken_over })
        });
        if result.is_err() {
            // The half-made copy is of no use, and the error is what matters.
            let _ = std::fs::remove_file(&new);
        }
        result
    }
}

/// The ledger that was there: a restore that was cut short has put it away already.
fn was(path: &Path) -> Option<PathBuf> {
    let put_away = (1..1000).map(|number| with_suffix(path, &format!(".{REPLACED}-{number}")));
    if path.exists() { Some(path.to_owned()) } else { put_away.take_while(|name| name.exists()).last() }
}

fn copy(
    backup: &Path,
    new: &Path,
    found: i64,
    before: Option<&TakenBack>,
    decision: &Decision<'_>,
) -> Result<Option<TakenOver>, LedgerError> {
    schema::copy_of(backup, new)?;
    let ledger = Ledger::open(new)?;
    // The copy that an upgrade makes is the backup that is there anyway.
    if found < schema::SCHEMA {
        let _ = std::fs::remove_file(schema::backup_of(new, found));
    }
    if let Some(damage) = ledger.verify()?.damage.first() {
        return Err(damaged(damage));
    }
    let taken_over = before.map(|before| before.take_over(&ledger, decision)).transpose()?;
    let event = Event {
        event: "ledger restored",
        object: "ledger".to_owned(),
        detail: serde_json::json!({ "schema": found, "reason": decision.reason, "taken_over": taken_over }),
    };
    ledger.change(|change| change.note(decision.at, decision.actor, &event))?;
    ledger.close()?;
    crate::ledger::sync_file(new)?;
    Ok(taken_over)
}

fn damaged(damage: &Damage) -> LedgerError {
    LedgerError::damaged("a whole backup", damage.to_string())
}

#[cfg(test)]
mod tests;
