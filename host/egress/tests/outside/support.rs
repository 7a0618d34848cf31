//! A receiver on loopback that behaves as it is told, and a way to it.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use glasshouse_contract::{Ask, Asks, Body, Endpoint, Name, Request, TargetSpec};
use glasshouse_egress::{BadDestination, Destination, Egress, Resolve, Resolving, TargetConfig};
use pretend_outside::{Authority, read_head};
use rustls::ServerConfig;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// The name of receivers in these tests; the resolver of the tests says where it is.
pub const NAME: &str = "receiver.test";

/// What a receiver does with a connection.
#[derive(Clone)]
pub enum Play {
    /// Reads each request and says this.
    Say(Vec<u8>),
    /// Reads the head alone and says this.
    SayEarly(Vec<u8>),
    /// Reads the request, says this and then nothing more, without closing.
    SayAndStall(Vec<u8>),
    /// Says this, then these bytes for ever.
    Endless(Vec<u8>, Vec<u8>),
    /// Says this, then these bytes for ever, a little at a time.
    Trickle(Vec<u8>, Vec<u8>),
    /// Takes the connection and says nothing, not even TLS.
    Deaf,
    /// Reads the head and nothing of the body, and does not close.
    StopReading,
    /// Resets the connection when the head has come.
    Reset,
    /// Speaks HTTP without TLS.
    Plain(Vec<u8>),
    /// Says this to whatever comes first, without TLS, and closes.
    Raw(Vec<u8>),
}

/// A request as it came, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    pub head: String,
    pub body: Vec<u8>,
}

impl Came {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A receiver that runs, until it is dropped.
pub struct Receiver {
    pub address: SocketAddr,
    pub folder: TempDir,
    came: Arc<Mutex<Vec<Came>>>,
    connections: Arc<Mutex<usize>>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An answer without more than a status and a body.
pub fn answer(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub fn ok() -> Play {
    Play::Say(answer("200 OK", "thanks"))
}

/// A receiver with a certificate for [`NAME`], of an authority whose file is in its folder.
pub async fn receiver(play: Play) -> Receiver {
    let authority = Authority::new();
    start(&authority, authority.sign(NAME).server(), play).await
}

pub async fn start(authority: &Authority, tls: ServerConfig, play: Play) -> Receiver {
    start_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap(), authority, tls, play)
}

pub fn start_on(listener: TcpListener, authority: &Authority, tls: ServerConfig, play: Play) -> Receiver {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ca.pem"), &authority.pem).unwrap();
    let address = listener.local_addr().unwrap();
    let came = Arc::new(Mutex::new(Vec::new()));
    let connections = Arc::new(Mutex::new(0));
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let (log, count) = (Arc::clone(&came), Arc::clone(&connections));
    let task = tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            *count.lock().unwrap() += 1;
            let (acceptor, play, log) = (acceptor.clone(), play.clone(), Arc::clone(&log));
            // It fails where the client goes away, which the test looks at from the other side.
            tokio::spawn(async move { serve(tcp, acceptor, play, log).await.ok() });
        }
    });
    Receiver { address, folder, came, connections, task }
}

