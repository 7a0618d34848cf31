//! What happens to files that lie in the inbox.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    fs,
    time::{Duration, Instant},
};

use glasshouse_contract::{Digest, Fault, FaultKind};
use glasshouse_ledger::{Actor, Event, Standing};
use glasshouse_trust::{FileError, PluginFile};
use jiff::{SignedDuration, Timestamp};

use crate::{
    InboxError, Installed, Reason, Registry, RegistryError, Stamp,
    admit::{Entry, object},
    quarantine::shown,
    registry::lock,
};

/// A file that was written to a moment ago is still being copied.
const QUIET_MS: u64 = 200;
/// A copy that stalls longer than this has failed; until then half a file is no fault.
const STALLED_MS: u64 = 10_000;
/// A copy may stall just where the signatures begin: what is there then is whole, but unsigned.
const UNSIGNED_MS: u64 = 1_000;
/// What failed for the machine's sake, not the file's, is tried again after this.
const RETRY: SignedDuration = SignedDuration::from_secs(30);

/// Whoever takes a plugin back must not wait until a hundred thousand files are looked at: after so many,
/// or so long, the next in line has its turn.
const MOST_AT_ONCE: usize = 500;
const LONGEST: Duration = Duration::from_secs(5);
/// A listing is for people.
const MOST_PROBLEMS: usize = 50;

/// What is known of the inbox; held by whoever has the turn to change something.
#[derive(Debug, Default)]
pub struct Intake {
    seen: HashMap<OsString, Seen>,
    /// Whether older versions that lie in the inbox are news: not when the host has just begun to
    /// look, for then they have been lying there.
    watchful: bool,
    /// When what could not be got ready is tried again.
    pub(crate) retry_settling: Option<Timestamp>,
}

#[derive(Debug)]
struct Seen {
    stamp: Stamp,
    /// Why it was left where it is, and when it is tried again.
    left: Option<(Fault, Timestamp)>,
}

/// What a look into the inbox brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The files that were dealt with.
    pub arrivals: Vec<Arrival>,
    /// Whether some file was left because it is still being written, or because there were too many
    /// for one look.
    pub incomplete: bool,
}

/// A file from the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its name, fit to be shown.
    pub file: String,
    /// What came of it.
    pub outcome: Result<Installed, Fault>,
}

enum Taken {
    /// Still being written.
    Incomplete,
    /// Not there any more, or nothing new.
    Nothing,
    Arrived(Installed),
    /// Left where it is.
    Left(Fault),
    /// Put into quarantine.
    Failed(Fault),
}

impl Intake {
    /// Judges every file of the inbox anew at the next look.
    pub(crate) fn look_again(&mut self) {
        self.seen.clear();
        self.watchful = false;
    }

    /// Why files were left, as far as a person reads.
    fn problems(&self) -> Vec<Fault> {
        let mut faults = self.seen.values().filter_map(|seen| seen.left.as_ref().map(|(fault, _)| fault));
        let mut problems: Vec<Fault> = faults.by_ref().take(MOST_PROBLEMS).cloned().collect();
        let more = faults.count();
        if more > 0 {
            let cause = format!("{more} more files were left in it for such reasons");
            problems.push(Fault::new(FaultKind::Refused, "the inbox", cause, "see what lies in it"));
        }
        problems
    }

    pub(crate) fn try_again_later(now: Timestamp) -> Timestamp {
        now.checked_add(RETRY).unwrap_or(Timestamp::MAX)
    }
}

impl Registry {
    /// Looks into the inbox: admits what can be, puts what fails into quarantine, and leaves what
    /// is still being written.
    ///
    /// # Errors
    /// When the ledger fails. A file's own fault is in its [`Arrival`]; an inbox that cannot be
    /// trusted is in the listing's problems, and nothing is taken from it.
    pub fn scan_inbox(&self) -> Result<Scan, RegistryError> {
        let mut turn = lock(&self.turn);
        let now = self.clock.now();
        if self.is_unsettled() || turn.retry_settling.is_some_and(|at| now >= at) {
            self.settle(&mut turn)?;
        }
        let names = match self.inbox.names() {
            Ok(names) => names,
            Err(error) => {
                let object = self.inbox.path().display();
                let mend = "make it a folder that only root and the host's account may write to";
                lock(&self.board).inbox_problems = vec![Fault::new(FaultKind::Refused, object, error, mend)];
                return Ok(Scan::default());
            }
        };
        // They come in order; with a search in a row of names a full inbox would keep this thread busy.
        turn.seen.retain(|name, _| names.binary_search_by(|(there, _)| there.cmp(name)).is_ok());
        let mut scan = Scan::default();
        let begun = Instant::now();
        let mut taken = 0;
        let mut whole = true;
        for (name, stamp) in names {
            let known = turn.seen.get(&name).is_some_and(|seen| {
                seen.stamp == stamp && seen.left.as_ref().is_none_or(|(_, retry)| now < *retry)
            });
            if known {
                continue;
            }
            if taken == MOST_AT_ONCE || (taken > 0 && begun.elapsed() > LONGEST) {
                scan.incomplete = true;
                whole = false;
                break;
            }
            taken += 1;
            let file = shown(&name);
            let mut left = None;
            match self.take_in(&mut turn, &name, stamp)? {
                Taken::Incomplete => {
                    scan.incomplete = true;
                    turn.seen.remove(&name);
                    continue;
                }
                Taken::Nothing => {}
                Taken::Arrived(installed) => scan.arrivals.push(Arrival { file, outcome: Ok(installed) }),
                Taken::Left(fault) => {
                    left = Some((fault.clone(), Intake::try_again_later(now)));
                    scan.arrivals.push(Arrival { file, outcome: Err(fault) });
                }
                Taken::Failed(fault) => scan.arrivals.push(Arrival { file, outcome: Err(fault) }),
            }
            turn.seen.insert(name, Seen { stamp, left });
        }
        // Only who has seen all of it knows what is new.
        turn.watchful |= whole;
        if scan.arrivals.iter().any(|arrival| arrival.outcome.is_err()) {
            self.quarantine
                .trim()
                .map_err(|source| RegistryError::Io { path: self.state.quarantine(), source })?;
        }
        lock(&self.board).inbox_problems = turn.problems();
        Ok(scan)
    }

