//! What is asked about the tripwire: what it held, and which of its finds are none.

use glasshouse_contract::{Fault, FaultKind};
use glasshouse_ledger::{Actor, Find, HeldWhy, RunState};
use glasshouse_registry::{Registry, RegistryError};

use crate::{HeldFind, TripwireReport, reason::stated};

/// The finds that are allowed, and those for which a table of each site's newest run is held.
pub(crate) fn list(registry: &Registry) -> Result<TripwireReport, Fault> {
    let ledger = registry.ledger();
    let unreadable = |error| RegistryError::from(error).fault("the tripwire's finds");
    let allowances = ledger.allowances().map_err(unreadable)?;
    let mut runs = ledger.runs(None, u32::MAX).map_err(unreadable)?;
    runs.retain(|run| run.state == RunState::Done);
    let mut held = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    // The newest come first.
    for run in runs.into_iter().filter(|run| seen.insert(run.site.clone())) {
        for part in ledger.parts(&run.id).map_err(unreadable)? {
            for row in part.redaction.held.into_iter().filter(|row| row.why == HeldWhy::Tripwire) {
                let (site, run, query) = (run.site.clone(), run.id.clone(), part.plugin.clone());
                held.push(HeldFind { site, run, query, row });
            }
        }
    }
    Ok(TripwireReport { allowances, held })
}

/// Says of a find that it is none; what was done, in words.
pub(crate) fn allow(registry: &Registry, find: &Find, reason: &str, actor: &Actor) -> Result<String, Fault> {
    let reason = stated(reason, "say in a sentence why what is found there identifies nobody")?;
    known(registry, find)?;
    let now = registry.clock().now();
    let put = registry.ledger().change(|change| change.put_allowance(find, reason, now, actor));
    put.map_err(|error| RegistryError::from(error).fault("the tripwire's finds"))?;
    Ok(format!("from the next run on {} holds no table", words(find)))
}

/// Takes that back; what was done, in words.
pub(crate) fn forbid(registry: &Registry, find: &Find, actor: &Actor) -> Result<String, Fault> {
    let now = registry.clock().now();
    let removed = registry.ledger().change(|change| change.remove_allowance(find, now, actor));
    if removed.map_err(|error| RegistryError::from(error).fault("the tripwire's finds"))? {
        Ok(format!("from the next run on {} holds the table again", words(find)))
    } else {
        Err(Fault::new(
            FaultKind::Malformed,
            words(find),
            "it is not allowed",
            "`glasshouse tripwire list` shows what is",
        ))
    }
}

fn words(find: &Find) -> String {
    format!("`{}` in {}/{}.{}", glasshouse_contract::shown(&find.kind), find.query, find.table, find.column)
}

/// A misspelt name would allow nothing, and nobody would know.
fn known(registry: &Registry, find: &Find) -> Result<(), Fault> {
    let unknown = |cause: String, mend: &str| Fault::new(FaultKind::Malformed, words(find), cause, mend);
    let generation = registry.get(&find.query);
    let Some(query) = generation.as_ref().and_then(|generation| generation.manifest().query()) else {
        let cause = format!("no query {} runs", find.query);
        return Err(unknown(cause, "`glasshouse plugin list` shows what runs"));
    };
    match query.output_schema(find.table.as_str()) {
        None => Err(unknown(
            format!("{} gives no table `{}`", find.query, find.table),
            "`glasshouse show` lists the tables of a run",
        )),
        Some(schema) if !schema.fields().iter().any(|field| field.name == find.column) => Err(unknown(
            format!("the table has no column `{}`", find.column),
            "`glasshouse plan --columns` shows the columns, spelt as they are",
        )),
        Some(_) => Ok(()),
    }
}
