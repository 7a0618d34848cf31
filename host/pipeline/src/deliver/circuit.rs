use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Whether an endpoint is worth asking. When it did not answer several times in a row nobody asks for a while; then
/// one request may find out whether it is back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circuit {
    failures: u32,
    open: Option<Open>,
    probing: bool,
}

/// For how long nobody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    since: Timestamp,
    until: Timestamp,
}

impl Open {
    /// A clock that shows a time before it opened was put back: the end may be as far away as the clock was ahead.
    fn holds(self, now: Timestamp) -> bool {
        self.since <= now && now < self.until
    }
}

/// So many failures in a row open it: one lost connection says nothing.
const FAILURES: u32 = 5;
/// How long it stays open at first; twice as long after each probe that fails.
const PAUSE: Duration = Duration::from_secs(30);
/// A receiver that is back is noticed within this time.
const LONGEST: Duration = Duration::from_secs(10 * 60);

impl Circuit {
    /// Whether a request may go now. Where it was open, the one that asks is the probe.
    pub fn lets_pass(&mut self, now: Timestamp) -> bool {
        match self.open {
            None => true,
            Some(_) if self.probing => false,
            Some(open) => {
                self.probing = !open.holds(now);
                self.probing
            }
        }
    }

    /// The endpoint answered, whatever it said.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// Whoever was let pass did not go after all.
    pub const fn not_tried(&mut self) {
        self.probing = false;
    }

    /// It did not answer, or said that it cannot. Tells until when it is left alone, where that is new.
    pub fn failed(&mut self, now: Timestamp) -> Option<Timestamp> {
        // Those that were on their way when it opened say nothing new.
        if !self.probing && self.open.is_some_and(|open| open.holds(now)) {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        self.probing = false;
        let over = self.failures.checked_sub(FAILURES)?;
        let pause = PAUSE.saturating_mul(2u32.saturating_pow(over)).min(LONGEST);
        let until = SignedDuration::try_from(pause).ok().and_then(|pause| now.checked_add(pause).ok());
        self.open = until.map(|until| Open { since: now, until });
        until
    }

    /// Until when nobody asks.
    #[must_use]
    pub fn open_until(&self) -> Option<Timestamp> {
        self.open.map(|open| open.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + seconds).unwrap()
    }

    #[test]
    fn five_failures_open_it_and_one_probe_at_a_time_finds_out() {
        let mut circuit = Circuit::default();
        for _ in 0..4 {
            assert!(circuit.lets_pass(at(0)));
            assert_eq!(circuit.failed(at(0)), None);
        }
        assert!(circuit.lets_pass(at(0)));
        assert_eq!(circuit.failed(at(0)), Some(at(30)));
        assert!(!circuit.lets_pass(at(29)));
        assert!(circuit.lets_pass(at(30)), "the probe");
        assert!(!circuit.lets_pass(at(31)), "one is enough");
        assert_eq!(circuit.failed(at(31)), Some(at(91)), "the next one waits longer");
        assert!(circuit.lets_pass(at(91)));
        circuit.answered();
        assert_eq!((circuit.lets_pass(at(91)), circuit.open_until()), (true, None));
    }

    #[test]
    fn a_failure_between_answers_opens_nothing() {
        let mut circuit = Circuit::default();
        for second in 0..20 {
            assert_eq!(circuit.failed(at(second)), None);
            circuit.answered();
        }
    }

    #[test]
    fn it_is_never_left_alone_for_longer_than_ten_minutes() {
        let mut circuit = Circuit::default();
        let mut now = at(0);
        let mut pauses = Vec::new();
        for _ in 0..60 {
            if !circuit.lets_pass(now) {
                continue;
            }
            if let Some(until) = circuit.failed(now) {
                pauses.push(until.duration_since(now).as_secs());
                now = until;
            }
        }
        assert_eq!((pauses[0], pauses[1], pauses.iter().max()), (30, 60, Some(&600)));
    }

    #[test]
    fn a_clock_that_is_put_back_ends_a_pause_and_makes_none_longer() {
        const AHEAD: i64 = 400 * 86_400;
        for back in [AHEAD, 3_600] {
            let mut circuit = Circuit::default();
            for _ in 0..5 {
                circuit.failed(at(AHEAD));
            }
            assert!(!circuit.lets_pass(at(AHEAD + 29)));
            let now = AHEAD - back;
            assert!(circuit.lets_pass(at(now)), "the probe");
            // It fails as well: the next pause is counted by the clock as it is now.
            assert_eq!(circuit.failed(at(now)), Some(at(now + 60)));
            assert!(!circuit.lets_pass(at(now + 59)));
            assert!(circuit.lets_pass(at(now + 60)));
        }
    }

    #[test]
    fn those_that_were_on_their_way_when_it_opened_make_it_no_longer() {
        let mut circuit = Circuit::default();
        let told = [0; 8].map(|second| circuit.failed(at(second)));
        assert_eq!(told.iter().flatten().count(), 1);
        assert_eq!(circuit.open_until(), Some(at(30)));
    }
}
