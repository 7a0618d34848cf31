//! When a site's next run is due.
//!
//! A site's time is cut into weeks of 7 x 24 hours from its anchor, the moment when it was installed. Week 0
//! has no run; each later one has one, at its first moment or, where the host was away, when it is back. A run
//! belongs to the week that it was scheduled for, so weeks that were missed are made up for by one run, and
//! a clock that is put back finds the run of its week already there. All of it is UTC: no hour is
//! skipped or repeated in summer.

use jiff::{SignedDuration, Timestamp};

/// From one run to the next.
pub const PERIOD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How far a clock is put back where somebody mends it: an hour of summer time, a time zone taken for
/// another, at most a day. A run that lies further ahead than this was begun under a wrong clock.
const LEEWAY: SignedDuration = SignedDuration::from_hours(24);

/// A run that counts: one that was not abandoned, and not begun under a clock that was found to be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRun {
    /// The run.
    pub id: String,
    /// When it was due.
    pub scheduled: Timestamp,
}

/// A site's weeks, and which of them had their run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// From when on its weeks are counted.
    pub anchor: Timestamp,
    /// The runs that count.
    pub past: Vec<PastRun>,
}

/// What is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which of the site's weeks it is for.
    pub slot: i64,
    /// That week's first moment.
    pub scheduled: Timestamp,
    /// Runs of weeks that have not begun yet. The clock was ahead when they began; now that a run for an
    /// earlier week begins, they count no more.
    pub misdated: Vec<String>,
}

impl Schedule {
    /// The week that a moment is in. Before the anchor it is negative.
    #[must_use]
    pub fn slot(&self, at: Timestamp) -> i64 {
        let since = at.duration_since(self.anchor).as_nanos();
        i64::try_from(since.div_euclid(PERIOD.as_nanos())).unwrap_or(i64::MAX)
    }

    /// The first moment of a week.
    #[must_use]
    pub fn begin_of(&self, slot: i64) -> Timestamp {
        let at = i128::from(slot) * PERIOD.as_nanos() + self.anchor.as_nanosecond();
        // Weeks before year -9999 or after year 9999 are none that a clock can show.
        Timestamp::from_nanosecond(at).unwrap_or(if slot < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }

    /// What is due at a moment, where anything is.
    ///
    /// A run of the next week counts where that week is about to begin: the clock was put back a little
    /// just after the run began.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Option<Due> {
        let slot = self.slot(now);
        let soon = self.slot(now.saturating_add(LEEWAY).unwrap_or(now));
        let (counting, misdated): (Vec<_>, Vec<_>) =
            self.past.iter().partition(|run| self.slot(run.scheduled) <= soon);
        let last = counting.iter().map(|run| self.slot(run.scheduled)).max().unwrap_or(0).max(0);
        (slot > last).then(|| Due {
            slot,
            scheduled: self.begin_of(slot),
            misdated: misdated.into_iter().map(|run| run.id.clone()).collect(),
        })
    }

    /// When the next run will be due, as far as is known at a moment; in the past where it is due already.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Timestamp {
        if let Some(due) = self.due(now) {
            return due.scheduled;
        }
        let has_run = |week: i64| self.past.iter().any(|run| self.slot(run.scheduled) == week);
        let mut week = self.slot(now).max(0).saturating_add(1);
        while has_run(week) {
            week = week.saturating_add(1);
        }
        self.begin_of(week)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A Wednesday.
    fn installed() -> Timestamp {
        at("2026-01-07T14:00:00Z")
    }

    fn schedule(past: &[PastRun]) -> Schedule {
        Schedule { anchor: installed(), past: past.to_vec() }
    }

    /// A host that looks at its clock now and then and does what is due.
    struct Host {
        past: Vec<PastRun>,
        begun: Vec<(i64, Timestamp)>,
    }

    impl Host {
        fn new() -> Self {
            Self { past: Vec::new(), begun: Vec::new() }
        }

        fn looks(&mut self, now: Timestamp) -> bool {
            let Some(due) = schedule(&self.past).due(now) else { return false };
            self.past.retain(|run| !due.misdated.contains(&run.id));
            self.past.push(PastRun { id: format!("{}", self.begun.len()), scheduled: due.scheduled });
            self.begun.push((due.slot, now));
            true
        }

