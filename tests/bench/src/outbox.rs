//! The ledger's outbox: requests of 64 KiB sealed, with everything on disk, and the memory of a host that works
//! with 100,000 of them waiting.

use std::{
    env, fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use glasshouse_contract::{Name, PluginId};
use glasshouse_ledger::{Ledger, RequestState, Wanted};
use jiff::Timestamp;

use crate::{
    Failed, collect,
    report::Figures,
    sealed::{Sealing, checkpoint},
};

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
const TARGET: &str = "bench.target";

pub fn measure(figures: &mut Figures, scratch: &Path) -> Result<(), Failed> {
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let (folder, ledger) = ledger(scratch)?;
        let sealing = sealing(BODY, GROUP)?;
        let begun = Instant::now();
        sealing.seal(&ledger, 0, SEALED)?;
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
    sealing(SMALL, 1_000)?.seal(&ledger, 0, WAITING)?;
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
    let target = PluginId::new(TARGET)?;
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
    Ok((folder, ledger))
}

/// Requests with a body of so many bytes, so many of them in one write to the disk.
fn sealing(body: usize, group: u32) -> Result<Sealing, Failed> {
    let url = "https://telemetry.contoso.example/v1/tables/devices".to_owned();
    let (target, endpoint) = (PluginId::new(TARGET)?, Name::new("ingest")?);
    Ok(Sealing { target, endpoint, url, body, group, checkpoint: checkpoint()? })
}
