//! Dates and times as ticks of 100 ns since 0001-01-01, and SQL Server's arithmetic on them.

use crate::{Moment, SqlError};

pub(crate) const SECOND: i64 = 10_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
/// 1900-01-01, the day 0 of `datetime`.
pub(crate) const DAY_ZERO: i64 = 693_595;
/// 9999-12-31, the last day of all types.
const LAST_DAY: i64 = 3_652_058;

/// A part of a date, in the words of DATEPART and its abbreviations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Year,
    Quarter,
    Month,
    DayOfYear,
    Day,
    Week,
    IsoWeek,
    Weekday,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

impl Part {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "year" | "yy" | "yyyy" => Self::Year,
            "quarter" | "qq" | "q" => Self::Quarter,
            "month" | "mm" | "m" => Self::Month,
            "dayofyear" | "dy" | "y" => Self::DayOfYear,
            "day" | "dd" | "d" => Self::Day,
            "week" | "wk" | "ww" => Self::Week,
            "iso_week" | "isowk" | "isoww" => Self::IsoWeek,
            "weekday" | "dw" | "w" => Self::Weekday,
            "hour" | "hh" => Self::Hour,
            "minute" | "mi" | "n" => Self::Minute,
            "second" | "ss" | "s" => Self::Second,
            "millisecond" | "ms" => Self::Millisecond,
            "microsecond" | "mcs" => Self::Microsecond,
            "nanosecond" | "ns" => Self::Nanosecond,
            _ => return None,
        })
    }
}

/// The days from 0001-01-01 to a day of the proleptic Gregorian calendar.
pub(crate) fn days_of(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March put the leap day at the end (Howard Hinnant's days_from_civil).
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 306
}

/// The year, month and day of a number of days since 0001-01-01.
pub(crate) fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 306;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn length_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Ticks of a date and a time of day, where both exist.
pub(crate) fn ticks(date: (i64, i64, i64), time_of_day: i64) -> Option<i64> {
    let (year, month, day) = date;
    let exists = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=length_of_month(year, month)).contains(&day)
        && (0..DAY).contains(&time_of_day);
    exists.then(|| days_of(year, month, day) * DAY + time_of_day)
}

pub(crate) fn moment_of(ticks: i64) -> Moment {
    let days = ticks.div_euclid(DAY).clamp(0, LAST_DAY);
    let nanos = ticks.rem_euclid(DAY) * 100;
    Moment {
        days: u32::try_from(days).unwrap_or_default(),
        nanos: u64::try_from(nanos).unwrap_or_default(),
        offset: 0,
    }
}

pub(crate) fn ticks_of(moment: &Moment) -> i64 {
    i64::from(moment.days) * DAY + i64::try_from(moment.nanos / 100).unwrap_or_default()
}

/// `datetime` keeps three-hundredths of a second: .000, .003 and .007.
pub(crate) fn round_to_datetime(ticks: i64) -> i64 {
    let (day, of_day) = (ticks.div_euclid(DAY), ticks.rem_euclid(DAY));
    let steps = (of_day * 3 + SECOND / 200) / (SECOND / 100);
    // .003 and .007 are what is shown and compared: a third of a hundredth, rounded to milliseconds.
    let millis = (steps * 10 + 1) / 3;
    day * DAY + millis * (SECOND / 1000)
}

/// Crossed boundaries of a part between two points in time, as DATEDIFF counts them.
pub(crate) fn difference(part: Part, from: i64, to: i64) -> i64 {
    let day = |ticks: i64| ticks.div_euclid(DAY);
    let month = |ticks: i64| {
        let (year, month, _) = date_of(day(ticks));
        year * 12 + month - 1
    };
    match part {
        Part::Year => date_of(day(to)).0 - date_of(day(from)).0,
        Part::Quarter => month(to) / 3 - month(from) / 3,
        Part::Month => month(to) - month(from),
        // A week begins on Sunday, whatever DATEFIRST says; 0001-01-01 was a Monday.
        Part::Week | Part::IsoWeek => (day(to) + 1).div_euclid(7) - (day(from) + 1).div_euclid(7),
        Part::Day | Part::DayOfYear | Part::Weekday => day(to) - day(from),
        Part::Hour => to.div_euclid(HOUR) - from.div_euclid(HOUR),
        Part::Minute => to.div_euclid(MINUTE) - from.div_euclid(MINUTE),
        Part::Second => to.div_euclid(SECOND) - from.div_euclid(SECOND),
        Part::Millisecond => to.div_euclid(SECOND / 1000) - from.div_euclid(SECOND / 1000),
        Part::Microsecond => to.div_euclid(10) - from.div_euclid(10),
        Part::Nanosecond => (to - from).saturating_mul(100),
    }
}

