//! Requests of 64 KiB over TLS on loopback against the bare client: what the checks of egress cost, and what a
//! host's outbox costs with everything that it writes to the disk about each of them: once with our receiver at the
//! other end, once with one that does nothing, on the same processors.

mod books;
mod receiver;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, TryStreamExt, stream};
use glasshouse_contract::{Ask, Asks, Body, Digest, Endpoint, Name, PluginId, Request, TargetSpec};
use glasshouse_egress::{
    CredentialConfig, CredentialKind, Destination, Egress, EndpointConfig, TargetConfig,
};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use rustls::crypto::{CryptoProvider, ring};
use tokio::runtime::{Builder, Runtime};

use crate::{Failed, examples::Example, report::Figures, sealed::checkpoint};

const BODY: usize = 64 * 1024;
const ROUNDS: usize = 21;
const IN_A_ROUND: u32 = 100;
/// So many does a host have on their way to a target.
const ON_THEIR_WAY: usize = 8;
const PATH: &str = "/v1/tables/devices";

/// A receiver, and what its senders have to know.
struct Way {
    address: SocketAddr,
    /// The file with its authority.
    ca: PathBuf,
    /// The file with the sender's token, where it asks for one.
    token: Option<PathBuf>,
}

pub fn measure(
    figures: &mut Figures,
    scratch: &Path,
    glasshouse: &Path,
    plugins: &Path,
) -> Result<(), Failed> {
    // The bare client asks for the one of the process; egress brings its own.
    let _ = CryptoProvider::install_default(ring::default_provider());
    let nothing = receiver::that_keeps_nothing(scratch)?;
    one_by_one(figures, &nothing)?;
    let plugin = |name: &str| Example::read(&plugins.join(name));
    let (json, ours) = (plugin("https-json.wasm")?, plugin("glasshouse.wasm")?);
    let outbox = |target, way, at_a_time| outbox(scratch, glasshouse, target, way, at_a_time);
    // One of its own for each: what it has already it does not write again.
    let keeps = receiver::that_keeps_everything(&scratch.join("receiver-1"))?;
    let (ratio, rate) = outbox(&ours, &keeps, 1)?;
    figures.at_least("deliver.vs_reqwest", ratio, "x", 0.8);
    figures.add("deliver.per_s", rate, "/s", None);
    let keeps = receiver::that_keeps_everything(&scratch.join("receiver-8"))?;
    let (ratio, _) = outbox(&ours, &keeps, ON_THEIR_WAY)?;
    figures.add("deliver.vs_reqwest_8", ratio, "x", None);
    let (ratio, rate) = outbox(&json, &nothing, ON_THEIR_WAY)?;
    figures.add("deliver.vs_reqwest_8_unkept", ratio, "x", None);
    figures.add("deliver.unkept_per_s", rate, "/s", None);
    Ok(())
}

/// A host's outbox against the bare client, which notes nothing and has so many requests on their way at a time.
fn outbox(
    scratch: &Path,
    glasshouse: &Path,
    target: &Example,
    way: &Way,
    at_a_time: usize,
) -> Result<(f64, f64), Failed> {
    let bare = Bare::new(way)?;
    let mut books = books::Books::new(scratch, glasshouse, target, way)?;
    compare(|| books.deliver(IN_A_ROUND), || bare.send_all(IN_A_ROUND, at_a_time))
}

/// One request at a time, without an outbox.
fn one_by_one(figures: &mut Figures, way: &Way) -> Result<(), Failed> {
    let bare = Bare::new(way)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let egress = Egress::new();
    let destination = destination(&egress, way)?;
    let request = request(&destination);
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
    let theirs = || {
        let begun = Instant::now();
        (0..IN_A_ROUND).try_for_each(|_| runtime.block_on(bare.send()))?;
        Ok(begun.elapsed())
    };
    let (ratio, rate) = compare(ours, theirs)?;
    figures.at_least("deliver.send_vs_reqwest", ratio, "x", 0.8);
    figures.add("deliver.send_per_s", rate, "/s", None);
    Ok(())
}

