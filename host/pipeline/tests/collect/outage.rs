//! Weeks without a receiver at fifty sites. When it is back, what was sealed meanwhile arrives, each request once and
//! the oldest first, and the backlog shrinks though more is sealed.
//!
//! Short by itself. `GLASSHOUSE_OUTAGE=1` is a month of fifty sites with bodies of half of what an outbox may hold by
//! default, and a larger number that many months.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use glasshouse_contract::{Body, Digest, Level, Name, PluginId, Request};
use glasshouse_ledger::{PartOf, Rendered, RequestId, RequestOf, RequestState, RunRow, RunState};
use glasshouse_pipeline::{Backoff, DeliveryEvent, WatchDelivery};
use jiff::SignedDuration;

use crate::{
    house::{House, name, shipped, start},
    receiver::{Other, TARGET},
};

/// Bytes of the bodies that one site sealed in a week at Enhanced: the demo's site, request by request.
const WEEK: [u16; 108] = [
    93, 175, 247, 93, 168, 234, 275, 2595, 52, 55, 680, 50, 422, 321, 165, 170, 942, 15, 54, 57, 32, 16, 334,
    377, 18, 2329, 644, 740, 36, 540, 43, 100, 156, 19, 177, 419, 70, 120, 60, 76, 96, 211, 43, 288, 56, 175,
    38, 186, 36, 131, 92, 62, 37, 79, 39, 1111, 1214, 128, 235, 40, 861, 66, 281, 415, 31, 283, 53, 1069,
    1188, 45, 999, 53, 74, 1847, 169, 66, 260, 36, 2322, 407, 2007, 121, 392, 123, 700, 512, 61, 81, 39, 735,
    1201, 16, 57, 60, 1445, 832, 713, 192, 2054, 994, 476, 737, 33, 2464, 118, 1690, 210, 5225,
];

const SITES: u64 = 50;

/// How long fifty sites take to seal what one of them seals in a week.
const USUAL: Duration = Duration::from_secs(7 * 24 * 3600 / SITES);

/// While the backlog is worked off one site's week is sealed so often: some thousand times as often as usual.
const MORE_EVERY: Duration = Duration::from_secs(2);

/// As many as the deliverer has on their way at a time; one may be noted before those that left with it.
const TOGETHER: usize = 8;

/// Requests that are written at a time.
const PIECE: usize = 16;

/// How long an outage, and how large what was sealed in it.
struct Outage {
    weeks_of_a_site: u64,
    /// How many times the demo's site the sites are: with 200, a month of fifty is 2 GiB.
    larger: usize,
    patience: Duration,
}

impl Outage {
    fn chosen() -> Self {
        let months = std::env::var("GLASSHOUSE_OUTAGE").ok().map(|text| text.parse::<u64>());
        match months {
            None => Self { weeks_of_a_site: 16, larger: 1, patience: Duration::from_secs(120) },
            Some(months) => Self {
                weeks_of_a_site: months.expect("GLASSHOUSE_OUTAGE is a number of months") * 4 * SITES,
                larger: 200,
                patience: Duration::from_secs(3600),
            },
        }
    }
}

/// What was sealed, and what of it is not sent yet.
#[derive(Default)]
struct Tally {
    /// The place of each request in the order of sealing.
    places: BTreeMap<RequestId, u64>,
    digests: BTreeMap<Digest, Digest>,
    waiting: BTreeSet<u64>,
    sent: u64,
    /// Requests that were sent while older ones had not even left.
    out_of_order: u64,
    /// Whatever else happened.
    others: Vec<DeliveryEvent>,
}

#[derive(Default)]
struct Watcher(Mutex<Tally>);

impl WatchDelivery for Watcher {
    fn happened(&self, event: &DeliveryEvent) {
        let mut tally = self.0.lock().unwrap();
        let DeliveryEvent::Sent { request, receipt: true, .. } = event else {
            tally.others.push(event.clone());
            return;
        };
        let place = tally.places[request];
        assert!(tally.waiting.remove(&place), "{request} was sent twice");
        tally.sent += 1;
        let older = tally.waiting.range(..place).take(TOGETHER).count();
        tally.out_of_order += u64::from(older >= TOGETHER);
    }
}

impl Tally {
    /// They are seen when their part is over, and not before.
    fn expect<'a>(&mut self, requests: impl Iterator<Item = &'a (RequestId, Request)>) {
        for (id, request) in requests {
            let place = self.places.len() as u64;
            self.places.insert(*id, place);
            self.digests.insert(id.digest(), request.digest());
            self.waiting.insert(place);
        }
    }
}

impl Watcher {
    fn waiting(&self) -> usize {
        self.0.lock().unwrap().waiting.len()
    }
}

