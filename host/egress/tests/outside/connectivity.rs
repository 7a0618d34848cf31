//! Whether an endpoint can be reached, and the status messages of it.

use glasshouse_egress::{Cause, Checked, Connectivity, Distrust, Severity, status_messages};
use pretend_outside::Authority;

use crate::{
    assert_cause,
    support::{NAME, Play, answer, egress, name, receiver, start},
};

#[test]
fn eight_statuses_fail_and_every_other_passes() {
    let failing: Vec<u16> = (100..=999).filter(|status| !Connectivity::Answered(*status).fine()).collect();
    assert_eq!(failing, [407, 408, 426, 451, 502, 511, 598, 599]);
}

#[tokio::test]
async fn it_is_asked_with_get_and_without_a_word_or_a_credential() {
    for (status, fine) in [
        ("200 OK", true),
        ("301 Moved", true),
        ("401 No", true),
        ("403 No", true),
        ("404 No", true),
        ("500 No", true),
        ("503 No", true),
        ("407 No", false),
        ("408 No", false),
        ("426 No", false),
        ("451 No", false),
        ("502 No", false),
        ("511 No", false),
        ("598 No", false),
        ("599 No", false),
    ] {
        let receiver = receiver(Play::Say(answer(status, ""))).await;
        receiver.secret("hq", "canary");
        let destination = receiver.destination_with("credential = { kind = \"bearer\", file = \"hq\" }", "");
        let connectivity = egress().check(&destination).await;
        assert_eq!(connectivity.fine(), fine, "{connectivity}");
        assert_eq!(connectivity.to_string(), format!("status {}", &status[..3]));
        let port = receiver.port();
        let head = format!("GET /v1/ HTTP/1.1\r\naccept: */*\r\nhost: {NAME}:{port}\r\n\r\n");
        assert_eq!(receiver.came()[0].head, head);
    }
}

#[tokio::test]
async fn timeouts_and_tls_fail_and_what_comes_after_the_head_does_not_matter() {
    let late = receiver(Play::Deaf).await;
    let Connectivity::Failed(error) =
        egress().check(&late.destination_with("", "connect_timeout_s = 1")).await
    else {
        panic!("it answered")
    };
    assert_cause!(error, Cause::Timeout { .. });

    let stranger = start(&Authority::new(), Authority::new().sign(NAME).server(), crate::support::ok()).await;
    let Connectivity::Failed(error) = egress().check(&stranger.destination()).await else {
        panic!("it answered")
    };
    assert_cause!(error, Cause::Certificate(Distrust::Authority));

    let said = b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n".to_vec();
    let endless = receiver(Play::SayAndStall(said)).await;
    assert!(egress().check(&endless.destination()).await.fine());
}

fn checked(endpoint: &str, critical: bool, status: u16) -> Checked {
    Checked {
        target: "test.targets.one".parse().unwrap(),
        endpoint: name(endpoint),
        critical,
        connectivity: Connectivity::Answered(status),
    }
}

#[test]
fn the_messages_are_those_of_the_service_connection_point() {
    let ids = |checked: &[Checked]| -> Vec<(u16, Severity)> {
        status_messages(checked).iter().map(|message| (message.id, message.severity)).collect()
    };
    let (fine, fine_too) = (|| checked("a", true, 200), || checked("b", false, 404));
    let (bad, worse) = (|| checked("c", false, 502), || checked("d", true, 407));
    assert_eq!(ids(&[]), [(11410, Severity::Info)]);
    assert_eq!(ids(&[fine(), fine_too()]), [(11410, Severity::Info)]);
    assert_eq!(ids(&[fine(), bad()]), [(11411, Severity::Warning)]);
    assert_eq!(ids(&[worse(), fine()]), [(11412, Severity::Error), (11488, Severity::Error)]);
    assert_eq!(
        ids(&[bad(), worse(), worse()]),
        [(11412, Severity::Error), (11488, Severity::Error), (11488, Severity::Error)]
    );
    let texts: Vec<String> = status_messages(&[bad(), worse(), fine()])
        .into_iter()
        .map(|message| format!("{}: {}", message.id, message.text))
        .collect();
    insta::assert_snapshot!(texts.join("\n"), @r"
    11412: endpoints cannot be reached, critical ones among them: test.targets.one c (status 502); test.targets.one d (status 407)
    11488: the required endpoint test.targets.one d (status 407) cannot be connected to
    ");
}
