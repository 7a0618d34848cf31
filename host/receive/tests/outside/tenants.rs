//! Who is let in, and that nobody sees or meets another's requests.

use std::time::Duration;

use glasshouse_contract::{CHECKPOINT_HEADER, Digest};
use glasshouse_receive::ReceiveError;

use crate::house::{House, answered, checkpoint, checkpoint_header, name};

#[tokio::test]
async fn tenants_use_the_same_ids_and_never_meet() {
    let house = House::new();
    let tokens = [house.tenant("contoso"), house.tenant("fabrikam")];
    let running = house.run().await;
    for (token, tenant) in tokens.iter().zip(["contoso", "fabrikam"]) {
        // The same id with other bytes, and the same bytes under another id: both say nothing of each other.
        for id in ["one", tenant] {
            let request = running.client.sealed(id, tenant);
            let answer = running.client.send(token, &request).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(house.receipt(&answer.body).tenant, name(tenant));
        }
        let stored = house.store().sealed(&name(tenant), &Digest::of(b"one")).unwrap();
        assert_eq!(stored, running.client.sealed("one", tenant).bytes());
    }
    let other = house.store().sealed(&name("contoso"), &Digest::of(b"fabrikam"));
    assert!(matches!(other, Err(ReceiveError::NoRequest(_))), "{other:?}");
    let mut of_one = Vec::new();
    house
        .store()
        .each_request(Some(&name("fabrikam")), u64::MAX, |kept| {
            of_one.push(kept.tenant);
            Ok(())
        })
        .unwrap();
    assert_eq!(of_one, [name("fabrikam"), name("fabrikam")]);
    running.stop().await;
}

/// Whoever has a token can have any checkpoint countersigned, also one of somebody else's log that was never made. The
/// receipt says whose word it is.
#[tokio::test]
async fn a_checkpoint_of_another_log_is_countersigned_in_the_name_of_who_sent_it() {
    let house = House::new();
    let (_one, other) = (house.tenant("contoso"), house.tenant("fabrikam"));
    let running = house.run().await;
    let mut lie = running.client.sealed("one", "x");
    for (header, value) in &mut lie.headers {
        if header == CHECKPOINT_HEADER {
            *value = checkpoint_header(9_999);
        }
    }
    let receipt = house.receipt(&running.client.send(&other, &lie).await.body);
    assert_eq!(receipt.checkpoint, Some(checkpoint(9_999)));
    assert_eq!(receipt.tenant, name("fabrikam"));
    let mut of_the_one = 0;
    let count = |_| {
        of_the_one += 1;
        Ok(())
    };
    house.store().each_request(Some(&name("contoso")), u64::MAX, count).unwrap();
    assert_eq!(of_the_one, 0, "what another one says is under no other name");
    running.stop().await;
}

#[tokio::test]
async fn who_is_not_let_in_always_hears_the_same() {
    let house = House::new();
    let token = house.tenant("contoso");
    let removed = house.tenant("fabrikam");
    house.store().remove_tenant(&name("fabrikam")).unwrap();
    let renewed = house.tenant("tailspin");
    house.store().renew_token(&name("tailspin")).unwrap();
    let running = house.run().await;
    let request = running.client.sealed("one", "x");
    running.client.send(&token, &request).await;

    let mut answers = Vec::new();
    for header in [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some(format!("Basic {token}")),
        Some(format!("Bearer {}", &token[..token.len() - 1])),
        Some(format!("Bearer {token}0")),
        Some(format!("Bearer {removed}")),
        Some(format!("Bearer {renewed}")),
    ] {
        // A request that is known, one that is not, and one that is none.
        for id in ["one", "two", ""] {
            let mut request = running.client.sealed(id, "x");
            if id.is_empty() {
                request.headers.clear();
            }
            let builder = running.client.builder(&request);
            let builder =
                header.iter().fold(builder, |builder, header| builder.header("authorization", header));
            answers.push(answered(builder.send().await.unwrap()).await.unwrap());
        }
    }
    let first = &answers[0];
    assert_eq!((first.status, first.body.as_str()), (401, "the bearer token is not known\n"));
    assert!(first.headers.contains(&("www-authenticate".to_owned(), "Bearer".to_owned())), "{first:?}");
    assert!(answers.iter().all(|answer| answer == first), "{answers:#?}");
    running.stop().await;
}

#[tokio::test]
async fn a_tenant_that_is_added_or_removed_while_the_receiver_runs_is_let_in_or_not() {
    let house = House::new();
    let running = house.run().await;
    let token = house.tenant("contoso");
    let request = running.client.sealed("one", "x");
    assert_eq!(becomes(&running.client, &token, &request, 200).await, 200);
    house.store().remove_tenant(&name("contoso")).unwrap();
    assert_eq!(becomes(&running.client, &token, &request, 401).await, 401);
    running.stop().await;
    assert!(matches!(
        house.store().add_tenant(&name("contoso"), jiff::Timestamp::now()),
        Err(ReceiveError::TenantExists(_))
    ));
    assert!(matches!(house.store().renew_token(&name("fabrikam")), Err(ReceiveError::NoTenant(_))));
}

/// Asks until the answer is the one that is waited for, for some seconds.
async fn becomes(
    client: &crate::house::Client,
    token: &str,
    request: &glasshouse_contract::Request,
    status: u16,
) -> u16 {
    let mut last = 0;
    for _ in 0..100 {
        last = client.send(token, request).await.status;
        if last == status {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    last
}

#[tokio::test]
async fn a_token_is_kept_nowhere() {
    let house = House::new();
    let token = house.tenant("contoso");
    let running = house.run().await;
    running.client.send(&token, &running.client.sealed("one", "x")).await;
    running.stop().await;
    for entry in std::fs::read_dir(house.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(token.len()).any(|part| part == token.as_bytes()), "{}", path.display());
        }
    }
}

#[cfg(unix)]
#[test]
fn what_a_receiver_writes_is_its_owners_alone() {
    use std::os::unix::fs::MetadataExt as _;
    let house = House::new();
    house.tenant("contoso");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(house.folder.path()), 0o700);
    for file in ["receive.toml", "receipt.key", "receive.sqlite", "tls/server.key"] {
        assert_eq!(mode(&house.folder.path().join(file)), 0o600, "{file}");
    }
}
