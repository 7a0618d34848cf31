//! The host is killed in the middle of its writes, again and again. An oracle outside of it keeps what it was told
//! is done: all of that is there afterwards, each thing once, and the ledger opens.
//!
//! `GLASSHOUSE_KILLS` says how often; 100 where it does not.

#![cfg(test)]
#![cfg(unix)]

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use glasshouse_contract::{Body, Digest, Level, Name, PluginId, Request};
use glasshouse_ledger::{
    Accepted, Carried, Ledger, LedgerError, PartOf, Rendered, RequestId, RequestOf, RequestState, RunRow,
    RunState, Wanted,
};
use jiff::Timestamp;

const FOLDER: &str = "GLASSHOUSE_KILL_FOLDER";
const KILL: i32 = 9;
const CALLS: u32 = 3;

fn name(text: &str) -> Name {
    Name::new(text).expect("it is a name")
}

fn plugin(text: &str) -> PluginId {
    PluginId::new(text).expect("it is an id")
}

/// What is told to the oracle, a line each.
fn tell(word: &str, what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "@{word} {what}").and_then(|()| out.flush()).expect("the oracle listens");
}

fn request(run: &str, chunk: u32, step: u32) -> (RequestId, Request) {
    let (route, query, table) = (name("hq"), plugin("contoso.devices"), name("devices"));
    let of = RequestOf {
        hierarchy: "h",
        site: "s",
        route: &route,
        query: &query,
        table: &table,
        run,
        chunk,
        step,
    };
    let id = RequestId::of(&of);
    let request = Request {
        endpoint: name("ingest"),
        method: "POST".to_owned(),
        url: "https://telemetry.contoso.example/v1".to_owned(),
        headers: vec![("idempotency-key".to_owned(), id.to_string())],
        body: Body(id.to_string().repeat(100).into_bytes()),
    };
    (id, request)
}

/// A host: goes on with the run that was cut short, and then with the next, and tells what is done.
fn work(path: &Path) -> Result<(), LedgerError> {
    let ledger = Ledger::open(path)?;
    tell("open", "");
    let (hq, query, site) = (plugin("contoso.hq"), plugin("contoso.devices"), name("cas"));
    let at = Timestamp::UNIX_EPOCH;
    loop {
        let last = ledger.runs(None, 1)?.pop();
        let run = match last {
            Some(run) if run.state == RunState::Running => {
                ledger.throw_away_pending(Some(&run.id))?;
                tell("run", &run.id);
                run
            }
            last => {
                let slot = last.map_or(0, |run| run.slot + 1);
                let run = RunRow {
                    id: format!("r{slot}"),
                    site: site.clone(),
                    slot,
                    attempt: 1,
                    level: Level::Basic,
                    hierarchy: "h".to_owned(),
                    site_hash: "s".to_owned(),
                    scheduled: at,
                    started: at,
                    ended: None,
                    state: RunState::Running,
                    misdated: false,
                    keys: Default::default(),
                };
                ledger.change(|change| change.begin_run(&run))?;
                tell("run", &run.id);
                run
            }
        };
        if ledger.parts(&run.id)?.is_empty() {
            let version = "1.0.0".parse().expect("it is a version");
            let part = ledger.begin_part(&PartOf {
                run: &run.id,
                plugin: &query,
                version: &version,
                digest: None,
                started: at,
            })?;
            for chunk in 0..CALLS {
                let requests = [request(&run.id, chunk, 0), request(&run.id, chunk, 1)];
                ledger.add_requests(
                    &part,
                    &[Rendered {
                        route: &name("hq"),
                        table: &name("devices"),
                        chunk,
                        target: &hq,
                        target_digest: Digest::of(b"target"),
                        hold: None,
                        requests: &requests,
                        sealed: at,
                    }],
                )?;
            }
            let carried = Carried {
                run: run.id.clone(),
                digest: Digest::of(b"file"),
                bytes: run.id.clone().into_bytes(),
                since: at,
            };
            ledger.change(|change| {
                change.finish_part(&part, &[], &[])?;
                change.carry_when_settled(&part, &carried)
            })?;
            tell("sealed", &run.id);
        }
        while let Some(due) = ledger.next_due(&hq, at)? {
            let sealed = ledger.request(&due.id)?.expect("its body is there");
            // Here it is sent: a receiver may see it twice, but each time the same bytes.
            tell("sending", &format!("{} {}", due.id, sealed.request.digest().hex()));
            let sent = sealed.request.digest();
            let accepted = Accepted { at, sent, receipt: Some(b"receipt"), next: None };
            ledger.change(|change| change.accept(&due.id, &accepted))?;
            tell("sent", &due.id.to_string());
        }
        ledger.change(|change| change.end_run(&run.id, RunState::Done, at))?;
        tell("done", &run.id);
    }
}

