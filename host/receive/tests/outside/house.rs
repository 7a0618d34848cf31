//! A receiver in a folder that goes away, and a client for it.

use std::{net::TcpListener, sync::Arc};

use glasshouse_audit::{Checkpoint, Receipt, Signer, Verifier};
use glasshouse_contract::{Body, CHECKPOINT_HEADER, Digest, ID_HEADER, Name, Request};
use glasshouse_receive::{Folder, Receiver, Store};
use jiff::Timestamp;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

/// A receiver's folder.
pub struct House {
    _temporary: Option<TempDir>,
    pub folder: Folder,
    pub verifier: Verifier,
    pub port: u16,
}

/// A receiver that runs in this process.
pub struct Running {
    pub client: Client,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

/// A client that trusts the receiver's authority.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub port: u16,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl House {
    /// With these lines in its configuration.
    pub fn with(lines: &str) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::at(temporary.path().join("receiver"));
        Self { _temporary: Some(temporary), ..Self::at(folder, lines) }
    }

    pub fn at(folder: Folder, lines: &str) -> Self {
        let made = folder.make("receiver.test", &["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        // Asked of the system once: requests hold the port, and must be the same after a restart.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = std::fs::read_to_string(&made.config).unwrap();
        let text = text.replace("127.0.0.1:8443", &format!("127.0.0.1:{port}"));
        std::fs::write(&made.config, format!("{text}\n{lines}\n")).unwrap();
        Self { _temporary: None, folder, verifier: made.verifier.parse().unwrap(), port }
    }

    pub fn new() -> Self {
        Self::with("")
    }

    pub fn store(&self) -> Store {
        Store::open(&self.folder).unwrap()
    }

    /// Adds a tenant; the token.
    pub fn tenant(&self, tenant: &str) -> String {
        self.store().add_tenant(&name(tenant), Timestamp::now()).unwrap().expose().to_owned()
    }

    pub fn tls(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let authority = self.folder.path().join("tls/ca.pem");
        for certificate in CertificateDer::pem_file_iter(authority).unwrap() {
            roots.add(certificate.unwrap()).unwrap();
        }
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    pub fn client(&self) -> Client {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls())
            .user_agent("a client")
            .build()
            .unwrap();
        Client { http, port: self.port }
    }

    pub async fn run(&self) -> Running {
        let receiver = Receiver::open(&self.folder).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(receiver.run(async {
            let _ = stopped.await;
        }));
        Running { client: self.client(), stop, ended }
    }

    /// A receipt, held against the receiver's key.
    pub fn receipt(&self, note: &str) -> Receipt {
        Receipt::open(note, &self.verifier).unwrap()
    }
}

impl Running {
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap();
    }
}

impl Client {
    /// A request as a sender seals it.
    pub fn sealed(&self, id: &str, body: impl Into<Vec<u8>>) -> Request {
        Request {
            endpoint: name("ingest"),
            method: "POST".to_owned(),
            url: format!("https://localhost:{}/v1/tables/devices", self.port),
            headers: vec![
                ("content-type".to_owned(), "application/x-ndjson".to_owned()),
                ("x-b".to_owned(), "2".to_owned()),
                ("x-a".to_owned(), "1".to_owned()),
                (ID_HEADER.to_owned(), Digest::of(id.as_bytes()).hex()),
                (CHECKPOINT_HEADER.to_owned(), checkpoint_header(42)),
            ],
            body: Body(body.into()),
        }
    }

    /// Sends it with a token, as it is.
    pub async fn send(&self, token: &str, request: &Request) -> Answered {
        self.try_send(token, request).await.unwrap()
    }

    pub async fn try_send(&self, token: &str, request: &Request) -> reqwest::Result<Answered> {
        answered(self.builder(request).bearer_auth(token).send().await?).await
    }

    pub fn builder(&self, request: &Request) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).unwrap();
        let builder = self.http.request(method, &request.url);
        let builder =
            request.headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value));
        builder.body(request.body.0.clone())
    }
}

pub async fn answered(response: reqwest::Response) -> reqwest::Result<Answered> {
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    Ok(Answered { status, headers, body: response.text().await? })
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// How far a sender's log is said to be.
pub fn checkpoint(size: u64) -> Checkpoint {
    let log = Signer::from_seed("glasshouse/0123", &[1; 32]).unwrap();
    Checkpoint::new(log.verifier(), size, Digest::of(&size.to_be_bytes()))
}

pub fn checkpoint_header(size: u64) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let log = Signer::from_seed("glasshouse/0123", &[1; 32]).unwrap();
    STANDARD.encode(checkpoint(size).sign(&log))
}
