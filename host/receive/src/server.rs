//! Connections: accepted, limited, served, ended.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::SignedDuration;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

use crate::{
    Folder, ReceiveError, Store, authority,
    body::Caps,
    service::Service,
    taking::Taking,
    tenants::Tenants,
    writer::{self, Rules},
};

/// A head holds the token, an id and a checkpoint: a few KiB. One that fills this is refused.
const HEAD_BYTES: usize = 32 << 10;
const HANDSHAKE: Duration = Duration::from_secs(10);
/// What a request may still take when the receiver is asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// A receiver that listens.
pub struct Receiver {
    listener: TcpListener,
    tls: TlsAcceptor,
    service: Arc<Service>,
    writer: JoinHandle<()>,
    connections: Arc<Semaphore>,
    addresses: Addresses,
    head: Duration,
}

impl Receiver {
    /// Opens the folder's database and listens where its configuration says. Nothing is answered before
    /// [`run`](Self::run).
    ///
    /// # Errors
    /// When a part of the folder is not as it should be, or the address is taken.
    pub async fn open(folder: &Folder) -> Result<Self, ReceiveError> {
        let config = folder.config()?;
        let signer = folder.signer()?;
        let tls = TlsAcceptor::from(Arc::new(authority::server_config(&config)?));
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|source| ReceiveError::Listen { address: config.listen.to_string(), source })?;
        let tenants = Tenants::default();
        let rules = Rules {
            folder: folder.clone(),
            reserve: u64::from(config.reserve_mib) << 20,
            retention: SignedDuration::from_hours(24 * i64::from(config.retention_days)),
        };
        let (desk, writer) = writer::start(Store::open(folder)?, rules, tenants.clone())?;
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let caps =
            Caps::new(config.body_mib, config.unpacked_mib, config.memory_mib, seconds(config.body_seconds));
        Ok(Self {
            listener,
            tls,
            service: Arc::new(Service { tenants, caps, desk, signer }),
            writer,
            connections: Arc::new(Semaphore::new(config.connections as usize)),
            addresses: Addresses::new(config.connections_per_address),
            head: seconds(config.head_seconds),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Takes requests until `stop` is done, then ends those that are under way and writes everything down.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, tls, service, writer, connections, addresses, head } = self;
        let (stopping, stopped) = watch::channel(());
        let mut served = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            // The system keeps who comes next waiting while all places are taken.
            let place = tokio::select! {
                () = &mut stop => break,
                place = Arc::clone(&connections).acquire_owned() => place,
            };
            let Ok(place) = place else { break };
            let (stream, from) = tokio::select! {
                () = &mut stop => break,
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of file handles, or the other side was faster: others go on.
                        warn!("a connection was not accepted: {error}");
                        sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            // Ends of connections are collected here, so that the set does not grow.
            while served.try_join_next().is_some() {}
            let Some(guest) = addresses.enter(from.ip()) else {
                debug!("a connection more than one address may have");
                continue;
            };
            let connection = Connection {
                tls: tls.clone(),
                service: Arc::clone(&service),
                head,
                _guest: guest,
                _place: place,
            };
            served.spawn(connection.serve(stream, stopped.clone()));
        }
        drop(listener);
        drop(stopping);
        if timeout(LAST_REQUESTS, async { while served.join_next().await.is_some() {} }).await.is_err() {
            warn!(connections = served.len(), "connections are cut: they took too long to end");
            served.shutdown().await;
        }
        // With the last desk the writer ends, after what was handed in is on disk.
        drop(service);
        if tokio::task::spawn_blocking(move || writer.join()).await.is_err() {
            warn!("the writer did not end well");
        }
        info!("stopped");
    }
}

struct Connection {
    tls: TlsAcceptor,
    service: Arc<Service>,
    head: Duration,
    _guest: Guest,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(self, stream: TcpStream, mut stopped: watch::Receiver<()>) {
        // An answer is one small packet: it does not wait for another one.
        let _ = stream.set_nodelay(true);
        let stream = Taking::new(stream, self.head);
        let stream = tokio::select! {
            _ = stopped.changed() => return,
            stream = timeout(HANDSHAKE, self.tls.accept(stream)) => match stream {
                Ok(Ok(stream)) => stream,
                Ok(Err(_)) | Err(_) => {
                    debug!("a connection ended before it was encrypted");
                    return;
                }
            },
        };
        let service = Arc::clone(&self.service);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(move |request| Arc::clone(&service).answer(request)),
            );
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            _ = stopped.changed() => {
                // The request that is under way is answered; no other is taken.
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if ended.is_err() {
            debug!("a connection ended in the middle");
        }
    }
}

/// How many connections each address has.
#[derive(Clone)]
struct Addresses {
    most: u32,
    open: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

/// What counts as one address. A machine in an IPv6 network has all 2^64 addresses of it, so the network counts; and an
/// IPv4 address is the same in the form that a socket for both has it.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

/// One connection of an address, until it is dropped.
struct Guest {
    address: IpAddr,
    addresses: Addresses,
}

impl Addresses {
    fn new(most: u32) -> Self {
        Self { most, open: Arc::default() }
    }

    fn enter(&self, address: IpAddr) -> Option<Guest> {
        let address = counted(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Guest { address, addresses: self.clone() })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut open = self.addresses.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_address_and_ipv4_is_the_same_in_both_its_forms() {
        let addresses = Addresses::new(1);
        let enter = |address: &str| addresses.enter(address.parse().unwrap());
        let _one = enter("2001:db8::1").expect("it is the first");
        for same in ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff:ffff:ffff:ffff"] {
            assert!(enter(same).is_none(), "{same}");
        }
        assert!(enter("2001:db8:0:1::1").is_some(), "another network");
        let _four = enter("192.0.2.1").expect("it is the first");
        assert!(enter("::ffff:192.0.2.1").is_none());
        assert!(enter("::ffff:192.0.2.2").is_some(), "another address");
    }
}
