//! The audit log of a million leaves, as years of a large hierarchy make it: verified with all its files.

use std::{convert::Infallible, path::Path, time::Instant};

use glasshouse_audit::{Log, Signer, verify};
use glasshouse_contract::{Digest, LEAF_LEN, Leaf, LeafKind};
use jiff::Timestamp;

use crate::{Failed, report::Figures};

const LEAVES: u32 = 1_000_000;
/// As many as a host hands over at a time when it catches up.
const PAGE: u32 = 10_000;
/// The median of so many.
const ROUNDS: usize = 3;

pub fn measure(figures: &mut Figures, scratch: &Path) -> Result<(), Failed> {
    let folder = scratch.join("tiles");
    let signer = || Signer::from_seed("glasshouse/bench", &[7; 32]);
    let mut log = Log::open(&folder, signer()?)?;
    for page in (0..LEAVES).step_by(PAGE as usize) {
        log.append((page..page + PAGE).map(leaf))?;
    }
    log.publish()?;
    let mut seconds = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let leaves = (0..LEAVES).map(|number| Ok::<_, Infallible>(leaf(number)));
        let Ok(report) = verify(leaves, &folder, signer()?.verifier(), &[]);
        seconds.push(began.elapsed().as_secs_f64());
        if !report.is_sound() || report.leaves != u64::from(LEAVES) {
            return Err(format!("the log is not sound: {:?}", report.findings).into());
        }
    }
    // A fast verification that finds nothing is none.
    let changed =
        (0..LEAVES).map(|number| Ok::<_, Infallible>(leaf(number + u32::from(number == LEAVES - 1))));
    let Ok(report) = verify(changed, &folder, signer()?.verifier(), &[]);
    if report.is_sound() {
        return Err("a changed leaf is not found".into());
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds.get(ROUNDS / 2).copied().unwrap_or(f64::NAN);
    figures.add("audit.verify_1m_s", median, "s", Some(5.0));
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn leaf(number: u32) -> [u8; LEAF_LEN] {
    let at = Timestamp::from_second(1_700_000_000 + i64::from(number)).unwrap_or(Timestamp::UNIX_EPOCH);
    let subject = Digest::of(&number.to_be_bytes());
    Leaf::new(LeafKind::Seal, at, subject).with_content(subject).bytes()
}
