//! Every edit, deletion, move and cut of a log is found, with the first leaf that differs; and so is every bit
//! of its files.

#![cfg(test)]

use std::{
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
};

use glasshouse_audit::{
    Checkpoint, Deed, Finding, Leaves, Log, Place, Receipt, Report, Signer, Witness, verify,
};
use glasshouse_contract::{Digest, Name};
use proptest::prelude::*;

fn signer() -> Signer {
    Signer::from_seed("glasshouse/test", &[1; 32]).unwrap()
}

fn leaves(count: u32) -> Vec<Vec<u8>> {
    (0..count).map(|number| format!("leaf {number}").into_bytes()).collect()
}

/// A log of these leaves in a folder of its own.
fn log_of(leaves: &[Vec<u8>]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), signer()).unwrap();
    log.append(leaves).unwrap();
    log.publish().unwrap();
    folder
}

fn report(leaves: &[Vec<u8>], folder: &Path, witnesses: &[Witness]) -> Report {
    let leaves = leaves.iter().map(Ok::<_, Infallible>);
    verify(leaves, folder, signer().verifier(), witnesses).unwrap_or_else(|never| match never {})
}

fn findings(leaves: &[Vec<u8>], folder: &Path) -> Vec<Finding> {
    report(leaves, folder, &[]).findings
}

fn changed(index: usize) -> Vec<Finding> {
    let index = index as u64;
    vec![Finding::Changed(Place { first: index, last: index })]
}

/// The files of a log that have to be there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Whoever may write to the folder of a log, for a web server has it say, may not have the host write elsewhere.
#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_file_of_the_log_leads_nowhere() {
    let folder = log_of(&leaves(3));
    let elsewhere = tempfile::tempdir().unwrap();
    let key = elsewhere.path().join("default.key");
    fs::write(&key, "a key that must not be lost").unwrap();
    std::os::unix::fs::symlink(&key, folder.path().join("tile/entries/000.p/4")).unwrap();
    // And a pipe, which whoever opens it waits at.
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("tile/0/000.p/4")).status();
    assert!(made.unwrap().success());
    let mut log = Log::open(folder.path(), signer()).unwrap();
    log.append(&leaves(4)[3..]).unwrap();
    log.publish().unwrap();
    assert_eq!(fs::read_to_string(&key).unwrap(), "a key that must not be lost");
    assert_eq!(findings(&leaves(4), folder.path()), []);
}

/// What a receiver saw when the log had these leaves.
fn witness(name: &str, leaves: &[Vec<u8>]) -> Witness {
    let folder = log_of(leaves);
    let note = fs::read_to_string(folder.path().join("checkpoint")).unwrap();
    let receiver = Signer::from_seed("receiver", &[2; 32]).unwrap();
    let receipt = Receipt {
        deed: Deed::Stored,
        tenant: Name::new("contoso").unwrap(),
        request: Digest::of(name.as_bytes()),
        digest: Digest::of(b"request"),
        at: "2026-03-01T12:00:00Z".parse().unwrap(),
        checkpoint: Some(Checkpoint::open(&note, signer().verifier()).unwrap()),
    };
    let receipt = Receipt::open(&receipt.sign(&receiver), receiver.verifier()).unwrap();
    Witness::of_receipt(name, &receipt).unwrap()
}

/// Sizes around those where tiles and halves of trees begin.
const SIZES: [u32; 11] = [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 600];

#[test]
fn a_log_as_it_was_signed_is_sound() {
    for size in SIZES {
        let leaves = leaves(size);
        let folder = log_of(&leaves);
        let report = report(&leaves, folder.path(), &[]);
        assert_eq!(report.findings, [], "{size}");
        assert_eq!((report.leaves, report.checkpoint.unwrap().size()), (u64::from(size), u64::from(size)));
        // The checkpoint itself is no tile.
        assert_eq!(report.files, files(folder.path()).len() as u64 - 1);
    }
}

