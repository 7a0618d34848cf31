use std::{path::Path, sync::Arc};

use glasshouse_contract::{Level, Name};
use glasshouse_guard::Floors;
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