        fn slots(&self) -> Vec<i64> {
            self.begun.iter().map(|(slot, _)| *slot).collect()
        }
    }

    #[test]
    fn a_site_installed_on_wednesday_afternoon_is_due_each_wednesday_afternoon() {
        let mut host = Host::new();
        let mut now = installed();
        while now < at("2026-02-05T00:00:00Z") {
            host.looks(now);
            now += HOUR / 2;
        }
        let times: Vec<Timestamp> = host.begun.iter().map(|(_, at)| *at).collect();
        assert_eq!(
            times,
            ["2026-01-14T14:00:00Z", "2026-01-21T14:00:00Z", "2026-01-28T14:00:00Z", "2026-02-04T14:00:00Z"]
                .map(at)
        );
    }

    #[test]
    fn nothing_is_due_in_the_first_seven_days() {
        assert_eq!(schedule(&[]).due(at("2026-01-14T13:59:59.999999Z")), None);
        assert_eq!(schedule(&[]).due(installed() - HOUR * 10_000), None);
        assert_eq!(schedule(&[]).due(at("2026-01-14T14:00:00Z")).unwrap().slot, 1);
        assert_eq!(schedule(&[]).next(installed()), at("2026-01-14T14:00:00Z"));
        assert_eq!(schedule(&[]).next(installed() - HOUR * 10_000), at("2026-01-14T14:00:00Z"));
    }

    #[test]
    fn weeks_that_were_missed_are_made_up_for_once() {
        let mut host = Host::new();
        host.looks(at("2026-01-14T14:00:00Z"));
        assert!(host.looks(at("2026-04-01T03:00:00Z")));
        assert!(!host.looks(at("2026-04-01T13:59:59Z")));
        assert!(host.looks(at("2026-04-01T14:00:00Z")), "the next one keeps its hour");
        assert_eq!(host.slots(), [1, 11, 12]);
    }

    #[test]
    fn a_clock_that_is_put_back_an_hour_doubles_nothing_and_loses_nothing() {
        let mut host = Host::new();
        for now in [
            "2026-01-14T14:10:00Z",
            "2026-01-14T13:10:00Z",
            "2026-01-14T13:59:00Z",
            "2026-01-14T14:00:00Z",
            "2026-01-21T13:59:00Z",
            "2026-01-21T14:00:00Z",
        ] {
            host.looks(at(now));
        }
        assert_eq!(host.slots(), [1, 2]);
    }

    #[test]
    fn a_clock_that_was_a_year_ahead_loses_no_run_of_that_year_and_none_after_it() {
        let mut host = Host::new();
        host.looks(at("2026-01-14T14:00:00Z"));
        assert!(host.looks(at("2027-01-14T14:00:00Z")), "who looks cannot know yet that the clock is wrong");
        assert!(!host.looks(at("2026-01-14T15:00:00Z")), "this week's run was there already");
        let mut now = at("2026-01-14T15:00:00Z");
        while now < at("2027-02-01T00:00:00Z") {
            host.looks(now);
            now += HOUR;
        }
        let real: Vec<i64> = host.slots().into_iter().skip(2).collect();
        assert_eq!(real, (2..=55).collect::<Vec<_>>(), "each week once, that of the wrong clock too");
    }

    #[test]
    fn a_clock_that_begins_long_ago_repeats_nothing() {
        let mut host = Host::new();
        let mut now = at("2026-01-14T14:00:00Z");
        while now < at("2026-06-01T00:00:00Z") {
            host.looks(now);
            now += HOUR;
        }
        let before = host.begun.len();
        for now in ["1970-01-01T00:00:10Z", "2026-02-20T00:00:00Z", "2026-06-01T01:00:00Z"] {
            assert!(!host.looks(at(now)), "{now}");
        }
        assert_eq!(host.begun.len(), before);
    }

