//! What a run does, told while it does it: to the log of a host, or to who asked for the run.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError, mpsc},
    time::Instant,
};

use glasshouse_contract::{Name, PluginId};
use glasshouse_ledger::StatementState;
use glasshouse_pipeline::{Event, Progress};
use tracing::{info, warn};

/// Writes what happens into the log: names, numbers and the host's own words.
pub(crate) struct Log;

impl Progress for Log {
    fn happened(&self, event: &Event) {
        match event {
            Event::StatementBegan { .. } | Event::Rows { .. } => {}
            Event::StatementEnded { state: StatementState::Failed, .. } | Event::QueryFailed { .. } => {
                warn!("{}", words(event).unwrap_or_default());
            }
            _ => {
                if let Some(words) = words(event) {
                    info!("{words}");
                }
            }
        }
    }
}

/// Tells who asked for a run.
pub(crate) struct Teller {
    /// Whether every step is told, for somebody who watches; else what is over alone.
    watched: bool,
    state: Mutex<Telling>,
}

struct Telling {
    said: mpsc::Sender<String>,
    all: u64,
    ended: u64,
    begun: HashMap<(Name, PluginId, Name), Instant>,
}

impl Teller {
    pub fn new(said: mpsc::Sender<String>, watched: bool) -> Self {
        Self { watched, state: Mutex::new(Telling { said, all: 0, ended: 0, begun: HashMap::new() }) }
    }
}

impl Progress for Teller {
    fn happened(&self, event: &Event) {
        Log.happened(event);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let text = state.text(event, self.watched);
        if let Some(text) = text {
            // Who asked may have left; the run goes on.
            let _ = state.said.send(text);
        }
    }
}

impl Telling {
    fn text(&mut self, event: &Event, watched: bool) -> Option<String> {
        match event {
            Event::RunBegan { statements, .. } => self.all += statements,
            Event::StatementBegan { site, query, statement } => {
                self.begun.insert((site.clone(), query.clone(), statement.clone()), Instant::now());
            }
            Event::StatementEnded { site, query, statement, .. } => {
                self.ended += 1;
                self.begun.remove(&(site.clone(), query.clone(), statement.clone()));
            }
            Event::Rows { site, query, statement, rows } if watched => {
                let begun = self.begun.get(&(site.clone(), query.clone(), statement.clone()))?;
                // A clock that is coarse must not make it infinite.
                let rate = (*rows as f64 / begun.elapsed().as_secs_f64().max(0.001)) as u64;
                let (ended, all) = (self.ended, self.all);
                return Some(format!(
                    "[{ended}/{all}] {site}: {query}/{statement}: {rows} rows, {rate} rows/s"
                ));
            }
            _ => {}
        }
        let words = words(event)?;
        Some(if watched { format!("[{}/{}] {words}", self.ended, self.all) } else { words })
    }
}

/// An event in words, where it says something to who does not watch every step.
fn words(event: &Event) -> Option<String> {
    Some(match event {
        Event::RunBegan { site, level, resumed, statements, .. } => {
            let begins = if *resumed { "goes on where it was" } else { "begins" };
            format!("{site}: a run {begins}: {statements} statements at level {level}")
        }
        Event::StatementBegan { .. } | Event::Rows { .. } => return None,
        Event::StatementEnded { state: StatementState::Skipped, .. } => return None,
        Event::StatementEnded { site, query, statement, rows, duration_ms, state, reason, number } => {
            let why = reason.map(|reason| format!(": {}", reason.words())).unwrap_or_default();
            let number = number.map(|number| format!(" (error {number})")).unwrap_or_default();
            format!("{site}: {query}/{statement}: {state}, {rows} rows in {duration_ms} ms{why}{number}")
        }
        Event::QueryBeginsAnew { site, query, statement } => {
            format!("{site}: {query} begins anew, without `{statement}`, which broke off")
        }
        Event::QueryFailed { site, query, reason } => format!("{site}: {query} failed: {}", reason.words()),
        Event::RunEnded { site, .. } => format!("{site}: the run is over"),
    })
}
