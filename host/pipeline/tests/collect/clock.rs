//! A clock that is set while requests wait: an hour back, 400 days ahead, and back again. Nothing waits longer than its
//! pause for it, and nothing that was not sent is lost.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use glasshouse_contract::PluginId;
use glasshouse_ledger::{Decision, KeptFor, RequestState, Wanted};
use glasshouse_pipeline::{Backoff, CollectError, DeliveryEvent};
use jiff::SignedDuration;

use crate::{
    database::Answers,
    house::{DEVICES, House, admin, query, shipped, signed_for, site, unsigned, unsigned_query},
    receiver::{Other, Seen, TARGET},
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const AHEAD: SignedDuration = SignedDuration::from_hours(400 * 24);

/// More than the host's own pauses, and far less than the pauses that a clock could make of them.
const SOON: Duration = Duration::from_secs(90);

/// A query like that of devices, by another name.
fn like_devices(id: &str) -> String {
    DEVICES.replace("contoso.devices", id)
}

/// Asks until the answer is yes; how long that took.
async fn soon(what: &str, yes: impl Fn() -> bool) -> Duration {
    let begun = Instant::now();
    while !yes() {
        assert!(begun.elapsed() < SOON, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}

/// What a host's watching threads do when a second has passed.
fn a_second_passes(house: &House) {
    house.registry.tick().unwrap();
    house.registry.scan_inbox().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_under_another_clock_is_tried_again_at_once_when_the_clock_is_put_back() {
    for (ahead, back) in [(AHEAD, AHEAD), (SignedDuration::ZERO, HOUR)] {
        let other = Other::new();
        let mut house = House::new();
        // As many requests as open a circuit when they fail.
        for id in ["contoso.one", "contoso.two", "contoso.three"] {
            house.admit(&query(&like_devices(id)));
        }
        house.admit(&shipped("targets/glasshouse"));
        house.sends_to(&other);
        let place = site(Answers::usual().databases()).await;
        house.run(&place.site).await.unwrap();
        house.approve_all();
        let waiting = house.requests(RequestState::Waiting);
        // Two of each query, and two of what the host says of the run.
        assert_eq!(waiting, 8);

        house.clock.advance(ahead);
        let seen = Arc::new(Seen::default());
        let deliverer = house.deliverer(&other, Backoff::default(), seen.clone());
        let sending = tokio::spawn(async move { deliverer.run(std::future::pending()).await });
        soon("the endpoint is left alone", || {
            seen.any(|event| matches!(event, DeliveryEvent::Silent { .. }))
        })
        .await;
        let target = PluginId::new(TARGET).unwrap();
        let ledger = house.registry.ledger();
        assert!(ledger.next_wake(&target, house.clock.now()).unwrap().is_some());

        house.clock.advance(-back);
        assert_eq!(ledger.next_wake(&target, house.clock.now()).unwrap(), None, "all are due");
        let listening = other.listens().await;
        let took = soon("all are sent", || house.requests(RequestState::Sent) == waiting).await;
        println!("back by {back:#}: all are sent after {took:?}");
        sending.abort();
        let _ = sending.await;
        listening.stop().await;
        assert_eq!(other.has().len() as u64, waiting);
        assert_eq!(house.registry.ledger().verify().unwrap().damage, []);
    }
}

/// A house with something sent and something that waits, both of queries that expire after a year.
async fn house_with_both(other: &Other, target: &[u8]) -> (House, u64, u64) {
    let mut house = House::new();
    house.sends_to(other);
    house.admit(target);
    let place = site(Answers::usual().databases()).await;
    let mut last = 0;
    for (id, send) in [("contoso.sent", true), ("contoso.waits", false)] {
        let manifest = like_devices(id);
        house.admit(&signed_for(365, unsigned_query(&manifest)));
        house.run(&place.site).await.unwrap();
        house.approve_all();
        if send {
            let listening = other.listens().await;
            let done =
                house.deliverer(other, Backoff::default(), Arc::new(Seen::default())).deliver_now().await;
            last = done.unwrap()[0].sent;
            listening.stop().await;
        }
    }
    a_second_passes(&house);
    let waiting = house.requests(RequestState::Waiting);
    assert!(last > 0 && waiting > 0, "{last} sent, {waiting} wait");
    (house, last, waiting)
}

/// Erases what is old by the clock as it is, as a host does daily.
fn purge(house: &House) -> u64 {
    let now = house.clock.now();
    let decision = Decision { at: now, actor: &admin(), reason: "they are as old as they may get" };
    house.registry.ledger().purge(&KeptFor::default().over_at(now), &decision).unwrap().bodies
}

/// Whether the bytes of all that waits are there.
fn all_that_waits_is_whole(house: &House) -> bool {
    let wanted = Wanted { state: Some(RequestState::Waiting), ..Wanted::default() };
    let ledger = house.registry.ledger();
    let rows = ledger.requests(&wanted, 1_000).unwrap();
    !rows.is_empty() && rows.iter().all(|row| ledger.request(&row.id).unwrap().is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn four_hundred_days_ahead_what_is_sealed_goes_out_though_its_query_has_expired() {
    let other = Other::new();
    let (house, sent, waiting) = house_with_both(&other, &shipped("targets/glasshouse")).await;
    house.clock.advance(AHEAD);
    a_second_passes(&house);
    assert!(house.registry.serving().iter().all(|plugin| plugin.manifest().id.as_str() == TARGET));
    assert_eq!(purge(&house), sent, "and nothing that was not sent");
    assert!(all_that_waits_is_whole(&house));
    let listening = other.listens().await;
    let done = house.deliverer(&other, Backoff::default(), Arc::new(Seen::default())).deliver_now().await;
    assert_eq!(done.unwrap()[0].sent, waiting);
    listening.stop().await;
    assert_eq!(other.has().len() as u64, sent + waiting);
    assert_eq!(house.registry.ledger().verify().unwrap().damage, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn four_hundred_days_ahead_a_target_that_has_expired_says_so_and_sends_when_the_clock_is_put_back() {
    let other = Other::new();
    let expiring = signed_for(365, unsigned("targets/glasshouse"));
    let (house, sent, waiting) = house_with_both(&other, &expiring).await;
    let place = site(Answers::usual().databases()).await;
    let listening = other.listens().await;
    let deliverer = house.deliverer(&other, Backoff::default(), Arc::new(Seen::default()));
    house.clock.advance(AHEAD);
    a_second_passes(&house);
    let done = deliverer.deliver_now().await.unwrap().remove(0);
    let why = done.failure.as_ref().map(glasshouse_contract::Name::as_str);
    assert_eq!((done.sent, done.failed, why), (0, 0, Some("target-not-running")));
    // Nothing is collected that could not be sealed for it, and nothing is erased that was not sent.
    assert!(matches!(house.run(&place.site).await, Err(CollectError::NoTarget(_))));
    assert_eq!(purge(&house), sent);
    assert!(all_that_waits_is_whole(&house));
    assert_eq!(house.requests(RequestState::Waiting), waiting);

    house.clock.advance(-AHEAD);
    a_second_passes(&house);
    assert_eq!(deliverer.deliver_now().await.unwrap()[0].sent, waiting);
    house.run(&place.site).await.unwrap();
    listening.stop().await;
    assert_eq!(other.has().len() as u64, sent + waiting);
    assert_eq!(house.registry.ledger().verify().unwrap().damage, []);
}