    #[test]
    fn what_is_next_is_when_it_becomes_due() {
        let past = [PastRun { id: "a".to_owned(), scheduled: at("2026-01-21T14:00:00Z") }];
        let now = at("2026-01-21T13:30:00Z");
        assert_eq!(schedule(&past).due(now), None, "begun before the clock was put back");
        assert_eq!(schedule(&past).next(now), at("2026-01-28T14:00:00Z"));
        let late = at("2026-03-01T00:00:00Z");
        assert_eq!(schedule(&past).next(late), at("2026-02-25T14:00:00Z"), "it is due since then");
    }

    #[test]
    fn runs_belong_to_weeks_of_an_anchor_that_became_known_later() {
        // The host counted from when it first saw the site; then the configuration says more.
        let past = [PastRun { id: "a".to_owned(), scheduled: at("2026-03-02T09:00:00Z") }];
        assert_eq!(schedule(&past).due(at("2026-03-04T13:00:00Z")), None);
        assert!(schedule(&past).due(at("2026-03-04T14:00:00Z")).is_some());
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        for anchor in [Timestamp::MIN, Timestamp::MAX] {
            for now in [Timestamp::MIN, Timestamp::MAX] {
                let schedule = Schedule { anchor, past: Vec::new() };
                let _ = (schedule.due(now), schedule.next(now));
            }
        }
        assert_eq!(schedule(&[]).begin_of(i64::MIN), Timestamp::MIN);
    }

    proptest! {
        /// Under a clock that only goes forward, every week in which somebody looked has exactly one run.
        #[test]
        fn each_week_with_a_host_has_one_run(gaps in proptest::collection::vec(1i64..2_000_000, 1..120)) {
            let mut host = Host::new();
            let mut now = installed();
            let mut weeks = std::collections::BTreeSet::new();
            for gap in gaps {
                now += SignedDuration::from_secs(gap);
                host.looks(now);
                weeks.insert(schedule(&[]).slot(now));
            }
            weeks.remove(&0);
            prop_assert_eq!(host.slots(), weeks.into_iter().collect::<Vec<_>>());
        }

        /// A clock that now and then jumps back by up to a day neither doubles nor loses a week.
        #[test]
        fn small_jumps_back_double_and_lose_nothing(steps in proptest::collection::vec((1i64..200_000, 0i64..86_400), 1..200)) {
            let mut host = Host::new();
            let mut now = installed();
            let mut weeks = std::collections::BTreeSet::new();
            for (forward, back) in steps {
                now += SignedDuration::from_secs(forward);
                host.looks(now);
                weeks.insert(schedule(&[]).slot(now));
                now -= SignedDuration::from_secs(back);
                host.looks(now);
            }
            weeks.retain(|week| *week > 0);
            let begun = host.slots();
            let once: std::collections::BTreeSet<i64> = begun.iter().copied().collect();
            prop_assert_eq!(begun.len(), once.len(), "no week twice");
            prop_assert_eq!(once, weeks);
        }

        /// One jump ahead and back, whenever and however far: the weeks of the true clock have one run each,
        /// but for at most one that the jump did early.
        #[test]
        fn a_jump_ahead_and_back_loses_nothing(before in 0i64..100, ahead in 1i64..20_000, after in 0i64..400) {
            let mut host = Host::new();
            let mut now = installed();
            for _ in 0..before { now += HOUR * 12; host.looks(now); }
            let early = host.looks(now + HOUR * i32::try_from(ahead).unwrap());
            let early_slot = early.then(|| host.begun.last().unwrap().0);
            let marked = host.begun.len();
            for _ in 0..after { now += HOUR * 12; host.looks(now); }
            let last = schedule(&[]).slot(now);
            let mut true_runs: Vec<i64> = host.begun.iter().enumerate()
                .filter(|(index, _)| !early || *index + 1 != marked).map(|(_, (slot, _))| *slot).collect();
            let mut wanted: Vec<i64> = (1..=last).collect();
            if let Some(early) = early_slot {
                // Close enough to be taken for the run of that week.
                if !true_runs.contains(&early) && early <= last { true_runs.push(early); }
            }
            true_runs.sort_unstable();
            wanted.sort_unstable();
            prop_assert_eq!(true_runs, wanted);
        }
    }
}
