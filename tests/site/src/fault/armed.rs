//! The faults that are in force, and how often each may still happen.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Fault, FaultKind};
use crate::{answer::SqlError, session::Lexeme};

/// Who runs into a fault: what goes into the text of an error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Victim<'a> {
    pub(crate) spid: u16,
    pub(crate) database: &'a str,
}

/// What happens at a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    Error(SqlError),
    Close,
    Stall,
}

/// What goes wrong with one statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// Instead of an answer.
    pub(crate) instead: Option<SqlError>,
    /// After so many rows.
    pub(crate) at_row: Option<(u64, Trouble)>,
    pub(crate) wrong_type: Option<String>,
    pub(crate) lone_surrogates: bool,
    pub(crate) huge_value: Option<u64>,
    pub(crate) rows: Option<u64>,
}

/// The faults of a site.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    armed: Mutex<Vec<Fault>>,
}

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self { armed: Mutex::new(faults) }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn arm(&self, fault: Fault) {
        self.lock().push(fault);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Whether this fault of a connection happens now.
    pub(crate) fn happens(&self, kind: &FaultKind) -> bool {
        let mut armed = self.lock();
        armed.iter_mut().any(|fault| fault.kind == *kind && fault.take())
    }

    /// What goes wrong with the statement of these pieces.
    pub(crate) fn of_statement(&self, pieces: &[Lexeme], victim: Victim<'_>) -> Effects {
        let mut effects = Effects::default();
        for fault in self.lock().iter_mut() {
            if fault.concerns(pieces) && fault.take() {
                fault.add_to(&mut effects, victim);
            }
        }
        effects
    }
}

impl Fault {
    fn concerns(&self, pieces: &[Lexeme]) -> bool {
        let named = |name: &str| pieces.iter().any(|piece| piece.names(name));
        let column = match &self.kind {
            FaultKind::MissingColumn(column) => named(column),
            kind => !kind.is_of_connection(),
        };
        // What a client asks about itself names nothing; faults are about the data.
        let object = match &self.object {
            // `sys.databases` is named by its last part: the statement may have brackets or blanks in it.
            Some(object) => named(object.rsplit('.').next().unwrap_or_default()),
            None => named("FROM"),
        };
        column && object
    }

    /// Counts one time down; whether there was one.
    fn take(&mut self) -> bool {
        match &mut self.times {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    fn add_to(&self, effects: &mut Effects, victim: Victim<'_>) {
        let object = self.object.as_deref().unwrap_or_default();
        let error = match &self.kind {
            FaultKind::Error(error) => Some(error.clone()),
            FaultKind::Deadlock => {
                let message = format!(
                    "Transaction (Process ID {}) was deadlocked on lock resources with another process and has been \
                     chosen as the deadlock victim. Rerun the transaction.",
                    victim.spid
                );
                Some(SqlError::new(1205, 51, 13, message))
            }
            FaultKind::Permission => Some(SqlError::permission("SELECT", object, victim.database, "dbo")),
            FaultKind::MissingView => Some(SqlError::missing_object(object)),
            FaultKind::MissingColumn(column) => Some(SqlError::missing_column(column)),
            FaultKind::CloseMidRow => {
                effects.at_row = Some((self.row.unwrap_or(0), Trouble::Close));
                None
            }
            FaultKind::StallMidRow => {
                effects.at_row = Some((self.row.unwrap_or(0), Trouble::Stall));
                None
            }
            FaultKind::WrongType(column) => {
                effects.wrong_type = Some(column.clone());
                None
            }
            FaultKind::LoneSurrogates => {
                effects.lone_surrogates = true;
                None
            }
            FaultKind::HugeValue(bytes) => {
                effects.huge_value = Some(*bytes);
                None
            }
            FaultKind::Rows(rows) => {
                effects.rows = Some(*rows);
                None
            }
            _ => None,
        };
        match (error, self.row) {
            (Some(error), None) => effects.instead = effects.instead.take().or(Some(error)),
            (Some(error), Some(row)) => effects.at_row = Some((row, Trouble::Error(error))),
            (None, _) => {}
        }
    }
}
