//! A host with sixty plugins: how long it takes to start from the cache, and how much memory it then
//! has.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use glasshouse_ledger::Actor;

use crate::{Failed, examples::Example, house::House, report::Figures};

const PLUGINS: usize = 60;
const STARTS: usize = 7;

pub fn measure(
    figures: &mut Figures,
    folder: &Path,
    glasshouse: &Path,
    examples: &[Example],
) -> Result<(), Failed> {
    let house = House::new(folder.join("sixty"), glasshouse.to_owned())?;
    let registry = house.open()?;
    for (number, example) in (0..PLUGINS).zip(examples.iter().cycle()) {
        let id = format!("bench.plugin-{number}");
        let bytes = house.sign(&example.component, &example.manifest, &id, "1.0.0")?;
        registry.install(bytes, &Actor::host())?;
        registry.approve(&id.parse()?, None, &Actor::host())?;
    }
    drop(registry);

    let mut millis = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let start = Instant::now();
        let registry = house.open()?;
        millis.push(start.elapsed().as_secs_f64() * 1e3);
        let serving = registry.serving().len();
        if serving != PLUGINS {
            return Err(format!("{serving} of {PLUGINS} plugins serve").into());
        }
    }
    millis.sort_by(f64::total_cmp);
    let median = millis.get(millis.len() / 2).copied().unwrap_or(f64::NAN);
    figures.add("start.cached_ms", median, "ms", Some(100.0));
    if let Some(mib) = resident_mib(glasshouse, house.folder())? {
        figures.add("start.rss_mib", mib, "MiB", Some(80.0));
    }
    Ok(())
}

/// The memory of the real host with these plugins, where the system tells.
fn resident_mib(glasshouse: &Path, folder: &Path) -> Result<Option<f64>, Failed> {
    if !cfg!(target_os = "linux") {
        return Ok(None);
    }
    let mut host = Host::start(glasshouse, folder)?;
    host.wait_until_it_answers(glasshouse, folder)?;
    let status = fs::read_to_string(format!("/proc/{}/status", host.0.id()))?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
    Ok(kib.map(|kib| kib / 1024.0))
}

/// A running host, ended when it is dropped.
struct Host(Child);

impl Host {
    fn start(glasshouse: &Path, folder: &Path) -> Result<Self, Failed> {
        let child = Command::new(glasshouse)
            .arg("--state")
            .arg(folder)
            .arg("run")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }

    fn wait_until_it_answers(&mut self, glasshouse: &Path, folder: &Path) -> Result<(), Failed> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Some(status) = self.0.try_wait()? {
                return Err(format!("the host ended with {status}").into());
            }
            if folder.join("control.sock").exists() {
                let status = Command::new(glasshouse)
                    .arg("--state")
                    .arg(folder)
                    .arg("status")
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status()?;
                if status.success() {
                    return Ok(());
                }
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err("the host does not answer".into())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It is only measured; there is nothing that a clean end would save.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
