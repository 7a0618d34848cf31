use std::{collections::BTreeMap, fmt, path::Path, sync::Arc};

use glasshouse_contract::{EndpointHosts, Level, Name, PluginId};
use glasshouse_guard::Floors;
use glasshouse_ledger::DiskPolicy;
use glasshouse_site::{Site, SiteConfig, SiteError};
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::Route;

/// What collecting depends on besides sites and plugins.
#[derive(Clone, Debug)]
pub struct CollectSettings {
    /// The level in force.
    pub level: Level,
    /// Where results go and through which rules. The first is [`Route::results`], each has its own name.
    pub routes: Vec<Route>,
    /// The lowest class that each column of a site may have.
    pub floors: Arc<Floors>,
    /// Kibibytes of a cell; a longer one is cut and counted.
    pub cell_kib: u64,
    /// What sealing depends on.
    pub seal: SealSettings,
}

/// What sealing depends on besides routes.
#[derive(Clone, Debug, Default)]
pub struct SealSettings {
    /// The hosts that the configuration names for endpoints of targets.
    pub hosts: BTreeMap<PluginId, EndpointHosts>,
    /// The audit log's newest checkpoint, which goes with each request.
    pub checkpoint: Checkpoints,
    /// How much may be sealed and not sent: no run begins where there is more. Without a word there is no end.
    pub unsent: Option<DiskPolicy>,
}

/// Where the newest signed checkpoint of the audit log comes from.
#[derive(Clone, Default)]
pub struct Checkpoints(Option<Arc<dyn Fn() -> Option<String> + Send + Sync>>);

impl Checkpoints {
    /// Asked whenever a run begins.
    #[must_use]
    pub fn from(newest: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(newest)))
    }

    /// The newest, where there is one.
    #[must_use]
    pub fn newest(&self) -> Option<String> {
        self.0.as_ref().and_then(|newest| newest())
    }
}

impl fmt::Debug for Checkpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoints").finish_non_exhaustive()
    }
}

impl CollectSettings {
    /// A name or a description of Configuration Manager has at most some thousand characters.
    pub const CELL_KIB: u64 = 64;

    /// A level, with the floors that are shipped, and results that are kept as they are.
    #[must_use]
    pub fn at(level: Level) -> Self {
        Self {
            level,
            routes: vec![Route::results(Vec::new())],
            floors: Arc::new(Floors::shipped().clone()),
            cell_kib: Self::CELL_KIB,
            seal: SealSettings::default(),
        }
    }
}

/// A site that is collected from.
#[derive(Debug)]
pub struct CollectSite {
    pub(crate) name: Name,
    pub(crate) installed: Option<Timestamp>,
    pub(crate) site: Site,
    /// Held by the run that is at work.
    pub(crate) turn: Arc<Mutex<()>>,
}

impl CollectSite {
    /// A site as the configuration describes it; paths in it are relative to `base`. Nothing is connected yet.
    ///
    /// # Errors
    /// When the configuration cannot be followed.
    pub fn new(config: &SiteConfig, base: &Path) -> Result<Self, SiteError> {
        Ok(Self {
            name: config.name.clone(),
            installed: config.installed,
            site: Site::new(config, base)?,
            turn: Arc::default(),
        })
    }

    /// The same site, described anew. A run of the old description and one of the new take turns.
    ///
    /// # Errors
    /// When the configuration cannot be followed.
    pub fn in_place_of(old: &Self, config: &SiteConfig, base: &Path) -> Result<Self, SiteError> {
        Ok(Self { turn: Arc::clone(&old.turn), ..Self::new(config, base)? })
    }

    /// What the configuration calls it.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// When it was installed, where the configuration says so.
    #[must_use]
    pub const fn installed(&self) -> Option<Timestamp> {
        self.installed
    }

    /// How many statements can run there at the same time.
    pub(crate) fn connections(&self) -> usize {
        self.site.connections().max(1) as usize
    }

    /// The connection to it.
    #[must_use]
    pub const fn site(&self) -> &Site {
        &self.site
    }
}
