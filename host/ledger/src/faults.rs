//! One run's writes that break off at every step, and commits that find no room.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use glasshouse_contract::PluginId;
use rusqlite::Connection;

use crate::{
    Accepted, Attempt, HoldKind, HoldState, Ledger, LedgerError, NewHold, Retention, RunState,
    desk::{self, anna, at, decision, name, target},
    runs::tests::run,
};

mod bits;

const QUERIES: [&str; 2] = ["contoso.devices", "contoso.users"];

/// A run from its begin to its end, as a host that was killed goes on with it: what is there is not done again.
fn whole_run(ledger: &Ledger) -> Result<(), LedgerError> {
    let (hq, lake, who) = (target("hq"), target("lake"), anna());
    if ledger.run("r")?.is_none() {
        ledger.change(|change| change.begin_run(&run("r", 1, 1)))?;
    }
    ledger.throw_away_pending(Some("r"))?;
    let hold = match ledger.holds(None, 1)?.pop() {
        Some(hold) => hold.id,
        None => ledger.change(|change| {
            change.open_hold(&NewHold {
                kind: HoldKind::Draft,
                site: name("cas"),
                touches: Vec::new(),
                difference: Vec::new(),
                opened: at(0),
            })
        })?,
    };
    for query in QUERIES {
        let plugin = PluginId::new(query).unwrap();
        if ledger.parts("r")?.iter().any(|part| part.plugin == plugin) {
            continue;
        }
        let version = semver::Version::new(1, 0, 0);
        let of = crate::PartOf { run: "r", plugin: &plugin, version: &version, digest: None, started: at(0) };
        let mut part = ledger.begin_part(&of)?;
        ledger.add_rows(&mut part, None, &name("devices"), &desk::batch(0..3))?;
        for (to, hold) in [(&hq, None), (&lake, Some(hold))] {
            for chunk in 0..2 {
                let requests: Vec<_> =
                    (0..2).map(|step| desk::request("r", query, to, chunk, step)).collect();
                let rendered = crate::Rendered {
                    route: &name(&to.as_str().replace('.', "-")),
                    table: &name("devices"),
                    chunk,
                    target: to,
                    target_digest: glasshouse_contract::Digest::of(b"target"),
                    hold,
                    requests: &requests,
                    sealed: at(1),
                };
                ledger.add_requests(&part, &[rendered])?;
            }
        }
        ledger.change(|change| {
            change.finish_part(&part, &[], &[desk::table("devices")])?;
            change.carry_when_settled(&part, &desk::carried("r"))
        })?;
    }
    let row = ledger.hold(hold)?.ok_or_else(|| LedgerError::damaged("a hold", "nothing"))?;
    if row.state == HoldState::Open {
        ledger.deny_hold(hold, &decision(&who))?;
    }
    while let Some(due) = ledger.next_due(&hq, at(5))? {
        let sent = ledger.request(&due.id)?.ok_or_else(|| LedgerError::damaged("a body", "nothing"))?;
        if due.attempts == 0 && due.step == 0 {
            let failed = Attempt { at: at(4), next_at: at(5), failure: name("connect") };
            ledger.change(|change| change.record_attempt(&due.id, &failed))?;
            continue;
        }
        ledger.change(|change| {
            let accepted =
                Accepted { at: at(5), sent: sent.request.digest(), receipt: Some(b"yes"), next: None };
            change.accept(&due.id, &accepted)
        })?;
    }
    ledger.purge(&Retention { results_before: at(100), bodies_before: at(100) }, &decision(&who))?;
    ledger.change(|change| change.end_run("r", RunState::Done, at(6)))
}

/// All that the ledger holds, but what differs from one time to the next: random bytes, and row numbers that
/// were used up.
fn content(path: &Path) -> BTreeMap<String, Vec<String>> {
    let connection = Connection::open(path).unwrap();
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        .unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    names
        .into_iter()
        .map(|table| {
            let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let columns = statement.column_count();
            let rows = statement
                .query_map([], |row| {
                    Ok((0..columns).map(|column| format!("{:?} ", row.get_ref(column).unwrap())).collect())
                })
                .unwrap();
            let mut rows: Vec<String> = rows.map(Result::unwrap).collect();
            rows.sort();
            (table, rows)
        })
        .collect()
}