async fn serve(
    mut tcp: TcpStream,
    acceptor: TlsAcceptor,
    play: Play,
    log: Arc<Mutex<Vec<Came>>>,
) -> io::Result<()> {
    match play {
        Play::Deaf => return forever(&mut tcp).await,
        Play::Raw(bytes) => {
            let _ = tcp.read(&mut [0; 4096]).await?;
            tcp.write_all(&bytes).await?;
            return tcp.shutdown().await;
        }
        Play::Plain(said) => {
            let _ = tcp.read(&mut [0; 4096]).await?;
            tcp.write_all(&said).await?;
            return forever(&mut tcp).await;
        }
        _ => {}
    }
    let mut tls = acceptor.accept(tcp).await?;
    loop {
        let head = read_head(&mut tls).await?;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let early = matches!(play, Play::SayEarly(_) | Play::StopReading | Play::Reset);
        let mut body = vec![0; if early { 0 } else { length }];
        tls.read_exact(&mut body).await?;
        log.lock().unwrap().push(Came { head, body });
        match &play {
            Play::Say(said) | Play::SayEarly(said) => tls.write_all(said).await?,
            Play::SayAndStall(said) => {
                tls.write_all(said).await?;
                tls.flush().await?;
                return forever(&mut tls).await;
            }
            Play::Endless(said, more) => {
                tls.write_all(said).await?;
                loop {
                    tls.write_all(more).await?;
                }
            }
            Play::StopReading => return std::future::pending().await,
            Play::Trickle(said, more) => {
                tls.write_all(said).await?;
                loop {
                    tls.write_all(more).await?;
                    tls.flush().await?;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            Play::Reset => {
                let (tcp, _) = tls.get_ref();
                tcp.set_zero_linger()?;
                return Ok(());
            }
            Play::Deaf | Play::Plain(_) | Play::Raw(_) => unreachable!(),
        }
        tls.flush().await?;
    }
}

/// Until the other side goes.
async fn forever(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    while stream.read(&mut [0; 4096]).await? > 0 {}
    Ok(())
}

/// A resolver that says the same of every name.
pub struct Says(pub Vec<IpAddr>);

impl Resolve for Says {
    fn resolve(&self, _: &str) -> Resolving {
        let found = self.0.clone();
        Box::pin(async move { Ok(found) })
    }
}

pub fn egress() -> Egress {
    Egress::with_resolver(Arc::new(Says(vec![Ipv4Addr::LOCALHOST.into()])))
}

/// What a manifest says: one endpoint, whose host is left open unless there is one.
pub fn spec(host: Option<&str>) -> TargetSpec {
    TargetSpec {
        endpoints: vec![Endpoint {
            name: name("ingest"),
            method: "POST".to_owned(),
            host: host.map(str::to_owned),
            path_prefix: "/v1/".to_owned(),
        }],
        credentials: ["bearer", "basic", "sas", "client-certificate"].map(str::to_owned).into(),
        free_body: false,
    }
}

/// A grant of all that it asks for.
pub fn granted(spec: &TargetSpec) -> Asks {
    let endpoints = spec.endpoints.iter().map(|endpoint| format!("endpoint {endpoint}"));
    let credentials = spec.credentials.iter().map(|credential| format!("credential {credential}"));
    endpoints.chain(credentials).map(|text| text.parse::<Ask>().unwrap()).collect()
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// A configuration: lines of `[[target]]` and lines of its endpoint.
pub fn config(target: &str, endpoint: &str) -> TargetConfig {
    let text = format!("plugin = \"test.targets.one\"\n{target}\n[endpoint.ingest]\n{endpoint}\n");
    toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Opens a way by hand.
pub fn open(egress: &Egress, config: &TargetConfig, base: &Path) -> Result<Destination, BadDestination> {
    let spec = spec(None);
    egress.open(config, &spec, &granted(&spec), &name("ingest"), base)
}

impl Receiver {
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What came so far.
    pub fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// The lines that lead to it, and these.
    pub fn config(&self, target: &str, endpoint: &str) -> TargetConfig {
        let host = format!("host = \"{NAME}:{}\"", self.port());
        config(target, &format!("{host}\nca_file = \"ca.pem\"\naddresses = [\"loopback\"]\n{endpoint}"))
    }

    /// The way there, with these further lines under `[[target]]` and under its endpoint.
    pub fn destination_with(&self, target: &str, endpoint: &str) -> Destination {
        open(&egress(), &self.config(target, endpoint), self.folder.path()).unwrap()
    }

    pub fn destination(&self) -> Destination {
        self.destination_with("", "")
    }

    /// Writes a file beside its authority's that only its owner reads.
    pub fn secret(&self, name: &str, text: &str) {
        secret(self.folder.path(), name, text);
    }
}

pub fn secret(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// A request to a destination.
pub fn request(destination: &Destination, body: &[u8]) -> Request {
    Request {
        endpoint: destination.endpoint().clone(),
        method: "POST".to_owned(),
        url: format!("{}upload?part=1", destination.url()),
        headers: vec![
            ("content-type".to_owned(), "application/x-ndjson".to_owned()),
            ("idempotency-key".to_owned(), "0".repeat(64)),
            ("x-alpha".to_owned(), "a  b".to_owned()),
        ],
        body: Body(body.to_vec()),
    }
}

/// What is over in seconds is over by then, also on a machine that has other things to do.
pub const SOON: Duration = Duration::from_secs(60);
