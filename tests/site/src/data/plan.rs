//! What to make: how many devices, of which seed, in which hierarchy, at what time.

use crate::tsql::{DAY, HOUR, days_of};

/// Which hierarchy the site database belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hierarchy {
    /// The database of a central administration site with two primary sites and a secondary one below it.
    #[default]
    Central,
    /// The database of a primary site that stands alone.
    StandAlone,
}

/// What GETUTCDATE says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// Always the same time, 2026-01-28 09:30 UTC: the same seed gives the same bytes on any day.
    #[default]
    Fixed,
    /// The time of this machine. The hierarchy is made as of the midnight before.
    Real,
}

/// The options of a pretend site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Ordinary devices; those that carry planted identifiers come on top. About 300,000 fit into the gibibyte
    /// that SQLite gives a database in memory.
    pub devices: u32,
    /// The seed of everything.
    pub seed: u64,
    /// The hierarchy.
    pub hierarchy: Hierarchy,
    /// The clock.
    pub clock: Clock,
    /// Whether identifiers are planted into every text column.
    pub planted: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            devices: 5000,
            seed: 1,
            hierarchy: Hierarchy::default(),
            clock: Clock::default(),
            planted: true,
        }
    }
}

impl Clock {
    /// Now, in ticks.
    pub(crate) fn now(self) -> i64 {
        match self {
            Self::Fixed => days_of(2026, 1, 28) * DAY + 9 * HOUR + HOUR / 2,
            Self::Real => {
                let since_1970 = std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .map_or(0, |since| i64::try_from(since.as_nanos() / 100).unwrap_or(0));
                days_of(1970, 1, 1) * DAY + since_1970
            }
        }
    }

    /// As of when the hierarchy is made.
    pub(crate) fn origin(self) -> i64 {
        match self {
            Self::Fixed => self.now(),
            Self::Real => self.now().div_euclid(DAY) * DAY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hierarchy_of_the_real_clock_is_made_as_of_the_midnight_before() {
        let (before, origin, after) = (Clock::Real.now(), Clock::Real.origin(), Clock::Real.now());
        assert_eq!(origin % DAY, 0);
        assert!(before - DAY < origin && origin <= after);
        assert!(origin > days_of(2025, 1, 1) * DAY);
        assert_eq!(Clock::Fixed.now(), Clock::Fixed.origin());
    }
}