/// Not a test by itself: the other one runs it in a process of its own, which it kills.
#[test]
fn the_host_that_is_killed() {
    if let Some(folder) = env::var_os(FOLDER) {
        work(&PathBuf::from(folder).join("ledger.sqlite")).expect("nothing but a kill ends it");
    }
}

#[derive(Default)]
struct Oracle {
    runs: BTreeSet<String>,
    sealed: BTreeSet<String>,
    sending: BTreeSet<(String, String)>,
    sent: BTreeSet<String>,
    done: BTreeSet<String>,
}

impl Oracle {
    fn hear(&mut self, line: &str) {
        // The test runner prints on the same line.
        let Some((_, line)) = line.split_once('@') else {
            return;
        };
        let (word, what) = line.split_once(' ').expect("a line has two words");
        match word {
            "run" => drop(self.runs.insert(what.to_owned())),
            "sealed" => drop(self.sealed.insert(what.to_owned())),
            "sent" => drop(self.sent.insert(what.to_owned())),
            "done" => drop(self.done.insert(what.to_owned())),
            "sending" => {
                let (id, digest) = what.split_once(' ').expect("an id and a digest");
                self.sending.insert((id.to_owned(), digest.to_owned()));
            }
            _ => {}
        }
    }

    /// What was told is there, once.
    fn check(&self, path: &Path, round: u32) {
        let ledger = Ledger::open(path).unwrap_or_else(|error| panic!("round {round}: {error}"));
        let runs = ledger.runs(None, u32::MAX).expect("runs are read");
        let there: BTreeSet<_> = runs.iter().map(|run| run.id.clone()).collect();
        assert!(self.runs.is_subset(&there), "round {round}: a run is lost");
        assert!(runs.len() <= self.runs.len() + 1, "round {round}: a run that nobody began");
        for run in runs.iter().filter(|run| self.done.contains(&run.id)) {
            assert_eq!(run.state, RunState::Done, "round {round}: {}", run.id);
        }
        let requests = ledger.requests(&Wanted::default(), u32::MAX).expect("requests are read");
        let ids: BTreeSet<_> = requests.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), requests.len(), "round {round}: a request is there twice");
        for run in &self.sealed {
            let of_run = requests.iter().filter(|row| row.run == *run).count();
            assert_eq!(of_run, 2 * CALLS as usize, "round {round}: {run}");
        }
        // A part is there whole or not at all, told or not.
        assert_eq!(requests.len() % (2 * CALLS as usize), 0, "round {round}: half a part");
        let state = |id: &str| requests.iter().find(|row| row.id.to_string() == id).map(|row| row.state);
        for id in &self.sent {
            assert_eq!(state(id), Some(RequestState::Sent), "round {round}: {id}");
        }
        let digests: BTreeSet<_> = self.sending.iter().map(|(id, _)| id).collect();
        assert_eq!(digests.len(), self.sending.len(), "round {round}: other bytes were sent the second time");
        let verified = ledger.verify().expect("the ledger is checked");
        assert_eq!(verified.damage, [], "round {round}");
    }
}

#[test]
fn nothing_that_was_told_is_lost_however_often_the_host_is_killed() {
    let kills: u32 = env::var("GLASSHOUSE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(100);
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("ledger.sqlite");
    let mut oracle = Oracle::default();
    let (mut dice, mut sent) = (1_u64, 0);
    let begun = Instant::now();
    for round in 0..kills {
        let mut child = Command::new(env::current_exe().expect("this test has a file"))
            .args(["the_host_that_is_killed", "--exact", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a host starts");
        let out = child.stdout.take().expect("it is piped");
        let (heard, line) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            for text in BufReader::new(out).lines().map_while(Result::ok) {
                if heard.send(text).is_err() {
                    break;
                }
            }
        });
        // Somewhere between the first word and some words later: also while it starts.
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (words, micros) = ((dice >> 33) % 12, (dice >> 45) % 4_000);
        let mut lines = Vec::new();
        while (lines.len() as u64) < words + 3 {
            match line.recv_timeout(Duration::from_secs(60)) {
                Ok(text) => lines.push(text),
                Err(_) => break,
            }
        }
        std::thread::sleep(Duration::from_micros(micros));
        child.kill().expect("it is killed");
        let ended = child.wait().expect("it ended");
        reader.join().expect("all is heard");
        lines.extend(line.try_iter());
        lines.iter().for_each(|line| oracle.hear(line));
        assert_eq!(ended.signal(), Some(KILL), "round {round}: it ended by itself: {lines:?}");
        oracle.check(&path, round);
        // A long test works with ledgers as large as a short one: each round checks all of it.
        if round % 50 == 49 {
            sent += oracle.sent.len();
            std::fs::remove_dir_all(folder.path()).expect("the ledger goes");
            std::fs::create_dir(folder.path()).expect("there is room");
            oracle = Oracle::default();
        }
    }
    sent += oracle.sent.len();
    println!("{kills} kills in {:.0?}, {sent} requests sent", begun.elapsed());
    assert!(kills < 10 || sent > 0, "no host came far enough");
}
