//! Requests of 64 KiB over TLS on loopback: what the checks of egress, and comparing what was handed over with what is
//! sealed, cost against the bare client. Keeping books about it is not in this figure.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use glasshouse_contract::{Ask, Asks, Body, Endpoint, Name, Request, TargetSpec};
use glasshouse_egress::{Destination, Egress, EndpointConfig, TargetConfig};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::PrivatePkcs8KeyDer,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    runtime::Builder,
};
use tokio_rustls::TlsAcceptor;

use crate::{Failed, report::Figures};

const BODY: usize = 64 * 1024;
const ROUNDS: usize = 21;
const IN_A_ROUND: u32 = 100;

pub fn measure(figures: &mut Figures, scratch: &Path) -> Result<(), Failed> {
    // The bare client asks for the one of the process; egress brings its own.
    let _ = CryptoProvider::install_default(ring::default_provider());
    let ca = scratch.join("deliver-ca.pem");
    let address = receiver(&ca)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let egress = Egress::new();
    let destination = destination(&egress, address, &ca)?;
    let request = request(&destination);
    let bare = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&fs::read(&ca)?)?])
        .http1_only()
        .no_proxy()
        .build()?;

    let ours = || -> Result<Duration, Failed> {
        let begun = Instant::now();
        for _ in 0..IN_A_ROUND {
            let sent = runtime.block_on(egress.send(&destination, &request))?;
            if sent.response.status != 200 || !sent.handed.is_some_and(|handed| handed.is(&request)) {
                return Err("the receiver did not take what was sent".into());
            }
        }
        Ok(begun.elapsed())
    };
    let theirs = || -> Result<Duration, Failed> {
        let begun = Instant::now();
        for _ in 0..IN_A_ROUND {
            let send = async {
                let response = bare.post(&request.url).body(request.body.0.clone()).send().await?;
                response.bytes().await
            };
            runtime.block_on(send)?;
        }
        Ok(begun.elapsed())
    };
    let mut ratios = Vec::with_capacity(ROUNDS);
    let mut rates = Vec::with_capacity(ROUNDS);
    // In turn, so that what else the machine does meets both; the first round opens the connections.
    for round in 0..=ROUNDS {
        let (ours, theirs) = (ours()?.as_secs_f64(), theirs()?.as_secs_f64());
        if round > 0 {
            ratios.push(theirs / ours);
            rates.push(f64::from(IN_A_ROUND) / ours);
        }
    }
    figures.at_least("deliver.send_vs_reqwest", median(ratios), "x", 0.8);
    figures.add("deliver.send_per_s", median(rates), "/s", None);
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn destination(egress: &Egress, address: SocketAddr, ca: &Path) -> Result<Destination, Failed> {
    let name = Name::new("ingest")?;
    let endpoint = Endpoint {
        name: name.clone(),
        method: "POST".to_owned(),
        host: None,
        path_prefix: "/v1/".to_owned(),
    };
    let granted: Asks = [format!("endpoint {endpoint}").parse::<Ask>()?].into_iter().collect();
    let spec = TargetSpec { endpoints: vec![endpoint], credentials: Vec::new(), free_body: false };
    let settings = EndpointConfig {
        host: Some(format!("localhost:{}", address.port())),
        ca_file: Some(ca.to_owned()),
        addresses: vec!["loopback".parse()?],
        ..EndpointConfig::default()
    };
    let config = TargetConfig {
        plugin: "bench.targets.one".parse()?,
        critical: false,
        endpoints: [(name.clone(), settings)].into(),
        credential: None,
        receiver_key: None,
        tenant: None,
    };
    Ok(egress.open(&config, &spec, &granted, &name, Path::new("."))?)
}

fn request(destination: &Destination) -> Request {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Request {
        endpoint: destination.endpoint().clone(),
        method: "POST".to_owned(),
        url: format!("{}upload", destination.url()),
        headers: vec![
            header("content-type", "application/x-ndjson"),
            header("idempotency-key", &"0".repeat(64)),
        ],
        body: Body((0..BODY).map(|place| place.to_le_bytes().first().copied().unwrap_or_default()).collect()),
    }
}

/// A receiver in a thread of its own, for as long as the process lives; its authority goes to `ca`.
fn receiver(ca: &Path) -> Result<SocketAddr, Failed> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate()?;
    fs::write(ca, params.self_signed(&key)?.pem())?;
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &issuer)?;
    let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    thread::spawn(move || {
        runtime.block_on(async {
            while let Ok((tcp, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                // It ends with the client's connection.
                tokio::spawn(async move { serve(tcp, acceptor).await.ok() });
            }
        });
    });
    Ok(address)
}

async fn serve(tcp: TcpStream, acceptor: TlsAcceptor) -> std::io::Result<()> {
    tcp.set_nodelay(true)?;
    let mut tls = BufReader::with_capacity(BODY, acceptor.accept(tcp).await?);
    let mut body = vec![0; BODY];
    loop {
        loop {
            let mut line = String::new();
            if tls.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
        }
        tls.read_exact(&mut body).await?;
        tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await?;
        tls.flush().await?;
    }
}