/// Seals what a site seals in a week.
fn seal_a_week(house: &House, url: &str, larger: usize, number: u64, watcher: &Watcher) {
    let ledger = house.registry.ledger();
    let (run, site) = (format!("run-{number}"), format!("site-{}", number % SITES));
    let (target, query) = (PluginId::new(TARGET).unwrap(), PluginId::new("contoso.all").unwrap());
    let at = start() + SignedDuration::from_secs(i64::try_from(number * USUAL.as_secs()).unwrap());
    let row = RunRow {
        id: run.clone(),
        site: name(&site),
        slot: i64::try_from(number / SITES).unwrap() + 1,
        attempt: 1,
        level: Level::Enhanced,
        hierarchy: "h".to_owned(),
        site_hash: site.clone(),
        scheduled: at,
        started: at,
        ended: None,
        state: RunState::Running,
        misdated: false,
        keys: BTreeMap::new(),
    };
    ledger.change(|change| change.begin_run(&row)).unwrap();
    let version = "1.0.0".parse().unwrap();
    let of = PartOf { run: &run, plugin: &query, version: &version, digest: None, started: at };
    let part = ledger.begin_part(&of).unwrap();
    let route = name("headquarters");
    let tables: Vec<Name> = (0..WEEK.len()).map(|place| name(&format!("table-{place}"))).collect();
    let request = |table: &Name, bytes: usize| {
        let id = RequestId::of(&RequestOf {
            hierarchy: "h",
            site: &site,
            route: &route,
            query: &query,
            table,
            run: &run,
            chunk: 0,
            step: 0,
        });
        let line = format!("{{\"Devices\":{number},\"Version\":\"{table}\"}}\n");
        let request = Request {
            endpoint: name("ingest"),
            method: "POST".to_owned(),
            url: format!("{url}{table}"),
            headers: vec![
                ("content-type".to_owned(), "application/x-ndjson".to_owned()),
                ("idempotency-key".to_owned(), id.to_string()),
            ],
            body: Body(line.bytes().cycle().take(bytes * larger).collect()),
        };
        [(id, request)]
    };
    // Pieces, as a run seals them: not all bodies are in memory at a time.
    for (tables, sizes) in tables.chunks(PIECE).zip(WEEK.chunks(PIECE)) {
        let calls: Vec<_> =
            tables.iter().zip(sizes).map(|(table, bytes)| request(table, usize::from(*bytes))).collect();
        let rendered: Vec<Rendered<'_>> = tables
            .iter()
            .zip(&calls)
            .map(|(table, requests)| Rendered {
                route: &route,
                table,
                chunk: 0,
                target: &target,
                target_digest: Digest::of(b"target"),
                hold: None,
                requests,
                sealed: at,
            })
            .collect();
        ledger.add_requests(&part, &rendered).unwrap();
        watcher.0.lock().unwrap().expect(calls.iter().flatten());
    }
    ledger
        .change(|change| {
            change.finish_part(&part, &[], &[])?;
            change.end_run(&run, RunState::Done, at)
        })
        .unwrap();
}

/// The most memory that this process ever had, in MiB; nothing where the system does not say.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sealed_in_an_outage_is_caught_up_with_while_more_is_sealed() {
    let outage = Outage::chosen();
    let other = Other::new();
    let mut house = House::new();
    house.admit(&shipped("targets/glasshouse"));
    house.sends_to(&other);
    let (house, watcher) = (Arc::new(house), Arc::new(Watcher::default()));
    let begun = Instant::now();
    for number in 0..outage.weeks_of_a_site {
        seal_a_week(&house, &other.url(), outage.larger, number, &watcher);
    }
    let backlog = watcher.waiting();
    let bytes = house.registry.ledger().backlog().unwrap()[0].of(RequestState::Waiting).bytes;
    println!("backlog: {backlog} requests, {} MiB, sealed in {:.1?}", bytes >> 20, begun.elapsed());

    let listening = other.listens().await;
    let deliverer = house.deliverer(&other, Backoff::default(), watcher.clone());
    let begun = Instant::now();
    let sending = tokio::spawn(async move { deliverer.run(std::future::pending()).await });
    // More is sealed until nothing is left: what each further week found waiting.
    let (mut found, mut number) = (Vec::new(), outage.weeks_of_a_site);
    let took = loop {
        let (house, watcher_too, url, larger) =
            (Arc::clone(&house), Arc::clone(&watcher), other.url(), outage.larger);
        tokio::task::spawn_blocking(move || seal_a_week(&house, &url, larger, number, &watcher_too))
            .await
            .unwrap();
        number += 1;
        found.push(watcher.waiting());
        let until = Instant::now() + MORE_EVERY;
        while watcher.waiting() > 0 && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if watcher.waiting() == 0 {
            break begun.elapsed();
        }
        assert!(begun.elapsed() < outage.patience, "still {} wait: {found:?}", watcher.waiting());
    };
    sending.abort();
    let _ = sending.await;
    listening.stop().await;

    let more = (number - outage.weeks_of_a_site) * WEEK.len() as u64;
    let rate = (backlog as u64 + more) as f64 / took.as_secs_f64();
    println!(
        "caught up in {took:.1?}, {rate:.0} requests a second, while {more} more were sealed, {} times as many as usual; \
         waiting at each week: {found:?}",
        USUAL.as_secs() / MORE_EVERY.as_secs(),
    );
    let memory = most_memory();
    println!("most memory of host and receiver together: {memory:?} MiB");
    let tally = watcher.0.lock().unwrap();
    assert_eq!(tally.others, [], "each was sent at the first attempt");
    assert_eq!(tally.sent, backlog as u64 + more);
    assert_eq!(tally.out_of_order, 0, "the oldest go first");
    let has = other.has();
    assert_eq!(has.len(), tally.digests.len(), "each once");
    assert_eq!(has.into_iter().collect::<BTreeMap<_, _>>(), tally.digests);
    assert_eq!(house.requests(RequestState::Sent), tally.sent);
    assert!(found.len() == 1 || found.last() < found.first(), "it grew faster than it shrank: {found:?}");
    // What waits is on the disk and not in memory.
    if let Some(memory) = memory.filter(|_| outage.larger > 1) {
        assert!(memory < (bytes >> 20) / 2, "{memory} MiB");
    }
}
