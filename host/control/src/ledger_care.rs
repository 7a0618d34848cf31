//! The ledger itself: whether it is whole, what can be saved of it, backups, and what is erased by its age.
//!
//! A damaged ledger keeps no command of these from being run: where no host runs, they need its file alone.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use glasshouse_audit::{Leaves, Log};
use glasshouse_contract::{Fault, FaultKind};
use glasshouse_ledger::{
    Actor, Damage, Decision, Ledger, LedgerError, Purged, Repaired, Restored, Retention, TakenOver, Verified,
};
use glasshouse_registry::{Clock, Layout, Registry, RegistryError, StateDir};
use glasshouse_sandbox::Compiler;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Reply, Request, ask, audit::Keeper, look, reason};

/// What is asked about the ledger itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "care", rename_all = "kebab-case", deny_unknown_fields)]
pub enum LedgerRequest {
    /// Whether it is what was written into it.
    Verify,
    /// Save what can be read of it into a new file.
    Repair {
        /// Why.
        reason: String,
    },
    /// Put a backup in its place.
    Restore {
        /// The backup.
        file: PathBuf,
        /// Also where there is a ledger.
        replace: bool,
        /// Why.
        reason: String,
    },
    /// Note that somebody takes a copy of it.
    Copied {
        /// Where to.
        to: String,
    },
    /// Erase what is old.
    Purge {
        /// What came before is old.
        before: Timestamp,
        /// The rows that were collected.
        results: bool,
        /// The bodies of requests that were sent.
        bodies: bool,
        /// Why.
        reason: String,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LedgerReply {
    /// To `verify`.
    Verified(LedgerVerified),
    /// To `repair`.
    Repaired(LedgerRepaired),
    /// To `restore`.
    Restored(LedgerRestored),
    /// To `copied`: it is in the journal.
    Noted,
    /// To `purge`.
    Purged {
        /// Tables that have no rows any more.
        tables: u64,
        /// Requests that have no body any more.
        bodies: u64,
    },
}

/// What a check of the ledger found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerVerified {
    /// What is damaged, in words; nothing where it is whole.
    pub damage: Vec<String>,
    /// How many bodies of requests were compared with their digests.
    pub bodies: u64,
    /// How many tables of results were.
    pub tables: u64,
    /// How many leaves the audit log has.
    pub leaves: u64,
}

/// What a repair did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRepaired {
    /// What was damaged.
    pub damage: Vec<String>,
    /// Where the damaged file is now; nothing where there was no damage.
    pub kept: Option<PathBuf>,
    /// How many places of each table could not be read.
    pub unreadable: BTreeMap<String, u64>,
    /// Requests that are aside now.
    pub aside: Vec<String>,
    /// How many requests for each target are lost.
    pub lost: BTreeMap<String, u64>,
    /// How many leaves of the audit log came back from its files, whose checkpoint proves them.
    #[serde(default)]
    pub leaves: u64,
    /// What is left of the damage.
    pub left: Vec<String>,
    /// Why the audit log is not what its leaves say.
    pub audit: Option<Fault>,
}

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRestored {
    /// The schema that the backup had.
    pub schema: i64,
    /// Where the ledger is that was there before.
    pub kept: Option<PathBuf>,
    /// Where the audit log's files are that were there before.
    pub log_kept: Option<PathBuf>,
    /// What was taken back since the backup and stays so; nothing where no ledger was there, or none could be read.
    #[serde(default)]
    pub taken_over: Option<TakenOver>,
}

impl LedgerRequest {
    /// Whether the answer leaves everything as it was.
    pub(crate) const fn only_looks(&self) -> bool {
        matches!(self, Self::Verify)
    }

    /// What is asked, in a word for the log.
    pub(crate) const fn verb(&self) -> &'static str {
        match self {
            Self::Verify => "ledger verify",
            Self::Repair { .. } => "ledger repair",
            Self::Restore { .. } => "restore",
            Self::Copied { .. } => "backup",
            Self::Purge { .. } => "purge",
        }
    }

    /// Whether it is done without opening what the ledger describes.
    pub(crate) const fn needs_the_file_alone(&self) -> bool {
        matches!(self, Self::Verify | Self::Repair { .. } | Self::Restore { .. })
    }
}

/// Answers where the ledger is open: in a host, or in a command that opened it.
pub(crate) fn answer(
    registry: &Registry,
    request: &LedgerRequest,
    actor: &Actor,
) -> Result<LedgerReply, Fault> {
    let ledger = registry.ledger();
    match request {
        LedgerRequest::Verify => ledger.verify().map(verified).map_err(unreadable),
        LedgerRequest::Repair { .. } | LedgerRequest::Restore { .. } => Err(Fault::new(
            FaultKind::Refused,
            registry.state().ledger().display(),
            format!("the host of process {} has it open", std::process::id()),
            "stop the host, do it, and start the host again",
        )),
        LedgerRequest::Copied { to } => {
            look::note(registry, actor, "ledger copied", to, serde_json::Value::Null)?;
            Ok(LedgerReply::Noted)
        }
        LedgerRequest::Purge { before, results, bodies, reason } => {
            let reason = reason::stated(reason, "say why it goes: --reason")?;
            let at = |wanted: &bool| if *wanted { *before } else { Timestamp::MIN };
            let retention = Retention { results_before: at(results), bodies_before: at(bodies) };
            let decision = Decision { at: registry.clock().now(), actor, reason };
            let Purged { tables, bodies } = ledger.purge(&retention, &decision).map_err(unreadable)?;
            Ok(LedgerReply::Purged { tables, bodies })
        }
    }
}

