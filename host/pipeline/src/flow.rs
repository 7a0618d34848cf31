use std::sync::Arc;

use glasshouse_contract::{EndpointHosts, Level, Name, Request, Table};
use glasshouse_registry::Generation;
use glasshouse_sandbox::{CallError, Keys, LogLine};

use crate::steps;

/// A query, the rules over what it gives, in order, and a target: one path that data takes.
///
/// It holds the generations that it was made with until it is dropped. A plugin that is replaced
/// meanwhile ends its work here as the version that began it.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// Where the tables come from; without one they are given.
    pub query: Option<Arc<Generation>>,
    /// What takes out of them what may not leave.
    pub rules: Vec<Arc<Generation>>,
    /// What makes requests of them; without one there are none.
    pub target: Option<Arc<Generation>>,
    /// The hosts of the target's endpoints that its manifest leaves open.
    pub hosts: EndpointHosts,
}

/// What a run of a flow depends on besides its tables; its plugins see nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// Names the run; the same when a broken run is resumed.
    pub run: String,
    /// When the run was due, in microseconds since 1970 UTC.
    pub scheduled_us: i64,
    /// The level in force.
    pub level: Level,
    /// The site, hashed.
    pub site: String,
    /// The hierarchy, hashed.
    pub hierarchy: String,
    /// What the query returned after its last completed run.
    pub state: Vec<u8>,
}

/// What one plugin of a flow did.
#[derive(Clone, Debug)]
pub struct Done {
    /// The generation that did it.
    pub by: Arc<Generation>,
    /// The tables after it; none after a target.
    pub tables: Vec<Table>,
    /// What it said.
    pub log: Vec<LogLine>,
    /// Statements that were passed over: they are for a higher level.
    pub skipped: Vec<Name>,
}

/// What a whole flow did.
#[derive(Clone, Debug, Default)]
pub struct Flowed {
    /// Each plugin's part, in order.
    pub steps: Vec<Done>,
    /// What would be sent.
    pub requests: Vec<Request>,
    /// What the query carries to its next run.
    pub state: Vec<u8>,
}

/// A plugin of a flow failed. What came before it has no effect.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{} {}: {error}", .by.manifest().id, .by.manifest().version)]
pub struct FlowError {
    /// The generation that failed.
    pub by: Arc<Generation>,
    /// How.
    pub error: CallError,
}

impl Flow {
    /// Runs tables through the flow.
    ///
    /// # Errors
    /// When one of the plugins fails, or is not of the kind that its place needs.
    pub fn run(&self, occasion: &Occasion, keys: &Keys, tables: Vec<Table>) -> Result<Flowed, FlowError> {
        let mut flowed = Flowed::default();
        let mut tables = tables;
        if let Some(query) = &self.query {
            let shaped = steps::shape(query.plugin(), occasion, &tables).map_err(failed(query))?;
            tables = shaped.tables;
            flowed.state = shaped.state;
            flowed.steps.push(Done {
                by: Arc::clone(query),
                tables: tables.clone(),
                log: shaped.log,
                skipped: shaped.skipped,
            });
        }
        for rule in &self.rules {
            let (redacted, log) =
                steps::redact(rule.plugin(), occasion, keys, &tables).map_err(failed(rule))?;
            tables = redacted;
            let by = Arc::clone(rule);
            flowed.steps.push(Done { by, tables: tables.clone(), log, skipped: Vec::new() });
        }
        if let Some(target) = &self.target {
            let (requests, log) =
                steps::render(target.plugin(), occasion, &tables, &self.hosts).map_err(failed(target))?;
            flowed.requests = requests;
            let by = Arc::clone(target);
            flowed.steps.push(Done { by, tables: Vec::new(), log, skipped: Vec::new() });
        }
        Ok(flowed)
    }

    /// The keys that the rules of this flow use.
    pub fn keys(&self) -> impl Iterator<Item = &Name> {
        self.rules.iter().filter_map(|rule| rule.manifest().rule()).flat_map(|rule| &rule.keys)
    }
}

fn failed(by: &Arc<Generation>) -> impl Fn(CallError) -> FlowError {
    let by = Arc::clone(by);
    move |error| FlowError { by: Arc::clone(&by), error }
}
