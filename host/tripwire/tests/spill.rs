//! More values than memory has room for: they are in a file that says nothing, and are found as before.

#![cfg(test)]

use std::{
    io::{self, Cursor, Read, Seek, SeekFrom, Write},
    sync::{Arc, Mutex},
};

use glasshouse_detect::{Detectors, Kinds};
use glasshouse_tripwire::{Full, Hit, HitKind, KnownValues, Tripwire};

const MEMORY: usize = 3 << 20;
const TOTAL: u64 = 16 << 20;
const VALUES: u32 = 40_000;

/// A file that the test can look into and change.
#[derive(Clone, Default)]
struct Disk {
    bytes: Arc<Mutex<Cursor<Vec<u8>>>>,
    full_at: Option<usize>,
}

impl Disk {
    fn content(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().get_ref().clone()
    }
}

impl Read for Disk {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.bytes.lock().unwrap().read(into)
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self.bytes.lock().unwrap();
        if self.full_at.is_some_and(|full| file.get_ref().len() + bytes.len() > full) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Disk {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.lock().unwrap().seek(to)
    }
}

fn value(one: u32) -> String {
    // Long enough that values take more than their fingerprints do.
    format!("PC-{:08X}.{}.corp.contoso.example", one.wrapping_mul(0x9E37_79B1), "workplaces-of-the-north")
}

fn spilled(disk: &Disk) -> KnownValues {
    let known = KnownValues::new([3; 32], MEMORY).spill_to(disk.clone(), [4; 32], TOTAL);
    (0..VALUES).for_each(|one| known.take_value(&value(one)).unwrap());
    known
}

fn scan(known: &KnownValues, text: &str) -> Vec<Hit> {
    Tripwire::new(known, Detectors::of(Kinds::NONE)).scan_bytes(text.as_bytes())
}

fn kinds(known: &KnownValues, text: &str) -> Vec<(HitKind, u64)> {
    scan(known, text).iter().map(|hit| (hit.kind, hit.count)).collect()
}

#[test]
fn values_are_found_again_after_they_went_to_the_file() {
    let disk = Disk::default();
    let known = spilled(&disk);
    assert!(disk.content().len() > 1 << 20, "{known:?}");
    for one in (0..VALUES).step_by(7) {
        assert_eq!(kinds(&known, &format!("seen: {}.", value(one))), [(HitKind::Known, 1)], "{one}");
    }
    assert_eq!(scan(&known, "PC-00000001.workplaces-of-the-north.corp.contoso.example"), []);
    // What is known already takes no room, and is known wherever it lies.
    let (values, bytes) = (known.len(), disk.content().len());
    (0..VALUES).step_by(3).for_each(|one| known.take_value(&value(one).to_lowercase()).unwrap());
    assert_eq!((known.len(), disk.content().len()), (values, bytes));
}

