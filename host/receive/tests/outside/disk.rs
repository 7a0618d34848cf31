//! A disk that fills: nothing new is taken, what is known is still answered, and it goes on when there is room.

use std::{path::Path, process::Command};

use glasshouse_receive::Folder;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::house::House;

/// A small file system of its own, where this account may mount one.
struct Disk(TempDir);

impl Disk {
    fn of_mib(mib: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={mib}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("skipped: this account cannot mount a small file system");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

async fn fills_and_goes_on(reserve_mib: u32) {
    let Some(disk) = Disk::of_mib(24) else { return };
    let folder = Folder::at(disk.path().join("receiver"));
    let house = House::at(folder, &format!("reserve_mib = {reserve_mib}"));
    let token = house.tenant("contoso");
    let running = house.run().await;
    let client = &running.client;
    let body = |number: u32| {
        let line = format!("{number:08}");
        line.repeat(16 << 10)
    };
    let mut kept = Vec::new();
    let refused = loop {
        let request = client.sealed(&kept.len().to_string(), body(kept.len() as u32));
        let answer = client.send(&token, &request).await;
        match answer.status {
            200 => kept.push((request, answer)),
            _ => break (request, answer),
        }
        assert!(kept.len() < 300, "it takes more than there is room for");
    };
    assert!(kept.len() > 10, "only {} requests fit", kept.len());
    let (request, answer) = refused;
    assert_eq!((answer.status, answer.body.as_str()), (507, "there is no room for the request\n"));
    assert!(answer.headers.contains(&("retry-after".to_owned(), "60".to_owned())), "{answer:?}");
    // What is known needs no room.
    let (first, receipt) = &kept[0];
    assert_eq!(client.send(&token, first).await, *receipt);

    if reserve_mib > 0 {
        let later = Timestamp::now() + SignedDuration::from_secs(1);
        house.store().purge(later, None, later).unwrap();
    } else {
        // Without a reserve nothing can be deleted either: room is made by the file system.
        let more = Command::new("mount").args(["-o", "remount,size=64m"]).arg(disk.path()).status();
        assert!(more.unwrap().success());
    }
    assert_eq!(client.send(&token, &request).await.status, 200);
    running.stop().await;
    let file = rusqlite::Connection::open(house.folder.path().join("receive.sqlite")).unwrap();
    let whole: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
}

#[tokio::test]
async fn before_the_disk_is_full_nothing_new_is_taken_until_there_is_room() {
    fills_and_goes_on(8).await;
}

#[tokio::test]
async fn a_disk_that_is_full_loses_nothing() {
    fills_and_goes_on(0).await;
}
