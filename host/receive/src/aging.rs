//! By what time it is judged what is past its time.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tracing::warn;

/// Further ahead than any clock drifts from one look to the next.
const LEAP: SignedDuration = SignedDuration::from_hours(1);
/// Longer than a receiver is without a request: senders send every week.
const QUIET: SignedDuration = SignedDuration::from_hours(35 * 24);
/// As long as somebody needs to see that a clock is wrong.
const LASTS: Duration = Duration::from_secs(24 * 60 * 60);

/// A clock that leaps ahead makes all that is kept old at once, and what is deleted is gone. So a leap is believed when
/// it has lasted; until then time passes as it did before.
#[derive(Debug)]
pub struct Aging {
    /// What the clock showed when it was last believed, and the moment by a clock that cannot be set.
    believed: (Timestamp, Instant),
    /// When a leap was first seen.
    leapt: Option<Instant>,
}

impl Aging {
    /// When the receiver starts, the clock is held against the newest of what is kept: where that is older than it gets
    /// while senders send, the clock may be one that was never set.
    pub fn starting(clock: Timestamp, newest: Option<Timestamp>, at: Instant) -> Self {
        let believed = newest.filter(|newest| clock.duration_since(*newest) > QUIET).unwrap_or(clock);
        Self::new(believed, at)
    }

    const fn new(clock: Timestamp, at: Instant) -> Self {
        Self { believed: (clock, at), leapt: None }
    }

    /// The time by which things are old, where the clock shows this.
    pub fn now(&mut self, clock: Timestamp, at: Instant) -> Timestamp {
        let (shown, since) = self.believed;
        let passed = SignedDuration::try_from(at.duration_since(since)).unwrap_or(SignedDuration::ZERO);
        let expected = shown.checked_add(passed).unwrap_or(Timestamp::MAX);
        if clock.duration_since(expected) > LEAP {
            let leapt = *self.leapt.get_or_insert_with(|| {
                warn!(%clock, %expected, "the clock leapt ahead: nothing is deleted by it before it has been so for a day");
                at
            });
            if at.duration_since(leapt) < LASTS {
                return expected;
            }
        }
        *self = Self::new(clock, at);
        clock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn start() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    /// A receiver's day, hour by hour, under a clock that is ahead by so much.
    fn hours(aging: &mut Aging, from: Instant, ahead: SignedDuration) -> Vec<SignedDuration> {
        (1..=24)
            .map(|hour| {
                let right = start() + SignedDuration::from_hours(hour);
                let judged = aging.now(right + ahead, from + Duration::from_secs(3600) * hour as u32);
                judged.duration_since(right)
            })
            .collect()
    }

    #[test]
    fn a_clock_that_is_years_ahead_at_the_start_deletes_nothing_for_a_day() {
        let from = Instant::now();
        let starting = |ahead| Aging::starting(start() + ahead, Some(start()), from);
        let mut right = starting(DAY * 8);
        assert_eq!(right.now(start() + DAY * 8, from), start() + DAY * 8);
        let mut wrong = starting(DAY * 800);
        assert_eq!(wrong.now(start() + DAY * 800, from), start());
        let day = Duration::from_secs(24 * 3600);
        assert_eq!(wrong.now(start() + DAY * 801, from + day), start() + DAY * 801);
        let mut empty = Aging::starting(start(), None, from);
        assert_eq!(empty.now(start(), from), start());
    }

    #[test]
    fn a_leap_ahead_is_believed_when_it_has_lasted_for_a_day() {
        let begun = Instant::now();
        let mut aging = Aging::new(start(), begun);
        let judged = hours(&mut aging, begun, DAY * 400);
        assert!(judged.iter().all(|off| off.is_zero()), "{judged:?}");
        let next = aging.now(
            start() + DAY * 401 + SignedDuration::from_hours(1),
            begun + LASTS + Duration::from_secs(3600),
        );
        assert_eq!(next, start() + DAY * 401 + SignedDuration::from_hours(1));
    }

    #[test]
    fn a_clock_that_is_put_right_is_believed_at_once_and_a_later_leap_is_another_one() {
        let begun = Instant::now();
        let mut aging = Aging::new(start(), begun);
        let hour = Duration::from_secs(3600);
        assert_eq!(aging.now(start() + DAY * 400, begun), start());
        assert_eq!(aging.now(start() - DAY, begun + hour), start() - DAY, "back");
        let right = start() + DAY * 30;
        let mut aging = Aging::new(right, begun);
        assert_eq!(aging.now(right + DAY * 400, begun + hour), right + SignedDuration::from_hours(1));
        assert_eq!(
            aging.now(right + SignedDuration::from_hours(2), begun + hour * 2),
            right + SignedDuration::from_hours(2)
        );
        assert_eq!(
            aging.now(right + DAY * 400, begun + hour * 26),
            right + SignedDuration::from_hours(26),
            "the day begins anew"
        );
    }

    #[test]
    fn drift_is_followed() {
        let begun = Instant::now();
        let mut aging = Aging::new(start(), begun);
        let judged = hours(&mut aging, begun, SignedDuration::from_mins(59));
        assert!(judged.iter().all(|off| *off == SignedDuration::from_mins(59)), "{judged:?}");
    }
}
