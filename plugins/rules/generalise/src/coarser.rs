//! Values made coarser. Nothing here knows columns.

use std::{fmt, str::FromStr};

const DAY_US: i64 = 86_400_000_000;
/// What no version's part and no year's number is longer than: what is, is something else.
const MOST_DIGITS: usize = 9;

/// How many parts of a version are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts(usize);

impl FromStr for Parts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(parts @ 1..=4) => Ok(Self(parts)),
            _ => Err("a version has 1 to 4 parts to keep".to_owned()),
        }
    }
}

impl Parts {
    /// The first parts of a version; nothing where it begins with no number.
    pub fn of(self, version: &str) -> Option<&str> {
        let mut end = 0;
        for part in 0..self.0 {
            let start = if part == 0 { 0 } else { end + 1 };
            if part > 0 && version.as_bytes().get(end) != Some(&b'.') {
                break;
            }
            let digits = version.get(start..)?.bytes().take_while(u8::is_ascii_digit).count();
            match digits {
                0 if part == 0 => return None,
                0 => break,
                1..=MOST_DIGITS => end = start + digits,
                _ => return None,
            }
        }
        // `10.0.19045-x` is a version with something behind it; `10a` and `3 devices` are none.
        let rest = version.get(end..).unwrap_or_default();
        (rest.is_empty() || rest.starts_with(['.', '-', '+'])).then(|| &version[..end])
    }
}

/// What dates become the first day of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// From Monday.
    Week,
    Month,
    Quarter,
    Year,
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return Err("a date becomes one of week, month, quarter and year".to_owned()),
        })
    }
}

impl Period {
    /// The first microsecond of the period; nothing where that is further away than a time can be.
    pub fn of_time(self, micros: i64) -> Option<i64> {
        self.first_day(micros.div_euclid(DAY_US)).checked_mul(DAY_US)
    }

    /// The first day of the period, of a text that begins with a date as `2026-01-05`.
    pub fn of_text(self, text: &str) -> Option<Date> {
        let date = Date::read(text)?;
        Some(Date::of_day(self.first_day(date.day())))
    }

    fn first_day(self, day: i64) -> i64 {
        let Date { year, month, .. } = Date::of_day(day);
        match self {
            // The first day of 1970 was a Thursday.
            Self::Week => day - (day + 3).rem_euclid(7),
            Self::Month => Date { year, month, day: 1 }.day(),
            Self::Quarter => Date { year, month: (month - 1) / 3 * 3 + 1, day: 1 }.day(),
            Self::Year => Date { year, month: 1, day: 1 }.day(),
        }
    }
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Date {
    fn read(text: &str) -> Option<Self> {
        let (date, rest) = (text.get(..10)?, text.get(10..)?);
        let number = |range| {
            let digits: &str = date.get(range)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let read = Self { year: number(0..4)?, month: number(5..7)?, day: number(8..10)? };
        let dashes = date.as_bytes().get(4) == Some(&b'-') && date.as_bytes().get(7) == Some(&b'-');
        // What there is not, as the 30th of February, is another day when it comes back.
        let is_date = dashes && (1..=12).contains(&read.month) && Self::of_day(read.day()) == read;
        (is_date && (rest.is_empty() || rest.starts_with(['T', 't', ' ']))).then_some(read)
    }

    /// Counted from 1970-01-01. Years begin in March here, so that the leap day is the last.
    fn day(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        era * 146_097 + year * 365 + year / 4 - year / 100 + day_of_year - 719_468
    }

    fn of_day(day: i64) -> Self {
        let day = day + 719_468;
        let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = (month + 2) % 12 + 1;
        Self { year: era * 400 + year + i64::from(month <= 2), month, day }
    }
}

/// What numbers are rounded down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ranges {
    /// Multiples of a width.
    Width(i64),
    /// The lower ends of ranges, in order. What is below the first counts as it.
    Ends(Vec<i64>),
}

impl FromStr for Ranges {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Vec<i64> = text
            .split_whitespace()
            .map(|number| number.parse().map_err(|why| format!("`{number}`: {why}")))
            .collect::<Result<_, _>>()?;
        match numbers.as_slice() {
            [width] if *width > 0 => Ok(Self::Width(*width)),
            [_, _, ..] if numbers.is_sorted_by(|one, next| one < next) => Ok(Self::Ends(numbers)),
            _ => Err("a width above 0, or two and more lower ends of ranges that grow".to_owned()),
        }
    }
}

impl Ranges {
    /// The lower end of the range; nothing where that is no number of this size.
    pub fn of_int(&self, value: i64) -> Option<i64> {
        match self {
            Self::Width(width) => value.div_euclid(*width).checked_mul(*width),
            Self::Ends(ends) => ends.iter().rev().find(|end| **end <= value).or(ends.first()).copied(),
        }
    }

