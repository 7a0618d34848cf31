//! Requests of 64 KiB over TLS on loopback against the bare client: what the checks of egress cost, and what a
//! host's outbox costs with everything that it writes to the disk about each of them.

mod books;
mod receiver;

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, TryStreamExt, stream};
use glasshouse_contract::{Ask, Asks, Body, Endpoint, Name, PluginId, Request, TargetSpec};
use glasshouse_egress::{Destination, Egress, EndpointConfig, TargetConfig};
use rustls::crypto::{CryptoProvider, ring};
use tokio::runtime::{Builder, Runtime};

use crate::{Failed, examples::Example, report::Figures};

const BODY: usize = 64 * 1024;
const ROUNDS: usize = 21;
const IN_A_ROUND: u32 = 100;
/// So many does a host have on their way to a target; the bare client gets as many.
const ON_THEIR_WAY: usize = 8;

pub fn measure(
    figures: &mut Figures,
    scratch: &Path,
    glasshouse: &Path,
    target: &Example,
) -> Result<(), Failed> {
    // The bare client asks for the one of the process; egress brings its own.
    let _ = CryptoProvider::install_default(ring::default_provider());
    let ca = scratch.join("deliver-ca.pem");
    let address = receiver::start(&ca)?;
    let bare = Bare::new(address, &ca)?;
    one_by_one(figures, &bare, address, &ca)?;
    let mut books = books::Books::new(scratch, glasshouse, target, address, &ca)?;
    let (ratio, rate) = compare(|| books.deliver(IN_A_ROUND), || bare.send_side_by_side(IN_A_ROUND))?;
    figures.at_least("deliver.vs_reqwest", ratio, "x", 0.8);
    figures.add("deliver.per_s", rate, "/s", None);
    Ok(())
}

/// One request at a time, without an outbox.
fn one_by_one(figures: &mut Figures, bare: &Bare, address: SocketAddr, ca: &Path) -> Result<(), Failed> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let egress = Egress::new();
    let destination = destination(&egress, address, ca)?;
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
    runtime: Runtime,
}

impl Bare {
    fn new(address: SocketAddr, ca: &Path) -> Result<Self, Failed> {
        let client = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&fs::read(ca)?)?])
            .http1_only()
            .no_proxy()
            .build()?;
        let url = format!("https://localhost:{}/v1/upload", address.port());
        Ok(Self { client, url, runtime: Runtime::new()? })
    }

    async fn send(&self) -> Result<(), Failed> {
        let response = self.client.post(&self.url).body(body()).send().await?;
        if response.status() != 200 {
            return Err("the receiver did not take what was sent".into());
        }
        response.bytes().await?;
        Ok(())
    }

    fn send_side_by_side(&self, requests: u32) -> Result<Duration, Failed> {
        let begun = Instant::now();
        let all = stream::iter(0..requests).map(|_| self.send()).buffer_unordered(ON_THEIR_WAY);
        self.runtime.block_on(all.try_collect::<()>())?;
        Ok(begun.elapsed())
    }
}

fn body() -> Vec<u8> {
    (0..BODY).map(|place| place.to_le_bytes().first().copied().unwrap_or_default()).collect()
}

fn config(plugin: PluginId, address: SocketAddr, ca: &Path) -> Result<TargetConfig, Failed> {
    let settings = EndpointConfig {
        host: Some(format!("localhost:{}", address.port())),
        ca_file: Some(ca.to_owned()),
        addresses: vec!["loopback".parse()?],
        ..EndpointConfig::default()
    };
    let endpoints = [(Name::new("ingest")?, settings)].into();
    Ok(TargetConfig { plugin, critical: false, endpoints, credential: None, receiver_key: None, tenant: None })
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
    let config = config("bench.targets.one".parse()?, address, ca)?;
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
        body: Body(body()),
    }
}
