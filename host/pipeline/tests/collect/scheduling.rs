//! When runs begin: the host's clock is moved, and nobody waits for a week.

use std::{sync::Arc, time::Duration};

use glasshouse_ledger::{Actor, Decision, HoldKind, LedgerError, NewHold, RunState};
use glasshouse_pipeline::{Event, Progress, Scheduler};
use jiff::SignedDuration;
use pretend_site::{Fault, FaultKind};

use crate::{
    database::Answers,
    house::{DAY, House, Watcher, installed, name, site},
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test(flavor = "multi_thread")]
async fn a1_a_run_is_due_every_seven_days_from_the_installation_and_one_that_was_missed_once() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    let first = house.run_if_due(&place.site).await.unwrap();
    assert_eq!((first.slot, first.scheduled), (2, installed() + DAY * 14));
    assert!(house.run_if_due(&place.site).await.is_none());
    house.clock.advance(DAY * 3 + HOUR * 23);
    assert!(house.run_if_due(&place.site).await.is_none());
    house.clock.advance(HOUR);
    assert_eq!(house.run_if_due(&place.site).await.unwrap().scheduled, installed() + DAY * 21);
    house.clock.advance(DAY * 50);
    assert_eq!(house.run_if_due(&place.site).await.unwrap().slot, 10);
    assert!(
        house.run_if_due(&place.site).await.is_none(),
        "eight weeks were missed, and one run makes up for them"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_a_site_that_the_host_sees_for_the_first_time_is_due_seven_days_later() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    let config = crate::house::config("new", place.running.addr.port(), "")
        .lines()
        .filter(|line| !line.starts_with("installed"))
        .collect::<Vec<_>>()
        .join("\n");
    let site = crate::house::collect_site(&config, place.folder());
    assert!(house.run_if_due(&site).await.is_none());
    house.clock.advance(DAY * 7 - HOUR);
    assert!(house.run_if_due(&site).await.is_none());
    house.clock.advance(HOUR);
    assert_eq!(house.run_if_due(&site).await.unwrap().slot, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_neither_loses_nor_doubles_a_run() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    house.run_if_due(&place.site).await.unwrap();
    house.clock.advance(-HOUR);
    assert!(house.run_if_due(&place.site).await.is_none(), "back an hour");

    house.clock.advance(DAY * 365);
    let ahead = house.run_if_due(&place.site).await.unwrap();
    house.clock.advance(-DAY * 365);
    assert!(house.run_if_due(&place.site).await.is_none(), "forward a year and back");
    house.clock.advance(DAY * 7);
    let next = house.run_if_due(&place.site).await.unwrap();
    assert_eq!(next.slot, 3, "the week's own run is not lost");
    assert!(house.registry.ledger().run(&ahead.run).unwrap().unwrap().misdated);

    let house = house.restarted();
    house.clock.advance(DAY * 350);
    assert_eq!(house.run_if_due(&place.site).await.unwrap().slot, ahead.slot - 1);
    house.clock.advance(DAY * 7);
    let again = house.run_if_due(&place.site).await.unwrap();
    assert_eq!((again.slot, again.attempt), (ahead.slot, 2), "nor that of the week of the wrong clock");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_somebody_asks_for_counts_for_its_week() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    assert_eq!(house.run(&place.site).await.unwrap().slot, 2);
    assert!(house.run_if_due(&place.site).await.is_none());
    assert_eq!(house.run(&place.site).await.unwrap().attempt, 2, "and can be asked for again");
}

/// Holds a draft and decides about it, as a person does who looked at what it seals.
fn decide(house: &House, run: &str, approve: bool) {
    let ledger = house.registry.ledger();
    let hold = NewHold {
        kind: HoldKind::Draft,
        site: name("cas"),
        touches: Vec::new(),
        difference: Vec::new(),
        opened: house.clock.now(),
    };
    let held = ledger.change(|change| {
        let id = change.open_hold(&hold)?;
        change.hold_draft(run, id)?;
        Ok::<_, LedgerError>(id)
    });
    let (actor, at) = (Actor::new("uid 7"), house.clock.now());
    let decision = Decision { at, actor: &actor, reason: "a test" };
    match approve {
        true => ledger.approve_hold(held.unwrap(), &decision).unwrap(),
        false => ledger.deny_hold(held.unwrap(), &decision).unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_the_run_of_its_week_unless_it_is_denied() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    let draft = house.draft(&place.site).await;
    assert_eq!(draft.slot, 2);
    assert!(house.run_if_due(&place.site).await.is_none(), "nobody has decided yet");
    decide(&house, &draft.run, false);
    let own = house.run_if_due(&place.site).await.unwrap();
    assert_eq!((own.slot, own.attempt), (2, 2));
    assert_eq!(house.registry.ledger().draft(&own.run).unwrap(), None);

    house.clock.advance(DAY * 7);
    let draft = house.draft(&place.site).await;
    decide(&house, &draft.run, true);
    assert!(house.run_if_due(&place.site).await.is_none(), "it is the week's run");

    house.clock.advance(DAY * 7);
    house.run_if_due(&place.site).await.unwrap();
    let draft = house.draft(&place.site).await;
    decide(&house, &draft.run, false);
    assert!(house.run_if_due(&place.site).await.is_none(), "the week had its own run before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_is_cut_short_stays_one_and_takes_over_no_other_run() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    let stall = || place.running.fault(Fault::new(FaultKind::StallMidRow));
    let patience = Duration::from_millis(700);
    stall();
    assert!(tokio::time::timeout(patience, house.draft(&place.site)).await.is_err(), "it stalls");
    place.running.clear_faults();
    let resumed = house.run_if_due(&place.site).await.unwrap();
    assert_eq!(resumed.attempt, 1, "it goes on");
    assert!(house.registry.ledger().draft(&resumed.run).unwrap().is_some());

    house.clock.advance(DAY * 7);
    stall();
    assert!(tokio::time::timeout(patience, house.run(&place.site)).await.is_err(), "it stalls");
    place.running.clear_faults();
    let draft = house.draft(&place.site).await;
    assert_eq!(draft.attempt, 2, "some of the other run may leave without a word");
    assert!(house.registry.ledger().draft(&draft.run).unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_an_older_week_that_was_cut_short_is_given_up_for_the_new_one() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    place.running.fault(Fault::new(FaultKind::StallMidRow));
    let cut = tokio::time::timeout(Duration::from_millis(700), house.run(&place.site)).await;
    assert!(cut.is_err(), "it stalls");
    place.running.clear_faults();
    house.clock.advance(DAY * 7);
    let receipt = house.run_if_due(&place.site).await.unwrap();
    assert_eq!(receipt.slot, 3);
    let runs = house.registry.ledger().runs(Some(&name("cas")), 9).unwrap();
    assert_eq!(runs.iter().map(|run| run.state).collect::<Vec<_>>(), [RunState::Done, RunState::Abandoned]);
}

/// Waits until runs of so many sites have ended.
fn ends(watcher: &Watcher) -> usize {
    watcher.events.lock().unwrap().iter().filter(|event| matches!(event, Event::RunEnded { .. })).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_sites_run_side_by_side_and_one_that_fails_keeps_no_other_from_it() {
    let house = House::with_devices();
    let places = [site(Answers::usual().databases()).await, site(Answers::usual().databases()).await];
    let broken = site(Answers::usual().databases()).await;
    broken.running.fault(Fault::new(FaultKind::RefuseLogin));
    let sites =
        vec![places[0].called("cas", ""), broken.called("broken", ""), places[1].called("primary", "")];
    let watcher = Arc::new(Watcher::default());
    let progress: Arc<dyn Progress> = watcher.clone();
    let scheduler = Scheduler::new(Arc::clone(&house.registry), sites, house.settings(), progress);
    let scheduler = Arc::new(scheduler.looking_every(Duration::from_millis(5)));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = Arc::clone(&scheduler);
    let task = tokio::spawn(async move { running.run(async { drop(stopped.await) }).await });
    let until = |wanted: usize| {
        let watcher = Arc::clone(&watcher);
        async move {
            while ends(&watcher) < wanted {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), until(2)).await.expect("both run");
    house.clock.advance(DAY * 7);
    tokio::time::timeout(Duration::from_secs(60), until(4)).await.expect("both run again in their next week");
    let times = scheduler.times().unwrap();
    assert!(times[1].trouble.is_some() && times[1].last.is_none(), "{times:?}");
    assert!(times[0].trouble.is_none());
    assert_eq!(times[0].next, Some(installed() + DAY * 28));
    stop.send(()).unwrap();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_stopped_ends_at_once_and_goes_on_after_its_start() {
    let house = House::with_devices();
    let place = site(Answers::usual().databases()).await;
    place.running.fault(Fault::new(FaultKind::StallMidRow).on("v_GS_OPERATING_SYSTEM"));
    let watcher = Arc::new(Watcher::default());
    let progress: Arc<dyn Progress> = watcher.clone();
    let scheduler = Arc::new(Scheduler::new(
        Arc::clone(&house.registry),
        vec![place.called("cas", "")],
        house.settings(),
        progress,
    ));
    let begun = async {
        let at_systems = |event: &Event| matches!(event, Event::StatementBegan { statement, .. } if statement.as_str() == "systems");
        while !watcher.events.lock().unwrap().iter().any(at_systems) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), scheduler.run(begun))
        .await
        .expect("it ends when it is told to");
    drop(scheduler);
    assert_eq!(house.results(), []);

    place.running.clear_faults();
    let id = house.registry.ledger().runs(None, 1).unwrap().remove(0).id;
    let receipt = house.run_if_due(&place.site).await.unwrap();
    assert_eq!(receipt.run, id);
    assert_eq!(house.results().len(), 8);
}
