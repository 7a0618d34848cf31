//! Each request is kept once, as it was sealed, and every answer to it is the same receipt.

use futures_util::future::join_all;
use glasshouse_audit::Deed;
use glasshouse_contract::Digest;

use crate::house::{House, checkpoint, name};

#[tokio::test]
async fn what_was_sealed_is_what_is_stored_and_what_the_receipt_says() {
    let house = House::new();
    let token = house.tenant("contoso");
    let running = house.run().await;
    let request = running.client.sealed("one", "{\"Devices\":42}\n");
    let answer = running.client.send(&token, &request).await;
    assert_eq!(answer.status, 200, "{answer:?}");

    let receipt = house.receipt(&answer.body);
    assert_eq!(receipt.deed, Deed::Stored);
    assert_eq!(receipt.tenant, name("contoso"));
    assert_eq!(receipt.request, Digest::of(b"one"));
    assert_eq!(receipt.digest, request.digest());
    assert_eq!(receipt.checkpoint, Some(checkpoint(42)));
    let stored = house.store().sealed(&name("contoso"), &Digest::of(b"one")).unwrap();
    assert_eq!(String::from_utf8(stored).unwrap(), String::from_utf8(request.bytes()).unwrap());
    running.stop().await;
}

#[tokio::test]
async fn the_same_request_at_the_same_time_and_later_gets_the_same_receipt() {
    let house = House::new();
    let token = house.tenant("contoso");
    let running = house.run().await;
    let request = running.client.sealed("one", vec![b'x'; 4096]);
    let answers = join_all((0..64).map(|_| running.client.send(&token, &request))).await;
    let later = running.client.send(&token, &request).await;
    running.stop().await;

    let running = house.run().await;
    let after_a_restart = running.client.send(&token, &request).await;
    running.stop().await;
    assert_eq!(later.status, 200, "{later:?}");
    assert!(answers.iter().chain([&after_a_restart]).all(|answer| *answer == later), "{answers:#?}");
    let mut kept = 0;
    house
        .store()
        .each_request(None, u64::MAX, |_| {
            kept += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn another_request_under_a_known_id_is_refused_and_changes_nothing() {
    let house = House::new();
    let token = house.tenant("contoso");
    let running = house.run().await;
    let first = running.client.sealed("one", "first");
    let receipt = running.client.send(&token, &first).await;
    let mut others = vec![running.client.sealed("one", "second"); 3];
    others[1] = first.clone();
    others[1].headers[0].1 = "text/plain".to_owned();
    others[2] = first.clone();
    others[2].url.push('2');
    for other in others {
        let answer = running.client.send(&token, &other).await;
        assert_eq!(answer.status, 409);
        assert_eq!(answer.body, "another request came under this id before\n");
    }
    assert_eq!(running.client.send(&token, &first).await, receipt);
    let stored = house.store().sealed(&name("contoso"), &Digest::of(b"one")).unwrap();
    assert_eq!(stored, first.bytes());
    running.stop().await;
}

#[tokio::test]
async fn a_body_that_comes_compressed_is_kept_as_it_was_sealed() {
    use std::io::Write as _;
    let house = House::new();
    let token = house.tenant("contoso");
    let running = house.run().await;
    let request = running.client.sealed("one", "row\n".repeat(1000));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&request.body.0).unwrap();
    let packed = packed.finish().unwrap();
    let sent = running.client.builder(&request).bearer_auth(&token).header("content-encoding", "gzip");
    let answer = sent.body(packed).send().await.unwrap().text().await.unwrap();
    assert_eq!(house.receipt(&answer).digest, request.digest());
    // It is the same request, in whichever way it comes.
    assert_eq!(running.client.send(&token, &request).await.body, answer);
    running.stop().await;
}

#[tokio::test]
async fn a_request_without_a_checkpoint_has_a_receipt_without_one() {
    let house = House::new();
    let token = house.tenant("contoso");
    let running = house.run().await;
    let mut request = running.client.sealed("one", "");
    request.headers.truncate(4);
    let answer = running.client.send(&token, &request).await;
    let receipt = house.receipt(&answer.body);
    assert_eq!((receipt.checkpoint, receipt.digest), (None, request.digest()));
    running.stop().await;
}

#[tokio::test]
async fn what_cannot_be_ours_is_refused_with_the_reason() {
    let house = House::new();
    let token = house.tenant("contoso");
    let running = house.run().await;
    let good = running.client.sealed("one", "x");
    let with = |index: usize, value: &str| {
        let mut request = good.clone();
        request.headers[index].1 = value.to_owned();
        request
    };
    let mut no_id = good.clone();
    no_id.headers.remove(3);
    let mut two_ids = good.clone();
    two_ids.headers.push(two_ids.headers[3].clone());
    for (request, why) in [
        (no_id, "idempotency-key"),
        (two_ids, "there twice"),
        (with(3, "one"), "idempotency-key"),
        (with(3, &Digest::of(b"one").hex().to_uppercase()), "idempotency-key"),
        (with(4, "AAAA"), "glasshouse-checkpoint"),
        (with(4, "{}"), "glasshouse-checkpoint"),
    ] {
        let answer = running.client.send(&token, &request).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        assert!(answer.body.contains(why), "{answer:?}");
    }
    for (method, path, status) in
        [("GET", "/v1/tables/devices", 405), ("PUT", "/v1/tables/devices", 405), ("POST", "/admin", 404)]
    {
        let mut request = good.clone();
        request.method = method.to_owned();
        request.url = format!("https://localhost:{}{path}", house.port);
        assert_eq!(running.client.send(&token, &request).await.status, status, "{method} {path}");
    }
    running.stop().await;
    let mut kept = 0;
    house
        .store()
        .each_request(None, u64::MAX, |_| {
            kept += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(kept, 0);
}