#[test]
fn the_file_holds_no_value_in_any_writing() {
    let disk = Disk::default();
    let _known = spilled(&disk);
    let bytes = disk.content();
    let folded = bytes.to_ascii_lowercase();
    // What a value begins with stands in some writing in every one of them.
    for part in ["contoso", "workplaces", "Y29udG9zbw", "636f6e746f736f", "c\0o\0n\0t\0o\0s\0o\0"] {
        let part = part.to_lowercase();
        assert!(!folded.windows(part.len()).any(|window| window == part.as_bytes()), "{part}");
    }
    // And a tripwire that knows them finds none.
    let others = KnownValues::new([9; 32], 64 << 20);
    (0..VALUES).for_each(|one| others.take_value(&value(one)).unwrap());
    let found = Tripwire::new(&others, Detectors::of(Kinds::NONE)).scan_bytes(&bytes);
    assert!(found.iter().all(|hit| hit.kind != HitKind::Known), "{found:?}");
    // No byte is much more frequent than another.
    let mut counts = [0_usize; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let even = bytes.len() / 256;
    assert!(counts.iter().all(|count| (even / 2..even * 2).contains(count)));
}

#[test]
fn equal_pages_look_different_and_another_key_opens_none() {
    let [one, two] = [Disk::default(), Disk::default()];
    let _one = spilled(&one);
    let known = KnownValues::new([3; 32], MEMORY).spill_to(two.clone(), [5; 32], TOTAL);
    (0..VALUES).for_each(|one| known.take_value(&value(one)).unwrap());
    assert_eq!(one.content().len(), two.content().len());
    assert_ne!(one.content().first_chunk::<64>(), two.content().first_chunk::<64>());
    // The pages of one run, in the place of those of another.
    *two.bytes.lock().unwrap().get_mut() = one.content();
    assert_eq!(kinds(&known, &value(0)), [(HitKind::NotConfirmed, 1)]);
}

#[test]
fn a_page_that_was_changed_makes_a_hit_of_what_cannot_be_compared() {
    for change in [
        |bytes: &mut Vec<u8>| bytes[100] ^= 1,
        |bytes: &mut Vec<u8>| bytes.truncate(16 << 10),
        |bytes: &mut Vec<u8>| bytes.clear(),
        // Two pages in each other's place.
        |bytes: &mut Vec<u8>| bytes.rotate_left((16 << 10) + 16),
    ] {
        let disk = Disk::default();
        let known = spilled(&disk);
        change(disk.bytes.lock().unwrap().get_mut());
        assert_eq!(kinds(&known, &value(0)), [(HitKind::NotConfirmed, 1)]);
        assert_eq!(scan(&known, "nothing of it here"), []);
        // Read again, it is known again.
        known.take_value(&value(0)).unwrap();
        assert_eq!(kinds(&known, &value(0)), [(HitKind::Known, 1)]);
    }
}

#[test]
fn over_the_total_nothing_more_is_taken_in_and_what_is_there_is_found() {
    let disk = Disk::default();
    let total = 4 << 20;
    let known = KnownValues::new([3; 32], MEMORY).spill_to(disk.clone(), [4; 32], total);
    assert!(known.is_complete());
    let full = (0..).find_map(|one| known.take_value(&value(one)).err().map(|full| (one, full)));
    let (taken, full) = full.unwrap();
    assert_eq!(full, Full::Cap(total));
    assert!(taken > 10_000 && disk.content().len() as u64 <= total, "{taken}");
    assert_eq!((known.take_value(&value(7)), known.is_complete()), (Ok(()), false));
    for one in (0..taken).step_by(97) {
        assert_eq!(kinds(&known, &value(one)), [(HitKind::Known, 1)], "{one}");
    }
}

#[test]
fn a_disk_that_is_full_is_told_of_and_loses_nothing() {
    let disk = Disk { full_at: Some(200 << 10), ..Disk::default() };
    let known = KnownValues::new([3; 32], MEMORY).spill_to(disk, [4; 32], TOTAL);
    let full = (0..).find_map(|one| known.take_value(&value(one)).err().map(|full| (one, full)));
    let (taken, full) = full.unwrap();
    assert_eq!(full, Full::Disk(io::ErrorKind::StorageFull));
    assert_eq!(full.to_string(), "values that identify could not be put aside on disk: no storage space");
    assert!((0..taken).step_by(53).all(|one| kinds(&known, &value(one)) == [(HitKind::Known, 1)]));
}

#[test]
fn threads_find_values_in_the_file_while_others_are_put_there() {
    let disk = Disk::default();
    let known = spilled(&disk);
    std::thread::scope(|threads| {
        threads.spawn(|| (VALUES..VALUES + 5_000).for_each(|one| known.take_value(&value(one)).unwrap()));
        for from in 0..3 {
            let known = &known;
            threads.spawn(move || {
                for one in (from..VALUES).step_by(101) {
                    assert_eq!(kinds(known, &value(one)), [(HitKind::Known, 1)]);
                }
            });
        }
    });
}
