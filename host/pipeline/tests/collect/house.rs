//! A state directory with plugins admitted to it, and a pretend site to collect from.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex},
};

use glasshouse_contract::{EndpointHosts, Level, Manifest, Name, PluginId};
use glasshouse_ledger::{Actor, StatementState};
use glasshouse_pipeline::{
    CollectError, CollectSettings, CollectSite, Event, Progress, Receipt, Route, RuleUse, SealSettings,
    StatementReceipt, run_draft, run_due, run_now,
};
use glasshouse_registry::{Clock, Installed, Layout, Registry, StateDir};
use glasshouse_sandbox::{Compiler, Sandbox, Settings};
use glasshouse_trust::{PluginFile, Revocations, SigningKey, Validity};
use glasshouse_workshop::{BuildOptions, build};
use jiff::{SignedDuration, Timestamp};
use pretend_site::{Databases, Options, Running, Site};

pub const DAY: SignedDuration = SignedDuration::from_hours(24);

static SANDBOX: LazyLock<Sandbox> =
    LazyLock::new(|| Sandbox::new(Settings { compiler: Compiler::InProcess, cache: None }).unwrap());
static COMPONENT: LazyLock<Vec<u8>> = LazyLock::new(|| glasshouse_workshop::pass_through().unwrap());

/// A state directory, its registry and a clock that stands still until it is moved.
pub struct House {
    pub registry: Arc<Registry>,
    pub clock: Clock,
    pub level: Level,
    pub rules: Vec<PluginId>,
    /// Further routes.
    pub routes: Vec<Route>,
    /// The hosts of targets.
    pub hosts: BTreeMap<PluginId, EndpointHosts>,
    home: PathBuf,
    /// Kept for its end.
    _folder: Option<tempfile::TempDir>,
}

/// What a test does when something happens in a run.
type Hook = Box<dyn FnMut(&Event) + Send>;

/// What a run did, as a test watches it.
#[derive(Default)]
pub struct Watcher {
    pub events: Mutex<Vec<Event>>,
    pub at: Mutex<Option<Hook>>,
}

impl Progress for Watcher {
    fn happened(&self, event: &Event) {
        self.events.lock().unwrap().push(event.clone());
        if let Some(at) = self.at.lock().unwrap().as_mut() {
            at(event);
        }
    }
}

/// When the house begins: the pretend sites were installed two and a half weeks before.
pub fn start() -> Timestamp {
    "2050-01-05T12:00:00Z".parse().unwrap()
}

pub fn installed() -> Timestamp {
    start() - DAY * 17
}

pub fn admin() -> Actor {
    Actor::new("uid 1000")
}

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// A plugin file of SQL alone.
pub fn query(manifest: &str) -> Vec<u8> {
    signed(unsigned_query(manifest))
}

pub fn unsigned_query(manifest: &str) -> Vec<u8> {
    PluginFile::unsigned(&COMPONENT, manifest).unwrap()
}

pub fn signed(unsigned: Vec<u8>) -> Vec<u8> {
    signed_for(4000, unsigned)
}

/// A plugin file that expires after so many days.
pub fn signed_for(days: i32, unsigned: Vec<u8>) -> Vec<u8> {
    let validity = Validity {
        not_before: start() - DAY,
        not_after: start() + DAY * days,
        minimum_host: "0.1.0".parse().unwrap(),
    };
    PluginFile::parse(unsigned).unwrap().signed_with(&[&key(1)], validity).unwrap()
}

/// A plugin of this repository.
pub fn shipped(folder: &str) -> Vec<u8> {
    signed(unsigned(folder))
}

