//! The metrics for a monitoring system that fetches them, where the configuration names an address to listen at.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tracing::{info, warn};

use super::{Delivering, metrics};
use crate::sites::{LOOK_EVERY, Sites};

/// A question of a monitoring system has some hundred bytes.
const HEAD_BYTES: usize = 8 << 10;

/// Only a peer that means harm is slower.
const PATIENCE: Duration = Duration::from_secs(5);

/// More at once wait.
const CONNECTIONS: usize = 8;

/// Answers `GET /metrics` at the address of the configuration, for as long as this is awaited.
pub(crate) async fn serve_metrics(sites: Arc<Sites>, delivering: Arc<Delivering>) {
    loop {
        let wanted = address(&sites);
        let changed = async {
            while address(&sites) == wanted {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        match wanted {
            None => changed.await,
            Some(address) => tokio::select! {
                () = changed => {}
                () = listen(address, &sites, &delivering) => {}
            },
        }
    }
}

/// The address that the configuration names; one that cannot be read names none anew.
fn address(sites: &Sites) -> Option<SocketAddr> {
    sites.current().ok().and_then(|current| current.config.sending.metrics)
}

async fn listen(address: SocketAddr, sites: &Arc<Sites>, delivering: &Arc<Delivering>) {
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(error) => {
            warn!("metrics: {address}: {error}");
            tokio::time::sleep(Duration::from_secs(30)).await;
            return;
        }
    };
    info!("metrics at http://{address}/metrics");
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (sites, delivering) = (Arc::clone(sites), Arc::clone(delivering));
        tokio::spawn(async move {
            let _ = timeout(PATIENCE, answer(stream, sites, delivering)).await;
            drop(place);
        });
    }
}

async fn answer(mut stream: TcpStream, sites: Arc<Sites>, delivering: Arc<Delivering>) {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < HEAD_BYTES {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend(piece.iter().take(read)),
        }
    }
    let asked = head.starts_with(b"GET /metrics ") || head.starts_with(b"GET /metrics?");
    let text = match asked {
        true => {
            tokio::task::spawn_blocking(move || metrics::text(&sites, &delivering).ok()).await.ok().flatten()
        }
        false => None,
    };
    let (status, body) = match (asked, text) {
        (true, Some(text)) => ("200 OK", text),
        (true, None) => ("503 Service Unavailable", "the state cannot be read\n".to_owned()),
        (false, _) => ("404 Not Found", "there is /metrics\n".to_owned()),
    };
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
