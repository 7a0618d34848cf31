//! Collecting: what the plugins' statements return at a site becomes results in the ledger.
//!
//! A run goes plugin by plugin. A plugin's part is what is done or not done: its statements' rows stream from the
//! site through the plugin and the rules into the ledger, where nobody sees them until the last one is there; then
//! they, what became of each statement, and what the plugin carries to its next run are one transaction. Whatever
//! ends a run early leaves whole parts, and the run goes on with the others.
//!
//! A statement that fails is recorded and left out, and the plugin's others go on. Where it fails in the middle of
//! its rows, the plugin begins anew without it. A query that makes one thing of all its statements makes nothing
//! where one of them failed: it would take half an answer for the whole.

mod error;
mod kept;
pub(crate) mod own;
mod part;
mod progress;
mod receipt;
mod run;
mod settings;
mod shape;

use std::sync::Arc;

use glasshouse_registry::Registry;

pub use error::CollectError;
pub use progress::{Event, Progress};
pub use receipt::{QueryReceipt, Receipt, RedactionTotal, StatementReceipt, TableReceipt, Total};
pub use settings::{Checkpoints, CollectSettings, CollectSite, SealSettings};

pub(crate) use run::schedule;
use run::{When, collect};

/// Runs a site now, because somebody asks for it: the run that was cut short where there is one, else a new one for
/// the site's present week. It counts for that week.
///
/// # Errors
/// When the site as a whole cannot be worked with, or the disk fails. What was done up to then stays done.
pub async fn run_now(
    registry: &Arc<Registry>,
    site: &Arc<CollectSite>,
    settings: &CollectSettings,
    progress: &Arc<dyn Progress>,
) -> Result<Option<Receipt>, CollectError> {
    collect(registry, site, settings, progress, When::Now).await
}

/// Runs a site now, as a draft: what would leave is sealed and held until somebody approves that very draft. It is the
/// run of its week, unless it is denied: then that week's run is still to come.
///
/// # Errors
/// When the site as a whole cannot be worked with, or the disk fails. What was done up to then stays done.
pub async fn run_draft(
    registry: &Arc<Registry>,
    site: &Arc<CollectSite>,
    settings: &CollectSettings,
    progress: &Arc<dyn Progress>,
) -> Result<Option<Receipt>, CollectError> {
    collect(registry, site, settings, progress, When::Draft).await
}

/// Runs a site where a run is due or was cut short.
///
/// # Errors
/// When the site as a whole cannot be worked with, or the disk fails. What was done up to then stays done.
pub async fn run_due(
    registry: &Arc<Registry>,
    site: &Arc<CollectSite>,
    settings: &CollectSettings,
    progress: &Arc<dyn Progress>,
) -> Result<Option<Receipt>, CollectError> {
    collect(registry, site, settings, progress, When::Due).await
}