/// What a run is to come to: what became of each request, what is carried, what is left of rows and bodies, and
/// how much was told to the audit log.
fn outcome(ledger: &Ledger) -> String {
    let requests: Vec<_> = ledger
        .requests(&crate::Wanted::default(), 1000)
        .unwrap()
        .into_iter()
        .map(|row| (row.id, row.state, row.has_body))
        .collect();
    let carried = QUERIES.map(|query| {
        ledger.carried(&PluginId::new(query).unwrap(), &name("cas")).unwrap().map(|carried| carried.run)
    });
    let left = |table: &str| -> i64 {
        ledger.connection().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    let kinds: Vec<_> = ledger.leaves(0, 1000).unwrap().iter().map(|leaf| leaf.kind()).collect();
    format!(
        "{requests:?} {carried:?} {:?} {kinds:?} {:?}",
        ["result", "body", "carried_pending", "part", "delivery"].map(left),
        ledger.run("r").unwrap().map(|run| run.state),
    )
}

/// How many rounds a long test makes here: `GLASSHOUSE_TORTURE` multiplies what CI does.
fn rounds(usual: u64) -> u64 {
    let times = std::env::var("GLASSHOUSE_TORTURE").ok().and_then(|times| times.parse().ok());
    usual.saturating_mul(times.unwrap_or(1))
}

#[test]
fn a_run_that_breaks_off_at_any_step_is_whole_after_it_and_comes_to_the_same_end() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
    let all = Arc::new(AtomicU64::new(0));
    break_off_at(&ledger, &all, 0);
    whole_run(&ledger).unwrap();
    let (expected, all) = (outcome(&ledger), all.load(Ordering::Relaxed));
    let stride = (all / rounds(60)).max(1);
    println!("broken off at each {stride}th of {all} steps");
    for step in (1..=all).step_by(usize::try_from(stride).unwrap()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let ledger = Ledger::open(&path).unwrap();
        break_off_at(&ledger, &Arc::default(), step);
        let broken = whole_run(&ledger);
        ledger.connection().progress_handler(0, None::<fn() -> bool>).unwrap();
        if broken.is_ok() {
            // One run takes a few instructions less than another.
            assert!(step * 10 > all * 9, "step {step} of {all} does not break it off");
            break;
        }
        assert_eq!(ledger.verify().unwrap().damage, [], "step {step}");
        // Half of the hosts go on, half are started again.
        let ledger = if step % 2 == 0 {
            ledger
        } else {
            drop(ledger);
            Ledger::open(&path).unwrap()
        };
        whole_run(&ledger).unwrap();
        assert_eq!(outcome(&ledger), expected, "step {step}");
        assert_eq!(ledger.verify().unwrap().damage, [], "step {step}");
    }
}

/// Lets SQLite give up at its instruction of that number, and counts them.
fn break_off_at(ledger: &Ledger, counted: &Arc<AtomicU64>, step: u64) {
    let counted = counted.clone();
    let handler = move || counted.fetch_add(1, Ordering::Relaxed) + 1 == step;
    ledger.connection().progress_handler(1, Some(handler)).unwrap();
}

#[test]
fn a_change_that_cannot_be_committed_did_not_happen() {
    let expected = {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        whole_run(&ledger).unwrap();
        outcome(&ledger)
    };
    for commit in 1.. {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let counted = AtomicU64::new(0);
        let hook = move || counted.fetch_add(1, Ordering::Relaxed) + 1 == commit;
        ledger.connection().commit_hook(Some(hook)).unwrap();
        let broken = whole_run(&ledger);
        ledger.connection().commit_hook(None::<fn() -> bool>).unwrap();
        whole_run(&ledger).unwrap();
        assert_eq!(outcome(&ledger), expected, "commit {commit}");
        assert_eq!(ledger.verify().unwrap().damage, [], "commit {commit}");
        if broken.is_ok() {
            assert!(commit > 20, "only {commit} commits");
            break;
        }
    }
}

#[test]
fn a_disk_that_is_full_at_any_page_loses_nothing_and_the_run_goes_on_when_there_is_room() {
    let expected = {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        whole_run(&ledger).unwrap();
        outcome(&ledger)
    };
    let mut full = 0;
    for more in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let pages: i64 = ledger.connection().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        ledger
            .connection()
            .query_row(&format!("PRAGMA max_page_count = {}", pages + more), [], |_| Ok(()))
            .unwrap();
        let broken = whole_run(&ledger);
        let last = broken.is_ok();
        if let Err(error) = broken {
            assert!(error.is_disk_full(), "{error}");
            full += 1;
        }
        ledger.connection().query_row("PRAGMA max_page_count = 100000", [], |_| Ok(())).unwrap();
        whole_run(&ledger).unwrap();
        assert_eq!(outcome(&ledger), expected);
        assert_eq!(ledger.verify().unwrap().damage, []);
        if last {
            break;
        }
    }
    assert!(full > 0);
}
