use std::{sync::Arc, time::Duration};

/// How long to wait after an attempt that failed: twice as long each time, and never the same for two requests,
/// so that a receiver that comes back is not met by all of them at once.
#[derive(Clone)]
pub struct Backoff {
    /// After the first failure.
    pub first: Duration,
    /// At most.
    pub most: Duration,
    /// A number from 0 to 1, another one each time.
    pub dice: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Backoff {
    /// How long to wait when so many attempts have failed: from half of its time to all of it.
    #[must_use]
    pub fn after(&self, failed: u32) -> Duration {
        let doubled = self.first.saturating_mul(2u32.saturating_pow(failed.saturating_sub(1)));
        self.spread(doubled.min(self.most), 0.5)
    }

    /// How long to wait where the receiver named a time: that time, and up to a tenth more.
    #[must_use]
    pub fn asked(&self, time: Duration) -> Duration {
        time.min(Self::MOST_ASKED) + self.spread(time.min(Self::MOST_ASKED) / 10, 0.0)
    }

    /// A receiver that names a year has mistaken itself.
    const MOST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);

    fn spread(&self, time: Duration, least: f64) -> Duration {
        time.mul_f64(least + (1.0 - least) * (self.dice)().clamp(0.0, 1.0))
    }
}

impl Default for Backoff {
    /// From half a minute to six hours.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(30),
            most: Duration::from_secs(6 * 60 * 60),
            dice: Arc::new(|| {
                let mut bytes = [0; 4];
                // Without randomness every wait is the longest, which is safe.
                match getrandom::fill(&mut bytes) {
                    Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
                    Err(_) => 1.0,
                }
            }),
        }
    }
}

impl std::fmt::Debug for Backoff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backoff")
            .field("first", &self.first)
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff(dice: f64) -> Backoff {
        Backoff { dice: Arc::new(move || dice), ..Backoff::default() }
    }

    #[test]
    fn waits_double_up_to_the_most_and_are_spread_over_half_of_it() {
        let seconds = |dice, failed| backoff(dice).after(failed).as_secs();
        assert_eq!([1, 2, 3, 4].map(|failed| seconds(1.0, failed)), [30, 60, 120, 240]);
        assert_eq!([1, 2, 3, 4].map(|failed| seconds(0.0, failed)), [15, 30, 60, 120]);
        assert_eq!(seconds(1.0, 40), 6 * 60 * 60);
        assert_eq!(seconds(1.0, u32::MAX), 6 * 60 * 60);
    }

    #[test]
    fn a_time_that_was_asked_for_is_kept_within_reason() {
        let asked = |dice, seconds| backoff(dice).asked(Duration::from_secs(seconds)).as_secs();
        assert_eq!((asked(0.0, 120), asked(1.0, 120)), (120, 132));
        assert_eq!(asked(0.0, 365 * 86_400), 86_400);
    }
}
