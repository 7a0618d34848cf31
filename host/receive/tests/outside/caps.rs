//! What a request may take: bytes as they come, unpacked, memory, time.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};

use crate::house::{Client, House, answered};

const SMALL: &str = "body_mib = 1\nunpacked_mib = 2\nmemory_mib = 8\nbody_seconds = 1";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

async fn packed(client: &Client, token: &str, id: &str, body: Vec<u8>) -> u16 {
    let request = client.sealed(id, body);
    let builder = client.builder(&request).bearer_auth(token).header("content-encoding", "gzip");
    builder.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_its_sender_hears_why() {
    let house = House::with(SMALL);
    let token = house.tenant("contoso");
    let running = house.run().await;
    let client = &running.client;
    assert_eq!(client.send(&token, &client.sealed("fits", vec![b'x'; 1 << 20])).await.status, 200);
    let answer = client.send(&token, &client.sealed("announced", vec![b'x'; (1 << 20) + 1])).await;
    assert_eq!((answer.status, answer.body.as_str()), (413, "the body is larger than what is taken here\n"));
    // Far too large: the answer arrives nevertheless.
    assert_eq!(client.send(&token, &client.sealed("far", vec![b'x'; 24 << 20])).await.status, 413);
    // Not announced: it comes in pieces.
    let pieces = (0..17).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 64 << 10]));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let request = client.sealed("in-pieces", "");
    let sent = client.builder(&request).bearer_auth(&token).body(body).send().await.unwrap();
    assert_eq!(sent.status().as_u16(), 413);
    running.stop().await;
}

#[tokio::test]
async fn a_compressed_body_is_unpacked_up_to_a_size() {
    let house = House::with(SMALL);
    let token = house.tenant("contoso");
    let running = house.run().await;
    let client = &running.client;
    assert_eq!(packed(client, &token, "fits", gzip(&vec![0; 2 << 20])).await, 200);
    assert_eq!(packed(client, &token, "more", gzip(&vec![0; (2 << 20) + 1])).await, 413);
    // 256 MiB in 256 KiB, and more of them at one time than there is memory for.
    let bomb = gzip(&vec![0; 256 << 20]);
    assert!(bomb.len() < 512 << 10);
    let all = (0..8).map(|number| packed(client, &token, ["a", "b", "c", "d"][number % 4], bomb.clone()));
    for status in futures_util::future::join_all(all).await {
        assert_eq!(status, 413);
    }
    assert_eq!(packed(client, &token, "broken", b"no gzip".to_vec()).await, 422);
    let request = client.sealed("other", "x");
    let other = client.builder(&request).bearer_auth(&token).header("content-encoding", "zstd").send().await;
    assert_eq!(other.unwrap().status().as_u16(), 415);
    running.stop().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_ends_and_others_are_served() {
    let house = House::with(SMALL);
    let token = house.tenant("contoso");
    let running = house.run().await;
    let client = &running.client;
    let slow = async {
        let body =
            reqwest::Body::wrap_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let request = client.sealed("slow", "");
        answered(client.builder(&request).bearer_auth(&token).body(body).send().await.unwrap()).await.unwrap()
    };
    let quick = async { client.send(&token, &client.sealed("quick", "x")).await };
    let (slow, quick) = tokio::join!(slow, quick);
    assert_eq!((slow.status, quick.status), (408, 200));
    running.stop().await;
}

/// Five connections that send nothing would otherwise keep everybody else out.
#[tokio::test]
async fn one_tenant_leaves_memory_to_the_others() {
    let house = House::with("body_mib = 1\nunpacked_mib = 2\nmemory_mib = 8\nbody_seconds = 20");
    let (greedy, other) = (house.tenant("contoso"), house.tenant("fabrikam"));
    let running = house.run().await;
    let client = running.client.clone();
    let held: Vec<_> = (0..8)
        .map(|number| {
            let body = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
            let request = client.sealed(&number.to_string(), "");
            let builder = client.builder(&request).bearer_auth(&greedy).header("content-encoding", "gzip");
            tokio::spawn(builder.body(reqwest::Body::wrap_stream(body)).send())
        })
        .collect();
    // They are on their way: what comes is behind them.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let began = Instant::now();
    assert_eq!(client.send(&other, &client.sealed("quick", "x")).await.status, 200);
    assert!(began.elapsed() < Duration::from_secs(4), "it waited for its turn");
    held.iter().for_each(tokio::task::JoinHandle::abort);
    running.stop().await;
}
