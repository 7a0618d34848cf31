use std::fmt;

use semver::Version;

/// The version of `wit/` that this host speaks. It runs plugins of the same major version and
/// of the one before.
pub const API: Api = Api { major: 1, minor: 1 };

/// A version of the plugin contract; patches do not change what a plugin sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Api {
    /// Changes when a plugin has to change.
    pub major: u64,
    /// Changes when something was added.
    pub minor: u64,
}

/// Why a plugin for some other contract version does not run here.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ApiMismatch {
    /// It needs what this host does not have yet.
    #[error("it is made for plugin contract {wanted}, which is newer than this host's {API}")]
    Newer {
        /// The contract asked for.
        wanted: Api,
    },
    /// It is made for a contract that is gone.
    #[error("it is made for plugin contract {wanted}, which this host ({API}) no longer speaks")]
    Older {
        /// The contract asked for.
        wanted: Api,
    },
}

impl Api {
    /// Whether this host can run a plugin made for `self`.
    ///
    /// # Errors
    /// When the plugin's contract is newer than the host's, or too old.
    pub fn check(self) -> Result<(), ApiMismatch> {
        if self > API {
            Err(ApiMismatch::Newer { wanted: self })
        } else if self.major + 1 < API.major || self.major == 0 {
            Err(ApiMismatch::Older { wanted: self })
        } else {
            Ok(())
        }
    }

    /// Reads `1.0` or `1.0.3`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(version) = Version::parse(text) {
            return Some(Self { major: version.major, minor: version.minor });
        }
        let (major, minor) = text.split_once('.')?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
