//! A site: its listeners, from start to stop.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    net::{TcpListener, UdpSocket},
    select,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{
    browser::Instance,
    fault::{Fault, Faults},
    log::Log,
    logins::Login,
    options::{Browser, Options},
    replay::Replay,
    session::{self, Server},
    tls::Tls,
};

/// What the server calls itself.
const NAME: &str = "PRETENDSITE";
/// The session number of the first client, as in SQL Server.
const FIRST_SESSION: u16 = 51;

/// Starts sites.
#[derive(Debug)]
pub struct Site;

impl Site {
    /// Listens, and serves whoever comes until [`Running::stop`], or until the [`Running`] is dropped.
    pub async fn start(options: Options) -> anyhow::Result<Running> {
        let Options { listen, browser, encryption, names, tls_dir, logins, faults, databases, replay } =
            options;
        let tls = Tls::new(&names)?;
        let ca_path = tls_dir.map(|folder| write_ca(&folder, &tls.ca_pem)).transpose()?;
        let default_database = databases.first().context("a site has at least one database")?.0.clone();
        let named = databases.into_iter().map(|(name, database)| (name.to_lowercase(), (name, database)));
        let instance = browser.as_ref().map_or_else(String::new, |browser| browser.instance.clone());
        let server = Arc::new(Server {
            name: if instance.is_empty() { NAME.to_owned() } else { format!("{NAME}\\{instance}") },
            instance,
            logins: logins.clone(),
            encryption,
            tls,
            databases: named.collect::<BTreeMap<_, _>>(),
            default_database,
            faults: Faults::new(faults),
            log: Log::default(),
            replay: replay.map(Replay::new),
        });

        ensure!(listen.ip().is_loopback(), "a pretend site listens on loopback only, and {listen} is not");
        let listener =
            TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        let addr = listener.local_addr()?;
        let browser = match browser {
            Some(browser) => Some(browse(browser, addr.port()).await?),
            None => None,
        };
        let browser_addr = browser.as_ref().map(|(_, _, addr)| *addr);

        let (stop, stopped) = watch::channel(());
        let serving = tokio::spawn(serve(Arc::clone(&server), listener, browser, stopped));
        Ok(Running { addr, browser_addr, ca_path, logins, server, stop, serving })
    }
}

fn write_ca(folder: &Path, pem: &str) -> anyhow::Result<PathBuf> {
    let path = folder.join("ca.pem");
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, pem)).with_context(|| {
        format!("cannot write the certificate of the test authority to {}", path.display())
    })?;
    Ok(path)
}

async fn browse(browser: Browser, port: u16) -> anyhow::Result<(Instance, UdpSocket, SocketAddr)> {
    let Browser { listen, instance } = browser;
    ensure!(listen.ip().is_loopback(), "a pretend site listens on loopback only, and {listen} is not");
    let socket = UdpSocket::bind(listen).await.with_context(|| format!("cannot listen on UDP {listen}"))?;
    let addr = socket.local_addr()?;
    Ok((Instance { server: NAME.to_owned(), name: instance, port }, socket, addr))
}

/// Until it is told to stop. What it started ends with it.
async fn serve(
    server: Arc<Server>,
    listener: TcpListener,
    browser: Option<(Instance, UdpSocket, SocketAddr)>,
    mut stopped: watch::Receiver<()>,
) {
    let mut sessions = JoinSet::new();
    if let Some((instance, socket, _)) = browser {
        sessions.spawn(instance.serve(socket));
    }
    let mut number = FIRST_SESSION;
    loop {
        select! {
            // Told so, or nobody is left who could.
            _ = stopped.changed() => break,
            accepted = listener.accept() => {
                // A client that went before it was accepted is none of the next one.
                if let Ok((socket, _)) = accepted {
                    let server = Arc::clone(&server);
                    // A client that breaks the protocol loses its connection. There is nobody else to tell.
                    sessions.spawn(async move {
                        let _broken = session::serve(server, socket, number).await;
                    });
                    number = number.checked_add(1).unwrap_or(FIRST_SESSION);
                }
            }
            Some(_) = sessions.join_next(), if !sessions.is_empty() => {}
        }
    }
    sessions.shutdown().await;
}

/// A site that runs. It stops when this is dropped.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where SQL Server Browser listens.
    pub browser_addr: Option<SocketAddr>,
    /// The file with the certificate of the test authority, if a folder was named.
    pub ca_path: Option<PathBuf>,
    /// Who may log in.
    pub logins: Vec<Login>,
    server: Arc<Server>,
    stop: watch::Sender<()>,
    serving: JoinHandle<()>,
}

impl Running {
    /// The certificate of the test authority.
    pub fn ca_pem(&self) -> &str {
        &self.server.tls.ca_pem
    }

    /// The pin of the server's key, as configuration has it: `sha256/` and Base64.
    pub fn pin(&self) -> String {
        format!("sha256/{}", STANDARD.encode(self.server.tls.spki_sha256))
    }

    /// The databases, the first one being where a client is that names none.
    pub fn databases(&self) -> Vec<String> {
        let mut names: Vec<String> = self.server.databases.values().map(|(name, _)| name.clone()).collect();
        names.sort_by_key(|name| *name != self.server.default_database);
        names
    }

    /// What was asked so far.
    pub fn log(&self) -> &Log {
        &self.server.log
    }

    /// One more fault, from now on.
    pub fn fault(&self, fault: Fault) {
        self.server.faults.arm(fault);
    }

    /// No faults any more.
    pub fn clear_faults(&self) {
        self.server.faults.clear();
    }

    /// Ends all sessions and listeners, and waits for that.
    pub async fn stop(self) {
        let Self { stop, serving, .. } = self;
        drop(stop);
        // It ends in no other way than by returning.
        let _ended = serving.await;
    }
}