#[test]
fn leaves_that_are_not_signed_yet_are_no_finding() {
    for size in SIZES {
        let folder = log_of(&leaves(size));
        let report = report(&leaves(size + 300), folder.path(), &[]);
        assert!(report.is_sound(), "{size}: {:?}", report.findings);
        assert_eq!(report.leaves, u64::from(size) + 300);
    }
}

#[test]
fn every_edit_is_found_at_its_leaf() {
    for size in SIZES {
        let good = leaves(size);
        let folder = log_of(&good);
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index][0] ^= 1;
            assert_eq!(findings(&bad, folder.path()), changed(index), "{index} of {size}");
        }
    }
}

#[test]
fn every_deletion_is_found_at_its_leaf() {
    for size in SIZES {
        let good = leaves(size);
        let folder = log_of(&good);
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad.remove(index);
            let gone = Finding::Truncated { first: u64::from(size) - 1, signed: u64::from(size) };
            let mut expected = if index + 1 == good.len() { Vec::new() } else { changed(index) };
            expected.push(gone);
            assert_eq!(findings(&bad, folder.path()), expected, "{index} of {size}");
            // Made up for with a leaf at the end, the deletion is all the same.
            bad.push(b"another".to_vec());
            assert_eq!(findings(&bad, folder.path()), changed(index), "{index} of {size}");
        }
    }
}

#[test]
fn every_leaf_put_in_between_is_found_at_its_place() {
    for size in SIZES {
        let good = leaves(size);
        let folder = log_of(&good);
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad.insert(index, b"another".to_vec());
            assert_eq!(findings(&bad, folder.path()), changed(index), "{index} of {size}");
        }
    }
}

#[test]
fn every_two_leaves_that_changed_places_are_found_at_the_first() {
    for size in SIZES {
        let good = leaves(size);
        let folder = log_of(&good);
        for index in 1..good.len() {
            for other in [0, index / 2, index - 1] {
                let mut bad = good.clone();
                bad.swap(other, index);
                let expected = if other == index { Vec::new() } else { changed(other) };
                assert_eq!(findings(&bad, folder.path()), expected, "{other} and {index} of {size}");
            }
        }
    }
}

#[test]
fn every_cut_is_found_at_the_first_leaf_that_is_gone() {
    for size in SIZES {
        let good = leaves(size);
        let folder = log_of(&good);
        for length in 0..good.len() {
            let expected = [Finding::Truncated { first: length as u64, signed: u64::from(size) }];
            assert_eq!(findings(&good[..length], folder.path()), expected, "{length} of {size}");
        }
    }
}

/// Damage to a file is found; for what is wrong with a checkpoint nobody goes on with the log.
fn found(leaves: &[Vec<u8>], folder: &Path, path: &Path, bad: &[u8]) {
    let good = fs::read(path).unwrap();
    fs::write(path, bad).unwrap();
    let found = findings(leaves, folder);
    assert_eq!(found.len(), 1, "{}: {found:?}", path.display());
    if path.ends_with("checkpoint") {
        assert!(matches!(found[0], Finding::Checkpoint(_)), "{found:?}");
        assert!(Log::open(folder, signer()).is_err());
    } else {
        assert!(found[0].is_repairable(), "{found:?}");
    }
    fs::write(path, good).unwrap();
}

/// And made again from the leaves, the log is what it was.
fn found_and_made_again(leaves: &[Vec<u8>], folder: &Path, path: &Path, bad: &[u8]) {
    found(leaves, folder, path, bad);
    if path.ends_with("checkpoint") {
        return;
    }
    let good = fs::read(path).unwrap();
    fs::write(path, bad).unwrap();
    let mut log = Log::open_again(folder, signer()).unwrap();
    log.append(leaves).unwrap();
    log.publish().unwrap();
    assert_eq!(fs::read(path).unwrap(), good);
    assert_eq!(findings(leaves, folder), []);
}

