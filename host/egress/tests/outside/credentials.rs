//! Credentials: where they are put, what of them is seen, and that nobody else gets one.

use glasshouse_contract::Endpoint;
use glasshouse_egress::{Cause, Egress, EndpointConfig, TargetConfig};
use pretend_outside::Authority;

use crate::{
    assert_cause,
    support::{NAME, Play, answer, egress, granted, name, ok, open, receiver, request, spec, start},
};

/// Is in every secret of these tests.
const CANARY: &str = "canary-7Yx";

#[tokio::test]
async fn a_token_is_attached_last_and_is_not_in_the_digest() {
    let receiver = receiver(ok()).await;
    receiver.secret("hq", &format!("{CANARY}\n"));
    let destination = receiver.destination_with("credential = { kind = \"bearer\", file = \"hq\" }", "");
    assert_eq!(destination.credential().as_deref(), Some("authorization: Bearer {credential:hq}"));
    let sealed = request(&destination, b"x");
    let sent = egress().send(&destination, &sealed).await.unwrap();
    assert_eq!(sent.handed.unwrap().digest(), sealed.digest());
    let came = &receiver.came()[0];
    assert_eq!(came.header("authorization"), Some(format!("Bearer {CANARY}").as_str()));
    // Behind everything that was sealed.
    let place = |name: &str| came.head.find(name).unwrap();
    assert!(place("x-alpha") < place("authorization") && !came.head.contains("{credential"));
}

/// A version of a plugin that has one more endpoint, which somebody granted without a thought of the credential.
#[tokio::test]
async fn a_credential_goes_to_no_endpoint_that_the_configuration_does_not_name() {
    let receiver = receiver(ok()).await;
    receiver.secret("hq", CANARY);
    let mut spec = spec(None);
    let elsewhere = Endpoint {
        name: name("elsewhere"),
        host: Some("elsewhere.example".to_owned()),
        ..spec.endpoints[0].clone()
    };
    spec.endpoints.push(elsewhere);
    let mut config = receiver.config("credential = { kind = \"bearer\", file = \"hq\" }", "");
    let way = |config: &TargetConfig, endpoint: &str| {
        egress().open(config, &spec, &granted(&spec), &name(endpoint), receiver.folder.path())
    };
    assert!(way(&config, "ingest").unwrap().credential().is_some());
    let fault = way(&config, "elsewhere").unwrap_err().fault();
    assert!(fault.cause.contains("https://elsewhere.example is none of them"), "{fault:?}");
    config.endpoints.insert(name("elsewhere"), EndpointConfig::default());
    assert!(way(&config, "elsewhere").unwrap().credential().is_some(), "it is named");
    config.endpoints.remove(&name("elsewhere"));
    config.credential = None;
    assert!(way(&config, "elsewhere").is_ok(), "there is nothing to be told");
}

#[tokio::test]
async fn a_user_and_a_password_are_attached_as_basic() {
    let receiver = receiver(ok()).await;
    receiver.secret("word.txt", CANARY);
    let lines = "credential = { kind = \"basic\", name = \"hq\", user = \"host\", file = \"word.txt\" }";
    let destination = receiver.destination_with(lines, "");
    assert_eq!(destination.credential().as_deref(), Some("authorization: Basic {credential:hq}"));
    egress().send(&destination, &request(&destination, b"x")).await.unwrap();
    // host:canary-7Yx
    assert_eq!(receiver.came()[0].header("authorization"), Some("Basic aG9zdDpjYW5hcnktN1l4"));
}

