//! What a person sees of the plugins: each with its state and why.

use std::fmt;

use glasshouse_contract::{Asks, Digest, Fault, Kind, PluginId};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::Quarantined;

/// All that there is to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Every plugin file that was admitted or waits, by id and version.
    pub plugins: Vec<PluginStatus>,
    /// The newest files in quarantine.
    pub quarantined: Vec<Quarantined>,
    /// What keeps the registry from doing its work.
    pub problems: Vec<Fault>,
}

/// One plugin file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginStatus {
    /// The plugin.
    pub id: PluginId,
    /// Its version.
    pub version: Version,
    /// Its kind.
    pub kind: Kind,
    /// Its identity.
    pub digest: Digest,
    /// Whose signatures counted when it was last judged.
    pub signers: Vec<String>,
    /// What it is now.
    pub state: PluginState,
    /// Why, in words.
    pub why: String,
    /// What it asks for and was not granted, where it waits.
    pub beyond: Asks,
    /// What will matter soon.
    pub warnings: Vec<String>,
    /// Since when it is what it is now.
    pub since: Timestamp,
}

/// What a plugin file is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PluginState {
    /// Callers get it.
    Running,
    /// It asks for more than was granted.
    Waiting,
    /// An administrator took it back.
    Quarantined,
    /// Another version took its place.
    Superseded,
    /// It would serve, and may not: it expired, was revoked, or is no longer trusted.
    Stopped,
}

impl fmt::Display for PluginState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Quarantined => "quarantined",
            Self::Superseded => "superseded",
            Self::Stopped => "stopped",
        })
    }
}

/// What came of a file that was handed to the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Installed {
    /// It serves.
    Serving {
        /// The plugin.
        id: PluginId,
        /// Its version.
        version: Version,
        /// Its identity.
        digest: Digest,
        /// The version that served before.
        replaced: Option<Version>,
    },
    /// It waits for an administrator; what served before still does.
    Waiting {
        /// The plugin.
        id: PluginId,
        /// Its version.
        version: Version,
        /// Its identity.
        digest: Digest,
        /// What it asks for and was not granted.
        beyond: Asks,
    },
    /// It is what serves already.
    Already {
        /// The plugin.
        id: PluginId,
        /// Its version.
        version: Version,
        /// Its identity.
        digest: Digest,
    },
}
