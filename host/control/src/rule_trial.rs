//! Recorded tables through the rules of a route.

use glasshouse_contract::{Digest, Fault, FaultKind, Name};
use glasshouse_pipeline::{CollectError, Occasion, Route, RuleUse, try_rules};
use glasshouse_registry::Registry;
use glasshouse_sandbox::Keys;

use crate::{
    Config, RuleTrial, RuleTrialReport,
    recorded::{read_tables, write_table},
};

/// Batches of one table in a trial: each is an instance of the rule.
const MOST_BATCHES: u32 = 1_000;

/// What keeps a trial from being made.
struct Failed(Fault);

impl From<CollectError> for Failed {
    fn from(error: CollectError) -> Self {
        Self(error.fault())
    }
}

/// Runs the tables of a trial through its rules.
pub(crate) fn run(registry: &Registry, config: &Config, trial: &RuleTrial) -> Result<RuleTrialReport, Fault> {
    let route = match &trial.rules {
        Some(rules) => Route::results(rules.iter().cloned().map(RuleUse::from).collect()),
        None => named(config, trial)?,
    };
    let mut tables = read_tables(&trial.tables)?;
    for table in &mut tables {
        let rows = trial.batch_rows.max(1);
        if table.rows().div_ceil(rows.into()) > MOST_BATCHES.into() {
            return Err(Fault::new(
                FaultKind::Malformed,
                format!("table `{}`", table.name),
                format!("in batches of {rows} rows it has more than {MOST_BATCHES} batches"),
                "raise `batch_rows` in case.toml",
            ));
        }
        table.batches = table.batches.drain(..).flat_map(|batch| batch.split(rows)).collect();
    }
    let occasion = Occasion {
        run: trial.run.clone(),
        scheduled_us: trial.scheduled.as_microsecond(),
        level: trial.level,
        site: "site-of-the-case".to_owned(),
        hierarchy: "hierarchy-of-the-case".to_owned(),
        state: Vec::new(),
    };
    let keys = |keys: Keys, name: &Name| match trial.keys.get(name) {
        Some(word) => Ok(keys.with(name.clone(), Digest::of(word.as_bytes()).as_bytes())),
        None => match registry.keys().pseudonym(name) {
            Ok(key) => Ok(keys.with(name.clone(), &key)),
            Err(error) => Err(Failed(error.fault())),
        },
    };
    let tried = try_rules(registry, &route, &occasion, keys, tables).map_err(|Failed(fault)| fault)?;
    let (tables, failed) = match tried.made {
        Ok(tables) => (tables.iter().map(write_table).collect(), None),
        Err(words) => (Vec::new(), Some(words)),
    };
    Ok(RuleTrialReport { rules: tried.rules, tables, failed })
}

fn named(config: &Config, trial: &RuleTrial) -> Result<Route, Fault> {
    let routes = config.routes();
    let found = routes.iter().find(|route| route.name == trial.route).cloned();
    found.ok_or_else(|| {
        let names: Vec<&str> = routes.iter().map(|route| route.name.as_str()).collect();
        Fault::new(
            FaultKind::Malformed,
            format!("route `{}`", trial.route),
            "glasshouse.toml describes no such route",
            format!("name one of these: {}", names.join(", ")),
        )
    })
}
