use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use glasshouse_contract::{Digest, EndpointHosts, Fault, FaultKind, Name, PluginId};
use glasshouse_egress::{BadDestination, Destination, Egress, SendError, TargetConfig};
use glasshouse_ledger::SealedRequest;
use glasshouse_registry::{Generation, Registry};

use super::receipt::{BadReceiverKey, Expected, receiver_keys};

/// The targets that the configuration describes, and the way to each of their endpoints.
///
/// A way is made of three things that can change while the host runs: the plugin's manifest, its grant, and the
/// configuration. It is made anew for another version of the plugin, and kept otherwise: its connections stay open.
pub struct Outlets {
    egress: Egress,
    /// What paths in the configuration are relative to.
    base: PathBuf,
    described: BTreeMap<PluginId, TargetConfig>,
    ways: Mutex<BTreeMap<(PluginId, Name), Way>>,
}

struct Way {
    digest: Digest,
    to: Result<Arc<Destination>, BadDestination>,
}

/// Why nothing can be sent to a target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoOutlet {
    /// The configuration does not describe it.
    #[error("glasshouse.toml has no [[target]] for `{0}`")]
    NotDescribed(PluginId),
    /// Its plugin does not run.
    #[error("the target `{0}` does not run")]
    NotRunning(PluginId),
    /// What manifest, grant and configuration say does not fit together.
    #[error(transparent)]
    Bad(#[from] BadDestination),
    /// Nobody could say whether an answer counts.
    #[error(transparent)]
    Key(#[from] BadReceiverKey),
}

impl Outlets {
    /// The targets as they are described; `base` is what their paths are relative to.
    #[must_use]
    pub fn new(egress: Egress, described: &[TargetConfig], base: PathBuf) -> Self {
        let described = described.iter().map(|target| (target.plugin.clone(), target.clone())).collect();
        Self { egress, base, described, ways: Mutex::default() }
    }

    /// The targets.
    pub fn targets(&self) -> impl Iterator<Item = &PluginId> {
        self.described.keys()
    }

    /// The hosts that the configuration names for a target's endpoints.
    ///
    /// # Errors
    /// When one is not written as hosts are.
    pub fn hosts(&self, target: &PluginId) -> Result<EndpointHosts, glasshouse_contract::BadHost> {
        self.described.get(target).map_or_else(|| Ok(EndpointHosts::default()), TargetConfig::hosts)
    }

    /// What sends.
    #[must_use]
    pub const fn egress(&self) -> &Egress {
        &self.egress
    }

    /// The version of a target that serves now.
    ///
    /// # Errors
    /// When none does, the configuration does not describe it, or what it says of its receiver's key is none.
    pub fn running(&self, registry: &Registry, target: &PluginId) -> Result<Arc<Generation>, NoOutlet> {
        receiver_keys(self.described(target)?, &self.base)?;
        let serving = registry.get(target).filter(|generation| generation.manifest().target().is_some());
        serving.ok_or_else(|| NoOutlet::NotRunning(target.clone()))
    }

    /// The receipt that has to come for a request, where the configuration says whose receipts count. A file with keys is
    /// read for each: a receiver may have another key from one request to the next.
    ///
    /// # Errors
    /// When the configuration does not describe the target, or the keys cannot be read.
    pub(crate) fn expected(
        &self,
        target: &PluginId,
        sealed: &SealedRequest,
    ) -> Result<Option<Expected>, NoOutlet> {
        let described = self.described(target)?;
        let keys = receiver_keys(described, &self.base)?;
        Ok(keys.map(|keys| Expected::of(keys, described.tenant.clone(), sealed)))
    }

    fn described(&self, target: &PluginId) -> Result<&TargetConfig, NoOutlet> {
        self.described.get(target).ok_or_else(|| NoOutlet::NotDescribed(target.clone()))
    }

    /// The way to one endpoint of a target that runs.
    ///
    /// # Errors
    /// When there is none.
    pub fn way(&self, generation: &Generation, endpoint: &Name) -> Result<Arc<Destination>, NoOutlet> {
        let manifest = generation.manifest();
        let (Some(described), Some(spec)) = (self.described.get(&manifest.id), manifest.target()) else {
            return Err(NoOutlet::NotDescribed(manifest.id.clone()));
        };
        let mut ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (manifest.id.clone(), endpoint.clone());
        if let Some(way) = ways.get(&key).filter(|way| way.digest == generation.digest() && way.to.is_ok()) {
            return Ok(way.to.clone()?);
        }
        // One that could not be made is tried anew: a file that it needs may be there by now.
        let to = self.egress.open(described, spec, generation.granted(), endpoint, &self.base).map(Arc::new);
        ways.insert(key, Way { digest: generation.digest(), to: to.clone() });
        Ok(to?)
    }

    /// Notes that nothing came back on a way. Where a file could mend that, the next request goes on a way that is
    /// made of the files as they are then.
    pub fn failed(&self, way: &Arc<Destination>, error: &SendError) {
        if error.may_lie_in_files() {
            let mut ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
            ways.retain(|_, known| !known.to.as_ref().is_ok_and(|known| Arc::ptr_eq(known, way)));
        }
    }
}

impl NoOutlet {
    /// The same in a word of the host's.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::NotDescribed(_) => "not-described".to_owned(),
            Self::NotRunning(_) => "target-not-running".to_owned(),
            Self::Bad(bad) => bad.word(),
            Self::Key(_) => "bad-receiver-key".to_owned(),
        }
    }

    /// For the person who reads it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let mend = match self {
            Self::NotDescribed(_) => {
                "write one into it; the file that `glasshouse init` makes has an example"
            }
            Self::NotRunning(_) => "see `glasshouse plugin list` for the reason",
            Self::Bad(bad) => return bad.fault(),
            Self::Key(bad) => return bad.fault(),
        };
        let target = match self {
            Self::NotDescribed(target) | Self::NotRunning(target) => target.to_string(),
            Self::Bad(_) | Self::Key(_) => String::new(),
        };
        Fault::new(FaultKind::Refused, target, self, mend)
    }
}
