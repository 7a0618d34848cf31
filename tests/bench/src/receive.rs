//! How many requests a second the receiving side stores and signs for, each on disk before its receipt: over TLS on
//! loopback, with the clients on the same processors.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use glasshouse_audit::{Receipt, Verifier};
use glasshouse_contract::{Digest, Name};
use glasshouse_receive::{Folder, Receiver, Store};
use jiff::Timestamp;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    task::JoinSet,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{Failed, report::Figures, sealed::checkpoint};

/// As many sites as send at one time after a night without a connection.
const CLIENTS: u64 = 64;
const BODY: usize = 2048;
const WARM_UP: Duration = Duration::from_millis(500);
const TIME: Duration = Duration::from_secs(4);

pub fn measure(figures: &mut Figures, scratch: &Path) -> Result<(), Failed> {
    let path = scratch.join("receiver");
    if path.exists() {
        fs::remove_dir_all(&path)?;
    }
    let folder = Folder::at(&path);
    let made = folder.make("receiver.bench", &["localhost".to_owned()])?;
    let text = fs::read_to_string(&made.config)?;
    fs::write(&made.config, text.replace("127.0.0.1:8443", "127.0.0.1:0"))?;
    let tenant = Name::new("bench")?;
    let token = Store::open(&folder)?.add_tenant(&tenant, Timestamp::now())?;
    let (per_s, answered) = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(rate(&folder, &made.verifier, token.expose()))?;
    // What was answered has to be there: nothing is as fast as a receiver that keeps nothing.
    let kept = Store::open(&folder)?.tenants()?.iter().map(|tenant| tenant.kept).sum::<u64>();
    if kept != answered {
        return Err(format!("{answered} receipts were given, and {kept} requests are kept").into());
    }
    fs::remove_dir_all(&path)?;
    figures.at_least("receive.per_s", per_s, "/s", 2_000.0);
    Ok(())
}

/// Requests a second, and how many were answered in all.
async fn rate(folder: &Folder, verifier: &str, token: &str) -> Result<(f64, u64), Failed> {
    let receiver = Receiver::open(folder).await?;
    let address = receiver.address()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let receiving = tokio::spawn(receiver.run(async {
        let _ = stopped.await;
    }));
    let connector = TlsConnector::from(Arc::new(trusting(&folder.path().join("tls/ca.pem"))?));
    let answered = Arc::new(AtomicU64::new(0));
    let verifier: Verifier = verifier.parse()?;
    let checkpoint = checkpoint()?;
    let head = format!(
        "POST /v1/tables/devices HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/x-ndjson\r\nglasshouse-checkpoint: {checkpoint}\r\ncontent-length: {BODY}\r\n"
    );
    let until = Instant::now() + WARM_UP + TIME;
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let mut stream = connect(&connector, address).await?;
        let (answered, head, verifier) = (Arc::clone(&answered), head.clone(), verifier.clone());
        clients.spawn(async move {
            let mut number = client;
            while Instant::now() < until {
                let id = Digest::of(&number.to_be_bytes());
                let receipt = send(&mut stream, &head, &id).await?;
                // One of each client: checking all would measure the client.
                if number == client {
                    Receipt::open(&receipt, &verifier)?;
                }
                answered.fetch_add(1, Ordering::Relaxed);
                number += CLIENTS;
            }
            Ok::<_, Failed>(())
        });
    }
    tokio::time::sleep(WARM_UP).await;
    let (before, from) = (answered.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(TIME).await;
    let per_s = (answered.load(Ordering::Relaxed) - before) as f64 / from.elapsed().as_secs_f64();
    while let Some(client) = clients.join_next().await {
        client??;
    }
    let _ = stop.send(());
    receiving.await?;
    Ok((per_s, answered.load(Ordering::Relaxed)))
}

fn trusting(authority: &Path) -> Result<ClientConfig, Failed> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

async fn connect(connector: &TlsConnector, to: SocketAddr) -> Result<TlsStream<TcpStream>, Failed> {
    let stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(connector.connect(ServerName::try_from("localhost")?, stream).await?)
}

/// Sends one request and reads its receipt. By hand: a client library would be a good part of what is measured.
async fn send(stream: &mut TlsStream<TcpStream>, head: &str, id: &Digest) -> Result<String, Failed> {
    let mut request = format!("{head}idempotency-key: {}\r\n\r\n", id.hex());
    let head = request.len();
    while request.len() < head + BODY {
        request.push_str("{\"Devices\":42}\n");
    }
    request.truncate(head + BODY);
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err("the receiver ended the connection".into());
        }
        let text = str::from_utf8(&answer).unwrap_or_default();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if !head.starts_with("HTTP/1.1 200 ") {
            return Err(format!("the receiver answered {head}").into());
        }
        let long = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if long.and_then(|long| long.parse().ok()) == Some(body.len()) {
            return Ok(body.to_owned());
        }
    }
}
