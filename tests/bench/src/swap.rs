//! Swapping a plugin under load: new versions are dropped into the inbox while two threads call it
//! without a pause.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use glasshouse_contract::{Name, PluginId};
use glasshouse_ledger::Actor;
use glasshouse_sandbox::Keys;

use crate::{Failed, data, examples::Example, house::House, report::Figures, rule};

const ID: &str = "bench.swapped";
const SWAPS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(20);

pub fn measure(
    figures: &mut Figures,
    folder: &Path,
    glasshouse: &Path,
    rule: &Example,
) -> Result<(), Failed> {
    let house = House::new(folder.join("swap"), glasshouse.to_owned())?;
    let registry = Arc::new(house.open()?);
    let id: PluginId = ID.parse()?;
    registry.install(house.sign(&rule.component, &rule.manifest, ID, "1.0.0")?, &Actor::host())?;
    registry.approve(&id, None, &Actor::host())?;
    let _watch = registry.watch()?;

    let batch = data::table()?;
    let keys = Keys::new().with(Name::new("default")?, &[7; 32]);
    let context = rule::context("full");
    let (stop, calls, failed) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let mut millis = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let result =
                        registry.get(&id).map(|serving| serving.plugin().redact(&context, &keys, &batch));
                    calls.fetch_add(1, Ordering::Relaxed);
                    if !matches!(result, Some(Ok(_))) {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let measured = swaps(&house, rule, &registry, &id);
        stop.store(true, Ordering::Relaxed);
        measured
    })?;
    millis.sort_by(f64::total_cmp);
    figures.add("swap.failed", failed.into_inner() as f64, "", Some(0.0));
    figures.add("swap.calls", calls.into_inner() as f64, "", None);
    figures.add("swap.ms", millis.last().copied().unwrap_or(f64::NAN), "ms", Some(1_500.0));
    Ok(())
}

/// How long each new version took from the complete file to its first call; the slowest counts.
fn swaps(
    house: &House,
    rule: &Example,
    registry: &glasshouse_registry::Registry,
    id: &PluginId,
) -> Result<Vec<f64>, Failed> {
    (1..=SWAPS)
        .map(|number| {
            let version = format!("1.{number}.0");
            let bytes = house.sign(&rule.component, &rule.manifest, ID, &version)?;
            let part = house.folder().join("part");
            fs::write(&part, bytes)?;
            let start = Instant::now();
            fs::rename(&part, house.inbox().join(format!("{ID}-{version}.wasm")))?;
            loop {
                let serving = registry.get(id).map(|serving| serving.manifest().version.to_string());
                if serving.as_deref() == Some(version.as_str()) {
                    return Ok(start.elapsed().as_secs_f64() * 1e3);
                }
                if start.elapsed() > PATIENCE {
                    return Err(format!("version {version} does not come to serve").into());
                }
                thread::sleep(Duration::from_millis(5));
            }
        })
        .collect()
}