#[tokio::test]
async fn a_signature_is_added_to_the_query_behind_what_is_there() {
    let receiver = receiver(ok()).await;
    for written in ["sv=2026-01-01&sig=canary-7Yx%2Bx%3D", "?sv=2026-01-01&sig=canary-7Yx%2Bx%3D\n"] {
        receiver.secret("sas", written);
        let destination =
            receiver.destination_with("credential = { kind = \"sas-query\", file = \"sas\" }", "");
        assert_eq!(destination.credential().as_deref(), Some("added to the query: {credential:sas}"));
        let mut sealed = request(&destination, b"x");
        egress().send(&destination, &sealed).await.unwrap();
        let line = |number: usize| receiver.came()[number].head.lines().next().unwrap().to_owned();
        let last = receiver.came().len() - 1;
        assert_eq!(line(last), "POST /v1/upload?part=1&sv=2026-01-01&sig=canary-7Yx%2Bx%3D HTTP/1.1");
        sealed.url = format!("{}upload", destination.url());
        let sent = egress().send(&destination, &sealed).await.unwrap();
        assert_eq!(line(last + 1), "POST /v1/upload?sv=2026-01-01&sig=canary-7Yx%2Bx%3D HTTP/1.1");
        assert_eq!(sent.handed.unwrap().digest(), sealed.digest());
    }
}

#[tokio::test]
async fn a_token_that_changes_is_read_anew_and_one_that_is_gone_is_told() {
    let receiver = receiver(ok()).await;
    receiver.secret("hq", "first");
    let destination = receiver.destination_with("credential = { kind = \"bearer\", file = \"hq\" }", "");
    egress().send(&destination, &request(&destination, b"x")).await.unwrap();
    receiver.secret("hq", "second");
    egress().send(&destination, &request(&destination, b"x")).await.unwrap();
    assert_eq!(receiver.came()[1].header("authorization"), Some("Bearer second"));
    std::fs::remove_file(receiver.folder.path().join("hq")).unwrap();
    let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
    assert_cause!(&error, Cause::Credential { .. });
    assert!(error.retry(), "the request is all right");
    assert_eq!(receiver.came().len(), 2);
}

#[tokio::test]
#[cfg(unix)]
async fn a_file_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let receiver = receiver(ok()).await;
    receiver.secret("hq", CANARY);
    let path = receiver.folder.path().join("hq");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let config = receiver.config("credential = { kind = \"bearer\", file = \"hq\" }", "");
    let error = open(&egress(), &config, receiver.folder.path()).unwrap_err();
    assert!(error.to_string().contains("can be read by others than its owner (mode 640)"), "{error}");
}

/// Everything that goes wrong with a credential at hand, and what is said about it.
#[tokio::test]
async fn no_error_and_no_debug_has_a_word_of_it() {
    let authority = Authority::new();
    let stranger = Authority::new().sign(NAME);
    let mut said = Vec::new();
    for kind in [
        "credential = { kind = \"bearer\", file = \"secret\" }",
        "credential = { kind = \"basic\", user = \"host\", file = \"secret\" }",
        "credential = { kind = \"sas\", file = \"secret\" }",
    ] {
        let plays = [
            Play::Deaf,
            Play::Reset,
            Play::Say(b"garbage\r\n\r\n".to_vec()),
            Play::Plain(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
            Play::Say(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n".to_vec()),
            Play::Say(answer("200 OK", &"x".repeat(2_000_000))),
        ];
        for (number, play) in plays.into_iter().enumerate() {
            let shown = if number == 1 { stranger.server() } else { authority.sign(NAME).server() };
            let receiver = start(&authority, shown, play).await;
            receiver.secret("secret", CANARY);
            let destination = receiver.destination_with(kind, "connect_timeout_s = 2\nread_timeout_s = 2");
            let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
            said.push(format!(
                "{error} {error:?} {:?} {destination:?} {:?}",
                error.fault(),
                destination.credential()
            ));
        }
    }
    for (written, kind) in [
        (format!("{CANARY}\u{e4}"), "bearer"),
        (format!("{CANARY}\ntwo"), "bearer"),
        (format!("{CANARY} #"), "sas"),
        (format!("{CANARY}\u{1}"), "bearer"),
    ] {
        let receiver = receiver(ok()).await;
        receiver.secret("secret", &written);
        let config = receiver.config(&format!("credential = {{ kind = \"{kind}\", file = \"secret\" }}"), "");
        let error = open(&Egress::new(), &config, receiver.folder.path()).unwrap_err();
        said.push(format!("{error} {error:?} {:?}", error.fault()));
    }
    assert_eq!(said.len(), 22);
    // As it is, and as `basic` writes it.
    for text in said {
        assert!(!text.contains("canary") && !text.contains("aG9zdDpjYW5hcnk"), "{text}");
    }
}
