use std::{collections::BTreeMap, sync::Arc};

use glasshouse_contract::{Asks, Digest, Manifest, PluginId};
use glasshouse_sandbox::Plugin;
use glasshouse_trust::{PluginFile, Signer, SignerState};
use jiff::Timestamp;

/// One version of a plugin, verified, compiled and tried. Whoever holds it can go on using it
/// while a newer one takes its place; it is gone when the last holder drops it.
#[derive(Debug)]
pub struct Generation {
    digest: Digest,
    granted: Asks,
    signers: Vec<Signer>,
    not_after: Timestamp,
    plugin: Plugin,
}

/// What callers get: for each plugin the generation that serves.
pub type Live = BTreeMap<PluginId, Arc<Generation>>;

impl Generation {
    pub(crate) fn new(file: &PluginFile, granted: Asks, signers: Vec<Signer>, plugin: Plugin) -> Self {
        Self {
            digest: file.digest(),
            granted,
            signers: signers.into_iter().filter(|signer| signer.state == SignerState::Counts).collect(),
            // A file without a statement was refused long before this.
            not_after: file.statement().map_or(Timestamp::MIN, |statement| statement.validity.not_after),
            plugin,
        }
    }

    /// What the plugin says about itself.
    #[must_use]
    pub fn manifest(&self) -> &Arc<Manifest> {
        self.plugin.manifest()
    }

    /// The plugin's identity.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// What it may do beyond what its kind gives to every plugin.
    #[must_use]
    pub const fn granted(&self) -> &Asks {
        &self.granted
    }

    /// Whose signatures count for it.
    #[must_use]
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// From when on no new run may begin with it.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The plugin itself.
    #[must_use]
    pub const fn plugin(&self) -> &Plugin {
        &self.plugin
    }
}

/// The names of those whose signatures count.
pub fn names(signers: &[Signer]) -> Vec<String> {
    signers
        .iter()
        .filter(|signer| signer.state == SignerState::Counts)
        .map(|signer| signer.name.as_ref().map_or_else(|| signer.key.short(), ToString::to_string))
        .collect()
}
