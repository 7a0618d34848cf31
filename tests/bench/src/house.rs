//! A state directory full of plugins, made of a few components under many names.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use glasshouse_contract::{Kind, Name};
use glasshouse_ledger::{Actor, Event};
use glasshouse_registry::{Clock, HostKeys, Layout, Registry, StateDir};
use glasshouse_sandbox::{CacheKey, ChildCompiler, CodeCache, Compiler, Sandbox, Settings};
use glasshouse_trust::{PluginFile, SigningKey, TrustedKey, Validity};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::Failed;

/// Signs plugins for a state directory that trusts its key.
pub struct House {
    folder: PathBuf,
    key: SigningKey,
    glasshouse: PathBuf,
}

impl House {
    /// An empty state directory in that folder.
    pub fn new(folder: PathBuf, glasshouse: PathBuf) -> Result<Self, Failed> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, key: SigningKey::generate()?, glasshouse })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn inbox(&self) -> PathBuf {
        Layout::at(&self.folder).inbox()
    }

    /// The registry, as the host opens it: with the cache, and compiling in a child.
    pub fn open(&self) -> Result<Registry, Failed> {
        let state = StateDir::own(Layout::at(&self.folder))?;
        let cache = CodeCache::new(state.cache(), CacheKey::new(*HostKeys::of(&state).cache()?));
        let child = ChildCompiler::new(self.glasshouse.clone(), vec!["compile-child".into()]);
        let sandbox = Sandbox::new(Settings { compiler: Compiler::Child(child), cache: Some(cache) })?;
        let registry = Registry::open(state, sandbox, Clock::system())?;
        if registry.trust().is_err() {
            let key = TrustedKey {
                name: Name::new("bench")?,
                public: self.key.public(),
                kinds: BTreeSet::from([Kind::Query, Kind::Rule, Kind::Target]),
                expires: None,
                revoke: false,
            };
            let event = Event { event: "key added", object: "bench".to_owned(), detail: Value::Null };
            registry.edit_trust(&Actor::host(), &event, |trust| trust.add_key(&key))?;
        }
        Ok(registry)
    }

    /// A plugin file under another name and version.
    pub fn sign(&self, component: &[u8], manifest: &str, id: &str, version: &str) -> Result<Vec<u8>, Failed> {
        let manifest: String = manifest
            .lines()
            .map(|line| match line.split_once(" = ") {
                Some(("id", _)) => format!("id = \"{id}\"\n"),
                Some(("version", _)) => format!("version = \"{version}\"\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let file = PluginFile::parse(PluginFile::unsigned(component, &manifest)?)?;
        let now = Timestamp::now();
        let validity = Validity {
            not_before: now.checked_sub(SignedDuration::from_hours(1))?,
            not_after: now.checked_add(SignedDuration::from_hours(24 * 365))?,
            minimum_host: "0.1.0".parse()?,
        };
        Ok(file.signed_with(&[&self.key], validity)?)
    }
}
