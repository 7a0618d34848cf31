//! The worlds of `wit/`, parsed.

use glasshouse_contract::Kind;
use wit_parser::{Resolve, WorldId};

use crate::WorkshopError;

/// The text of the contract that this host speaks; also written beside a new plugin's SDK.
pub(crate) const WIT: &str = include_str!("../../../wit/glasshouse.wit");

/// The package's name and version as core modules and components spell it.
pub(crate) const PACKAGE: &str = "glasshouse:plugin";

pub(crate) fn world_of(kind: Kind) -> Result<(Resolve, WorldId), WorkshopError> {
    let mut resolve = Resolve::new();
    let wit = |error: anyhow::Error| WorkshopError::Assembly(format!("wit/glasshouse.wit: {error:#}"));
    let package = resolve.push_str("glasshouse.wit", WIT).map_err(wit)?;
    let world = resolve.select_world(&[package], Some(kind.world())).map_err(wit)?;
    Ok((resolve, world))
}

/// `glasshouse:plugin/table@1.1.0` -> `table`; `None` for every other package's interfaces.
pub(crate) fn interface_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix(PACKAGE)?.strip_prefix('/')?;
    Some(rest.split('@').next().unwrap_or(rest))
}
