//! A change of how much is collected, of whether anything is sent, or of how long things are kept is in the journal: who
//! looks back sees since when.

use glasshouse_contract::{Fault, Level};
use glasshouse_ledger::{Actor, Event, KeptFor};
use glasshouse_registry::Registry;
use serde_json::{Value, json};

use super::fault_of;
use crate::{Config, Mode};

/// Notes where level, mode or retention are others than the journal knows. Who edited the file is not known: the host saw it.
pub(crate) fn note_changes(registry: &Registry, config: &Config) -> Result<(), Fault> {
    let seen = [
        ("level changed", Level::default().to_string(), config.level.to_string()),
        ("mode changed", Mode::default().to_string(), config.mode().to_string()),
        ("retention changed", KeptFor::default().to_string(), config.kept_for.to_string()),
    ];
    let ledger = registry.ledger();
    for (event, default, now) in seen {
        let last = ledger.last_of(event).map_err(fault_of("the journal"))?;
        let before = last.as_ref().and_then(|entry| entry.detail.get("new")).and_then(Value::as_str);
        let before = before.map_or(default, str::to_owned);
        if before == now {
            continue;
        }
        let detail = json!({ "old": before, "new": now });
        let event = Event { event, object: "glasshouse.toml".to_owned(), detail };
        let at = registry.clock().now();
        ledger.change(|change| change.note(at, &Actor::host(), &event)).map_err(fault_of("the journal"))?;
    }
    Ok(())
}