    /// The same for a float; nothing where it is no number at all.
    pub fn of_float(&self, value: f64) -> Option<f64> {
        let lower = match self {
            Self::Width(width) => (value / *width as f64).floor() * *width as f64,
            Self::Ends(ends) if value.is_finite() => {
                *ends.iter().rev().find(|end| **end as f64 <= value).or(ends.first())? as f64
            }
            Self::Ends(_) => return None,
        };
        lower.is_finite().then_some(lower)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_keeps_its_first_parts() {
        for (parts, version, kept) in [
            (2, "10.0.19045.3930", Some("10.0")),
            (3, "10.0.19045.3930", Some("10.0.19045")),
            (3, "10.0", Some("10.0")),
            (1, "5", Some("5")),
            (2, "5.00.9135.1000", Some("5.00")),
            (3, "1.2-rc1", Some("1.2")),
            (2, "1.", Some("1")),
            (2, "", None),
            (2, "v1.2", None),
            (2, "1a.2", None),
            (1, "3 machines of Ann", None),
            (2, "CONTOSO\\ada", None),
            (1, "490154203237518", None),
            (2, "1.49015420323751", None),
            (2, ".5", None),
            (4, "1.2.3.4é", None),
        ] {
            assert_eq!(Parts(parts).of(version), kept, "{version}");
        }
        assert!("0".parse::<Parts>().is_err() && "5".parse::<Parts>().is_err());
    }

    #[test]
    fn what_is_kept_of_a_version_is_digits_and_dots() {
        // Every text of up to five of these.
        let characters = ['1', '0', '.', '-', 'a', 'é'];
        for code in 0..characters.len().pow(5) {
            let text: String =
                (0..5u32).map(|at| characters[code / characters.len().pow(at) % characters.len()]).collect();
            for parts in 1..=4 {
                if let Some(kept) = Parts(parts).of(&text) {
                    assert!(kept.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{text}: {kept}");
                    assert!(text.starts_with(kept) && kept.split('.').count() <= parts, "{text}: {kept}");
                }
            }
        }
    }

    #[test]
    fn the_calendar_goes_day_by_day() {
        let mut before = Date::of_day(-800_000);
        for day in -799_999..800_000 {
            let date = Date::of_day(day);
            assert_eq!(date.day(), day);
            let follows = (date.year, date.month, date.day) > (before.year, before.month, before.day);
            assert!(follows && (date.day == before.day + 1 || date.day == 1), "{before} {date}");
            before = date;
        }
        assert_eq!(Date::of_day(0).to_string(), "1970-01-01");
        assert_eq!(Date::of_day(11_016).to_string(), "2000-02-29");
    }

    #[test]
    fn a_date_becomes_the_first_day_of_its_period() {
        let first = |period: Period, text: &str| period.of_text(text).map(|date| date.to_string());
        for (period, text, day) in [
            (Period::Week, "2026-01-05", Some("2026-01-05")),
            (Period::Week, "2026-01-11T23:59:59Z", Some("2026-01-05")),
            (Period::Week, "2026-01-04", Some("2025-12-29")),
            (Period::Month, "2026-02-28 10:00", Some("2026-02-01")),
            (Period::Quarter, "2026-12-31", Some("2026-10-01")),
            (Period::Quarter, "2026-03-31", Some("2026-01-01")),
            (Period::Year, "2026-12-31", Some("2026-01-01")),
            (Period::Month, "2026-02-30", None),
            (Period::Month, "2026-13-01", None),
            (Period::Month, "2026-02-28 CONTOSO", Some("2026-02-01")),
            (Period::Month, "2026-02-280", None),
            (Period::Month, "yesterday", None),
            (Period::Month, "+026-01-01", None),
            (Period::Month, "20é6-01-01", None),
        ] {
            assert_eq!(first(period, text).as_deref(), day, "{text}");
        }
        let noon = 20_462 * DAY_US + DAY_US / 2;
        assert_eq!(Period::Week.of_time(noon), Some(20_458 * DAY_US));
        assert_eq!(Period::Month.of_time(-1), Some(-31 * DAY_US));
        assert_eq!(Period::Month.of_time(i64::MIN), None);
        assert!(Period::Year.of_time(i64::MAX).is_some());
        assert!("day".parse::<Period>().is_err());
    }

    #[test]
    fn a_number_becomes_the_lower_end_of_its_range() {
        let width: Ranges = "10".parse().unwrap();
        assert_eq!(
            [37, 40, 0, -1].map(|value| width.of_int(value)),
            [Some(30), Some(40), Some(0), Some(-10)]
        );
        assert_eq!(width.of_int(i64::MIN), None);
        assert_eq!(width.of_float(39.9), Some(30.0));
        assert_eq!(width.of_float(f64::NAN), None);
        assert_eq!(width.of_float(f64::INFINITY), None);
        let ends: Ranges = "0 1 3 10".parse().unwrap();
        assert_eq!(
            [-5, 0, 2, 3, 9, 10, 1000].map(|value| ends.of_int(value).unwrap()),
            [0, 0, 1, 3, 3, 10, 10]
        );
        assert_eq!(ends.of_float(2.5), Some(1.0));
        assert_eq!(ends.of_float(f64::NEG_INFINITY), None);
        for wrong in ["", "0", "-1", "3 1", "1 1", "x", "1 x"] {
            assert!(wrong.parse::<Ranges>().is_err(), "{wrong}");
        }
    }
}
