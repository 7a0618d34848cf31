//! Memory, measured in a process that does nothing else: encrypted, as a host does it.

use std::{env, fs, net::SocketAddr, path::Path, process::Command};

use tokio::runtime::Builder;

use super::{collect, site};
use crate::Failed;

/// Ten times what is measured for time: what stays behind of each row would show.
pub(super) const ROWS: u64 = 10_000_000;

/// The first argument of the process.
pub const VERB: &str = "collect-memory";

/// The most memory that a process had which read all rows, in MiB.
pub(super) fn measure(address: SocketAddr, scratch: &Path) -> Result<f64, Failed> {
    let output =
        Command::new(env::current_exe()?).arg(VERB).arg(address.to_string()).arg(scratch).output()?;
    let text = String::from_utf8(output.stdout)?;
    if !output.status.success() {
        return Err(format!("{VERB}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let kib: f64 = text.trim().parse()?;
    Ok(kib / 1024.0)
}

/// What that process does: reads all rows, and prints the most memory that it had, in KiB.
pub fn child(address: &str, scratch: &str) -> Result<(), Failed> {
    let site = site(address.parse()?, Path::new(scratch), "accept_any_certificate")?;
    let rows = Builder::new_multi_thread().enable_all().build()?.block_on(collect(&site))?;
    if rows != ROWS {
        return Err(format!("{rows} rows of {ROWS} came").into());
    }
    println!("{}", most_kib()?);
    Ok(())
}

/// The high-water mark of resident memory. Only Linux tells it in a file.
pub fn most_kib() -> Result<u64, Failed> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