/// DATEADD; error 517 where the calendar ends.
pub(crate) fn add(part: Part, count: i64, to: i64) -> Result<i64, SqlError> {
    let overflow = || SqlError::new(517, 1, 16, "Adding a value to a 'datetime' column caused an overflow.");
    let by = |unit: i64| count.checked_mul(unit).and_then(|ticks| to.checked_add(ticks));
    let by_months = |months: i64| {
        let (year, month, day) = date_of(to.div_euclid(DAY));
        let total = (year * 12 + month - 1).checked_add(months)?;
        let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
        let day = day.min(length_of_month(year, month));
        ticks((year, month, day), to.rem_euclid(DAY))
    };
    let moved = match part {
        Part::Year => count.checked_mul(12).and_then(by_months),
        Part::Quarter => count.checked_mul(3).and_then(by_months),
        Part::Month => by_months(count),
        Part::Week | Part::IsoWeek => by(7 * DAY),
        Part::Day | Part::DayOfYear | Part::Weekday => by(DAY),
        Part::Hour => by(HOUR),
        Part::Minute => by(MINUTE),
        Part::Second => by(SECOND),
        Part::Millisecond => by(SECOND / 1000),
        Part::Microsecond => by(10),
        Part::Nanosecond => to.checked_add(count / 100),
    };
    moved.filter(|ticks| (0..(LAST_DAY + 1) * DAY).contains(ticks)).ok_or_else(overflow)
}

/// DATEPART with DATEFIRST 7, the default of us_english.
pub(crate) fn part_of(part: Part, ticks: i64) -> i64 {
    let (days, of_day) = (ticks.div_euclid(DAY), ticks.rem_euclid(DAY));
    let (year, month, day) = date_of(days);
    let of_year = days - days_of(year, 1, 1) + 1;
    match part {
        Part::Year => year,
        Part::Quarter => (month + 2) / 3,
        Part::Month => month,
        Part::DayOfYear => of_year,
        Part::Day => day,
        Part::Week => (days + 1).div_euclid(7) - (days_of(year, 1, 1) + 1).div_euclid(7) + 1,
        Part::IsoWeek => {
            // The ISO week is that of its Thursday.
            let thursday = days - days.rem_euclid(7) + 3;
            let (year, _, _) = date_of(thursday);
            (thursday - days_of(year, 1, 1)) / 7 + 1
        }
        Part::Weekday => (days + 1).rem_euclid(7) + 1,
        Part::Hour => of_day / HOUR,
        Part::Minute => of_day % HOUR / MINUTE,
        Part::Second => of_day % MINUTE / SECOND,
        Part::Millisecond => of_day % SECOND / (SECOND / 1000),
        Part::Microsecond => of_day % SECOND / 10,
        Part::Nanosecond => of_day % SECOND * 100,
    }
}

pub(crate) fn end_of_month(ticks: i64, months: i64) -> Result<i64, SqlError> {
    let moved = add(Part::Month, months, ticks)?;
    let (year, month, _) = date_of(moved.div_euclid(DAY));
    Ok(days_of(year, month, length_of_month(year, month)) * DAY)
}

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// DATENAME in us_english.
pub(crate) fn name_of(part: Part, ticks: i64) -> String {
    let number = part_of(part, ticks);
    let named = |names: &[&str]| {
        usize::try_from(number - 1).ok().and_then(|at| names.get(at)).map(|name| (*name).to_owned())
    };
    match part {
        Part::Month => named(&MONTHS).unwrap_or_default(),
        Part::Weekday => named(&WEEKDAYS).unwrap_or_default(),
        _ => number.to_string(),
    }
}

