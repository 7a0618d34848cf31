//! IPv4 and IPv6 addresses.

use std::{net::Ipv6Addr, ops::Range};

use crate::block::{Lane, is_word};

/// The IPv4 address whose first dot is at `dot`, inside `row`.
///
/// Not an address: an octet over 255, a fifth number (`1.2.3.4.5` is a version), or letters next
/// to it.
#[inline(always)]
pub fn v4_around(data: &[u8], dot: usize, row: &Range<usize>) -> Option<Range<usize>> {
    let before = data.get(row.start..dot)?;
    let digits = match before {
        [.., a, b, c] if a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_digit() => 3,
        [.., b, c] if b.is_ascii_digit() && c.is_ascii_digit() => 2,
        [.., c] if c.is_ascii_digit() => 1,
        _ => return None,
    };
    let start = dot - digits;
    let outside = start.checked_sub(1).filter(|at| *at >= row.start).and_then(|at| data.get(at));
    if outside.is_some_and(|byte| is_word(*byte) || *byte == b'.') || !is_octet(data.get(start..dot)?) {
        return None;
    }
    // Fifteen characters are the longest address; the sixteenth tells whether it ends there.
    let row_len = (row.end - start).min(16) as u32;
    let lane = Lane::at(data, start).unwrap_or_else(|| Lane::tail(data, start));
    let in_row = (1_u32 << row_len) - 1;
    let (digits, dots) = (lane.digits() & in_row, lane.is(b'.') & in_row);
    let mut end = (dot - start) as u32;
    for _ in 0..3 {
        let len = (digits >> (end + 1)).trailing_ones();
        let octet = start + end as usize + 1;
        if dots >> end & 1 == 0 || !is_octet(data.get(octet..octet + len as usize)?) {
            return None;
        }
        end += 1 + len;
    }
    let end = start + end as usize;
    let after = data.get(end..row.end)?;
    let goes_on = match after {
        [b'.', next, ..] => next.is_ascii_digit(),
        [next, ..] => is_word(*next),
        [] => false,
    };
    if goes_on { None } else { Some(start..end) }
}

/// One to three digits, 255 at most. Asked step by step: a `match` on the length becomes a jump table,
/// which the processor guesses wrong.
#[inline(always)]
fn is_octet(digits: &[u8]) -> bool {
    if digits.is_empty() || digits.len() > 3 {
        return false;
    }
    digits.first_chunk::<3>().is_none_or(|digits| *digits <= *b"255")
}

/// The IPv6 address around the colon at `colon`, inside `row`.
///
/// `::` and `::1` name no machine and stay; so does anything shorter than its stand-in.
#[inline(never)]
pub fn v6_around(data: &[u8], colon: usize, row: &Range<usize>) -> Option<Range<usize>> {
    let part = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    // No further than an address can reach: a long row of colons would be walked along from each of them.
    const LONGEST: usize = 45;
    let reach = LONGEST + 1;
    let before = data.get(row.start..colon)?.iter().rev().take(reach).take_while(|byte| part(byte)).count();
    if before > LONGEST {
        return None;
    }
    let after = data.get(colon..row.end)?.iter().take(reach).take_while(|byte| part(byte)).count();
    let start = colon - before;
    let mut end = colon + after;
    // A full stop may end the sentence.
    while end > colon + 1 && data.get(end - 1) == Some(&b'.') {
        end -= 1;
    }
    if end - start > LONGEST || end - start < crate::IP.len() {
        return None;
    }
    let inside_word = |at: Option<usize>| at.and_then(|at| data.get(at)).is_some_and(|byte| is_word(*byte));
    if (start > row.start && inside_word(start.checked_sub(1))) || (end < row.end && inside_word(Some(end))) {
        return None;
    }
    let text = str::from_utf8(data.get(start..end)?).ok()?;
    text.parse::<Ipv6Addr>().ok().map(|_| start..end)
}
