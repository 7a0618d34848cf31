use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How much the operator agreed to share; each level includes the ones before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What is needed to keep the product working.
    Basic,
    /// Also how features are used.
    #[default]
    Enhanced,
    /// Also what helps to solve a problem.
    Full,
}

impl Level {
    /// The level's name as manifests and pages write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Enhanced => "enhanced",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Basic, Self::Enhanced, Self::Full]
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no level; there are basic, enhanced and full"))
    }
}