/// Reads the spellings of a date and time that do not depend on a language, and `Mon d yyyy`.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() {
        // SQL Server takes the empty string for 1900-01-01.
        return Some(DAY_ZERO * DAY);
    }
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let (date, time) = match text.find(['T', 't']).filter(|at| *at == 10) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => match text.find(' ').filter(|_| !text.starts_with(char::is_alphabetic)) {
            Some(at) => (text.get(..at)?, text.get(at + 1..)?),
            None if text.contains(':') => ("1900-01-01", text),
            None => (text, ""),
        },
    };
    ticks(parse_date(date)?, if time.trim().is_empty() { 0 } else { parse_time(time.trim())? })
}

fn parse_date(text: &str) -> Option<(i64, i64, i64)> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((
            text.get(..4)?.parse().ok()?,
            text.get(4..6)?.parse().ok()?,
            text.get(6..)?.parse().ok()?,
        ));
    }
    if text.starts_with(char::is_alphabetic) {
        let mut words = text.split_whitespace();
        let month = words.next()?;
        let month = MONTHS.iter().position(|name| {
            name.eq_ignore_ascii_case(month)
                || (month.len() == 3 && name.get(..3).is_some_and(|short| short.eq_ignore_ascii_case(month)))
        })?;
        let day = words.next()?.trim_end_matches(',').parse().ok()?;
        let year = words.next()?.parse().ok()?;
        return words.next().is_none().then_some((year, i64::try_from(month).ok()? + 1, day));
    }
    let pieces: Vec<&str> = text.split(['-', '/', '.']).collect();
    let [a, b, c] = pieces.as_slice() else { return None };
    let number =
        |piece: &str| piece.parse::<i64>().ok().filter(|_| piece.bytes().all(|b| b.is_ascii_digit()));
    if a.len() == 4 {
        return Some((number(a)?, number(b)?, number(c)?));
    }
    // us_english reads month, day, year.
    (c.len() == 4).then_some((number(c)?, number(a)?, number(b)?))
}

