use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::read_head;

/// What a proxy says that wants a login, or another one.
pub const DEMANDS_LOGIN: &str = "HTTP/1.1 407 Proxy Authentication Required\r\n\
    proxy-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\n\r\n";

/// A proxy that leads all names to one receiver, until it is dropped. It goes by CONNECT, in the clear.
pub struct Proxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Proxy {
    /// Leads to `receiver` whoever shows this login; says `otherwise` to everybody else. Where no login is named it
    /// says `otherwise` to all, if there is anything to say.
    pub async fn start(receiver: SocketAddr, login: Option<&'static str>, otherwise: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heads);
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(lead(tcp, receiver, login, otherwise, Arc::clone(&log)));
            }
        });
        Self { address, heads, task }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was asked, each with its headers.
    #[must_use]
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Listens no more.
    pub fn stop(&self) {
        self.task.abort();
    }
}

async fn lead(
    mut tcp: TcpStream,
    receiver: SocketAddr,
    login: Option<&'static str>,
    otherwise: &'static str,
    log: Arc<Mutex<Vec<String>>>,
) {
    let Ok(head) = read_head(&mut tcp).await else { return };
    let shown = head.lines().find_map(|line| line.strip_prefix("Proxy-Authorization: ")).map(str::to_owned);
    log.lock().unwrap().push(head);
    let lets_pass = login.map_or(otherwise.is_empty(), |login| shown.as_deref() == Some(login));
    // What fails from here on, the test sees at the other side.
    if !lets_pass {
        let _ = tcp.write_all(otherwise.as_bytes()).await;
        return;
    }
    let _ = tcp.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
    if let Ok(mut there) = TcpStream::connect(receiver).await {
        let _ = copy_bidirectional(&mut tcp, &mut there).await;
    }
}
