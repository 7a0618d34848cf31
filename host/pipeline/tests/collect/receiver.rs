//! A receiver that runs in this process, and how a house sends to it.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use glasshouse_contract::{Digest, PluginId};
use glasshouse_egress::{Egress, TargetConfig};
use glasshouse_ledger::{Decision, HoldState, RequestState};
use glasshouse_pipeline::{
    Backoff, DeliverSettings, Deliverer, DeliveryEvent, Outlets, Route, WatchDelivery,
};
use glasshouse_receive::{Folder, Receiver, Store};
use jiff::Timestamp;
use tokio::{sync::oneshot, task::JoinHandle};

use crate::house::{House, admin, name};

pub const TARGET: &str = "glasshouse.targets.glasshouse";

/// A receiver's folder, with one tenant. It is down until it [`listens`](Self::listens).
pub struct Other {
    folder: Folder,
    port: u16,
    _home: tempfile::TempDir,
}

/// A receiver that is up.
pub struct Listening {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Other {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::at(home.path().join("receiver"));
        let made = folder.make("receiver.test", &["localhost".to_owned()]).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = fs::read_to_string(&made.config).unwrap();
        fs::write(&made.config, text.replace(":8443", &format!(":{port}"))).unwrap();
        let token = Store::open(&folder).unwrap().add_tenant(&name("contoso"), Timestamp::now()).unwrap();
        let path = home.path().join("token");
        fs::write(&path, token.expose()).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Self { folder, port, _home: home }
    }

    pub async fn listens(&self) -> Listening {
        let receiver = Receiver::open(&self.folder).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(receiver.run(async {
            let _ = stopped.await;
        }));
        Listening { stop, ended }
    }

    /// What it has, in the order in which it came: ids and digests.
    pub fn has(&self) -> Vec<(Digest, Digest)> {
        let mut all = Vec::new();
        let store = Store::open(&self.folder).unwrap();
        store
            .each_request(None, u64::MAX, |kept| {
                all.push((kept.id, kept.digest));
                Ok(())
            })
            .unwrap();
        // It lists the newest first.
        all.reverse();
        all
    }

    /// The URL of its tables.
    pub fn url(&self) -> String {
        format!("https://localhost:{}/v1/tables/", self.port)
    }

    /// The file with the authority that a sender believes.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("tls/ca.pem")
    }

    fn target(&self) -> TargetConfig {
        let config = format!(
            "plugin = \"{TARGET}\"\n\
             endpoint.ingest = {{ host = \"localhost:{}\", ca_file = \"receiver/tls/ca.pem\", \
             addresses = [\"loopback\"] }}\n\
             credential = {{ kind = \"bearer\", file = \"token\" }}\n",
            self.port
        );
        toml::from_str(&config).unwrap()
    }

    fn home(&self) -> &Path {
        self.folder.path().parent().unwrap()
    }
}

impl Listening {
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap();
    }
}

impl House {
    /// Has all that may leave go to a receiver.
    pub fn sends_to(&mut self, other: &Other) {
        let target = PluginId::new(TARGET).unwrap();
        self.hosts = [(target.clone(), other.target().hosts().unwrap())].into();
        self.routes =
            vec![Route { name: name("headquarters"), target: Some(target), ..Route::results(Vec::new()) }];
    }

    /// Approves whatever waits for a person.
    pub fn approve_all(&self) {
        let ledger = self.registry.ledger();
        for hold in ledger.holds(Some(HoldState::Open), 99).unwrap() {
            let decision = Decision { at: self.clock.now(), actor: &admin(), reason: "a test" };
            ledger.approve_hold(hold.id, &decision).unwrap();
        }
    }

    /// What sends, as a host that is online does.
    pub fn deliverer(&self, other: &Other, backoff: Backoff, watch: Arc<dyn WatchDelivery>) -> Deliverer {
        let outlets = Outlets::new(Egress::new(), &[other.target()], other.home().to_owned());
        let settings = DeliverSettings { outlets: Arc::new(outlets), backoff, watch };
        Deliverer::new(Arc::clone(&self.registry), settings)
    }

    /// How many requests are in a state.
    pub fn requests(&self, state: RequestState) -> u64 {
        let backlog = self.registry.ledger().backlog().unwrap();
        assert!(backlog.iter().all(glasshouse_ledger::Backlog::adds_up), "{backlog:#?}");
        backlog.iter().map(|backlog| backlog.of(state).requests).sum()
    }
}

/// Whoever watches a delivery, and remembers.
#[derive(Default)]
pub struct Seen(Mutex<Vec<DeliveryEvent>>);

impl Seen {
    pub fn any(&self, is: impl Fn(&DeliveryEvent) -> bool) -> bool {
        self.0.lock().unwrap().iter().any(is)
    }
}

impl WatchDelivery for Seen {
    fn happened(&self, event: &DeliveryEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}
