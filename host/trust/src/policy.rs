//! `trust.toml`: whose signatures count, how many of them, and what each plugin was granted.

mod edit;
mod error;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use glasshouse_contract::{Asks, Kind, Name, PluginId, shown};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{KeyId, PublicKey};

pub use edit::TrustDocument;
pub use error::TrustError;

/// What the administrator trusts. A value of this type keeps every rule of `trust.toml`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrustStore {
    keys: Vec<TrustedKey>,
    policies: BTreeMap<Kind, Policy>,
    grants: Vec<Grant>,
}

/// A key, and what it may sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    /// What policies and pages call it.
    pub name: Name,
    /// The key.
    pub public: PublicKey,
    /// The kinds of plugin that it may sign.
    #[serde(default)]
    pub kinds: BTreeSet<Kind>,
    /// From when on its signatures no longer count.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// Whether it may sign revocation lists.
    #[serde(default)]
    pub revoke: bool,
}

/// Who must have signed a plugin of some kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Every one of these.
    #[serde(default)]
    pub all_of: Vec<Name>,
    /// And some of these.
    #[serde(default)]
    pub any_of: Option<Quorum>,
}

/// Some of a number of keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// How many at least.
    pub minimum: usize,
    /// Of which keys.
    pub keys: Vec<Name>,
}

/// What a plugin was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The plugin.
    pub plugin: PluginId,
    /// What it may do beyond what its kind gives to every plugin.
    #[serde(default)]
    pub asks: Asks,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(default, rename = "key")]
    keys: Vec<TrustedKey>,
    #[serde(default, rename = "policy")]
    policies: BTreeMap<Kind, Policy>,
    #[serde(default, rename = "grant")]
    grants: Vec<Grant>,
}

impl TrustStore {
    /// Hundreds of keys and grants fit; a file beyond this is something else.
    pub const MAX_BYTES: usize = 1 << 20;
    /// The version of the format that is read and written.
    pub const VERSION: u32 = 1;

    /// Reads `trust.toml`.
    ///
    /// # Errors
    /// When the file is not there, cannot be read, can be written to by others than its owner, or
    /// breaks a rule. No plugin is loaded then.
    pub fn load(path: &Path) -> Result<Self, TrustError> {
        read_text(path)?.map_or_else(
            || Err(TrustError::Missing { path: path.to_owned() }),
            |text| Self::parse(&text).map_err(|error| error.in_file(path)),
        )
    }