/// The same before anybody signed it.
pub fn unsigned(folder: &str) -> Vec<u8> {
    built(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins").join(folder))
}

/// A rule that does what its settings say, whatever its manifest says.
pub fn liar() -> Vec<u8> {
    signed(built(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/collect/liar")))
}

fn built(folder: &Path) -> Vec<u8> {
    let target_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples"));
    build(folder, &BuildOptions { target_dir, quiet: true }).unwrap().bytes
}

/// Statements of three levels: clients by version, systems, updates, and one that names machines.
pub const DEVICES: &str = r#"
id = "contoso.devices"
version = "1.0.0"
api = "1.0"
kind = "query"
title = "Devices"
purpose = "Counts devices."
author = "Contoso"

[[query.statement]]
name = "versions"
level = "basic"
items = ["b5"]
sql = "SELECT Client_Version0 AS ClientVersion, COUNT_BIG(*) AS Devices FROM v_R_System GROUP BY Client_Version0"
[[query.statement.column]]
name = "ClientVersion"
type = "text"
class = "category"
description = "The client's version."
[[query.statement.column]]
name = "Devices"
type = "int"
class = "measure"
description = "How many devices have it."

[[query.statement]]
name = "systems"
level = "enhanced"
sql = "SELECT Caption0 AS Caption, COUNT_BIG(*) AS Devices FROM v_GS_OPERATING_SYSTEM GROUP BY Caption0"
[[query.statement.column]]
name = "Caption"
type = "text"
class = "category"
description = "The system."
[[query.statement.column]]
name = "Devices"
type = "int"
class = "measure"
description = "How many devices have it."

[[query.statement]]
name = "machines"
level = "enhanced"
sql = "SELECT Name0 AS Machine, Build01 AS Build FROM v_R_System"
[[query.statement.column]]
name = "Machine"
type = "text"
class = "identifier"
description = "The machine."
[[query.statement.column]]
name = "Build"
type = "text"
class = "category"
description = "Its build."

[[query.statement]]
name = "updates"
level = "full"
sql = "SELECT COUNT_BIG(*) AS Updates FROM v_UpdateInfo"
[[query.statement.column]]
name = "Updates"
type = "int"
class = "measure"
description = "How many updates there are."
"#;

impl House {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut house = Self::at(folder.path());
        house._folder = Some(folder);
        house
    }

    pub fn at(home: &Path) -> Self {
        let clock = Clock::manual(start());
        let registry = Arc::new(open(home, &clock));
        Self {
            registry,
            clock,
            level: Level::Enhanced,
            rules: Vec::new(),
            routes: Vec::new(),
            hosts: BTreeMap::new(),
            home: home.to_owned(),
            _folder: None,
        }
    }

    /// A house with a plugin of each level in it.
    pub fn with_devices() -> Self {
        let house = Self::new();
        house.admit(&query(DEVICES));
        house
    }

    /// Grants what a plugin asks for, and installs it.
    pub fn admit(&self, file: &[u8]) {
        let manifest = PluginFile::parse(file.to_vec()).unwrap().manifest().clone();
        let granted = self.home.join("granted");
        let mut text = fs::read_to_string(&granted).unwrap_or_default();
        text += &grant(&manifest);
        fs::write(&granted, &text).unwrap();
        fs::write(self.registry.state().trust(), trust_head() + &text).unwrap();
        self.registry.reload_trust().unwrap();
        let installed = self.registry.install(file.to_vec(), &admin()).unwrap();
        assert!(matches!(installed, Installed::Serving { .. }), "{installed:?}");
    }

    pub fn revoke(&self, id: &str) {
        let mut list = Revocations::following(None, start(), start() + DAY * 90);
        list.version = 1;
        list.plugins.push(PluginId::new(id).unwrap());
        fs::write(self.registry.state().revocations(), list.signed_with(&[&key(2)])).unwrap();
        self.registry.reload_trust().unwrap();
    }

    /// The host stops and starts again.
    pub fn restarted(self) -> Self {
        let Self { registry, clock, level, rules, routes, hosts, home, _folder } = self;
        drop(Arc::into_inner(registry).expect("nobody else holds the registry"));
        let registry = Arc::new(open(&home, &clock));
        Self { registry, clock, level, rules, routes, hosts, home, _folder }
    }

    pub fn settings(&self) -> CollectSettings {
        let rules = self.rules.iter().cloned().map(RuleUse::from).collect();
        let routes = std::iter::once(Route::results(rules)).chain(self.routes.iter().cloned()).collect();
        let seal = SealSettings { hosts: self.hosts.clone(), ..SealSettings::default() };
        CollectSettings { routes, seal, ..CollectSettings::at(self.level) }
    }

    pub async fn run(&self, site: &Arc<CollectSite>) -> Result<Receipt, CollectError> {
        self.run_watched(site, Arc::new(())).await
    }

    pub async fn run_watched(
        &self,
        site: &Arc<CollectSite>,
        progress: Arc<dyn Progress>,
    ) -> Result<Receipt, CollectError> {
        Ok(run_now(&self.registry, site, &self.settings(), &progress)
            .await?
            .expect("a run that is asked for"))
    }

    /// Collects a draft.
    pub async fn draft(&self, site: &Arc<CollectSite>) -> Receipt {
        let progress: Arc<dyn Progress> = Arc::new(());
        run_draft(&self.registry, site, &self.settings(), &progress).await.unwrap().expect("a draft")
    }

    pub async fn run_if_due(&self, site: &Arc<CollectSite>) -> Option<Receipt> {
        let progress: Arc<dyn Progress> = Arc::new(());
        run_due(&self.registry, site, &self.settings(), &progress).await.unwrap()
    }

    /// What anybody with SQLite sees, without what differs from run to run: query, table, row.
    pub fn results(&self) -> Vec<(String, String, String)> {
        let mut rows =
            self.rows("SELECT Query, TableName, Row FROM TEL_TelemetryResults ORDER BY 1, 2, RowNumber");
        rows.retain(|row| row[0] != "glasshouse.run");
        rows.into_iter().map(|row| (row[0].clone(), row[1].clone(), row[2].clone())).collect()
    }

    /// A statement to the ledger's file, as anybody who can read it can ask.
    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection =
            rusqlite::Connection::open_with_flags(self.registry.state().ledger(), flags).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.column_count();
        let cell =
            |row: &rusqlite::Row<'_>, column| match row.get::<_, rusqlite::types::Value>(column).unwrap() {
                rusqlite::types::Value::Text(text) => text,
                rusqlite::types::Value::Integer(number) => number.to_string(),
                other => format!("{other:?}"),
            };
        let rows = statement
            .query_map([], |row| Ok((0..columns).map(|column| cell(row, column)).collect()))
            .unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}

fn open(home: &Path, clock: &Clock) -> Registry {
    Registry::open(StateDir::own(Layout::at(home)).unwrap(), SANDBOX.clone(), clock.clone()).unwrap()
}

fn trust_head() -> String {
    format!(
        "version = 1\n\
         [[key]]\nname = \"build\"\npublic = \"{}\"\nkinds = [\"query\", \"rule\", \"target\"]\n\
         [[key]]\nname = \"revoker\"\npublic = \"{}\"\nrevoke = true\n",
        key(1).public(),
        key(2).public(),
    )
}

fn grant(manifest: &Manifest) -> String {
    let asks: Vec<String> = manifest.asks().iter().map(ToString::to_string).collect();
    format!("[[grant]]\nplugin = \"{}\"\nasks = {}\n", manifest.id, serde_json::to_string(&asks).unwrap())
}

/// A pretend site with these databases, and what the configuration says of it.
pub struct Place {
    pub running: Running,
    pub site: Arc<CollectSite>,
    folder: tempfile::TempDir,
}

pub async fn site(databases: Databases) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(databases);
    options.tls_dir = Some(folder.path().to_owned());
    let running = Site::start(options).await.unwrap();
    let password = folder.path().join("password");
    fs::write(&password, "Collector-Passw0rd").unwrap();
    #[cfg(unix)]
    fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let site = collect_site(&config("cas", running.addr.port(), ""), folder.path());
    Place { running, site, folder }
}

