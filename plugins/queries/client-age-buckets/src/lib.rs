//! How old operating systems and firmware are, in steps that say little about a single device.
//!
//! SQL gives the month of a date and how many devices have it; the age is taken from the day on which the
//! run was due, so that a run that comes late, or is repeated, says the same.

use std::collections::BTreeMap;

use glasshouse_sdk::prelude::*;

struct AgeBuckets {
    month: i64,
    /// For each output of which rows came: age, missing where it is not known, to devices.
    outputs: BTreeMap<&'static str, BTreeMap<Option<i64>, i64>>,
}

impl Query for AgeBuckets {
    fn begin(run: &Context) -> Result<Self> {
        Ok(Self { month: month_of_day(run.scheduled_day()), outputs: BTreeMap::new() })
    }

    fn take(&mut self, statement: &str, batch: &Batch) -> Result<()> {
        let (output, bucket): (_, fn(i64) -> i64) = match statement {
            "os-installed" => ("os-age-quarters", nearest_quarter),
            "os-installed-monthly" => ("os-age-months", |months| months),
            "bios-released" => ("bios-age-years", |months| months / 12),
            other => return Err(format!("no age is taken from the statement `{other}`").into()),
        };
        let (months, devices) = (batch.ints(batch.column("Month")?)?, batch.ints(batch.column("Devices")?)?);
        let buckets = self.outputs.entry(output).or_default();
        for (month, devices) in months.iter().zip(&devices.values) {
            let bucket = buckets.entry(age(month, self.month).map(bucket)).or_default();
            *bucket = bucket.saturating_add(*devices);
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>> {
        for (output, buckets) in self.outputs {
            Output::new(output, buckets.len())
                .int(buckets.keys().copied().collect::<IntBuilder>())?
                .int(buckets.values().copied().collect::<IntBuilder>())?
                .emit()?;
        }
        Ok(Vec::new())
    }
}

glasshouse_sdk::query!(AgeBuckets);

/// 0001-01 and 9999-12, the first and the last month of a SQL Server date, counted from 1970-01.
const MONTHS: std::ops::RangeInclusive<i64> = -1969 * 12..=8030 * 12 - 1;

/// The months from one to the other. A run may come later than it was due, so that the month after is as new
/// as can be; what lies further ahead is a wrong clock, and a device with one is not a new device.
fn age(month: Option<i64>, now: i64) -> Option<i64> {
    month.filter(|month| MONTHS.contains(month) && *month <= now + 1).map(|month| (now - month).max(0))
}

/// 0 and 1 month are 0, 2 to 4 are 3, 5 to 7 are 6.
fn nearest_quarter(months: i64) -> i64 {
    (months + 1) / 3 * 3
}

/// The month, counted from 1970-01, in which a day lies that is counted from 1970-01-01.
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
    fn the_nearest_quarter_is_at_most_one_month_away() {
        for months in 0..1000 {
            let quarter = nearest_quarter(months);
            assert!(quarter % 3 == 0 && (quarter - months).abs() <= 1, "{months}");
        }
    }

    #[test]
    fn what_is_no_date_has_no_age() {
        assert_eq!(age(Some(10), 672), Some(662));
        assert_eq!(age(Some(672), 672), Some(0));
        assert_eq!(age(Some(673), 672), Some(0), "installed before a run that came late");
        assert_eq!(age(Some(-1969 * 12), 672), Some(24_300));
        for wrong in [None, Some(674), Some(i64::MIN), Some(i64::MAX)] {
            assert_eq!(age(wrong, 672), None, "{wrong:?}");
        }
    }
}
