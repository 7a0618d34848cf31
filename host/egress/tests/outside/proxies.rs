//! Through a proxy: CONNECT, with and without a login.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use glasshouse_egress::{Cause, Egress};
use tokio::{
    io::{AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{
    assert_cause,
    support::{Authority, NAME, Receiver, Says, ok, open, read_head, receiver, request, start},
};

/// A proxy that leads all names to one receiver, until it is dropped.
struct TestProxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for TestProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Leads to the receiver whoever shows this login; says `otherwise` to everybody else.
async fn proxy(receiver: &Receiver, login: Option<&'static str>, otherwise: &'static str) -> TestProxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let (log, leads) = (Arc::clone(&heads), receiver.address);
    let task = tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let Ok(head) = read_head(&mut tcp).await else { return };
                let shown = head
                    .lines()
                    .find_map(|line| line.strip_prefix("Proxy-Authorization: "))
                    .map(str::to_owned);
                log.lock().unwrap().push(head);
                if login.is_some_and(|login| shown.as_deref() != Some(login))
                    || login.is_none() && !otherwise.is_empty()
                {
                    tcp.write_all(otherwise.as_bytes()).await.ok();
                    return;
                }
                tcp.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok();
                let mut there = TcpStream::connect(leads).await.unwrap();
                copy_bidirectional(&mut tcp, &mut there).await.ok();
            });
        }
    });
    TestProxy { address, heads, task }
}

const DEMANDS: &str = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\n\r\n";

/// An egress whose resolver would lead a receiver's name nowhere: behind a proxy nobody asks it.
fn egress() -> Egress {
    Egress::with_resolver(Arc::new(Says(Vec::new())))
}

impl TestProxy {
    fn lines(&self, more: &str) -> String {
        format!("proxy = \"http://{}\"\n{more}", self.address)
    }
}

#[tokio::test]
async fn leads_to_the_receiver_and_sees_its_name_alone() {
    let receiver = receiver(ok()).await;
    let proxy = proxy(&receiver, None, "").await;
    let config = receiver.config("", &proxy.lines(""));
    let destination = open(&egress(), &config, receiver.folder.path()).unwrap();
    assert_eq!(destination.proxy(), Some(format!("http://{}", proxy.address).as_str()));
    let request = request(&destination, b"body");
    let sent = egress().send(&destination, &request).await.unwrap();
    assert_eq!(sent.handed.unwrap().digest(), request.digest());
    assert_eq!(receiver.came()[0].body, b"body");
    let port = receiver.port();
    let head = format!("CONNECT {NAME}:{port} HTTP/1.1\r\nHost: {NAME}:{port}\r\n\r\n");
    assert_eq!(*proxy.heads.lock().unwrap(), [head]);
}

#[tokio::test]
async fn is_shown_its_login_and_the_receiver_is_not() {
    let receiver = receiver(ok()).await;
    // user:canary-of-the-proxy
    let proxy = proxy(&receiver, Some("Basic dXNlcjpjYW5hcnktb2YtdGhlLXByb3h5"), DEMANDS).await;
    receiver.secret("proxy", "canary-of-the-proxy\n");
    let login = "proxy_credential = { kind = \"basic\", user = \"user\", file = \"proxy\" }";
    let config = receiver.config("", &proxy.lines(login));
    let destination = open(&egress(), &config, receiver.folder.path()).unwrap();
    egress().send(&destination, &request(&destination, b"x")).await.unwrap();
    assert_eq!(receiver.came()[0].header("proxy-authorization"), None);
    assert!(!format!("{destination:?}").contains("canary"));
}

#[tokio::test]
async fn that_demands_a_login_is_told() {
    let receiver = receiver(ok()).await;
    let proxy = proxy(&receiver, Some("Basic bm9ib2R5"), DEMANDS).await;
    receiver.secret("proxy", "canary-of-the-proxy");
    for login in ["", "proxy_credential = { kind = \"basic\", user = \"user\", file = \"proxy\" }"] {
        let config = receiver.config("", &proxy.lines(login));
        let destination = open(&egress(), &config, receiver.folder.path()).unwrap();
        let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
        assert_cause!(&error, Cause::ProxyLogin);
        assert!(error.retry() && error.fault().mend.contains("proxy_credential"));
        assert!(!format!("{error:?}").contains("canary"));
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn that_leads_nowhere_is_told() {
    let receiver = receiver(ok()).await;
    for said in ["HTTP/1.1 403 No\r\n\r\n", "HTTP/1.1 502 No\r\n\r\n", "<html>", "\0\0\0\0"] {
        let proxy = proxy(&receiver, None, said).await;
        let config = receiver.config("", &proxy.lines(""));
        let destination = open(&egress(), &config, receiver.folder.path()).unwrap();
        let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
        assert_cause!(error, Cause::Proxy(_));
    }
    let proxy = proxy(&receiver, None, "").await;
    let config = receiver.config("", &proxy.lines(""));
    let destination = open(&egress(), &config, receiver.folder.path()).unwrap();
    proxy.task.abort();
    while TcpStream::connect(proxy.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
    assert_cause!(error, Cause::Connect(_));
}

#[tokio::test]
async fn that_answers_in_the_receivers_place_is_found_out() {
    let authority = Authority::new();
    let (receivers, proxys) = (authority.sign(NAME), authority.sign(NAME));
    // Both are of an authority that is believed: what tells them apart is the key.
    let inspecting = start(&authority, proxys.server(), ok()).await;
    let proxy = proxy(&inspecting, None, "").await;
    let pins = format!("pins = [\"{}\", \"{}\"]", receivers.pin(), authority.sign(NAME).pin());
    let config = inspecting.config("", &proxy.lines(&pins));
    let destination = open(&egress(), &config, inspecting.folder.path()).unwrap();
    let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
    assert_cause!(error, Cause::Pin { presented: Some(pin) } if *pin == proxys.pin());
    assert_eq!(inspecting.came(), []);
}
