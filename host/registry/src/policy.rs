//! Who is trusted, what is revoked and what the columns of the database hold, as last read from the state directory.

use std::{fs, io::Read as _, path::Path, sync::Arc};

use glasshouse_contract::{Fault, FaultKind};
use glasshouse_guard::Floors;
use glasshouse_ledger::{Ledger, RevocationList};
use glasshouse_trust::{
    Admission, PluginFile, RevocationError, Revocations, TrustError, TrustStore, Verdict,
};
use jiff::Timestamp;
use semver::Version;

use crate::{Layout, RegistryError, admit::object, floors};

/// A judge of plugin files. Replaced as a whole when a file that it was read from changes.
#[derive(Clone, Debug)]
pub struct Policy {
    trust: Result<Arc<TrustStore>, Fault>,
    /// The list in force: the newest one that was ever accepted.
    list: Option<Arc<Revocations>>,
    /// Why the list that lies in the state directory is not the one in force.
    list_fault: Option<Fault>,
    /// What a query's columns are held to.
    floors: Result<Arc<Floors>, Fault>,
    /// Up to when it was looked at which keys have expired.
    read_at: Timestamp,
}

/// A list that is newer than the one in force, to be kept before it is followed.
pub type NewList = Option<Arc<Revocations>>;

impl Policy {
    /// What may be judged before anything was read: nothing.
    pub fn none(why: Fault) -> Self {
        Self {
            trust: Err(why.clone()),
            list: None,
            list_fault: None,
            floors: Err(why),
            read_at: Timestamp::MIN,
        }
    }

    /// Reads the trust file, and the revocation list and the floors beside it.
    ///
    /// A list, once accepted, stays in force: neither deleting the file, nor putting an older one
    /// in its place, nor removing the key that signed it takes a revocation back.
    pub fn read(layout: &Layout, ledger: &Ledger, now: Timestamp) -> Result<(Self, NewList), RegistryError> {
        let trust = TrustStore::load(&layout.trust());
        let revocations = layout.revocations();
        let mut policy = Self {
            trust: Ok(Arc::default()),
            list: kept_list(ledger)?,
            list_fault: None,
            floors: floors::read(&layout.site_classes()),
            read_at: now,
        };
        let mut new = None;
        if let Ok(trust) = &trust {
            match read_list(&revocations) {
                Ok(None) => {}
                Ok(Some(bytes)) => match newer_list(&bytes, trust, policy.list.as_deref(), now) {
                    Ok(Some(list)) => {
                        let list = Arc::new(list);
                        policy.list = Some(list.clone());
                        new = Some(list);
                    }
                    Ok(None) => {}
                    Err(error) => policy.list_fault = Some(error.fault(revocations.display())),
                },
                Err(error) => {
                    policy.list_fault = Some(Fault::new(
                        FaultKind::Unreachable,
                        revocations.display(),
                        error,
                        "let the host's account read it; until then nothing new is admitted",
                    ));
                }
            }
        }
        policy.trust = trust.map(Arc::new).map_err(|error: TrustError| error.fault());
        Ok((policy, new))
    }

    /// Judges a file that is to begin serving.
    pub fn judge_new(
        &self,
        file: &PluginFile,
        ratchet: Option<&Version>,
        now: Timestamp,
    ) -> Result<Verdict, RegistryError> {
        if let Some(fault) = &self.list_fault {
            return Err(RegistryError::NotJudged(fault.clone()));
        }
        Ok(self.admission(ratchet, now)?.judge(file))
    }

    /// Judges a file that serves, or served when the host was stopped.
    pub fn judge_serving(
        &self,
        file: &PluginFile,
        ratchet: Option<&Version>,
        now: Timestamp,
    ) -> Result<Verdict, RegistryError> {
        Ok(self.admission(ratchet, now)?.judge_running(file))
    }

