//! Dates and times as the types of SQL Server count them.

use bytes::{BufMut, BytesMut};

use crate::answer::Moment;

/// 1900-01-01, from which `datetime` counts, in days since 0001-01-01.
const DAY_1900: i64 = 693_595;

const MINUTE: u64 = 60_000_000_000;
const DAY: i64 = 86_400_000_000_000;

/// Days since 1900 and steps of 1/300 s, rounded as SQL Server rounds.
pub(super) fn datetime(moment: Moment) -> (i32, u32) {
    const STEPS: u64 = 300 * 86_400;
    let steps = (moment.nanos * 3 + 5_000_000) / 10_000_000;
    let days = i64::from(moment.days) - DAY_1900 + (steps / STEPS) as i64;
    (days as i32, (steps % STEPS) as u32)
}

pub(super) fn time_size(scale: u8) -> u8 {
    match scale {
        0..=2 => 3,
        3..=4 => 4,
        _ => 5,
    }
}

pub(super) fn put_time(to: &mut BytesMut, nanos: u64, scale: u8) {
    let units = nanos / 10_u64.pow(9 - u32::from(scale.min(7)));
    to.put_slice(units.to_le_bytes().get(..usize::from(time_size(scale))).unwrap_or_default());
}

pub(super) fn put_days(to: &mut BytesMut, days: u32) {
    to.put_slice(days.to_le_bytes().get(..3).unwrap_or_default());
}

/// Days since 1900 and minutes, rounded.
pub(super) fn small_datetime(moment: Moment) -> Option<(u16, u16)> {
    let minutes = (moment.nanos + MINUTE / 2) / MINUTE;
    let days = i64::from(moment.days) - DAY_1900 + (minutes / 1440) as i64;
    Some((u16::try_from(days).ok()?, (minutes % 1440) as u16))
}

/// Days and nanoseconds in UTC, which is what the wire has: the value is that of its place.
pub(super) fn utc(moment: Moment) -> Option<(u32, u64)> {
    let nanos = moment.nanos as i64 - i64::from(moment.offset) * MINUTE as i64;
    let days = i64::from(moment.days) + nanos.div_euclid(DAY);
    Some((u32::try_from(days).ok()?, nanos.rem_euclid(DAY) as u64))
}