#[test]
fn every_bit_of_every_file_is_found_and_made_again() {
    let leaves = leaves(3);
    let folder = log_of(&leaves);
    let all = files(folder.path());
    assert_eq!(all.len(), 3, "{all:?}");
    for path in all {
        let good = fs::read(&path).unwrap();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            // Making it again waits for the disk; one bit of each fourth byte does it.
            let damage = if bit % 32 == 7 { found_and_made_again } else { found };
            damage(&leaves, folder.path(), &path, &bad);
        }
    }
}

#[test]
fn every_file_cut_short_or_longer_is_found_and_made_again() {
    let leaves = leaves(600);
    let folder = log_of(&leaves);
    for path in files(folder.path()) {
        let good = fs::read(&path).unwrap();
        for length in [0, 1, good.len() / 2, good.len() - 1] {
            found_and_made_again(&leaves, folder.path(), &path, &good[..length]);
        }
        found_and_made_again(&leaves, folder.path(), &path, &[&good[..], b"x"].concat());
    }
}

#[test]
fn a_changed_leaf_is_named_also_when_a_file_that_would_tell_is_changed_with_it() {
    let good = leaves(600);
    let mut bad = good.clone();
    bad[300] = b"another".to_vec();
    let wrong = log_of(&bad);
    let exactly = Place { first: 300, last: 300 };
    for (forged, expected) in [
        // Each alone leaves one that tells.
        (vec!["tile/0/001"], exactly),
        (vec!["tile/entries/001"], exactly),
        // Both: the hash over them, which was signed, still says that it is one of these.
        (vec!["tile/0/001", "tile/entries/001"], Place { first: 256, last: 511 }),
        // The tiles as a whole belong to another log.
        (vec!["tile/0/001", "tile/entries/001", "tile/1/000.p/2"], Place { first: 0, last: 599 }),
    ] {
        let folder = log_of(&good);
        for name in &forged {
            fs::copy(wrong.path().join(name), folder.path().join(name)).unwrap();
        }
        assert_eq!(findings(&bad, folder.path()), [Finding::Changed(expected)], "{forged:?}");
    }
}

#[test]
fn of_several_changes_the_first_is_named() {
    let good = leaves(70_000);
    let folder = log_of(&good);
    let mut bad = good.clone();
    for index in [69_999, 66_000, 40_000, 12_345] {
        bad[index].push(b'!');
        assert_eq!(findings(&bad, folder.path()), changed(index));
    }
    // The file over the first change is forged so that it fits: then the bundle tells.
    let forged = log_of(&bad);
    fs::copy(forged.path().join("tile/0/048"), folder.path().join("tile/0/048")).unwrap();
    assert_eq!(findings(&bad, folder.path()), changed(12_345));
}

#[test]
fn without_a_witness_a_log_signed_anew_with_the_hosts_key_is_sound_and_with_one_it_is_not() {
    let good = leaves(600);
    let witnesses = [100, 255, 256, 400, 600].map(|size| witness(&format!("receipt-{size}"), &good[..size]));
    let folder = log_of(&good);
    let sound = report(&good, folder.path(), &witnesses);
    assert!(sound.is_sound(), "{:?}", sound.findings);
    assert_eq!(sound.witnesses, 5);

    let mut bad = good.clone();
    bad[300] = b"another".to_vec();
    let rewritten = log_of(&bad);
    assert_eq!(findings(&bad, rewritten.path()), []);
    let report_of = |leaves: &[Vec<u8>], folder: &Path| report(leaves, folder, &witnesses);
    let report = report_of(&bad, rewritten.path());
    let place = Place { first: 256, last: 399 };
    let first = Finding::Rewritten { witness: String::from("receipt-400"), place };
    assert_eq!((report.witnesses, &report.findings[0]), (3, &first));
    assert_eq!(report.findings.len(), 2);
    assert_eq!(
        first.to_string(),
        "the log was rewritten: one of the leaves 256 to 399 is not what receipt-400 saw"
    );

    let rolled_back = log_of(&good[..399]);
    let report = report_of(&good[..399], rolled_back.path());
    assert_eq!(report.witnesses, 3);
    let of = |size: u64| Finding::RolledBack { witness: format!("receipt-{size}"), saw: size, there: 399 };
    assert_eq!(report.findings, [of(400), of(600)]);
    assert_eq!(of(400).to_string(), "the log was rolled back: receipt-400 saw 400 leaves, and there are 399");
}

