//! What is deleted is gone from the disk, and that is signed too.

use glasshouse_audit::Deed;
use glasshouse_contract::Digest;
use glasshouse_receive::{Purged, ReceiveError};
use jiff::{SignedDuration, Timestamp};

use crate::house::{House, name};

const NEEDLE: &str = "PC-0042.contoso.example";

#[tokio::test]
async fn what_is_purged_is_gone_and_has_a_deletion_receipt() {
    let house = House::new();
    let (contoso, fabrikam) = (house.tenant("contoso"), house.tenant("fabrikam"));
    let running = house.run().await;
    let client = running.client.clone();
    let request = client.sealed("one", NEEDLE.repeat(1000));
    let receipt = client.send(&contoso, &request).await;
    client.send(&fabrikam, &client.sealed("one", "other")).await;

    // Beside a receiver that runs, as a command does it.
    let mut store = house.store();
    let now = Timestamp::now();
    let nothing = store.purge(now - SignedDuration::from_hours(1), None, now).unwrap();
    assert_eq!(nothing, Purged::default());
    let later = now + SignedDuration::from_secs(1);
    let purged = store.purge(later, Some(&name("contoso")), later).unwrap();
    assert_eq!(purged, Purged { requests: 1, bytes: request.bytes().len() as u64 });

    let gone = store.sealed(&name("contoso"), &Digest::of(b"one"));
    assert!(matches!(gone, Err(ReceiveError::Gone(_))), "{gone:?}");
    assert!(store.sealed(&name("fabrikam"), &Digest::of(b"one")).is_ok());
    let mut receipts = Vec::new();
    store
        .each_request(Some(&name("contoso")), u64::MAX, |kept| {
            receipts.extend(kept.receipts()?);
            Ok(())
        })
        .unwrap();
    let deeds: Vec<Deed> = receipts.iter().map(|receipt| receipt.deed).collect();
    assert_eq!(deeds, [Deed::Stored, Deed::Deleted]);
    assert!(receipts.iter().all(|receipt| receipt.digest == request.digest()));
    assert_eq!(receipts[0].sign(&house.folder.signer().unwrap()), receipt.body);
    assert_eq!(receipts[1].at.as_microsecond(), later.as_microsecond());

    // It comes once more: it has its receipt, and is not kept again.
    assert_eq!(client.send(&contoso, &request).await, receipt);
    assert!(matches!(store.sealed(&name("contoso"), &Digest::of(b"one")), Err(ReceiveError::Gone(_))));
    drop(store);
    running.stop().await;
    for entry in std::fs::read_dir(house.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(NEEDLE.len()).any(|part| part == NEEDLE.as_bytes());
            assert!(!found, "{} still has what was deleted", path.display());
        }
    }
}

#[tokio::test]
async fn a_receiver_deletes_by_itself_what_is_past_its_time() {
    let house = House::with("retention_days = 1");
    let token = house.tenant("contoso");
    let running = house.run().await;
    running.client.send(&token, &running.client.sealed("new", "x")).await;
    running.stop().await;
    // Two days ago by the file: the receiver has no other clock than the system's.
    let file = rusqlite::Connection::open(house.folder.path().join("receive.sqlite")).unwrap();
    let trigger: String = file
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'request_is_final'", [], |row| row.get(0))
        .unwrap();
    let insert = "INSERT INTO request (tenant, id, digest, received_us, bytes, sealed)
        SELECT tenant, zeroblob(32), digest, received_us - 2 * 86400 * 1000000, bytes, sealed FROM request";
    file.execute(insert, []).unwrap();
    assert!(trigger.contains("can only be deleted"));
    drop(file);

    let running = house.run().await;
    let mut deleted = Vec::new();
    for _ in 0..100 {
        deleted.clear();
        house
            .store()
            .each_request(None, u64::MAX, |kept| {
                deleted.push(kept.deleted.is_some());
                Ok(())
            })
            .unwrap();
        if deleted.contains(&true) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // Newest first: the one that is as old as it says is kept.
    assert_eq!(deleted, [true, false]);
    running.stop().await;
}

#[test]
fn what_is_kept_cannot_be_changed() {
    let house = House::new();
    house.tenant("contoso");
    let file = rusqlite::Connection::open(house.folder.path().join("receive.sqlite")).unwrap();
    file.execute(
        "INSERT INTO request (tenant, id, digest, received_us, bytes, sealed)
         VALUES (1, zeroblob(32), zeroblob(32), 0, 1, x'00')",
        [],
    )
    .unwrap();
    for change in [
        "UPDATE request SET sealed = x'01'",
        "UPDATE request SET digest = randomblob(32), sealed = NULL, deleted_us = 1",
        "UPDATE request SET received_us = 1, sealed = NULL, deleted_us = 1",
        "DELETE FROM request",
    ] {
        assert!(file.execute(change, []).is_err(), "{change}");
    }
    file.execute("UPDATE request SET sealed = NULL, deleted_us = 1", []).unwrap();
    assert!(file.execute("UPDATE request SET sealed = x'00', deleted_us = NULL", []).is_err());
}