/// Answers where no host runs, with nothing open: whatever the ledger is like.
pub(crate) fn alone(state: &StateDir, request: LedgerRequest, actor: &Actor) -> Result<LedgerReply, Fault> {
    let path = state.ledger();
    let clock = Clock::system();
    match request {
        LedgerRequest::Repair { reason } => {
            let reason = reason::stated(&reason, "say why it is repaired: --reason")?;
            is_there(&path)?;
            let decision = Decision { at: clock.now(), actor, reason };
            let keeper = Keeper::of(state, clock);
            // What the log's key signed in its files is what was in the ledger. Where they prove nothing, nothing is taken
            // from them, and what is wrong with the log is told below.
            let proved = Leaves::proved(keeper.folder(), &keeper.verifier()?);
            let leaves = proved.into_iter().flatten().map_while(Result::ok);
            let repaired = Ledger::repair_with(&path, &decision, leaves).map_err(unreadable)?;
            let audit = Ledger::open(&path).map_err(unreadable)?;
            let audit = keeper.make_again(&audit).err();
            Ok(LedgerReply::Repaired(LedgerRepaired::of(repaired, audit)))
        }
        LedgerRequest::Restore { file, replace, reason } => {
            let reason = reason::stated(&reason, "say why it is restored: --reason")?;
            if path.exists() && !replace {
                return Err(Fault::new(
                    FaultKind::Refused,
                    path.display(),
                    "there is a ledger, and what happened since the backup is in it alone",
                    "--force puts the backup in its place; the ledger is kept beside it under another name",
                ));
            }
            let decision = Decision { at: clock.now(), actor, reason };
            let Restored { schema, kept, taken_over } =
                Ledger::restore(&file, &path, replace, &decision).map_err(|error| of_backup(error, &file))?;
            // The log was longer than the backup is: what was signed since is in these files alone.
            let log_kept = Log::set_aside(&state.tiles()).map_err(|error| error.fault())?;
            Keeper::of(state, clock).catch_up(&Ledger::open(&path).map_err(unreadable)?)?;
            Ok(LedgerReply::Restored(LedgerRestored { schema, kept, log_kept, taken_over }))
        }
        // The rest needs more than the file.
        _ => {
            is_there(&path)?;
            Ledger::verify_at(&path).map(verified).map_err(unreadable)
        }
    }
}

/// A file that is empty is no ledger of an older host, though SQLite takes it for a new one.
fn is_there(path: &Path) -> Result<(), Fault> {
    let cause = match std::fs::metadata(path) {
        Ok(file) if file.len() > 0 => return Ok(()),
        Ok(_) => "it is empty: what the host remembers is lost".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(Fault::new(FaultKind::Unreachable, path.display(), cause, "`glasshouse restore` takes a backup"))
}

impl LedgerRepaired {
    fn of(repaired: Repaired, audit: Option<Fault>) -> Self {
        let words = |damage: &[Damage]| damage.iter().map(ToString::to_string).collect();
        Self {
            damage: words(&repaired.damage),
            left: words(&repaired.left),
            kept: repaired.kept,
            unreadable: repaired.unreadable,
            aside: repaired.aside,
            lost: repaired.lost,
            leaves: repaired.leaves,
            audit,
        }
    }
}

fn verified(verified: Verified) -> LedgerReply {
    LedgerReply::Verified(LedgerVerified {
        damage: verified.damage.iter().map(ToString::to_string).collect(),
        bodies: verified.bodies,
        tables: verified.tables,
        leaves: verified.leaves,
    })
}

/// Copies the ledger into a file that is new, with the rights of whoever asks. That it is copied is in the journal
/// before it is.
///
/// # Errors
/// When the file is there, or the ledger cannot be read or the file not be written by this account.
pub fn back_up(layout: &Layout, compiler: Compiler, to: &Path, say: &dyn Fn(&str)) -> Result<(), Fault> {
    let unwritable = |cause: String| {
        let mend = "name a file that is not there yet, in a folder that this account may write to";
        Fault::new(FaultKind::Unreachable, to.display(), cause, mend)
    };
    if to.exists() {
        return Err(unwritable("it is there already".to_owned()));
    }
    let shown = glasshouse_contract::shown(&to.display().to_string());
    match ask(layout, compiler, Request::Ledger(LedgerRequest::Copied { to: shown }), say)? {
        Reply::Ledger(LedgerReply::Noted) => {}
        _ => {
            return Err(Fault::new(
                FaultKind::Unreachable,
                "the running host",
                "it answered another question",
                "",
            ));
        }
    }
    say("copying the ledger");
    Ledger::back_up_of(&layout.ledger(), to).map_err(|error| match error {
        LedgerError::File { path, source } if path == to => unwritable(source.to_string()),
        error => unreadable(error),
    })
}

fn of_backup(error: LedgerError, backup: &Path) -> Fault {
    match error {
        LedgerError::File { path, source } if path == backup => Fault::new(
            FaultKind::Unreachable,
            path.display(),
            source,
            "name the file that `glasshouse backup` wrote, which this account may read",
        ),
        error => RegistryError::from(error).fault(&backup.display().to_string()),
    }
}

fn unreadable(error: LedgerError) -> Fault {
    RegistryError::from(error).fault("the ledger")
}
