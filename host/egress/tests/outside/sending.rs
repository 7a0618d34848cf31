//! What arrives is what was sealed.

use glasshouse_contract::{Digest, Request};
use glasshouse_egress::Cause;

use crate::{
    assert_cause,
    support::{Play, answer, egress, ok, receiver, request},
};

#[tokio::test]
async fn what_arrives_is_what_was_sealed_byte_for_byte() {
    let receiver = receiver(ok()).await;
    let destination = receiver.destination();
    // Longer than a piece, than a record of TLS, and no multiple of either.
    let body: Vec<u8> = (0..200_001_u32).flat_map(u32::to_le_bytes).collect();
    let request = request(&destination, &body);
    let sent = egress().send(&destination, &request).await.unwrap();

    let came = receiver.came();
    assert_eq!(came.len(), 1);
    assert_eq!(came[0].body, body);
    let port = receiver.port();
    // In the order in which they are sealed; and the rest is of the way and not of the request.
    let head = format!(
        "POST /v1/upload?part=1 HTTP/1.1\r\ncontent-type: application/x-ndjson\r\nidempotency-key: {}\r\n\
         x-alpha: a  b\r\naccept: */*\r\nhost: receiver.test:{port}\r\ncontent-length: {}\r\n\r\n",
        "0".repeat(64),
        body.len()
    );
    assert_eq!(came[0].head, head);
    let handed = sent.handed.unwrap();
    assert!(handed.is(&request) && handed.digest() == request.digest());
    assert_eq!(sent.address, Some(receiver.address));
}

#[tokio::test]
async fn the_digest_is_that_of_the_request_for_every_length_around_a_piece() {
    let receiver = receiver(ok()).await;
    let destination = receiver.destination();
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072] {
        let request = request(&destination, &vec![7; length]);
        let sent = egress().send(&destination, &request).await.unwrap();
        assert_eq!(sent.handed.unwrap().digest(), request.digest(), "{length}");
        assert_eq!(receiver.came().last().unwrap().body.len(), length);
    }
    assert_eq!(receiver.connections(), 1, "a connection is used again");
}

#[tokio::test]
async fn what_was_not_handed_over_whole_is_not_told_of_as_handed() {
    // More than the buffers on the way take, so that the answer is there first.
    let receiver = receiver(Play::SayEarly(answer("413 Content Too Large", ""))).await;
    let destination = receiver.destination();
    let request = request(&destination, &vec![0; 64 << 20]);
    match egress().send(&destination, &request).await {
        Ok(sent) => assert_eq!((sent.response.status, sent.handed), (413, None)),
        // The answer may be overtaken by the end of the connection.
        Err(error) => assert_cause!(error, Cause::Broken(_)),
    }
}

#[tokio::test]
async fn an_answer_is_handed_on_as_it_came_also_one_that_says_no() {
    let said = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Two: 1\r\nX-Two: 2\r\ncontent-length: 5\r\n\r\nerror";
    let receiver = receiver(Play::Say(said.to_vec())).await;
    let destination = receiver.destination();
    let sent = egress().send(&destination, &request(&destination, b"x")).await.unwrap();
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(sent.response.status, 200);
    assert_eq!(
        sent.response.headers,
        [
            header("content-type", "text/plain"),
            header("x-two", "1"),
            header("x-two", "2"),
            header("content-length", "5")
        ]
    );
    assert_eq!(sent.response.body, b"error");
    for status in
        ["401 Unauthorized", "404 Not Found", "407 Proxy Authentication Required", "500 No", "599 No"]
    {
        let receiver = crate::support::receiver(Play::Say(answer(status, "why"))).await;
        let destination = receiver.destination();
        let sent = egress().send(&destination, &request(&destination, b"x")).await.unwrap();
        assert_eq!(
            (sent.response.status.to_string().as_str(), &sent.response.body[..]),
            (&status[..3], &b"why"[..])
        );
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let elsewhere = receiver(ok()).await;
    for status in
        ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let location = format!("https://receiver.test:{}/v1/", elsewhere.port());
        let said = format!("HTTP/1.1 {status}\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let receiver = receiver(Play::Say(said.into_bytes())).await;
        let destination = receiver.destination();
        let sent = egress().send(&destination, &request(&destination, b"x")).await.unwrap();
        assert_eq!(sent.response.status.to_string(), status[..3]);
        assert_eq!(receiver.came().len(), 1);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn nothing_is_kept_from_one_answer_for_the_next_request() {
    let said = b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\nalt-svc: h3=\":1\"\r\ncontent-length: 0\r\n\r\n";
    let receiver = receiver(Play::Say(said.to_vec())).await;
    let destination = receiver.destination();
    for _ in 0..2 {
        egress().send(&destination, &request(&destination, b"x")).await.unwrap();
    }
    let came = receiver.came();
    assert_eq!(came[0], came[1]);
}

#[tokio::test]
async fn the_same_request_has_one_digest_wherever_it_is_taken() {
    let receiver = receiver(ok()).await;
    let destination = receiver.destination();
    let request = request(&destination, b"body");
    let sent = egress().send(&destination, &request).await.unwrap();
    // As a receiver takes it together, from what came.
    let came = &receiver.came()[0];
    let headers = ["content-type", "idempotency-key", "x-alpha"]
        .map(|name| (name.to_owned(), came.header(name).unwrap().to_owned()));
    let rebuilt = Request { headers: headers.to_vec(), ..request.clone() };
    assert_eq!(sent.handed.unwrap().digest(), Digest::of(&rebuilt.bytes()));
}

/// Set for a process of its own, for the environment is one for a process.
const CHILD: &str = "GLASSHOUSE_EGRESS_CHILD";

#[tokio::test]
async fn variables_of_the_environment_name_no_proxy() {
    if std::env::var_os(CHILD).is_some() {
        let receiver = receiver(ok()).await;
        let destination = receiver.destination();
        egress().send(&destination, &request(&destination, b"x")).await.unwrap();
        return;
    }
    let nobody = "http://127.0.0.1:9";
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "sending::variables_of_the_environment_name_no_proxy"]).env(CHILD, "1");
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, nobody);
    }
    let output = child.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
