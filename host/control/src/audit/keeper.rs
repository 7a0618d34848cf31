//! Keeps the files of the audit log level with the leaves in the ledger.

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use glasshouse_audit::{Beginning, Checkpoint, InclusionProof, Log, Signer, Verifier};
use glasshouse_contract::{Digest, Fault, FaultKind, Leaf, LeafKind};
use glasshouse_ledger::{Actor, Event, Ledger, LedgerError};
use glasshouse_registry::{Clock, HostKeys, Layout};
use tracing::warn;

use super::{not_written, unreadable};

/// Leaves that are taken in at once.
const BATCH: u32 = 4096;

/// What the leaf has as its content that says that a log begins.
const BEGINS: &[u8] = b"glasshouse: an audit log begins";

/// The one that writes the audit log's files. What it needs is made when it is first asked for.
#[derive(Debug)]
pub(crate) struct Keeper {
    folder: PathBuf,
    keys: HostKeys,
    clock: Clock,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    verifier: Option<Verifier>,
    /// Nothing before the first time, and after something went wrong: then it is opened again.
    log: Option<Log>,
    newest: Option<(Checkpoint, String)>,
    trouble: Option<Fault>,
    /// Whether the ledger has it already that a log begins which was not signed yet.
    told: bool,
}

impl Keeper {
    pub fn of(layout: &Layout, clock: Clock) -> Self {
        Self { folder: layout.tiles(), keys: HostKeys::of(layout), clock, kept: Mutex::default() }
    }

    /// Where the log's files are.
    pub const fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// What checks the log's signatures.
    pub fn verifier(&self) -> Result<Verifier, Fault> {
        let mut kept = self.kept();
        if let Some(verifier) = &kept.verifier {
            return Ok(verifier.clone());
        }
        let verifier = self.signer()?.verifier().clone();
        kept.verifier = Some(verifier.clone());
        Ok(verifier)
    }

    /// Takes all new leaves in and signs them. A log that is not what the leaves say stays as it is, and is told
    /// about every time.
    pub fn catch_up(&self, ledger: &Ledger) -> Result<(), Fault> {
        let mut kept = self.kept();
        let done = self.level(&mut kept, ledger);
        match &done {
            Ok(()) => kept.trouble = None,
            Err(fault) => {
                kept.log = None;
                if kept.trouble.as_ref() != Some(fault) {
                    warn!("{}: {}", fault.object, fault.cause);
                    kept.trouble = Some(fault.clone());
                }
            }
        }
        done
    }

    /// Begins the log where there never was one: a state directory that is new has nothing that could be missed. Where
    /// the ledger tells of a log and its files are gone, they stay gone for whoever verifies.
    pub fn begin_where_new(&self, ledger: &Ledger) -> Result<(), Fault> {
        if !Log::is_signed(&self.folder)
            && ledger.leaves_about(&Digest::of(BEGINS)).map_err(unreadable)?.is_empty()
        {
            return self.catch_up(ledger);
        }
        Ok(())
    }

    /// Does something that takes the files as they are; nothing is written to them meanwhile.
    pub fn while_they_stay<T>(&self, work: impl FnOnce() -> T) -> T {
        let _kept = self.kept();
        work()
    }

    /// Makes all files again from the leaves in the ledger, which have to be what was signed.
    pub fn make_again(&self, ledger: &Ledger) -> Result<(), Fault> {
        let mut kept = self.kept();
        kept.log = Some(Log::open_again(&self.folder, self.signer()?).map_err(|error| error.fault())?);
        let done = self.level(&mut kept, ledger);
        if done.is_err() {
            kept.log = None;
        }
        done
    }

    /// The newest checkpoint that was signed.
    pub fn signed(&self) -> Option<Checkpoint> {
        self.kept().newest.as_ref().map(|(checkpoint, _)| checkpoint.clone())
    }

    /// Its signed note.
    pub fn newest(&self) -> Option<String> {
        self.kept().newest.as_ref().map(|(_, note)| note.clone())
    }

