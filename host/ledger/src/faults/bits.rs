//! A ledger with every bit of it flipped.

use std::{collections::BTreeMap, fs, path::Path};

use rusqlite::Connection;

use super::{QUERIES, content, rounds, whole_run};
use crate::{
    Damage, Ledger, LedgerError,
    desk::{self, anna, at, decision, name, target},
    runs::tests::run,
};

/// The first numbers of a sequence without a pattern, the same each time.
fn dice(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |state| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .map(|state| state >> 33)
}

/// The places to flip: all of them where `GLASSHOUSE_TORTURE` is large enough.
fn bits(file: &[u8], usual: u64) -> Vec<(usize, u8)> {
    let all = file.len() as u64 * 8;
    let wanted = rounds(usual);
    let place = |bit: u64| ((bit / 8) as usize, (bit % 8) as u8);
    if wanted >= all {
        return (0..all).map(place).collect();
    }
    // Half of them where something is written: most of a small file is zeros.
    let written: Vec<u64> = (0..file.len() as u64).filter(|byte| file[*byte as usize] != 0).collect();
    let mut dice = dice(7);
    let mut roll = |below: u64| dice.next().unwrap() % below;
    (0..wanted)
        .map(|round| match round % 2 {
            0 => place(roll(all)),
            _ => place(written[roll(written.len() as u64) as usize] * 8 + roll(8)),
        })
        .collect()
}

fn flipped(file: &[u8], (byte, bit): (usize, u8)) -> Vec<u8> {
    let mut file = file.to_vec();
    file[byte] ^= 1 << bit;
    file
}

/// What `work` counts at each place, summed up; on all processors, for there are many places.
fn at_each<const N: usize>(
    places: &[(usize, u8)],
    work: impl Fn((usize, u8)) -> [usize; N] + Sync,
) -> [usize; N] {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = |worker: usize| {
        let mut sums = [0; N];
        for place in places.iter().skip(worker).step_by(workers) {
            sums.iter_mut().zip(work(*place)).for_each(|(sum, found)| *sum += found);
        }
        sums
    };
    let shares: Vec<[usize; N]> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|worker| scope.spawn(move || share(worker))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    std::array::from_fn(|which| shares.iter().map(|sums| sums[which]).sum())
}

/// Of a fresh ledger, as a host leaves it in the middle of its work.
fn small_ledger() -> (tempfile::TempDir, BTreeMap<String, Vec<String>>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = Ledger::open(&path).unwrap();
    whole_run(&ledger).unwrap();
    ledger.change(|change| change.begin_run(&run("1", 2, 1))).unwrap();
    let mut part = desk::part(&ledger, "1", QUERIES[0]);
    ledger.add_rows(&mut part, None, &name("devices"), &desk::batch(0..5)).unwrap();
    desk::add(&ledger, &part, "1", QUERIES[0], &target("hq"), &[1, 2], None);
    ledger.change(|change| change.finish_part(&part, &[], &[desk::table("devices")])).unwrap();
    ledger.close().unwrap();
    if std::env::var_os("GLASSHOUSE_TORTURE").is_some() {
        pack(&path);
    }
    let content = content(&path);
    (folder, content)
}

/// Makes the pages as small as SQLite's can be: nine tenths of a small ledger are room for more, and every bit of it
/// would be a matter of days.
fn pack(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM; PRAGMA journal_mode = WAL;",
        )
        .unwrap();
    connection.close().unwrap();
}

#[test]
fn a_flipped_bit_is_found_or_harmless_and_never_an_empty_start() {
    let (folder, expected) = small_ledger();
    let file = fs::read(folder.path().join("ledger.sqlite")).unwrap();
    let places = bits(&file, 300);
    let [found, harmless] = at_each(&places, |place| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        fs::write(&path, flipped(&file, place)).unwrap();
        let is_harmless = Ledger::verify_at(&path).is_ok_and(|verified| verified.damage.is_empty());
        if is_harmless {
            let found = content(&path);
            let other: Vec<_> =
                expected.iter().filter(|(table, rows)| found.get(*table) != Some(rows)).collect();
            assert!(other.is_empty(), "{place:?} is not found, and was in {other:?}");
        }
        // Whoever opens it all the same gets what is there, or an error.
        if let Ok(ledger) = Ledger::open(&path) {
            let runs = ledger.runs(None, 9).map(|runs| runs.len());
            assert!(runs.as_ref().map_or(true, |runs| *runs == 2), "{place:?}: {runs:?} runs");
        }
        [usize::from(!is_harmless), usize::from(is_harmless)]
    });
    println!("{} bits flipped, of {}: {found} found, {harmless} harmless", places.len(), file.len() * 8);
    assert!(found > 100 && harmless > 0, "{found} found, {harmless} harmless");
}

/// One bit in the page of an index, and SQLite finds no rows by it.
#[test]
fn a_ledger_whose_index_has_lost_rows_is_not_opened() {
    let (folder, _) = small_ledger();
    let path = folder.path().join("ledger.sqlite");
    let connection = Connection::open(&path).unwrap();
    let roots: Vec<(String, u32)> = ["run", "part", "request", "delivery"]
        .iter()
        .flat_map(|table| {
            let mut statement = connection
                .prepare("SELECT name, rootpage FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1")
                .unwrap();
            let roots = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)));
            roots.unwrap().map(Result::unwrap).collect::<Vec<_>>()
        })
        .collect();
    connection.close().unwrap();
    let whole = fs::read(&path).unwrap();
    let page = usize::from(u16::from_be_bytes([whole[16], whole[17]]));
    let mut tried = 0;
    for (index, root) in roots {
        let mut file = whole.clone();
        // How many entries the page has.
        let count = &mut file[(root as usize - 1) * page + 4];
        if *count == 0 {
            continue;
        }
        *count = 0;
        fs::write(&path, &file).unwrap();
        let error = Ledger::open(&path).map(|_| ()).expect_err(&index).to_string();
        assert!(
            error.contains("is damaged") && error.contains("glasshouse ledger repair"),
            "{index}: {error}"
        );
        tried += 1;
    }
    assert!(tried > 5, "{tried}");
}