    fn take_in(&self, turn: &mut Intake, name: &OsStr, stamp: Stamp) -> Result<Taken, RegistryError> {
        let age = stamp.age_ms(self.clock.now());
        if age < QUIET_MS {
            return Ok(Taken::Incomplete);
        }
        let (bytes, stamp) = match self.inbox.open(name).and_then(|opened| {
            let stamp = opened.stamp();
            Ok((opened.read()?, stamp))
        }) {
            Ok(read) => read,
            Err(InboxError::Changed) => return Ok(Taken::Incomplete),
            Err(InboxError::Unreadable(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Taken::Nothing);
            }
            Err(error) => {
                let fault = Fault::new(FaultKind::Refused, shown(name), &error, error.mend());
                return self.put_away(name, stamp, None, None, fault);
            }
        };
        let bytes_digest = Digest::of(&bytes);
        let file = match PluginFile::parse(bytes) {
            Ok(file) if file.envelope().is_none() && age < UNSIGNED_MS => return Ok(Taken::Incomplete),
            Ok(file) => file,
            Err(FileError::Truncated) if age < STALLED_MS => return Ok(Taken::Incomplete),
            Err(error) => {
                let fault = error.fault(shown(name));
                return self.put_away(name, stamp, Some(bytes_digest), None, fault);
            }
        };
        if !turn.watchful && self.was_superseded(file.digest())? {
            return Ok(Taken::Nothing);
        }
        let plugin = object(&file);
        match self.admit(turn, file, Entry::New, &Actor::host()) {
            Ok(Installed::Already { .. }) => Ok(Taken::Nothing),
            Ok(installed) => Ok(Taken::Arrived(installed)),
            Err(error) if error.blames_the_file() => {
                let fault = error.fault(&shown(name));
                self.put_away(name, stamp, Some(bytes_digest), Some(plugin), fault)
            }
            Err(RegistryError::Ledger(error)) => Err(error.into()),
            Err(error) => Ok(Taken::Left(error.fault(&shown(name)))),
        }
    }

    fn was_superseded(&self, digest: Digest) -> Result<bool, RegistryError> {
        Ok(self.ledger.plugin(digest)?.is_some_and(|row| row.standing == Standing::Superseded))
    }

    /// Moves a file into quarantine, unless another one has taken its name since.
    fn put_away(
        &self,
        name: &OsStr,
        stamp: Stamp,
        digest: Option<Digest>,
        plugin: Option<String>,
        fault: Fault,
    ) -> Result<Taken, RegistryError> {
        if self.inbox.stamp(name).ok() != Some(stamp) {
            return Ok(Taken::Incomplete);
        }
        let now = self.clock.now();
        let file = shown(name);
        let (reason, mend) = (fault.cause.clone(), fault.mend.clone());
        let reason = Reason { file: file.clone(), digest, plugin, reason, mend, when: now };
        match self.quarantine.take(&self.inbox.path().join(name), &reason) {
            Ok(folder) => {
                tracing::warn!(%file, reason = %reason.reason, "quarantined");
                let detail = serde_json::json!({
                    "folder": folder,
                    "reason": reason.reason,
                    "plugin": reason.plugin,
                    "digest": reason.digest,
                });
                self.note(&Actor::host(), &Event { event: "file quarantined", object: file, detail })?;
                Ok(Taken::Failed(fault))
            }
            Err(error) => Ok(Taken::Left(Fault {
                cause: format!("{}; and it cannot be moved to quarantine: {error}", fault.cause),
                ..fault
            })),
        }
    }

    /// Deletes the copies of these plugin files that lie in the inbox.
    pub(crate) fn clear_inbox_of(&self, turn: &mut Intake, digests: &[Digest]) -> Result<(), RegistryError> {
        // An inbox that cannot be trusted is not read: nothing comes from it either.
        for (name, _) in self.inbox.names().unwrap_or_default() {
            let Ok((bytes, stamp)) = self.inbox.open(&name).and_then(|opened| {
                let stamp = opened.stamp();
                Ok((opened.read()?, stamp))
            }) else {
                continue;
            };
            let theirs = PluginFile::parse(bytes).is_ok_and(|file| digests.contains(&file.digest()));
            if theirs && self.inbox.stamp(&name).ok() == Some(stamp) {
                let path = self.inbox.path().join(&name);
                fs::remove_file(&path).map_err(|source| RegistryError::Io { path, source })?;
                turn.seen.remove(&name);
            }
        }
        Ok(())
    }
}