impl Place {
    /// The same site, as another line of the configuration has it.
    pub fn called(&self, name: &str, more: &str) -> Arc<CollectSite> {
        collect_site(&config(name, self.running.addr.port(), more), self.folder.path())
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

pub fn config(name: &str, port: u16, more: &str) -> String {
    format!(
        r#"
name = "{name}"
server = "127.0.0.1"
port = {port}
database = "CM_CAS"
installed = "{}"
connect_timeout_s = 5
login_timeout_s = 5
{more}
[login]
user = "collector"
password_file = "password"
[tls]
ca_file = "ca.pem"
"#,
        installed()
    )
}

pub fn collect_site(config: &str, base: &Path) -> Arc<CollectSite> {
    Arc::new(CollectSite::new(&toml::from_str(config).unwrap(), base).unwrap())
}

/// How a statement went.
pub fn went<'a>(receipt: &'a Receipt, query: &str, statement: &str) -> &'a StatementReceipt {
    receipt
        .queries
        .iter()
        .filter(|part| part.query.as_str() == query)
        .flat_map(|part| &part.statements)
        .find(|row| row.statement.as_str() == statement)
        .unwrap_or_else(|| panic!("no {query}/{statement} in {receipt:#?}"))
}

/// The state and reason of every statement of a query.
pub fn states(receipt: &Receipt, query: &str) -> BTreeMap<String, (StatementState, Option<String>)> {
    receipt
        .queries
        .iter()
        .filter(|part| part.query.as_str() == query)
        .flat_map(|part| &part.statements)
        .map(|row| (row.statement.to_string(), (row.state, row.reason.map(|reason| reason.to_string()))))
        .collect()
}

/// A route to nowhere with one rule, and what it sets.
pub fn route(called: &str, rule: &str, settings: &[(&str, &str)]) -> Route {
    let settings = settings.iter().map(|(setting, value)| (name(setting), (*value).to_owned())).collect();
    let rule = RuleUse { rule: PluginId::new(rule).unwrap(), settings };
    Route { name: name(called), ..Route::results(vec![rule]) }
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}
