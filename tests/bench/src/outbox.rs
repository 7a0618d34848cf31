//! The ledger's outbox: requests of 64 KiB sealed, with everything on disk, and the memory of a host that works
//! with 100,000 of them waiting.

use std::{
    env, fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use glasshouse_contract::{Body, Digest, Level, Name, PluginId, Request};
use glasshouse_ledger::{
    Ledger, PartOf, PendingPart, Rendered, RequestId, RequestOf, RequestState, RunRow, RunState, Wanted,
};
use jiff::Timestamp;

use crate::{Failed, collect, report::Figures};

/// The word that makes this program the measured process.
pub const VERB: &str = "outbox-child";

const BODY: usize = 64 << 10;
/// Of one measurement, and in one write to the disk: what a target renders of one table of 4 MiB.
const SEALED: u32 = 2_048;
const GROUP: u32 = 64;
const ROUNDS: usize = 3;
/// Requests that wait. Their bodies are small, so that the disk need not be large: none is in memory anyway.
const WAITING: u32 = 100_000;
const SMALL: usize = 256;

pub fn measure(figures: &mut Figures, scratch: &Path) -> Result<(), Failed> {
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let (folder, ledger) = ledger(scratch)?;
        let begun = Instant::now();
        seal(&ledger, SEALED, GROUP, BODY)?;
        rates.push(f64::from(SEALED) / begun.elapsed().as_secs_f64());
        if ledger.backlog()?.first().map(|backlog| backlog.sealed) != Some(u64::from(SEALED)) {
            return Err("not all requests are sealed".into());
        }
        drop(ledger);
        fs::remove_dir_all(folder)?;
    }
    rates.sort_by(f64::total_cmp);
    let median = rates.get(ROUNDS / 2).copied().unwrap_or(f64::NAN);
    figures.at_least("seal.per_s", median, "/s", 500.0);

    let (folder, ledger) = ledger(scratch)?;
    seal(&ledger, WAITING, 1_000, SMALL)?;
    ledger.close()?;
    let output = Command::new(env::current_exe()?).arg(VERB).arg(&folder).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let kib: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
    figures.add("outbox.rss_mib", kib / 1024.0, "MiB", Some(150.0));
    fs::remove_dir_all(folder)?;
    Ok(())
}

/// What a host does with its outbox: counts it, lists it in pages, asks for what is due, reads some of it whole.
/// Prints the most memory that this took, in KiB.
pub fn child(folder: &Path) -> Result<(), Failed> {
    let ledger = Ledger::open(&folder.join("ledger.sqlite"))?;
    let target = PluginId::new("bench.target")?;
    let waiting = |backlog: &glasshouse_ledger::Backlog| backlog.of(RequestState::Waiting).requests;
    if ledger.backlog()?.first().map(waiting) != Some(u64::from(WAITING)) {
        return Err("not all requests wait".into());
    }
    let mut wanted = Wanted::default();
    let mut listed = 0;
    loop {
        let page = ledger.requests(&wanted, 1_000)?;
        let Some(last) = page.last() else { break };
        wanted.after = last.seq;
        listed += page.len();
    }
    if listed != WAITING as usize {
        return Err(format!("{listed} requests are listed").into());
    }
    for due in ledger.due(&target, Timestamp::now(), 1_000, |_| false)? {
        black_box(ledger.request(&due.id)?);
    }
    // Past all of them, as when nothing of what waits may be sent now.
    let mut passed = 0;
    ledger.due(&target, Timestamp::now(), 1, |due| {
        passed += 1;
        black_box(due);
        true
    })?;
    if passed != WAITING {
        return Err(format!("{passed} requests are due").into());
    }
    println!("{}", collect::most_kib()?);
    Ok(())
}

fn ledger(scratch: &Path) -> Result<(PathBuf, Ledger), Failed> {
    let folder = scratch.join("outbox");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let ledger = Ledger::open(&folder.join("ledger.sqlite"))?;
    let run = RunRow {
        id: "run".to_owned(),
        site: Name::new("bench")?,
        slot: 1,
        attempt: 1,
        level: Level::Full,
        hierarchy: "h".to_owned(),
        site_hash: "s".to_owned(),
        scheduled: Timestamp::UNIX_EPOCH,
        started: Timestamp::UNIX_EPOCH,
        ended: None,
        state: RunState::Running,
        misdated: false,
        keys: Default::default(),
    };
    ledger.change(|change| change.begin_run(&run))?;
    Ok((folder, ledger))
}

/// Seals requests of one part, each a call of its own, so many of them in one write to the disk.
fn seal(ledger: &Ledger, requests: u32, group: u32, body: usize) -> Result<(), Failed> {
    let query = PluginId::new("bench.query")?;
    let part: PendingPart = ledger.begin_part(&PartOf {
        run: "run",
        plugin: &query,
        version: &"1.0.0".parse()?,
        digest: None,
        started: Timestamp::UNIX_EPOCH,
    })?;
    let (route, table, target) = (Name::new("bench")?, Name::new("devices")?, PluginId::new("bench.target")?);
    for first in (0..requests).step_by(group as usize) {
        let calls: Vec<[(RequestId, Request); 1]> = (first..requests.min(first + group))
            .map(|chunk| {
                let of = RequestOf {
                    hierarchy: "h",
                    site: "s",
                    route: &route,
                    query: &query,
                    table: &table,
                    run: "run",
                    chunk,
                    step: 0,
                };
                let id = RequestId::of(&of);
                let request = Request {
                    endpoint: Name::new("ingest")?,
                    method: "POST".to_owned(),
                    url: "https://telemetry.contoso.example/v1/tables/devices".to_owned(),
                    headers: vec![
                        ("content-type".to_owned(), "application/json".to_owned()),
                        ("idempotency-key".to_owned(), id.to_string()),
                        // As long as a signed checkpoint in base64.
                        ("glasshouse-checkpoint".to_owned(), "c".repeat(320)),
                    ],
                    body: Body(chunk.to_be_bytes().repeat(body / 4)),
                };
                Ok::<_, Failed>([(id, request)])
            })
            .collect::<Result<_, _>>()?;
        let rendered: Vec<Rendered<'_>> = calls
            .iter()
            .zip(first..)
            .map(|(requests, chunk)| Rendered {
                route: &route,
                table: &table,
                chunk,
                target: &target,
                target_digest: Digest::of(b"target"),
                hold: None,
                requests,
                sealed: Timestamp::UNIX_EPOCH,
            })
            .collect();
        ledger.add_requests(&part, &rendered)?;
    }
    ledger.change(|change| change.finish_part(&part, &[], &[]))?;
    Ok(())
}
