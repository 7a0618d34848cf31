//! That somebody looked at data that may tell of a person is in the journal, and so in the audit log.

use std::sync::{Mutex, PoisonError};

use glasshouse_contract::{DataClass, Fault};
use glasshouse_ledger::{Actor, Event};
use glasshouse_registry::{Registry, RegistryError};
use serde_json::Value;

use crate::{ResultsReport, Wanted};

/// Who looked last, and at what: whoever turns pages looks once.
#[derive(Debug, Default)]
pub(crate) struct Looks(Mutex<Option<(String, String)>>);

impl Looks {
    /// Notes that somebody saw rows, where a column of them is a pseudonym or more than that. Counts and versions
    /// tell of nobody.
    pub fn at_results(
        &self,
        registry: &Registry,
        actor: &Actor,
        wanted: &Wanted,
        report: &ResultsReport,
    ) -> Result<(), Fault> {
        let tells = |table: &&crate::ResultsTable| {
            !table.rows.is_empty()
                && table.columns.fields().iter().any(|column| column.class >= DataClass::Pseudonym)
        };
        let tables: Vec<String> = report
            .tables
            .iter()
            .filter(tells)
            .map(|table| format!("{}/{}", table.query, table.table))
            .collect();
        if tables.is_empty() {
            return Ok(());
        }
        let route = wanted.route.as_ref().map_or("results", |route| route.as_str());
        let looked = (actor.to_string(), format!("{} {route} {}", report.receipt.run, tables.join(" ")));
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.from > 0 && last.as_ref() == Some(&looked) {
            return Ok(());
        }
        let detail = serde_json::json!({ "site": report.receipt.site, "route": route, "tables": tables });
        note(registry, actor, "results shown", &report.receipt.run, detail)?;
        *last = Some(looked);
        Ok(())
    }
}

/// Notes that somebody saw something; `event` says what, and has the word `shown` or `copied`.
pub(crate) fn note(
    registry: &Registry,
    actor: &Actor,
    event: &'static str,
    object: &str,
    detail: Value,
) -> Result<(), Fault> {
    let event = Event { event, object: object.to_owned(), detail };
    let noted = registry.ledger().change(|change| change.note(registry.clock().now(), actor, &event));
    noted.map_err(|error| RegistryError::from(error).fault("the journal"))
}
