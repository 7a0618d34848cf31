//! Two million values, and what the process takes for them. By itself, for what a process takes is not of one test.

#![cfg(test)]
#![cfg(target_os = "linux")]

use std::fs;

use glasshouse_detect::{Detectors, Kinds};
use glasshouse_tripwire::{HitKind, KnownValues, Tripwire};

const MEMORY: usize = 64 << 20;
/// What an allocator keeps for itself: a table that grew leaves holes.
const BESIDES: usize = MEMORY / 4;

fn resident(line: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|one| one.strip_prefix(line)).unwrap();
    line.trim_matches(|one: char| !one.is_ascii_digit()).parse::<usize>().unwrap() << 10
}

#[test]
fn two_million_values_stay_under_the_cap() {
    let file = tempfile::tempfile().unwrap();
    let size = file.try_clone().unwrap();
    let before = resident("VmRSS:");
    let known = KnownValues::new([3; 32], MEMORY).spill_to(file, [4; 32], 1 << 30);
    let value = |one: u32| format!("PC-{:08X}.clients.corp.contoso.example", one.wrapping_mul(0x9E37_79B1));
    // The host of each is a value too.
    (0..1_000_000).for_each(|one| known.take_value(&value(one)).unwrap());
    assert_eq!((known.len(), known.is_complete()), (2_000_000, true));
    let peak = resident("VmHWM:") - before;
    assert!(peak < MEMORY + BESIDES, "{peak} bytes, {known:?}");
    assert!(size.metadata().unwrap().len() > 0, "{known:?}");
    let tripwire = Tripwire::new(&known, Detectors::of(Kinds::NONE));
    for one in (0..1_000_000).step_by(9_973) {
        let hits = tripwire.scan_bytes(value(one).as_bytes());
        assert_eq!(hits.iter().map(|hit| (hit.kind, hit.count)).collect::<Vec<_>>(), [(HitKind::Known, 1)]);
    }
}
