//! What is asked about the keys that pseudonyms are made with.

use glasshouse_contract::{Fault, Name};
use glasshouse_ledger::Actor;
use glasshouse_registry::{Passphrase, Registry, RegistryError};

use crate::{PseudonymKeyReport, PseudonymKeysReport, SealedKeyReport};

/// The keys that are held, and how many runs used each.
pub(crate) fn list(registry: &Registry) -> Result<PseudonymKeysReport, Fault> {
    let runs = registry.ledger().runs(None, u32::MAX);
    let runs = runs.map_err(|error| RegistryError::from(error).fault("the runs"))?;
    let held = registry.keys().pseudonym_keys();
    let keys = held.keys.into_iter().map(|key| PseudonymKeyReport {
        runs: runs.iter().filter(|run| run.keys.get(&key.name) == Some(&key.id)).count() as u64,
        name: key.name,
        id: key.id,
        in_use: key.in_use,
    });
    Ok(PseudonymKeysReport { keys: keys.collect(), problems: held.problems })
}

/// Makes a key; what was done, in words.
pub(crate) fn new(registry: &Registry, name: &Name, actor: &Actor) -> Result<String, Fault> {
    let (id, before) = registry.new_key(name, actor).map_err(|error| error.fault("the keys"))?;
    Ok(match before {
        Some(before) => format!(
            "the key {name}/{id} is used from the next run on; {name}/{before} is kept until it is deleted"
        ),
        None => format!("the key {name}/{id} is used from the next run on; it is the first of its name"),
    })
}

/// Seals a key.
pub(crate) fn export(
    registry: &Registry,
    name: Name,
    passphrase: &Passphrase,
    actor: &Actor,
) -> Result<SealedKeyReport, Fault> {
    let (id, sealed) =
        registry.export_key(&name, passphrase, actor).map_err(|error| error.fault("the passphrase"))?;
    Ok(SealedKeyReport { name, id, sealed })
}

/// Takes a sealed key into use; what was done, in words.
pub(crate) fn import(
    registry: &Registry,
    sealed: &str,
    passphrase: &Passphrase,
    actor: &Actor,
) -> Result<String, Fault> {
    let done =
        registry.import_key(sealed, passphrase, actor).map_err(|error| error.fault("the sealed key"))?;
    let (name, id) = (done.name, done.id);
    Ok(match done.before {
        Some(before) if before == id => format!("the key {name}/{id} is in use already; nothing was changed"),
        Some(before) => format!(
            "the key {name}/{id} is used from the next run on; {name}/{before} is kept until it is deleted"
        ),
        None => format!("the key {name}/{id} is used from the next run on"),
    })
}