/// One bit turns a text of SQLite's into a blob of the same bytes.
#[test]
fn a_table_whose_kind_is_no_text_any_more_is_found_and_repaired() {
    for column in ["type", "tbl_name"] {
        let (folder, expected) = small_ledger();
        let path = folder.path().join("ledger.sqlite");
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "writable_schema", true).unwrap();
        let changed = connection.execute(
            &format!("UPDATE sqlite_schema SET {column} = CAST({column} AS BLOB) WHERE name = 'journal'"),
            [],
        );
        assert_eq!(changed, Ok(1));
        connection.close().unwrap();

        let damage = Ledger::verify_at(&path).unwrap().damage;
        assert!(damage.contains(&Damage::Schema("journal".to_owned())), "{column}: {damage:?}");
        Ledger::repair(&path, &decision(&anna())).unwrap();
        assert_eq!(Ledger::verify_at(&path).unwrap().damage, [], "{column}");
        let journal = &content(&path)["journal"];
        // And the line about the repair.
        assert_eq!(journal.len(), expected["journal"].len() + 1, "{column}");
        assert!(expected["journal"].iter().all(|line| journal.contains(line)), "{column}");
    }
}

#[test]
fn a_repair_after_a_flipped_bit_keeps_what_the_bit_did_not_touch() {
    let (folder, expected) = small_ledger();
    let file = fs::read(folder.path().join("ledger.sqlite")).unwrap();
    let who = anna();
    let places = bits(&file, 80);
    let [repaired_files, rows_kept, rows] = at_each(&places, |place| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        fs::write(&path, flipped(&file, place)).unwrap();
        let Ok(repaired) = Ledger::repair(&path, &decision(&who)) else {
            // Then the file is as it was.
            assert_eq!(fs::read(&path).unwrap(), flipped(&file, place), "{place:?}");
            return [0; 3];
        };
        let Some(kept) = repaired.kept else { return [0; 3] };
        assert_eq!(fs::read(kept).unwrap(), flipped(&file, place), "{place:?}");
        let ledger = Ledger::open(&path).unwrap();
        assert!(ledger.backlog().unwrap().iter().all(crate::Backlog::adds_up), "{place:?}");
        // Nothing of it stops those who read.
        ledger.requests(&crate::Wanted::default(), 1000).unwrap();
        ledger.due(&target("hq"), at(9), 1000, |_| false).unwrap();
        drop(ledger);
        let now = content(&path);
        let mut counted = [1, 0, 0];
        for (table, expected) in expected.iter().filter(|(table, _)| *table != "content") {
            counted[1] += expected.iter().filter(|row| now[table].contains(row)).count();
            counted[2] += expected.len();
        }
        counted
    });
    println!(
        "{} bits flipped: {repaired_files} files repaired, {rows_kept} of {rows} rows kept",
        places.len()
    );
    assert!(repaired_files > 15, "{repaired_files}");
    // A bit takes a row with it, or a page.
    assert!(rows_kept * 100 > rows * 95, "{rows_kept} of {rows} rows are kept");
}

#[test]
fn a_flipped_bit_in_the_log_is_found_or_looks_like_a_power_cut_in_the_last_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    Ledger::open(&path).unwrap().close().unwrap();
    if std::env::var_os("GLASSHOUSE_TORTURE").is_some() {
        pack(&path);
    }
    let ledger = Ledger::open(&path).unwrap();
    let mut before = fs::read(&path).unwrap();
    let changes = 6;
    for number in 0..changes {
        ledger.change(|change| change.begin_run(&run(&number.to_string(), number, 1))).unwrap();
    }
    // As a kill leaves it.
    let log = fs::read(folder.path().join("ledger.sqlite-wal")).unwrap();
    before.copy_from_slice(&fs::read(&path).unwrap());
    drop(ledger);
    let places = bits(&log, 100);
    let [found, like_a_power_cut] = at_each(&places, |place| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        fs::write(&path, &before).unwrap();
        fs::write(folder.path().join("ledger.sqlite-wal"), flipped(&log, place)).unwrap();
        match Ledger::open(&path) {
            Ok(ledger) => {
                let runs = ledger.runs(None, 99).unwrap().len() as i64;
                assert!(runs >= changes - 1, "{place:?}: {runs} runs");
                assert_eq!(ledger.verify().unwrap().damage, []);
                [0, 1]
            }
            Err(LedgerError::LogDamaged { .. }) => {
                let who = anna();
                let repaired = Ledger::repair(&path, &decision(&who)).unwrap();
                assert!(repaired.kept.is_some(), "{place:?}");
                Ledger::open(&path).unwrap();
                [1, 0]
            }
            Err(error) => panic!("{place:?}: {error}"),
        }
    });
    println!(
        "{} bits flipped, of {}: {found} found, {like_a_power_cut} harmless",
        places.len(),
        log.len() * 8
    );
    assert!(found > 10 && like_a_power_cut > 0, "{found} found, {like_a_power_cut} harmless");
}
