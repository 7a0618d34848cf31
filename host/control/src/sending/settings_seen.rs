//! A change of how much is collected, of whether anything is sent, of how long things are kept, or of whose receipts count
//! is in the journal: who looks back sees since when.

use glasshouse_contract::{Fault, Level};
use glasshouse_egress::TargetConfig;
use glasshouse_ledger::{Actor, Event, KeptFor};
use glasshouse_pipeline::receiver_keys;
use glasshouse_registry::Registry;
use serde_json::{Value, json};

use super::fault_of;
use crate::{Config, Mode};

/// Notes where level, mode, retention or the keys of receivers are others than the journal knows. Who edited the file is not known: the host saw it.
pub(crate) fn note_changes(registry: &Registry, config: &Config) -> Result<(), Fault> {
    let seen = [
        ("level changed", Level::default().to_string(), config.level.to_string()),
        ("mode changed", Mode::default().to_string(), config.mode().to_string()),
        ("retention changed", KeptFor::default().to_string(), config.kept_for.to_string()),
        // Who takes a key away makes believe whatever answers.
        (
            "receivers changed",
            whose_receipts_count(&[], registry),
            whose_receipts_count(&config.sending.targets, registry),
        ),
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

/// Each target with the keys whose receipts count for it, by name and id, or with the word `any`.
pub(crate) fn whose_receipts_count(targets: &[TargetConfig], registry: &Registry) -> String {
    let told = targets.iter().map(|target| {
        let keys = match receiver_keys(target, registry.state().root()) {
            Ok(Some(keys)) => keys.to_string(),
            Ok(None) => "any".to_owned(),
            // Nothing is sent to it, and nothing believed, until it can be read.
            Err(_) => "unreadable".to_owned(),
        };
        let keys: Vec<&str> =
            keys.lines().map(|key| key.rsplit_once('+').map_or(key, |(id, _)| id)).collect();
        let tenant = target.tenant.as_ref().map(|tenant| format!(" for {tenant}")).unwrap_or_default();
        format!("{} {}{tenant}", target.plugin, keys.join(" "))
    });
    told.collect::<Vec<_>>().join(", ")
}
