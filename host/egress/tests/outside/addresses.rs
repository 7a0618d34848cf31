//! Where names lead, and that the address that was looked at is the one that is connected to.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
};

use glasshouse_egress::{Cause, Egress, Resolve, Resolving};
use pretend_outside::Authority;
use tokio::net::TcpListener;

use crate::{
    assert_cause,
    support::{NAME, Says, granted, name, ok, open, receiver, request, spec, start_on},
};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Says one thing after another, and the last for ever.
struct Changes(Mutex<Vec<Vec<IpAddr>>>);

impl Changes {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().rev().map(|answer| answer.iter().map(|text| address(text)).collect());
        Arc::new(Self(Mutex::new(answers.collect())))
    }

    fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Resolve for Changes {
    fn resolve(&self, _: &str) -> Resolving {
        let mut answers = self.0.lock().unwrap();
        let now = if answers.len() > 1 { answers.pop().unwrap() } else { answers[0].clone() };
        Box::pin(async move { Ok(now) })
    }
}

#[tokio::test]
async fn a_name_that_leads_into_the_network_of_the_host_is_refused() {
    let receiver = receiver(ok()).await;
    let mut config = receiver.config("", "");
    config.endpoints.values_mut().for_each(|endpoint| endpoint.addresses.clear());
    for (leads, kind) in [
        ("127.0.0.1", "this machine's own"),
        ("::1", "this machine's own"),
        ("10.0.0.1", "private"),
        ("fd00::1", "private"),
        ("100.64.0.1", "shared by a provider (CGNAT)"),
        ("169.254.1.1", "link-local"),
        ("169.254.169.254", "that of a cloud's metadata"),
        ("fd00:ec2::254", "that of a cloud's metadata"),
        ("224.0.0.1", "multicast"),
        ("0.0.0.0", "unspecified"),
        ("::ffff:127.0.0.1", "IPv4 in the form of IPv6"),
        ("64:ff9b::7f00:1", "IPv4 behind NAT64"),
    ] {
        let egress = Egress::with_resolver(Arc::new(Says(vec![address(leads)])));
        let destination = open(&egress, &config, receiver.folder.path()).unwrap();
        let error = egress.send(&destination, &request(&destination, b"x")).await.unwrap_err();
        assert_cause!(&error, Cause::Address { address: found, kind: of } if *found == address(leads) && of == kind);
        assert!(error.fault().mend.contains("addresses = ["), "{error}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn of_several_addresses_only_those_that_pass_are_connected_to() {
    let receiver = receiver(ok()).await;
    let found = ["10.0.0.1", "169.254.169.254", "127.0.0.1"].map(address).to_vec();
    let egress = Egress::with_resolver(Arc::new(Says(found)));
    let destination = open(&egress, &receiver.config("", ""), receiver.folder.path()).unwrap();
    let sent = egress.send(&destination, &request(&destination, b"x")).await.unwrap();
    assert_eq!(sent.address, Some(receiver.address));
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_connected_to_where_it_was_looked_at() {
    let authority = Authority::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // Each answer closes its connection, so that the next request resolves anew.
    let said = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec();
    let receiver = start_on(
        listener,
        &authority,
        authority.sign(NAME).server(),
        crate::support::Play::Say(said.clone()),
    );
    // Somebody who must not be reached, at the same port. Where the system has no such address nobody is there.
    let inside = TcpListener::bind(("127.0.0.2", port)).await.ok().map(|listener| {
        start_on(listener, &authority, authority.sign(NAME).server(), crate::support::Play::Say(said))
    });
    let mut config = receiver.config("", "");
    config
        .endpoints
        .values_mut()
        .for_each(|endpoint| endpoint.addresses = vec!["127.0.0.1".parse().unwrap()]);

    let names = Changes::new(&[&["127.0.0.1"], &["127.0.0.2"], &["169.254.169.254"]]);
    let egress = Egress::with_resolver(Arc::clone(&names) as Arc<dyn Resolve>);
    let destination = open(&egress, &config, receiver.folder.path()).unwrap();
    let sent = egress.send(&destination, &request(&destination, b"x")).await.unwrap();
    assert_eq!(sent.address, Some(receiver.address));
    assert_eq!(names.left(), 2, "a name is asked for once between the look and the connection");

    for leads in ["127.0.0.2", "169.254.169.254"] {
        let error = egress.send(&destination, &request(&destination, b"x")).await.unwrap_err();
        assert_cause!(error, Cause::Address { address: found, .. } if *found == address(leads));
    }
    assert_eq!(inside.map_or(0, |inside| inside.connections()), 0);
}

#[tokio::test]
async fn a_name_without_an_address_is_told() {
    let receiver = receiver(ok()).await;
    let egress = Egress::with_resolver(Arc::new(Says(Vec::new())));
    let destination = open(&egress, &receiver.config("", ""), receiver.folder.path()).unwrap();
    let error = egress.send(&destination, &request(&destination, b"x")).await.unwrap_err();
    assert_cause!(error, Cause::Resolve(_));
}

#[tokio::test]
async fn the_systems_resolver_finds_this_machine_and_not_what_is_nobodys() {
    let found = glasshouse_egress::SystemResolver.resolve("localhost").await.unwrap();
    assert!(found.iter().any(IpAddr::is_loopback), "{found:?}");
    glasshouse_egress::SystemResolver.resolve("nobody.invalid").await.unwrap_err();
}

#[tokio::test]
async fn an_address_as_host_needs_the_manifest_and_the_configuration() {
    let authority = Authority::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let receiver = start_on(listener, &authority, authority.sign("127.0.0.1").server(), ok());
    let base = receiver.folder.path();
    let literal = format!("127.0.0.1:{}", receiver.port());
    let lines = |host: &str, addresses: &str| {
        crate::support::config("", &format!("{host}\nca_file = \"ca.pem\"\naddresses = [{addresses}]"))
    };
    let egress = Egress::new();
    let opened = |manifest: Option<&str>, config| {
        let spec = spec(manifest);
        egress.open(&config, &spec, &granted(&spec), &name("ingest"), base)
    };
    let named = format!("host = \"{literal}\"");
    for (manifest, host, addresses) in [
        (None, named.as_str(), "\"127.0.0.1\""),
        (None, named.as_str(), "\"loopback\""),
        (Some(literal.as_str()), "", "\"loopback\""),
        (Some(literal.as_str()), "", ""),
        (Some(literal.as_str()), "", "\"127.0.0.0/8\""),
    ] {
        let error = opened(manifest, lines(host, addresses)).unwrap_err();
        assert!(error.to_string().contains("which manifest and configuration have to name both"), "{error}");
        assert_eq!(error.fault().kind, glasshouse_contract::FaultKind::Refused);
    }
    let destination = opened(Some(&literal), lines("", "\"127.0.0.1\"")).unwrap();
    egress.send(&destination, &request(&destination, b"x")).await.unwrap();
}