    /// Holds a file's statements and the classes of its columns to the floors.
    pub fn hold(&self, file: &PluginFile) -> Result<(), RegistryError> {
        let floors = self.floors.as_ref().map_err(|fault| RegistryError::NotJudged(fault.clone()))?;
        glasshouse_guard::check(file.manifest(), floors)
            .map(drop)
            .map_err(|source| RegistryError::Guard { plugin: object(file), source })
    }

    /// Whether the time has come for a key since this was last called with `read_at`.
    pub fn a_key_expired_by(&self, now: Timestamp) -> bool {
        let expired = |at: &Timestamp| self.read_at < *at && *at <= now;
        self.trust
            .as_ref()
            .is_ok_and(|trust| trust.keys().iter().filter_map(|key| key.expires.as_ref()).any(expired))
    }

    /// Notes that everything was judged by the time `now`.
    pub const fn read_at(&mut self, now: Timestamp) {
        self.read_at = now;
    }

    /// The trust file's content.
    pub fn trust(&self) -> Result<&Arc<TrustStore>, &Fault> {
        self.trust.as_ref()
    }

    /// The revocation list in force.
    pub const fn list(&self) -> Option<&Arc<Revocations>> {
        self.list.as_ref()
    }

    /// What the columns of the database hold.
    pub fn floors(&self) -> Result<&Arc<Floors>, &Fault> {
        self.floors.as_ref()
    }

    /// What keeps files from being judged.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.trust.as_ref().err().into_iter().chain(&self.list_fault).chain(self.floors.as_ref().err())
    }

    fn admission<'a>(
        &'a self,
        ratchet: Option<&'a Version>,
        now: Timestamp,
    ) -> Result<Admission<'a>, RegistryError> {
        let trust = self.trust.as_ref().map_err(|fault| RegistryError::NotJudged(fault.clone()))?;
        Ok(Admission { trust, revocations: self.list.as_deref(), ratchet, now, host_version: host_version() })
    }
}

/// The version of this host, which plugins may ask for.
#[must_use]
pub fn host_version() -> Version {
    Version::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Version::new(0, 0, 0))
}

/// Checks a list that is to replace the one in force; `None` where it is the one in force.
pub fn newer_list(
    bytes: &[u8],
    trust: &TrustStore,
    in_force: Option<&Revocations>,
    now: Timestamp,
) -> Result<Option<Revocations>, RevocationError> {
    let list = Revocations::verify(bytes, trust, None, now);
    // The list in force may have revoked its own signer since; it is still that list.
    if list.as_ref().ok() == in_force && in_force.is_some() {
        return Ok(None);
    }
    let list = Revocations::verify(bytes, trust, in_force, now)?;
    match in_force {
        // A second list of the same number could take back what the first revoked.
        Some(seen) if list.version <= seen.version => {
            Err(RevocationError::Older { found: list.version, seen: seen.version })
        }
        _ => Ok(Some(list)),
    }
}

/// As the ledger keeps it. Its signature was checked when it was accepted.
pub fn to_kept(list: &Revocations) -> Result<RevocationList, RegistryError> {
    let bytes = serde_json::to_vec(list)
        .map_err(|error| RegistryError::Revocations(RevocationError::Syntax(error.to_string())))?;
    Ok(RevocationList { version: list.version, bytes })
}

fn kept_list(ledger: &Ledger) -> Result<Option<Arc<Revocations>>, RegistryError> {
    ledger
        .revocation_list()?
        .map(|kept| {
            serde_json::from_slice(&kept.bytes)
                .map(Arc::new)
                .map_err(|error| RegistryError::Revocations(RevocationError::Syntax(error.to_string())))
        })
        .transpose()
}

fn read_list(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        // To open a pipe is to wait for its other end.
        found if !found.as_ref().is_ok_and(fs::Metadata::is_file) => {
            return Err(found.err().unwrap_or_else(|| std::io::Error::other("it is no file")));
        }
        _ => {}
    }
    let file = fs::File::open(path)?;
    let mut bytes = Vec::new();
    file.take(Revocations::MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