#[test]
fn a_witness_of_another_log_says_nothing_of_this_one() {
    let good = leaves(10);
    let folder = log_of(&good);
    let other = Signer::from_seed("other", &[1; 32]).unwrap();
    let checkpoint = Checkpoint::new(other.verifier(), 10, Digest::of(b"root"));
    let witnesses = [Witness { name: String::from("receipt"), checkpoint }];
    let report = report(&good, folder.path(), &witnesses);
    let expected = Finding::OtherLog { witness: String::from("receipt"), origin: String::from("other") };
    assert_eq!((report.witnesses, report.findings), (0, vec![expected]));
}

#[test]
fn a_log_without_its_checkpoint_is_not_sound() {
    let good = leaves(10);
    let folder = log_of(&good);
    fs::remove_file(folder.path().join("checkpoint")).unwrap();
    assert!(matches!(findings(&good, folder.path())[..], [Finding::Checkpoint(_)]));
    let other = Signer::from_seed("glasshouse/test", &[9; 32]).unwrap();
    let mut log = Log::open(folder.path(), other).unwrap();
    log.append(&good).unwrap();
    log.publish().unwrap();
    let found = findings(&good, folder.path());
    assert_eq!(found, [Finding::Checkpoint(String::from("the key glasshouse/test did not sign it"))]);
}

#[test]
fn a_copy_of_the_folder_is_enough_to_verify_it() {
    for size in SIZES {
        let good = leaves(size);
        let folder = log_of(&good);
        let copied: Vec<Vec<u8>> = Leaves::of(folder.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(copied, good);
    }
    let folder = log_of(&leaves(600));
    fs::write(folder.path().join("tile/entries/001"), b"\0\x05short").unwrap();
    let error = Leaves::of(folder.path()).unwrap().find_map(Result::err).unwrap();
    assert_eq!(error.to_string(), "tile/entries/001: it has another number of leaves");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bit_of_any_file_of_a_larger_log_is_found_and_made_again(file in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>()) {
        let leaves = leaves(600);
        let folder = log_of(&leaves);
        let all = files(folder.path());
        let path = &all[file.index(all.len())];
        let mut bad = fs::read(path).unwrap();
        let bit = bit.index(bad.len() * 8);
        bad[bit / 8] ^= 1 << (bit % 8);
        found_and_made_again(&leaves, folder.path(), path, &bad);
    }

    #[test]
    fn the_first_of_any_changes_is_named(
        size in 1..700_u32,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8), 1..5),
    ) {
        let good = leaves(size);
        let folder = log_of(&good);
        let mut bad = good.clone();
        for (index, edit) in edits {
            let index = index.index(bad.len());
            match edit {
                0 => bad[index].push(b'!'),
                1 => bad.insert(index, b"another".to_vec()),
                2 if bad.len() > 1 => drop(bad.remove(index)),
                _ => bad.swap(index, 0),
            }
        }
        let first = good.iter().zip(&bad).position(|(good, bad)| good != bad);
        let first = first.unwrap_or(bad.len().min(good.len()));
        let found = findings(&bad, folder.path());
        if first == good.len() {
            prop_assert_eq!(found, []);
        } else if first == bad.len() {
            prop_assert_eq!(found, [Finding::Truncated { first: first as u64, signed: u64::from(size) }]);
        } else {
            prop_assert_eq!(&found[..1], changed(first));
        }
    }
}
