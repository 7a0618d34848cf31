use glasshouse_contract::{Level, Name, PluginId};
use glasshouse_ledger::{Reason, StatementState};
use serde::{Deserialize, Serialize};

/// Told what a run does while it does it. Called from several threads; whoever is slow here makes the
/// run slow.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn happened(&self, event: &Event);
}

/// For runs that nobody watches.
impl Progress for () {
    fn happened(&self, _: &Event) {}
}

/// What happened in a run. Names, numbers and the host's own words; nothing of the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A run begins, or goes on where it was cut short.
    RunBegan {
        /// The site.
        site: Name,
        /// The run.
        run: String,
        /// The level in force.
        level: Level,
        /// Whether it was begun before.
        resumed: bool,
        /// How many statements there are to run.
        statements: u64,
    },
    /// A statement was sent.
    StatementBegan {
        /// The site.
        site: Name,
        /// The plugin.
        query: PluginId,
        /// The statement.
        statement: Name,
    },
    /// Some of its rows are there.
    Rows {
        /// The site.
        site: Name,
        /// The plugin.
        query: PluginId,
        /// The statement.
        statement: Name,
        /// How many so far.
        rows: u64,
    },
    /// A statement is over.
    StatementEnded {
        /// The site.
        site: Name,
        /// The plugin.
        query: PluginId,
        /// The statement.
        statement: Name,
        /// How many rows it returned.
        rows: u64,
        /// How long it took.
        duration_ms: u64,
        /// What became of it.
        state: StatementState,
        /// Why it was skipped or failed.
        reason: Option<Reason>,
        /// SQL Server's error number.
        number: Option<u32>,
    },
    /// A plugin begins anew, for one of its statements broke off in the middle of its rows.
    QueryBeginsAnew {
        /// The site.
        site: Name,
        /// The plugin.
        query: PluginId,
        /// The statement that broke off.
        statement: Name,
    },
    /// A plugin failed; none of its rows are kept.
    QueryFailed {
        /// The site.
        site: Name,
        /// The plugin.
        query: PluginId,
        /// Why.
        reason: Reason,
    },
    /// The run is over.
    RunEnded {
        /// The site.
        site: Name,
        /// The run.
        run: String,
    },
}
