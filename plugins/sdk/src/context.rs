use std::{fmt::Display, str::FromStr};

use crate::{Context, Error, Result};

impl Context {
    /// The text of a setting that the manifest declares.
    ///
    /// # Errors
    /// When the manifest declares no such setting.
    pub fn setting(&self, name: &str) -> Result<&str> {
        self.settings
            .iter()
            .find(|setting| setting.name == name)
            .map(|setting| setting.value.as_str())
            .ok_or_else(|| Error::Other(format!("the manifest declares no setting `{name}`")))
    }

    /// A setting read as a number, a boolean, or anything else that can be read from text.
    ///
    /// # Errors
    /// When the manifest declares no such setting, or the value cannot be read.
    pub fn read_setting<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T> {
        let text = self.setting(name)?;
        text.parse().map_err(|why| Error::Other(format!("setting `{name}` is `{text}`: {why}")))
    }

    /// The day on which the run was due, counted in UTC from 1970-01-01: ages are taken from it, for there
    /// is no clock. `DATEDIFF(day, '1970-01-01', ...)` counts the same way.
    #[must_use]
    pub const fn scheduled_day(&self) -> i64 {
        self.scheduled_us.div_euclid(24 * 60 * 60 * 1_000_000)
    }

    /// How many months old something of that month is at the run, months counted from January 1970 as
    /// `DATEDIFF(month, '1970-01-01', ...)` counts them.
    ///
    /// A run may come later than it was due, so that the month after is as new as can be. What lies further
    /// ahead is a wrong clock and no age, and so is what SQL Server has no date for.
    #[must_use]
    pub fn age_in_months(&self, month: i64) -> Option<i64> {
        // From January of year 1 to December 9999.
        const DATES: std::ops::RangeInclusive<i64> = -1969 * 12..=8030 * 12 - 1;
        let now = month_of_day(self.scheduled_day());
        (DATES.contains(&month) && month <= now + 1).then(|| (now - month).max(0))
    }
}

/// The month, counted from January 1970, in which a day lies that is counted from 1970-01-01.
fn month_of_day(day: i64) -> i64 {
    // Years that begin in March end with the leap day, so that a month's first day depends on nothing but
    // the month: 153 days in five months. 719,468 days lie between 0000-03-01 and 1970-01-01, and 146,097
    // days are 400 years.
    let day = day + 719_468;
    let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    (era * 400 + year) * 12 + month + 2 - 1970 * 12
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Level, Setting};

    fn context(scheduled_us: i64, settings: Vec<Setting>) -> Context {
        Context {
            run: String::new(),
            scheduled_us,
            level: Level::Basic,
            site: String::new(),
            hierarchy: String::new(),
            settings,
            state: Vec::new(),
        }
    }

    #[test]
    fn a_day_ends_with_its_last_microsecond() {
        let day = 86_400_000_000;
        for (us, of) in [(0, 0), (day - 1, 0), (day, 1), (-1, -1), (-day, -1), (20_458 * day, 20_458)] {
            assert_eq!(context(us, Vec::new()).scheduled_day(), of, "{us}");
        }
    }

    #[test]
    fn a_day_is_in_its_month() {
        let month = |year: i64, month: i64| (year - 1970) * 12 + month - 1;
        for (day, of) in [
            (0, month(1970, 1)),
            (30, month(1970, 1)),
            (31, month(1970, 2)),
            (-1, month(1969, 12)),
            (11_015, month(2000, 2)), // the 28th
            (11_016, month(2000, 2)), // the leap day
            (11_017, month(2000, 3)),
            (20_512, month(2026, 2)),
            (20_513, month(2026, 3)), // no leap day before it
            (-719_162, month(1, 1)),
            (2_932_896, month(9999, 12)),
        ] {
            assert_eq!(month_of_day(day), of, "day {day}");
        }
    }

    #[test]
    fn months_follow_each_other_for_all_of_sql_servers_days() {
        let mut before = month_of_day(-719_162);
        let mut lengths = [0; 32];
        let mut length = 0;
        for day in -719_162..=2_932_896 {
            let month = month_of_day(day);
            assert!(month == before || month == before + 1, "day {day}");
            if month == before {
                length += 1;
            } else {
                lengths[length] += 1;
                length = 1;
                before = month;
            }
        }
        assert!((0..28).all(|days| lengths[days] == 0), "no month is shorter");
        assert_eq!(lengths[29], 2_499 - 99 + 24, "as many leap days as the calendar has in 9,999 years");
    }

    #[test]
    fn what_is_no_date_has_no_age() {
        let run = context(20_458 * 86_400_000_000, Vec::new()); // January 2026, month 672
        for (month, age) in [(10, 662), (672, 0), (673, 0), (-1969 * 12, 24_300)] {
            assert_eq!(run.age_in_months(month), Some(age), "{month}");
        }
        for wrong in [674, -1969 * 12 - 1, i64::MIN, i64::MAX] {
            assert_eq!(run.age_in_months(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_setting_that_cannot_be_read_is_named_with_its_value() {
        let context = context(0, vec![Setting { name: "least".into(), value: "ten".into() }]);
        let error = context.read_setting::<u32>("least").unwrap_err();
        assert_eq!(error.message(), "setting `least` is `ten`: invalid digit found in string");
        assert_eq!(context.setting("most").unwrap_err().message(), "the manifest declares no setting `most`");
    }
}
