//! Whom the host takes for the receiver, and whom not.

use glasshouse_egress::{Cause, Distrust, SendError};
use pretend_outside::{Authority, Identity};

use crate::{
    assert_cause,
    support::{NAME, Receiver, egress, ok, receiver, request, start},
};

async fn failure(receiver: &Receiver, lines: &str) -> SendError {
    let destination = receiver.destination_with("", lines);
    let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
    assert_eq!(receiver.came(), [], "nothing may be sent to a stranger");
    error
}

async fn with(identity: impl FnOnce(&Authority) -> Identity) -> Receiver {
    let authority = Authority::new();
    start(&authority, identity(&authority).server(), ok()).await
}

fn pins(pins: &[&Identity]) -> String {
    let pins: Vec<String> = pins.iter().map(|identity| format!("\"{}\"", identity.pin())).collect();
    format!("pins = [{}]", pins.join(", "))
}

#[tokio::test]
async fn another_authority_is_refused() {
    // Also one that gives itself the name of the right one.
    for name in ["another", "an authority"] {
        let receiver = start(&Authority::new(), Authority::named(name).sign(NAME).server(), ok()).await;
        let error = failure(&receiver, "").await;
        assert_cause!(&error, Cause::Certificate(Distrust::Authority));
        assert!(error.fault().mend.contains("ca_file"));
    }
}

#[tokio::test]
async fn an_authority_that_was_named_is_believed_in_place_of_the_systems() {
    let receiver = receiver(ok()).await;
    let mut config = receiver.config("", "");
    config.endpoints.values_mut().for_each(|endpoint| endpoint.ca_file = None);
    // A system without any authority is told when the way is opened.
    let Ok(destination) = crate::support::open(&egress(), &config, receiver.folder.path()) else { return };
    let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
    assert_cause!(error, Cause::Certificate(Distrust::Authority));
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let receiver = with(|authority| authority.sign_expired(NAME)).await;
    assert_cause!(failure(&receiver, "").await, Cause::Certificate(Distrust::Expired));
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let receiver = with(|authority| authority.sign("other.test")).await;
    assert_cause!(failure(&receiver, "").await, Cause::Certificate(Distrust::OtherName));
}

#[tokio::test]
async fn a_pinned_key_is_taken_the_first_and_the_backup() {
    let authority = Authority::new();
    let (now, next, other) = (authority.sign(NAME), authority.sign(NAME), authority.sign(NAME));
    for (shown, pinned, backup) in [
        (&now, vec![&now], false),
        (&now, vec![&now, &next], false),
        (&next, vec![&now, &next, &other], true),
    ] {
        let receiver = start(&authority, shown.server(), ok()).await;
        let destination = receiver.destination_with("", &pins(&pinned));
        egress().send(&destination, &request(&destination, b"x")).await.unwrap();
        assert_eq!(destination.saw_backup_key(), backup);
    }
}

#[tokio::test]
async fn a_renewed_certificate_of_a_pinned_key_is_taken() {
    let authority = Authority::new();
    let first = authority.sign(NAME);
    let pinned = pins(&[&first]);
    let renewed = authority.sign_key(first.key, NAME, |_| {});
    let receiver = start(&authority, renewed.server(), ok()).await;
    let destination = receiver.destination_with("", &pinned);
    egress().send(&destination, &request(&destination, b"x")).await.unwrap();
}

#[tokio::test]
async fn the_right_authority_and_a_key_that_is_not_pinned_is_refused_and_the_key_is_told() {
    let authority = Authority::new();
    let (pinned, shown) = (authority.sign(NAME), authority.sign(NAME));
    let receiver = start(&authority, shown.server(), ok()).await;
    let error = failure(&receiver, &pins(&[&pinned])).await;
    assert_cause!(&error, Cause::Pin { presented: Some(pin) } if *pin == shown.pin());
    let mend = error.fault().mend;
    assert!(mend.contains(&shown.pin().to_string()) && mend.contains("inspects the traffic"), "{mend}");
}

#[tokio::test]
async fn a_pinned_key_of_an_authority_that_is_not_believed_is_refused() {
    let stranger = Authority::new().sign(NAME);
    let receiver = start(&Authority::new(), stranger.server(), ok()).await;
    assert_cause!(failure(&receiver, &pins(&[&stranger])).await, Cause::Certificate(Distrust::Authority));
}

#[tokio::test]
async fn a_pinned_key_among_the_other_certificates_that_are_sent_proves_nothing() {
    let authority = Authority::new();
    let (pinned, shown) = (authority.sign(NAME), authority.sign(NAME));
    let mut chain = shown.server();
    chain.cert_resolver =
        std::sync::Arc::new(rustls::sign::SingleCertAndKey::from(rustls::sign::CertifiedKey::new(
            vec![shown.certificate.clone(), pinned.certificate.clone()],
            rustls::crypto::ring::sign::any_supported_type(&shown.key_der()).unwrap(),
        )));
    let receiver = start(&authority, chain, ok()).await;
    assert_cause!(failure(&receiver, &pins(&[&pinned])).await, Cause::Pin { .. });
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_who_asks_for_one() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let server = authority.sign(NAME);
    let receiver = start(&authority, server.server_for(&clients), ok()).await;
    let client = clients.sign_client("host.test");
    let lines = "credential = { kind = \"client-certificate\", name = \"machine\", cert_file = \"client.pem\", \
                 key_file = \"client.key\" }";
    let pem = |identity: &Identity| {
        let encoded = base64(identity.certificate.as_ref());
        format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n")
    };
    std::fs::write(receiver.folder.path().join("client.pem"), pem(&client)).unwrap();
    receiver.secret("client.key", &client.key.serialize_pem());
    let destination = receiver.destination_with(lines, "");
    assert_eq!(destination.credential().as_deref(), Some("client certificate: {credential:machine}"));
    egress().send(&destination, &request(&destination, b"x")).await.unwrap();

    let none = receiver.destination();
    let error = egress().send(&none, &request(&none, b"x")).await.unwrap_err();
    assert_cause!(error, Cause::Tls(why) if why == "the receiver refuses the client certificate, or wants one");

    let stranger = Authority::new().sign_client("host.test");
    std::fs::write(receiver.folder.path().join("client.pem"), pem(&stranger)).unwrap();
    receiver.secret("client.key", &stranger.key.serialize_pem());
    let other = receiver.destination_with(lines, "");
    let error = egress().send(&other, &request(&other, b"x")).await.unwrap_err();
    assert_cause!(error, Cause::Tls(why) if why == "the receiver refuses the client certificate, or wants one");
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