    /// Reads the text of `trust.toml`.
    ///
    /// # Errors
    /// When it is no TOML, has unknown fields, or breaks a rule.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        if text.len() > Self::MAX_BYTES {
            return Err(TrustError::TooBig);
        }
        let written: Written = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            TrustError::Syntax { line: before.matches('\n').count() + 1, why: shown(error.message()) }
        })?;
        if written.version != Self::VERSION {
            return Err(TrustError::Version(written.version));
        }
        let store = Self { keys: written.keys, policies: written.policies, grants: written.grants };
        store.check()?;
        Ok(store)
    }

    fn check(&self) -> Result<(), TrustError> {
        let rule = |place: String, why: String| Err(TrustError::Rule { place, why });
        for (index, key) in self.keys.iter().enumerate() {
            let place = format!("key `{}`", key.name);
            for earlier in self.keys.iter().take(index) {
                if earlier.name == key.name {
                    return rule(place, "two keys have this name".to_owned());
                }
                if earlier.public == key.public {
                    return rule(
                        place,
                        format!("it is the same key as `{}`: one key would count as two", earlier.name),
                    );
                }
            }
            if key.kinds.is_empty() && !key.revoke {
                return rule(place, "it may sign nothing: give it `kinds`, or `revoke = true`".to_owned());
            }
        }
        for (kind, policy) in &self.policies {
            self.check_policy(*kind, policy)?;
        }
        let mut seen = BTreeSet::new();
        for grant in &self.grants {
            if !seen.insert(&grant.plugin) {
                return rule(
                    format!("grant `{}`", grant.plugin),
                    "two grants are for this plugin".to_owned(),
                );
            }
        }
        Ok(())
    }

    fn check_policy(&self, kind: Kind, policy: &Policy) -> Result<(), TrustError> {
        let rule = |why: String| Err(TrustError::Rule { place: format!("policy.{kind}"), why });
        if policy.all_of.is_empty() && policy.any_of.is_none() {
            return rule("it asks for no signature: name keys in `all_of` or `any_of`".to_owned());
        }
        if let Some(quorum) = &policy.any_of
            && (quorum.minimum == 0 || quorum.minimum > quorum.keys.len())
        {
            return rule(format!(
                "`minimum` is {}, which is not between 1 and its {} keys",
                quorum.minimum,
                quorum.keys.len()
            ));
        }
        for names in [&policy.all_of[..], policy.any_of.as_ref().map_or(&[], |quorum| &quorum.keys)] {
            let mut seen = BTreeSet::new();
            for name in names {
                if !seen.insert(name) {
                    return rule(format!("`{name}` is named twice"));
                }
                match self.key_named(name) {
                    None => return rule(format!("there is no key `{name}`")),
                    Some(key) if !key.kinds.contains(&kind) => {
                        return rule(format!("the key `{name}` may not sign a {kind}"));
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }

    /// The keys, in the file's order.
    #[must_use]
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// The key of that id.
    #[must_use]
    pub fn key(&self, id: KeyId) -> Option<&TrustedKey> {
        self.keys.iter().find(|key| key.public.id() == id)
    }

    /// The key of that name.
    #[must_use]
    pub fn key_named(&self, name: &Name) -> Option<&TrustedKey> {
        self.keys.iter().find(|key| key.name == *name)
    }

    /// Who must have signed a plugin of that kind; without a policy, any one key that may.
    #[must_use]
    pub fn policy(&self, kind: Kind) -> Option<&Policy> {
        self.policies.get(&kind)
    }

    /// The grants, in the file's order.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// What that plugin was granted.
    #[must_use]
    pub fn grant(&self, plugin: &PluginId) -> Option<&Asks> {
        self.grants.iter().find(|grant| grant.plugin == *plugin).map(|grant| &grant.asks)
    }
}

impl TrustedKey {
    /// Whether its signatures no longer count.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| now >= expires)
    }
}

/// The text of a trust file; `None` where there is no such file.
fn read_text(path: &Path) -> Result<Option<String>, TrustError> {
    let at = |source| TrustError::Io { path: path.to_owned(), source };
    match path.metadata() {
        Ok(found) if found.is_file() => {}
        // To open a pipe is to wait for its other end.
        Ok(_) => return Err(at(io::Error::other("it is no file"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(error)),
    }
    let file = File::open(path).map_err(at)?;
    check_writers(path, &file)?;
    let mut bytes = Vec::new();
    file.take(TrustStore::MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(at)?;
    if bytes.len() > TrustStore::MAX_BYTES {
        return Err(TrustError::TooBig.in_file(path));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(at(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))),
    }
}

/// Whoever can write this file decides what runs.
#[cfg(unix)]
fn check_writers(path: &Path, file: &File) -> Result<(), TrustError> {
    use std::os::unix::fs::MetadataExt as _;
    let at = |source| TrustError::Io { path: path.to_owned(), source };
    let metadata = file.metadata().map_err(at)?;
    let mode = metadata.mode() & 0o777;
    if mode & 0o022 != 0 {
        return Err(TrustError::Writable { path: path.to_owned(), mode });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let house = folder.unwrap_or_else(|| Path::new(".")).metadata().map_err(at)?.uid();
    match metadata.uid() {
        0 => Ok(()),
        owner if owner == house => Ok(()),
        owner => Err(TrustError::Foreign { path: path.to_owned(), owner }),
    }
}

/// Where there are no mode bits, the state directory's access list protects the file.
#[cfg(not(unix))]
fn check_writers(_path: &Path, _file: &File) -> Result<(), TrustError> {
    Ok(())
}
