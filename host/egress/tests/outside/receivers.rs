//! Each thing that a receiver or a network does wrong is told for what it is, in time and without much memory.

use std::time::Instant;

use glasshouse_egress::{Cause, SendError, Stage};
use pretend_outside::Authority;

use crate::{
    assert_cause,
    support::{NAME, Play, Receiver, SOON, egress, open, receiver, request, start},
};

async fn failure(receiver: &Receiver, lines: &str) -> SendError {
    let destination = receiver.destination_with("", lines);
    let begun = Instant::now();
    let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(error.retry(), "{error}");
    error
}

/// For what is waited for until the end: seconds, so that the test ends, and enough for TLS on a busy machine.
const HURRIED: &str = "connect_timeout_s = 4\nread_timeout_s = 3";

#[tokio::test]
async fn nobody_listens() {
    let receiver = receiver(Play::Deaf).await;
    // Bound and not listening: the port is taken, and nobody else can have it.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    let mut config = receiver.config("", "");
    config.endpoints.values_mut().for_each(|endpoint| endpoint.host = Some(format!("{NAME}:{port}")));
    let destination = open(&egress(), &config, receiver.folder.path()).unwrap();
    let error = egress().send(&destination, &request(&destination, b"x")).await.unwrap_err();
    assert_cause!(error, Cause::Connect(_));
}

#[tokio::test]
async fn stalls_before_tls() {
    let error = failure(&receiver(Play::Deaf).await, "connect_timeout_s = 1").await;
    assert_cause!(error, Cause::Timeout { stage: Stage::Connect, after } if after.as_secs() == 1);
}

#[tokio::test]
async fn stalls_before_the_answer() {
    let receiver = receiver(Play::SayAndStall(Vec::new())).await;
    let error = failure(&receiver, HURRIED).await;
    assert_cause!(error, Cause::Timeout { stage: Stage::Answer, .. });
    assert_eq!(receiver.came().len(), 1, "it has the request, and nobody knows");
}

#[tokio::test]
async fn stalls_in_the_body_of_the_request() {
    let receiver = receiver(Play::StopReading).await;
    let destination = receiver.destination_with("", HURRIED);
    // More than the buffers on the way take.
    let request = request(&destination, &vec![0; 64 << 20]);
    let error = egress().send(&destination, &request).await.unwrap_err();
    assert_cause!(error, Cause::Timeout { stage: Stage::Answer, .. });
}

#[tokio::test]
async fn stalls_in_the_head() {
    let receiver = receiver(Play::SayAndStall(b"HTTP/1.1 200 OK\r\nx: ".to_vec())).await;
    assert_cause!(failure(&receiver, HURRIED).await, Cause::Timeout { stage: Stage::Answer, .. });
}

#[tokio::test]
async fn stalls_in_the_body() {
    let receiver =
        receiver(Play::SayAndStall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_vec())).await;
    assert_cause!(failure(&receiver, HURRIED).await, Cause::Timeout { stage: Stage::Body, .. });
}

#[tokio::test]
async fn a_trickle_ends_with_the_time_for_the_whole() {
    let receiver = receiver(Play::Trickle(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), b"x".to_vec())).await;
    assert_cause!(failure(&receiver, "timeout_s = 4").await, Cause::Timeout { stage: Stage::Whole, .. });
}

#[tokio::test]
async fn resets() {
    assert_cause!(failure(&receiver(Play::Reset).await, "").await, Cause::Broken(_));
}

#[tokio::test]
async fn answers_garbage() {
    for garbage in [
        &b"\x00\x01\x02\x03\r\n\r\n"[..],
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 9999 X\r\n\r\n",
        b"<html>\r\n\r\n",
    ] {
        assert_cause!(failure(&receiver(Play::Say(garbage.to_vec())).await, "").await, Cause::Broken(_));
    }
}

#[tokio::test]
async fn ends_in_the_body() {
    let said = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec();
    assert_cause!(failure(&receiver(Play::Say(said)).await, "").await, Cause::Broken(_));
}

#[tokio::test]
async fn sends_huge_headers() {
    let lines = |count: usize, length: usize| {
        let line = format!("x: {}\r\n", "y".repeat(length)).repeat(count);
        Play::Say(format!("HTTP/1.1 200 OK\r\n{line}content-length: 0\r\n\r\n").into_bytes())
    };
    for (play, part) in [(lines(1, 33_000), "headers"), (lines(65, 1), "head"), (lines(1, 2_000_000), "head")]
    {
        let error = failure(&receiver(play).await, "").await;
        assert_cause!(error, Cause::TooLarge { what, .. } if *what == part);
    }
    // Just as much as is taken.
    let receiver = receiver(lines(1, 32_000)).await;
    let destination = receiver.destination();
    egress().send(&destination, &request(&destination, b"x")).await.unwrap();
}

#[tokio::test]
async fn sends_a_head_without_end() {
    let play = Play::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x: y\r\n".repeat(1000));
    assert_cause!(failure(&receiver(play).await, "").await, Cause::TooLarge { .. });
}

#[tokio::test]
async fn sends_a_body_without_end() {
    for head in ["content-length: 9999999999999", "transfer-encoding: chunked", "connection: close"] {
        let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").into_bytes();
        let piece = [&b"1000\r\n"[..], &[b'x'; 0x1000], b"\r\n"].concat();
        let error = failure(&receiver(Play::Endless(head, piece)).await, "").await;
        assert_cause!(error, Cause::TooLarge { what: "body", limit: "1 MiB" });
    }
}

#[tokio::test]
async fn a_bomb_stays_as_small_as_it_came() {
    // 100 MiB of nothing, as gzip: header, deflated data; its sum is never looked at.
    let zeros = vec![0; 100 << 20];
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bomb.extend(miniz_oxide::deflate::compress_to_vec(&zeros, 6));
    bomb.extend([0; 8]);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let receiver = receiver(Play::Say([head.as_bytes(), &bomb].concat())).await;
    let destination = receiver.destination();
    let sent = egress().send(&destination, &request(&destination, b"x")).await.unwrap();
    assert_eq!(sent.response.body, bomb);
}

#[tokio::test]
async fn speaks_plain_http() {
    let receiver =
        receiver(Play::Plain(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_vec())).await;
    let error = failure(&receiver, "").await;
    assert_cause!(error, Cause::Tls(why) if why == "what answers does not speak TLS");
}

#[tokio::test]
async fn speaks_tls_1_1_alone() {
    // A ServerHello of version 3.2, with a random of zeros, no session and TLS_RSA_WITH_AES_128_CBC_SHA.
    let mut hello = vec![2, 0, 0, 38, 3, 2];
    hello.extend([0; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    let mut record = vec![0x16, 3, 2, 0, hello.len() as u8];
    record.extend(hello);
    let error = failure(&receiver(Play::Raw(record)).await, "").await;
    assert_cause!(error, Cause::Tls(why) if why.contains("no version and cipher of TLS 1.2 or 1.3"));
    // An alert that says so is what OpenSSL sends in place of it.
    let error = failure(&receiver(Play::Raw(vec![0x15, 3, 1, 0, 2, 2, 70])).await, "").await;
    assert_cause!(error, Cause::Tls(why) if why == "the receiver refuses TLS 1.2 and 1.3");
}

#[tokio::test]
async fn speaks_tls_1_2_and_that_will_do() {
    let authority = Authority::new();
    let tls = authority.sign(NAME).server_in(&[&rustls::version::TLS12]);
    let receiver = start(&authority, tls, crate::support::ok()).await;
    let destination = receiver.destination();
    egress().send(&destination, &request(&destination, b"x")).await.unwrap();
}
