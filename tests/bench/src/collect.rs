//! Rows of a SQL Server into column batches: against a bare loop over the driver that reads every value, and
//! against the socket alone, which shows that it is the client that is measured. The server sends packets that
//! were made before, and all three take turns. Encryption is off, for it would be the same work in each.

mod bare;
mod memory;

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use cpu_time::ThreadTime;
use glasshouse_contract::{ColumnType, DataClass, Field, Schema};
use glasshouse_guard::Printed;
use glasshouse_site::{Site, SiteConfig};
use pretend_site::{Login, Options, Plan, Rights, Running, Site as PretendSite, SiteData};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use crate::{Failed, report::Figures};

pub use memory::{VERB, child, most_kib};

/// Rows of one run.
const ROWS: u64 = 1_000_000;
/// The first round is not counted.
const ROUNDS: usize = 5;
const USER: &str = "bench";
/// The pretend site's, which is good for nothing else.
const PASSWORD: &str = "Bench-Passw0rd";
const DATABASE: &str = "CM_CAS";
/// The same for both: what the host asks for.
const PACKET: u32 = 16_383;
const STATEMENT: &str = "SELECT Id, Number, Size, Active, Name, Version, Seen, Guid FROM bench";

/// What one run took.
struct Run {
    rows: u64,
    wall: Duration,
    /// Of the thread on which the client runs, and nothing else.
    processor: Duration,
}

pub fn measure(figures: &mut Figures, scratch: &Path) -> Result<(), Failed> {
    let serving = Builder::new_multi_thread().enable_all().build()?;
    let server = serve(&serving, ROWS)?;
    let (mut ratios, mut walls, mut drained) = (Vec::new(), Vec::new(), Vec::new());
    let (mut host_us, mut bare_us) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let host = on_a_thread({
            let (address, scratch) = (server.addr, scratch.to_owned());
            move || through_the_host(address, &scratch)
        })?;
        let bare = on_a_thread({
            let address = server.addr;
            move || bare::read(address)
        })?;
        let drain = on_a_thread({
            let address = server.addr;
            move || bare::drain(address)
        })?;
        for run in [&host, &bare, &drain] {
            if run.rows != ROWS {
                return Err(format!("{} rows of {ROWS} came", run.rows).into());
            }
        }
        if round > 0 {
            // Processor time, as in all ratios here: the client has a thread for itself and never waits, for the
            // server is many times faster.
            ratios.push(bare.processor.as_secs_f64() / host.processor.as_secs_f64());
            walls.push(bare.wall.as_secs_f64() / host.wall.as_secs_f64());
            drained.push(bare.wall.as_secs_f64() / drain.wall.as_secs_f64());
            host_us.push(host.processor.as_secs_f64() * 1e6 / ROWS as f64);
            bare_us.push(bare.processor.as_secs_f64() * 1e6 / ROWS as f64);
        }
    }
    figures.at_least("collect.vs_tiberius", median(ratios), "x", 0.9);
    figures.add("collect.vs_tiberius_wall", median(walls), "x", None);
    figures.add("collect.host_us_per_row", median(host_us), "us", None);
    figures.add("collect.tiberius_us_per_row", median(bare_us), "us", None);
    figures.at_least("collect.server_vs_tiberius", median(drained), "x", 3.0);
    drop(server);
    let server = serve(&serving, memory::ROWS)?;
    figures.add("collect.rss_mib", memory::measure(server.addr, scratch)?, "MiB", Some(100.0));
    Ok(())
}

fn serve(runtime: &Runtime, rows: u64) -> Result<Running, Failed> {
    let mut options = Options::of(SiteData::new(Plan { devices: 1, planted: false, ..Plan::default() })?);
    options.logins.push(Login::new(USER, PASSWORD, Rights::Reader));
    options.replay = Some(rows);
    Ok(runtime.block_on(PretendSite::start(options))?)
}

/// A thread of its own has a processor time of its own.
fn on_a_thread(work: impl FnOnce() -> Result<Run, Failed> + Send + 'static) -> Result<Run, Failed> {
    thread::spawn(work).join().map_err(|_| "a measuring thread panicked")?
}

/// Runs the client on this thread alone, so that all that it does is in this thread's time.
fn timed(work: impl Future<Output = Result<(u64, Instant, ThreadTime), Failed>>) -> Result<Run, Failed> {
    let (rows, wall, processor) = Builder::new_current_thread().enable_all().build()?.block_on(work)?;
    Ok(Run { rows, wall: wall.elapsed(), processor: processor.elapsed() })
}

fn through_the_host(address: SocketAddr, scratch: &Path) -> Result<Run, Failed> {
    let site = site(address, scratch, "no_encryption")?;
    timed(async {
        // The connection is there before the clock starts, for the others' is too.
        site.about().await?;
        let (wall, processor) = (Instant::now(), ThreadTime::now());
        Ok((collect(&site).await?, wall, processor))
    })
}

/// Reads all rows as batches, and says how many there were.
async fn collect(site: &Site) -> Result<u64, Failed> {
    let mut rows = site.query(&Printed::of(STATEMENT)?, &schema()?, 64).await?;
    let mut read = 0;
    while let Some(batch) = rows.next().await? {
        read += u64::from(batch.rows());
    }
    Ok(read)
}

/// A configuration that reaches the server; the opt-out is what encryption is to be.
fn site(address: SocketAddr, scratch: &Path, opt_out: &str) -> Result<Site, Failed> {
    fs::create_dir_all(scratch)?;
    let password = scratch.join("bench-password");
    fs::write(&password, PASSWORD)?;
    only_for_the_owner(&password)?;
    let config: SiteConfig = serde_json::from_value(json!({
        "name": "bench", "server": address.ip().to_string(), "port": address.port(), "database": DATABASE,
        "login": { "user": USER, "password_file": "bench-password" }, "tls": { opt_out: true },
    }))?;
    Ok(Site::new(&config, scratch)?)
}

#[cfg(unix)]
fn only_for_the_owner(path: &Path) -> Result<(), Failed> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o600))?)
}

#[cfg(not(unix))]
fn only_for_the_owner(_: &Path) -> Result<(), Failed> {
    Ok(())
}

fn schema() -> Result<Arc<Schema>, Failed> {
    let fields = [
        ("Id", ColumnType::Int),
        ("Number", ColumnType::Int),
        ("Size", ColumnType::Float),
        ("Active", ColumnType::Boolean),
        ("Name", ColumnType::Text),
        ("Version", ColumnType::Text),
        ("Seen", ColumnType::Timestamp),
        ("Guid", ColumnType::Text),
    ];
    let field = |(name, kind): (&str, ColumnType)| -> Result<Field, Failed> {
        Ok(Field { name: name.parse()?, kind, nullable: true, class: DataClass::Identifier })
    };
    Ok(Arc::new(Schema::new(fields.into_iter().map(field).collect::<Result<_, _>>()?)?))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
