use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use glasshouse_contract::{Digest, PluginId};
use glasshouse_ledger::Actor;
use glasshouse_registry::{
    Arrival, Clock, Installed, Layout, PluginState, PluginStatus, Registry, RegistryError, StateDir,
};
use glasshouse_sandbox::{Compiler, Sandbox, Settings};
use glasshouse_trust::{PluginFile, Revocations, SigningKey, Validity};
use jiff::{SignedDuration, Timestamp};

pub const ID: &str = "contoso.devices";
pub const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What the plugin asks for as it is.
const ASKS: [&str; 2] = ["statement devices basic", "class devices.Devices measure"];

static SANDBOX: LazyLock<Sandbox> =
    LazyLock::new(|| Sandbox::new(Settings { compiler: Compiler::InProcess, cache: None }).unwrap());
static COMPONENT: LazyLock<Vec<u8>> = LazyLock::new(|| glasshouse_workshop::pass_through().unwrap());

/// A state directory with one trusted key and a registry in it.
pub struct House {
    pub registry: Registry,
    pub clock: Clock,
    home: tempfile::TempDir,
}

/// A plugin file to be made.
#[derive(Clone)]
pub struct Recipe {
    id: &'static str,
    version: &'static str,
    title: &'static str,
    limits: &'static str,
    sql: &'static str,
    class: &'static str,
    days: i64,
    from: Timestamp,
    signers: Vec<u8>,
}

pub fn version(version: &'static str) -> Recipe {
    Recipe {
        id: ID,
        version,
        title: "Devices",
        limits: "",
        sql: "SELECT COUNT(*) AS Devices FROM v_R_System",
        class: "'measure'",
        days: 365,
        from: start(),
        signers: vec![1],
    }
}

impl Recipe {
    pub fn of(mut self, id: &'static str) -> Self {
        self.id = id;
        self
    }

    pub fn titled(mut self, title: &'static str) -> Self {
        self.title = title;
        self
    }

    /// Reads something else, and calls its one column `Devices` by this class.
    pub fn reading(mut self, sql: &'static str, class: &'static str) -> Self {
        self.sql = sql;
        self.class = class;
        self
    }

    /// Asks for more than every plugin gets.
    pub fn asking_for_more(mut self) -> Self {
        self.limits = "limits.memory_mib = 128";
        self
    }

    /// Gives back fewer rows than its sample has, so it fails its dry call.
    pub fn broken(mut self) -> Self {
        self.limits = "limits.rows_out = 1";
        self
    }

    pub fn lasting(mut self, days: i64) -> Self {
        self.days = days;
        self
    }

    /// For tests under the machine's own clock.
    pub fn valid_now(mut self) -> Self {
        self.from = Timestamp::now();
        self
    }

    pub fn signed_by(mut self, seeds: &[u8]) -> Self {
        self.signers = seeds.to_vec();
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let Self { id, version, title, limits, sql, class, .. } = self;
        let manifest = format!(
            r#"
id = "{id}"
version = "{version}"
api = "1.0"
kind = "query"
title = "{title}"
purpose = "Counts devices."
author = "Contoso"
{limits}

[[query.statement]]
name = "devices"
level = "basic"
sql = "{sql}"
[[query.statement.column]]
name = "Devices"
type = "int"
class = {class}
description = "How many devices there are."

[[sample]]
table = "devices"
rows = [{{ Devices = 7 }}, {{ Devices = 8 }}]
"#
        );
        let unsigned = PluginFile::unsigned(&COMPONENT, &manifest).unwrap();
        if self.signers.is_empty() {
            return unsigned;
        }
        let keys: Vec<SigningKey> = self.signers.iter().map(|seed| key(*seed)).collect();
        let validity = Validity {
            not_before: self.from.checked_sub(DAY).unwrap(),
            not_after: self.from.checked_add(DAY * i32::try_from(self.days).unwrap()).unwrap(),
            minimum_host: "0.1.0".parse().unwrap(),
        };
        PluginFile::parse(unsigned).unwrap().signed_with(&keys.iter().collect::<Vec<_>>(), validity).unwrap()
    }

    pub fn digest(&self) -> Digest {
        PluginFile::parse(self.bytes()).unwrap().digest()
    }
}

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// A year in which no file of the test was written: everything in the inbox is old.
pub fn start() -> Timestamp {
    "2050-01-01T00:00:00Z".parse().unwrap()
}

pub fn id() -> PluginId {
    PluginId::new(ID).unwrap()
}

