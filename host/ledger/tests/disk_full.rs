//! A disk of 16 MiB that fills up and gets room again. Needs to mount a file system; skipped with a word where it
//! may not.

#![cfg(test)]
#![cfg(target_os = "linux")]

use std::{fs, path::Path, process::Command};

use glasshouse_contract::{Body, Digest, Level, Name, PluginId, Request};
use glasshouse_ledger::{
    Actor, Decision, DiskPolicy, Ledger, LedgerError, PartOf, PendingPart, Rendered, RequestId, RequestOf,
    RequestState, RunRow, RunState, Wanted,
};
use jiff::Timestamp;

/// A small file system, unmounted at the end.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("there is room");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        done.then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "the small disk stays mounted");
    }
}

fn name(text: &str) -> Name {
    Name::new(text).expect("it is a name")
}

fn seal(ledger: &Ledger, part: &PendingPart, chunk: u32) -> Result<RequestId, LedgerError> {
    let (route, target) = (name("hq"), PluginId::new("contoso.hq").expect("it is an id"));
    let (query, table) = (PluginId::new("contoso.devices").expect("it is an id"), name("devices"));
    let of = RequestOf {
        hierarchy: "h",
        site: "s",
        route: &route,
        query: &query,
        table: &table,
        run: "r",
        chunk,
        step: 0,
    };
    let id = RequestId::of(&of);
    let request = Request {
        endpoint: name("ingest"),
        method: "POST".to_owned(),
        url: "https://telemetry.contoso.example/v1".to_owned(),
        headers: Vec::new(),
        body: Body(vec![b'x'; 64 << 10]),
    };
    ledger.add_requests(
        part,
        &[Rendered {
            route: &route,
            table: &table,
            chunk,
            target: &target,
            target_digest: Digest::of(b"target"),
            hold: None,
            requests: &[(id, request)],
            sealed: Timestamp::UNIX_EPOCH,
        }],
    )?;
    Ok(id)
}

#[test]
fn a_full_disk_is_told_loses_nothing_and_the_ledger_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: no file system can be mounted here");
        return;
    };
    let at = Timestamp::UNIX_EPOCH;
    let path = disk.path().join("ledger.sqlite");
    let ledger = Ledger::open(&path).expect("a new ledger");
    let run = RunRow {
        id: "r".to_owned(),
        site: name("cas"),
        slot: 1,
        attempt: 1,
        level: Level::Basic,
        hierarchy: "h".to_owned(),
        site_hash: "s".to_owned(),
        scheduled: at,
        started: at,
        ended: None,
        state: RunState::Running,
        misdated: false,
        keys: Default::default(),
    };
    ledger.change(|change| change.begin_run(&run)).expect("a run");
    // Others fill the disk as well.
    let ballast = disk.path().join("ballast");
    fs::write(&ballast, vec![0; 4 << 20]).expect("there is room");

    let query = PluginId::new("contoso.devices").expect("it is an id");
    let version = "1.0.0".parse().expect("it is a version");
    let of = PartOf { run: "r", plugin: &query, version: &version, digest: None, started: at };
    let part = ledger.begin_part(&of).expect("a part");
    let mut sealed = Vec::new();
    let full = loop {
        match seal(&ledger, &part, sealed.len() as u32) {
            Ok(id) => sealed.push(id),
            Err(error) => break error,
        }
        assert!(sealed.len() < 1000, "the disk is never full");
    };
    assert!(full.is_disk_full(), "{full}");
    assert!(sealed.len() > 20, "{}", sealed.len());
    // It is full for whoever comes next as well, and what is there can be read.
    let again = seal(&ledger, &part, 999).expect_err("still full");
    assert!(again.is_disk_full(), "{again}");
    assert_eq!(ledger.runs(None, 9).expect("runs are read").len(), 1);
    assert_eq!(ledger.verify().expect("it is checked").damage, []);

    fs::remove_file(&ballast).expect("room");
    sealed.push(seal(&ledger, &part, sealed.len() as u32).expect("the same call works now"));
    ledger.change(|change| change.finish_part(&part, &[], &[])).expect("the part is done");
    let rows = ledger.requests(&Wanted::default(), 1000).expect("requests are read");
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), sealed);
    let room = ledger.room(DiskPolicy { unsent_bytes: 1 << 20 }).expect("it is counted");
    assert_eq!(room.unsent, sealed.len() as u64 * (64 << 10));
    assert!(!room.may_collect());

    // On a disk that is full again an administrator can still give something up.
    let mut rest = 4 << 20;
    while rest > 0 {
        let mut bytes = fs::read(&ballast).unwrap_or_default();
        bytes.resize(bytes.len() + rest, 0);
        if fs::write(&ballast, &bytes).is_err() {
            rest /= 2;
        }
    }
    let who = Actor::new("uid 7");
    let decision = Decision { at, actor: &who, reason: "the disk is full" };
    for id in &sealed[..10] {
        ledger.withdraw(id, &decision).expect("it is withdrawn");
    }
    let left = ledger.requests(&Wanted { state: Some(RequestState::Waiting), ..Wanted::default() }, 1000);
    assert_eq!(left.expect("requests are read").len(), sealed.len() - 10);
    ledger.close().expect("it closes");
    assert_eq!(Ledger::verify_at(&path).expect("it is checked").damage, []);
}