/// Our speed as a part of theirs, and ours in requests a second: medians of rounds.
fn compare(
    mut ours: impl FnMut() -> Result<Duration, Failed>,
    mut theirs: impl FnMut() -> Result<Duration, Failed>,
) -> Result<(f64, f64), Failed> {
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
    Ok((median(ratios), median(rates)))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The client that both are measured against.
struct Bare {
    client: reqwest::Client,
    url: String,
    headers: HeaderMap,
    sent: AtomicU64,
    runtime: Runtime,
}

impl Bare {
    fn new(way: &Way) -> Result<Self, Failed> {
        let client = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&fs::read(&way.ca)?)?])
            .http1_only()
            .no_proxy()
            .build()?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/json".parse()?);
        headers.insert("glasshouse-checkpoint", checkpoint()?.parse()?);
        if let Some(token) = &way.token {
            let token = fs::read_to_string(token)?;
            headers.insert(AUTHORIZATION, format!("Bearer {}", token.trim()).parse()?);
        }
        let url = format!("https://localhost:{}{PATH}", way.address.port());
        Ok(Self { client, url, headers, sent: AtomicU64::new(0), runtime: Runtime::new()? })
    }

    async fn send(&self) -> Result<(), Failed> {
        let id = Digest::of(&self.sent.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let request = self.client.post(&self.url).headers(self.headers.clone());
        let response = request.header("idempotency-key", id.hex()).body(body()).send().await?;
        if response.status() != 200 {
            return Err(format!("the receiver answered {}", response.status()).into());
        }
        response.bytes().await?;
        Ok(())
    }

    fn send_all(&self, requests: u32, at_a_time: usize) -> Result<Duration, Failed> {
        let begun = Instant::now();
        let all = stream::iter(0..requests).map(|_| self.send()).buffer_unordered(at_a_time);
        self.runtime.block_on(all.try_collect::<()>())?;
        Ok(begun.elapsed())
    }
}

fn body() -> Vec<u8> {
    (0..BODY).map(|place| place.to_le_bytes().first().copied().unwrap_or_default()).collect()
}

fn config(plugin: PluginId, way: &Way) -> Result<TargetConfig, Failed> {
    let settings = EndpointConfig {
        host: Some(format!("localhost:{}", way.address.port())),
        ca_file: Some(way.ca.clone()),
        addresses: vec!["loopback".parse()?],
        ..EndpointConfig::default()
    };
    let credential = way.token.clone().map(|file| CredentialConfig {
        kind: CredentialKind::Bearer,
        name: None,
        user: None,
        file: Some(file),
        env: None,
        cert_file: None,
        key_file: None,
    });
    let endpoints = [(Name::new("ingest")?, settings)].into();
    Ok(TargetConfig { plugin, critical: false, endpoints, credential, receiver_key: None, tenant: None })
}

fn destination(egress: &Egress, way: &Way) -> Result<Destination, Failed> {
    let name = Name::new("ingest")?;
    let endpoint = Endpoint {
        name: name.clone(),
        method: "POST".to_owned(),
        host: None,
        path_prefix: "/v1/".to_owned(),
    };
    let granted: Asks = [format!("endpoint {endpoint}").parse::<Ask>()?].into_iter().collect();
    let spec = TargetSpec { endpoints: vec![endpoint], credentials: Vec::new(), free_body: false };
    let config = config("bench.targets.one".parse()?, way)?;
    Ok(egress.open(&config, &spec, &granted, &name, Path::new("."))?)
}

fn request(destination: &Destination) -> Request {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Request {
        endpoint: destination.endpoint().clone(),
        method: "POST".to_owned(),
        url: format!("{}tables/devices", destination.url()),
        headers: vec![
            header("content-type", "application/x-ndjson"),
            header("idempotency-key", &"0".repeat(64)),
        ],
        body: Body(body()),
    }
}
