use std::fmt;

use serde::{Deserialize, Serialize};

/// How much a value says about a person or a machine; the order is the sensitivity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataClass {
    /// A number that counts or measures.
    Measure,
    /// One of few values shared by many.
    Category,
    /// Stands for an identifier, keyed by the host.
    Pseudonym,
    /// Names a person, a machine or a place.
    Identifier,
    /// Free text, which may hold anything.
    Text,
    /// A credential.
    Secret,
}

impl DataClass {
    /// All classes, from harmless to never shown.
    pub const ALL: [Self; 6] =
        [Self::Measure, Self::Category, Self::Pseudonym, Self::Identifier, Self::Text, Self::Secret];

    /// The class's name as manifests and pages write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Measure => "measure",
            Self::Category => "category",
            Self::Pseudonym => "pseudonym",
            Self::Identifier => "identifier",
            Self::Text => "text",
            Self::Secret => "secret",
        }
    }
}

impl fmt::Display for DataClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
