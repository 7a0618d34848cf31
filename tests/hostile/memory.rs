//! After guests that took all the memory they could get, the process has what it had before.
//!
//! A binary of its own with one test in it: the resident memory of a process is that of all its tests.

#![cfg(test)]

#[path = "harness/mod.rs"]
#[expect(dead_code, reason = "this test needs a part of it")]
mod harness;

use harness::{apply, render, shape, still_serves};

/// Each attack once, as often as it would take to fill the machine if it left anything behind.
const ROUNDS: usize = 8;
/// What allocators and the pool keep for the next time: less than one round of the attacks takes.
const KEPT_MIB: u64 = 96;

#[test]
fn memory_is_back_after_attacks_on_it() {
    round();
    let before = resident_mib();
    for _ in 0..ROUNDS {
        round();
    }
    let after = resident_mib();
    assert!(after <= before + KEPT_MIB, "{before} MiB before, {after} MiB after");
}

fn round() {
    let room = "cpu_ms = 20000\nwall_ms = 60000\nmemory_mib = 256";
    apply("memory_mib = 512", include_str!("memory_growth/guest.wat")).unwrap_err();
    apply("cpu_ms = 20000\nwall_ms = 60000", include_str!("log_flood/long.wat")).unwrap();
    shape("cpu_ms = 20000\nwall_ms = 60000\nout_mib = 128", include_str!("host_memory/guest.wat"))
        .unwrap_err();
    shape("", include_str!("returned_list_of_4_gib/guest.wat")).unwrap_err();
    shape("handles = 65536", include_str!("handle_leak/guest.wat")).unwrap_err();
    render(room, &include_str!("million_requests/guest.wat").replace("REQUESTS", "1000000")).unwrap_err();
    still_serves();
}

/// What the process has in memory; where that cannot be read, the rounds alone are the test.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