fn parse_time(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let (clock, half) = if let Some(clock) = lower.strip_suffix("am") {
        (clock.trim_end(), Some(0))
    } else if let Some(clock) = lower.strip_suffix("pm") {
        (clock.trim_end(), Some(12))
    } else {
        (lower.as_str(), None)
    };
    let mut pieces = clock.split(':');
    let hour: i64 = pieces.next()?.parse().ok()?;
    let minute: i64 = pieces.next().unwrap_or("0").parse().ok()?;
    let (second, fraction) = match pieces.next() {
        None => (0, 0),
        Some(rest) => {
            let (second, fraction) = rest.split_once('.').unwrap_or((rest, ""));
            let digits = fraction.get(..fraction.len().min(7))?;
            let padded = format!("{digits:0<7}");
            (second.parse::<i64>().ok()?, padded.parse::<i64>().ok()?)
        }
    };
    let hour = match half {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
    };
    let exists = pieces.next().is_none()
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second);
    exists.then_some(hour * HOUR + minute * MINUTE + second * SECOND + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        parse(text).unwrap()
    }

    #[test]
    fn the_calendar_is_that_of_sql_server() {
        assert_eq!(days_of(1, 1, 1), 0);
        assert_eq!(days_of(1900, 1, 1), DAY_ZERO);
        assert_eq!(days_of(9999, 12, 31), LAST_DAY);
        for days in [0, 58, 59, 60, 146_096, 146_097, DAY_ZERO, 738_000, LAST_DAY] {
            let (year, month, day) = date_of(days);
            assert_eq!(days_of(year, month, day), days);
        }
        assert_eq!(ticks((2023, 2, 29), 0), None);
        assert!(ticks((2024, 2, 29), 0).is_some());
    }

    #[test]
    fn datediff_counts_boundaries_as_in_the_documentation() {
        // The documentation's own example: one 100 ns step crosses every one of these boundaries.
        let (from, to) = (at("2005-12-31 23:59:59.9999999"), at("2006-01-01 00:00:00.0000000"));
        for part in [
            Part::Year,
            Part::Quarter,
            Part::Month,
            Part::DayOfYear,
            Part::Day,
            Part::Week,
            Part::Hour,
            Part::Minute,
            Part::Second,
            Part::Millisecond,
            Part::Microsecond,
        ] {
            assert_eq!(difference(part, from, to), 1, "{part:?}");
        }
        assert_eq!(difference(Part::Nanosecond, from, to), 100);
        assert_eq!(difference(Part::Year, at("2025-12-31"), at("2024-01-01")), -1);
        assert_eq!(difference(Part::Hour, at("2025-01-01 10:59:00"), at("2025-01-01 11:01:00")), 1);
        assert_eq!(difference(Part::Week, at("2025-01-04"), at("2025-01-05")), 1);
        assert_eq!(difference(Part::Week, at("2025-01-05"), at("2025-01-11")), 0);
    }

    #[test]
    fn dateadd_keeps_to_the_end_of_the_month() {
        // The documentation's own example: August 30 and 31 plus a month are September 30.
        assert_eq!(add(Part::Month, 1, at("2024-08-30")), Ok(at("2024-09-30")));
        assert_eq!(add(Part::Month, 1, at("2024-08-31")), Ok(at("2024-09-30")));
        assert_eq!(add(Part::Year, 1, at("2024-02-29")), Ok(at("2025-02-28")));
        assert_eq!(add(Part::Month, -13, at("2024-01-31")), Ok(at("2022-12-31")));
        assert_eq!(add(Part::Year, 9000, at("2024-01-01")).unwrap_err().number, 517);
    }

    #[test]
    fn datepart_is_as_documented() {
        let moment = at("2007-10-30 12:15:32.1234567");
        let expected = [
            (Part::Year, 2007),
            (Part::Quarter, 4),
            (Part::Month, 10),
            (Part::DayOfYear, 303),
            (Part::Day, 30),
            (Part::Week, 44),
            (Part::IsoWeek, 44),
            (Part::Weekday, 3),
            (Part::Hour, 12),
            (Part::Minute, 15),
            (Part::Second, 32),
            (Part::Millisecond, 123),
            (Part::Microsecond, 123_456),
            (Part::Nanosecond, 123_456_700),
        ];
        for (part, value) in expected {
            assert_eq!(part_of(part, moment), value, "{part:?}");
        }
        assert_eq!(name_of(Part::Month, moment), "October");
        assert_eq!(name_of(Part::Weekday, moment), "Tuesday");
    }

    #[test]
    fn datetime_rounds_as_documented() {
        let round = |text| round_to_datetime(at(text));
        assert_eq!(round("1998-01-01 23:59:59.999"), at("1998-01-02 00:00:00.000"));
        for text in ["1998-01-01 23:59:59.995", "1998-01-01 23:59:59.996", "1998-01-01 23:59:59.998"] {
            assert_eq!(round(text), at("1998-01-01 23:59:59.997"), "{text}");
        }
        for text in ["1998-01-01 23:59:59.992", "1998-01-01 23:59:59.994"] {
            assert_eq!(round(text), at("1998-01-01 23:59:59.993"), "{text}");
        }
        for text in ["1998-01-01 23:59:59.990", "1998-01-01 23:59:59.991"] {
            assert_eq!(round(text), at("1998-01-01 23:59:59.990"), "{text}");
        }
    }

    #[test]
    fn dates_are_read_in_the_spellings_that_sql_server_reads() {
        let day = at("2024-03-05");
        for text in ["20240305", "2024-03-05T00:00:00", "03/05/2024", "Mar 5 2024", "March 5, 2024"] {
            assert_eq!(parse(text), Some(day), "{text}");
        }
        assert_eq!(at("2024-03-05 1:05 PM"), day + 13 * HOUR + 5 * MINUTE);
        for text in ["2024-13-01", "2024-02-30", "yesterday", "25:00", "2024-03-05 10:61"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