    fn level(&self, kept: &mut Kept, ledger: &Ledger) -> Result<(), Fault> {
        let there = ledger.leaf_count().map_err(unreadable)?;
        let mut log = match kept.log.take() {
            Some(log) if log.size() == there && log.newest().is_some() => {
                kept.log = Some(log);
                return Ok(());
            }
            Some(log) => log,
            None => self.open(ledger, &mut kept.told)?,
        };
        loop {
            let size = log.size();
            let leaves = ledger.leaf_bytes(size, BATCH).map_err(unreadable)?;
            if leaves.is_empty() {
                break;
            }
            // The tree counts leaves, and so has to begin with each one's own number.
            if let Some((_, missing)) = leaves.iter().zip(size..).find(|((seq, _), number)| seq != number) {
                return Err(not_written(missing));
            }
            log.append(leaves.iter().map(|(_, leaf)| leaf)).map_err(|error| error.fault())?;
        }
        log.publish().map_err(|error| error.fault())?;
        kept.told = false;
        kept.newest = log.newest().map(|(checkpoint, note)| (checkpoint.clone(), note.to_owned()));
        kept.log = Some(log);
        Ok(())
    }

    fn open(&self, ledger: &Ledger, told: &mut bool) -> Result<Log, Fault> {
        let log = Log::open(&self.folder, self.signer()?).map_err(|error| error.fault())?;
        match log.beginning() {
            // Where its files cannot be written it begins once, and not with each attempt.
            Beginning::New if *told => {}
            Beginning::New => {
                self.tell_that_it_begins(ledger)?;
                *told = true;
            }
            Beginning::Again(why) => warn!("the files of the audit log are made again: {why}"),
            Beginning::Continued if self.ends_as_signed(ledger, &log)? => {}
            Beginning::Continued => {
                // Which of both differs is seen when all of it is made again: it has to come out as it was signed.
                return Log::open_again(&self.folder, self.signer()?).map_err(|error| error.fault());
            }
        }
        Ok(log)
    }

    /// Whether the last leaf that was signed is the one in the ledger: a ledger that went back and on from there has
    /// another one.
    fn ends_as_signed(&self, ledger: &Ledger, log: &Log) -> Result<bool, Fault> {
        let Some(last) = log.size().checked_sub(1) else { return Ok(true) };
        let leaves = ledger.leaf_bytes(last, 1).map_err(unreadable)?;
        let Some((seq, leaf)) = leaves.first() else { return Ok(false) };
        let signer = self.signer()?;
        Ok(*seq == last && InclusionProof::of(&self.folder, signer.verifier(), last, leaf).is_ok())
    }

    /// That a log begins is in the log. Where there was one before, it is in the journal too: whoever takes the files
    /// away has the next reader see it.
    fn tell_that_it_begins(&self, ledger: &Ledger) -> Result<(), Fault> {
        let begins = Digest::of(BEGINS);
        let signer = self.signer()?;
        let (now, log) = (self.clock.now(), signer.verifier().to_string());
        let before = ledger.leaves_about(&begins).map_err(unreadable)?;
        let leaf = Leaf::new(LeafKind::Key, now, Digest::of(log.as_bytes())).with_content(begins);
        let told = ledger.change::<_, LedgerError>(|change| {
            change.leaf(&leaf)?;
            if let Some((last, _)) = before.last() {
                let detail = serde_json::json!({ "key": log, "before": last });
                let event = Event { event: "audit log begun anew", object: signer.name().to_owned(), detail };
                change.note(now, &Actor::host(), &event)?;
            }
            Ok(())
        });
        told.map_err(unreadable)?;
        if !before.is_empty() {
            warn!("the audit log has no checkpoint any more: it begins anew");
        }
        Ok(())
    }

    fn signer(&self) -> Result<Signer, Fault> {
        let key = self.keys.audit().map_err(|error| error.fault())?;
        Signer::from_seed(&key.log, &key.seed)
            .map_err(|error| Fault::new(FaultKind::Malformed, "the audit log's key", error, ""))
    }

    /// A panic elsewhere left what it held as whole as a crash would.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