pub fn admin() -> Actor {
    Actor::new("uid 1000")
}

impl House {
    /// Key 1 may sign queries, key 2 revocation lists, and the plugin was granted what it asks for.
    pub fn new() -> Self {
        let house = Self::empty();
        house.trust(&trust_text(true));
        house
    }

    /// A new machine: nothing is trusted.
    pub fn empty() -> Self {
        let home = tempfile::tempdir().unwrap();
        let clock = Clock::manual(start());
        let registry = open(home.path(), &clock).unwrap();
        Self { registry, clock, home }
    }

    pub fn restarted(self) -> Self {
        let Self { registry, clock, home } = self;
        drop(registry);
        let registry = open(home.path(), &clock).unwrap();
        Self { registry, clock, home }
    }

    /// Stops the host, lets somebody at the state directory, and starts it again.
    pub fn restarted_after(self, meddle: impl FnOnce(&Layout)) -> Self {
        let Self { registry, clock, home } = self;
        let layout = Layout::clone(registry.state());
        drop(registry);
        meddle(&layout);
        let registry = open(home.path(), &clock).unwrap();
        Self { registry, clock, home }
    }

    pub fn trust(&self, text: &str) {
        fs::write(self.registry.state().trust(), text).unwrap();
        self.registry.reload_trust().unwrap();
    }

    pub fn drop_in(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.registry.state().inbox().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    pub fn scan(&self) -> Vec<Arrival> {
        self.registry.scan_inbox().unwrap().arrivals
    }

    /// Drops one file in and tells what came of it.
    pub fn arrives(&self, name: &str, recipe: &Recipe) -> Result<Installed, String> {
        self.drop_in(name, &recipe.bytes());
        let mut arrivals = self.scan();
        assert_eq!(arrivals.len(), 1, "{arrivals:?}");
        arrivals.remove(0).outcome.map_err(|fault| fault.cause)
    }

    pub fn install(&self, recipe: &Recipe) -> Result<Installed, RegistryError> {
        self.registry.install(recipe.bytes(), &admin())
    }

    /// The version that callers get.
    pub fn serving(&self) -> Option<String> {
        self.registry.get(&id()).map(|generation| generation.manifest().version.to_string())
    }

    pub fn status(&self, version: &str) -> PluginStatus {
        let listing = self.registry.list().unwrap();
        let found = listing.plugins.iter().find(|plugin| plugin.version.to_string() == version);
        found.unwrap_or_else(|| panic!("no {version} in {:?}", listing.plugins)).clone()
    }

    pub fn state(&self, version: &str) -> PluginState {
        self.status(version).state
    }

    /// Why the newest file in quarantine is there.
    pub fn quarantined(&self) -> Option<String> {
        Some(self.registry.list().unwrap().quarantined.first()?.reason.reason.clone())
    }

    pub fn inbox(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.registry.state().inbox())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// What the journal says happened, with who asked for it.
    pub fn journal(&self) -> Vec<String> {
        let entries = self.registry.ledger().journal(0, 1_000).unwrap();
        entries.iter().map(|entry| format!("{}: {} {}", entry.actor, entry.event, entry.object)).collect()
    }
}

pub fn open(home: &Path, clock: &Clock) -> Result<Registry, RegistryError> {
    Registry::open(StateDir::own(Layout::at(home)).unwrap(), SANDBOX.clone(), clock.clone())
}

pub fn trust_text(granted: bool) -> String {
    let mut text = format!(
        "version = 1\n\
         [[key]]\nname = \"build\"\npublic = \"{}\"\nkinds = [\"query\"]\n\
         [[key]]\nname = \"revoker\"\npublic = \"{}\"\nrevoke = true\n",
        key(1).public(),
        key(2).public(),
    );
    if granted {
        let sql = Digest::of(b"SELECT COUNT(*) AS Devices FROM v_R_System");
        text += &format!("[[grant]]\nplugin = \"{ID}\"\nasks = [\"{} {sql}\", \"{}\"]\n", ASKS[0], ASKS[1]);
    }
    text
}

/// A list that revokes what `fill` puts into it.
pub fn revocations(version: u64, fill: impl FnOnce(&mut Revocations)) -> Vec<u8> {
    let expires = start().checked_add(DAY * 90).unwrap();
    let mut list = Revocations::following(None, start(), expires);
    list.version = version;
    fill(&mut list);
    list.signed_with(&[&key(2)])
}
