//! SQL Server's dates and times, as microseconds since 1970 and as text.

use std::fmt::Write;

use tiberius::time::{Date, DateTime, DateTime2, SmallDateTime, Time};

const DAY_US: i64 = 86_400_000_000;
/// Days from 0001-01-01, where date and datetime2 begin, to 1970-01-01.
const YEAR_1: i64 = 719_162;
/// Days from 1900-01-01, where datetime and smalldatetime begin, to 1970-01-01.
const YEAR_1900: i64 = 25_567;
/// 9999-12-31, in days from 0001-01-01: the last day of every SQL Server type.
const LAST_DAY: i64 = 3_652_058;

/// What no SQL Server type holds; a server that sends it is broken.
pub(super) const NO_TIME: &str = "the server sent a date or time that there is not";

pub(super) fn date(date: Date) -> Result<i64, &'static str> {
    day(i64::from(date.days()) - YEAR_1)
}

/// Microseconds at the beginning of a day since 1970.
fn day(days: i64) -> Result<i64, &'static str> {
    if (-YEAR_1..=LAST_DAY - YEAR_1).contains(&days) { Ok(days * DAY_US) } else { Err(NO_TIME) }
}

pub(super) fn datetime2(value: DateTime2) -> Result<i64, &'static str> {
    Ok(date(value.date())? + time_of_day(value.time())?)
}

pub(super) fn datetime(value: DateTime) -> Result<i64, &'static str> {
    let ticks = i64::from(value.seconds_fragments());
    // A tick is 1/300 s; the nearest microsecond.
    let time = (ticks * 10_000 + 1) / 3;
    if time < DAY_US { Ok(day(i64::from(value.days()) - YEAR_1900)? + time) } else { Err(NO_TIME) }
}

pub(super) fn small_datetime(value: SmallDateTime) -> Result<i64, &'static str> {
    // What the driver calls fragments of seconds are minutes here.
    let time = i64::from(value.seconds_fragments()) * 60_000_000;
    if time < DAY_US { Ok(day(i64::from(value.days()) - YEAR_1900)? + time) } else { Err(NO_TIME) }
}

/// Microseconds since midnight; the digit below is cut.
fn time_of_day(time: Time) -> Result<i64, &'static str> {
    let scale = u32::from(time.scale());
    let increments = i64::try_from(time.increments()).map_err(|_| NO_TIME)?;
    let time = match scale {
        0..=6 => increments.checked_mul(10_i64.pow(6 - scale)).ok_or(NO_TIME)?,
        7 => increments / 10,
        _ => return Err(NO_TIME),
    };
    if time < DAY_US { Ok(time) } else { Err(NO_TIME) }
}

/// `hh:mm:ss` and the digits of the time's scale.
pub(super) fn time_text(time: Time, text: &mut String) -> Result<(), &'static str> {
    time_of_day(time)?;
    let unit = 10_u64.pow(u32::from(time.scale()));
    let (seconds, fraction) = (time.increments() / unit, time.increments() % unit);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let digits = usize::from(time.scale());
    // Writing to a string does not fail.
    let _ = write!(text, "{hours:02}:{minutes:02}:{seconds:02}");
    if digits > 0 {
        let _ = write!(text, ".{fraction:0digits$}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn shown(us: Result<i64, &'static str>) -> String {
        Timestamp::from_microsecond(us.unwrap()).unwrap().to_string()
    }

    #[test]
    fn days_are_counted_from_where_each_type_begins() {
        assert_eq!(shown(date(Date::new(719_162))), "1970-01-01T00:00:00Z");
        assert_eq!(shown(date(Date::new(0))), "0001-01-01T00:00:00Z");
        // 9999-12-31, which is one day more than the library knows.
        assert_eq!(date(Date::new(3_652_058)), Ok(253_402_214_400_000_000));
        assert_eq!(shown(datetime(DateTime::new(0, 0))), "1900-01-01T00:00:00Z");
        assert_eq!(shown(datetime(DateTime::new(-53_690, 0))), "1753-01-01T00:00:00Z");
        assert_eq!(shown(small_datetime(SmallDateTime::new(25_567, 61))), "1970-01-01T01:01:00Z");
    }

    #[test]
    fn a_300th_of_a_second_is_rounded_and_a_tenth_of_a_microsecond_is_cut() {
        assert_eq!(datetime(DateTime::new(25_567, 1)), Ok(3_333));
        assert_eq!(datetime(DateTime::new(25_567, 2)), Ok(6_667));
        assert_eq!(shown(datetime(DateTime::new(25_567, 25_919_999))), "1970-01-01T23:59:59.996667Z");
        let value = DateTime2::new(Date::new(719_162), Time::new(863_999_999_999, 7));
        assert_eq!(shown(datetime2(value)), "1970-01-01T23:59:59.999999Z");
        assert_eq!(datetime2(DateTime2::new(Date::new(719_162), Time::new(5, 0))), Ok(5_000_000));
    }

    #[test]
    fn a_time_has_the_digits_of_its_scale() {
        let text = |time| {
            let mut text = String::new();
            time_text(time, &mut text).map(|()| text)
        };
        assert_eq!(text(Time::new(45_296, 0)).unwrap(), "12:34:56");
        assert_eq!(text(Time::new(452_960_000_001, 7)).unwrap(), "12:34:56.0000001");
        assert_eq!(text(Time::new(86_400, 0)), Err(NO_TIME));
    }

    #[test]
    fn what_no_type_holds_is_an_error_and_no_panic() {
        assert!(date(Date::new(0xff_ffff)).is_err());
        assert!(datetime(DateTime::new(i32::MAX, u32::MAX)).is_err());
        assert!(datetime(DateTime::new(i32::MIN, 0)).is_err());
        assert!(small_datetime(SmallDateTime::new(1, u16::MAX)).is_err());
        assert!(datetime2(DateTime2::new(Date::new(1), Time::new(u64::MAX, 3))).is_err());
        assert!(time_text(Time::new(1, 200), &mut String::new()).is_err());
    }
}
