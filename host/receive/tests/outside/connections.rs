//! Connections that do nothing, do it slowly, or are too many; and the end of a receiver.

use std::{sync::Arc, time::Duration};

use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::house::House;

/// Longer than any limit that is set here.
const PATIENCE: Duration = Duration::from_secs(30);

async fn connect(house: &House) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(("127.0.0.1", house.port)).await?;
    let connector = TlsConnector::from(Arc::new(house.tls()));
    connector.connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// Whether the other side ends a connection.
async fn ends(stream: &mut TlsStream<TcpStream>) -> String {
    let mut bytes = Vec::new();
    // An end without a farewell of TLS is one too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the connection ends");
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_head_that_comes_slowly_and_a_connection_that_is_idle_are_ended() {
    let house = House::with("head_seconds = 1");
    let running = house.run().await;
    let mut slow = connect(&house).await.unwrap();
    slow.write_all(b"POST /v1/tables/x HTTP/1.1\r\nhost: localhost\r\nx-slow: ").await.unwrap();
    let mut idle = connect(&house).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut silent = connect(&house).await.unwrap();
    ends(&mut slow).await;
    assert!(ends(&mut idle).await.starts_with("HTTP/1.1 405 "));
    ends(&mut silent).await;
    running.stop().await;
}

#[tokio::test]
async fn a_head_that_has_no_end_is_refused() {
    let house = House::new();
    let running = house.run().await;
    let mut large = connect(&house).await.unwrap();
    large.write_all(b"POST /v1/tables/x HTTP/1.1\r\n").await.unwrap();
    for _ in 0..64 {
        // The receiver may have closed already.
        let _ = large.write_all(format!("x: {}\r\n", "y".repeat(1024)).as_bytes()).await;
    }
    let said = ends(&mut large).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431 "), "{said}");
    running.stop().await;
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let house = House::with("connections_per_address = 2");
    let token = house.tenant("contoso");
    let running = house.run().await;
    let (one, _two) = (connect(&house).await.unwrap(), connect(&house).await.unwrap());
    assert!(connect(&house).await.is_err());
    drop(one);
    // Its place is free a moment later.
    let mut last = None;
    for _ in 0..100 {
        match running.client.try_send(&token, &running.client.sealed("one", "x")).await {
            Ok(answer) => {
                last = Some(answer.status);
                break;
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    assert_eq!(last, Some(200));
    running.stop().await;
}

/// What a stranger sends without end, who never reads an answer.
const QUESTION: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_no_answers_is_not_listened_to_and_then_not_waited_for() {
    let house = House::with("head_seconds = 3\nconnections_per_address = 1");
    let token = house.tenant("contoso");
    let running = house.run().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(([127, 0, 0, 1], house.port).into()).await.unwrap();
    let connector = TlsConnector::from(Arc::new(house.tls()));
    let mut deaf = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();

    // What the system's buffers hold of answers and questions is a few MiB.
    const MOST: usize = 64 << 20;
    let questions = QUESTION.repeat(1000);
    let mut taken = 0;
    while taken < MOST {
        match timeout(Duration::from_secs(1), deaf.write_all(&questions)).await {
            Ok(Ok(())) => taken += questions.len(),
            _ => break,
        }
    }
    assert!(taken < MOST, "{taken} bytes of questions were read, and their answers are in memory");
    // The one place of this address is free again, though the connection was never closed from here.
    let answered = async {
        loop {
            match running.client.try_send(&token, &running.client.sealed("one", "x")).await {
                Ok(answer) => break answer.status,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    assert_eq!(timeout(PATIENCE, answered).await.expect("its place is free"), 200);
    drop(deaf);
    running.stop().await;
}

#[tokio::test]
async fn a_request_that_is_under_way_is_answered_before_the_receiver_ends() {
    let house = House::new();
    let token = house.tenant("contoso");
    let running = house.run().await;
    let client = running.client.clone();
    let mut stream = connect(&house).await.unwrap();
    let request = client.sealed("one", "row one\nrow two\n");
    let mut head = format!(
        "POST /v1/tables/devices HTTP/1.1\r\nhost: localhost:{}\r\nauthorization: Bearer {token}\r\ncontent-length: 16\r\n",
        house.port
    );
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\nrow one\n").as_bytes()).await.unwrap();
    // The server has the head and waits for the rest of the body while it is asked to stop.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let stopping = tokio::spawn(running.stop());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(TcpStream::connect(("127.0.0.1", house.port)).await.is_err(), "it still takes connections");
    stream.write_all(b"row two\n").await.unwrap();
    let said = ends(&mut stream).await;
    stopping.await.unwrap();
    let (head, note) = said.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert_eq!(house.receipt(note).digest, request.digest());
}

#[tokio::test]
async fn the_unencrypted_and_the_old_are_not_spoken_with() {
    let house = House::new();
    let running = house.run().await;
    let mut plain = TcpStream::connect(("127.0.0.1", house.port)).await.unwrap();
    plain.write_all(b"POST /v1/tables/x HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut bytes = Vec::new();
    let _ = timeout(PATIENCE, plain.read_to_end(&mut bytes)).await.expect("the connection ends");
    assert!(!bytes.starts_with(b"HTTP"), "{bytes:?}");
    running.stop().await;
}
