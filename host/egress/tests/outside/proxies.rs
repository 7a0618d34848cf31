//! Through a proxy: CONNECT, with and without a login.

use std::sync::Arc;

use glasshouse_egress::{Cause, Egress};
use pretend_outside::{Authority, DEMANDS_LOGIN, Proxy};
use tokio::net::TcpStream;

use crate::{
    assert_cause,
    support::{NAME, Receiver, Says, ok, open, receiver, request, start},
};

/// A proxy in front of a receiver.
async fn proxy(receiver: &Receiver, login: Option<&'static str>, otherwise: &'static str) -> Proxy {
    Proxy::start(receiver.address, login, otherwise).await
}

/// An egress whose resolver would lead a receiver's name nowhere: behind a proxy nobody asks it.
fn egress() -> Egress {
    Egress::with_resolver(Arc::new(Says(Vec::new())))
}

/// The line of the configuration that goes through it, and more.
fn lines(proxy: &Proxy, more: &str) -> String {
    format!("proxy = \"http://{}\"\n{more}", proxy.address())
}

#[tokio::test]
async fn leads_to_the_receiver_and_sees_its_name_alone() {
    let receiver = receiver(ok()).await;
    let proxy = proxy(&receiver, None, "").await;
    let config = receiver.config("", &lines(&proxy, ""));
    let destination = open(&egress(), &config, receiver.folder.path()).unwrap();
    assert_eq!(destination.proxy(), Some(format!("http://{}", proxy.address()).as_str()));
    let request = request(&destination, b"body");
    let sent = egress().send(&destination, &request).await.unwrap();
    assert_eq!(sent.handed.unwrap().digest(), request.digest());
    assert_eq!(receiver.came()[0].body, b"body");
    let port = receiver.port();
    let head = format!("CONNECT {NAME}:{port} HTTP/1.1\r\nHost: {NAME}:{port}\r\n\r\n");
    assert_eq!(proxy.heads(), [head]);
}

#[tokio::test]
async fn is_shown_its_login_and_the_receiver_is_not() {
    let receiver = receiver(ok()).await;
    // user:canary-of-the-proxy
    let proxy = proxy(&receiver, Some("Basic dXNlcjpjYW5hcnktb2YtdGhlLXByb3h5"), DEMANDS_LOGIN).await;
    receiver.secret("proxy", "canary-of-the-proxy\n");
    let login = "proxy_credential = { kind = \"basic\", user = \"user\", file = \"proxy\" }";
    let config = receiver.config("", &lines(&proxy, login));
    let destination = open(&egress(), &config, receiver.folder.path()).unwrap();
    egress().send(&destination, &request(&destination, b"x")).await.unwrap();
    assert_eq!(receiver.came()[0].header("proxy-authorization"), None);
    assert!(!format!("{destination:?}").contains("canary"));
}

#[tokio::test]
async fn that_demands_a_login_is_told() {
    let receiver = receiver(ok()).await;
    let proxy = proxy(&receiver, Some("Basic bm9ib2R5"), DEMANDS_LOGIN).await;
    receiver.secret("proxy", "canary-of-the-proxy");
    let login = "proxy_credential = { kind = \"basic\", user = \"user\", file = \"proxy\" }";
    for (login, mend) in [("", "write the login"), (login, "check user and secret")] {
        let config = receiver.config("", &lines(&proxy, login));
        let destination = open(&egress(), &config, receiver.folder.path()).unwrap();
        let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
        assert_cause!(&error, Cause::ProxyLogin);
        let said = error.fault().mend;
        assert!(error.retry() && said.contains("proxy_credential") && said.contains(mend), "{said}");
        assert!(!format!("{error:?}").contains("canary"));
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn that_leads_nowhere_is_told() {
    let receiver = receiver(ok()).await;
    for said in ["HTTP/1.1 403 No\r\n\r\n", "HTTP/1.1 502 No\r\n\r\n", "<html>", "\0\0\0\0"] {
        let proxy = proxy(&receiver, None, said).await;
        let config = receiver.config("", &lines(&proxy, ""));
        let destination = open(&egress(), &config, receiver.folder.path()).unwrap();
        let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
        assert_cause!(error, Cause::Proxy(_));
    }
    let proxy = proxy(&receiver, None, "").await;
    let config = receiver.config("", &lines(&proxy, ""));
    let destination = open(&egress(), &config, receiver.folder.path()).unwrap();
    proxy.stop();
    while TcpStream::connect(proxy.address()).await.is_ok() {
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
    let config = inspecting.config("", &lines(&proxy, &pins));
    let destination = open(&egress(), &config, inspecting.folder.path()).unwrap();
    let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
    assert_cause!(error, Cause::Pin { presented: Some(pin) } if *pin == proxys.pin());
    assert_eq!(inspecting.came(), []);
}
