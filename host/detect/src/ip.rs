//! IPv4 and IPv6 addresses.

use std::{net::Ipv6Addr, ops::Range};

use crate::block::is_word;

/// The IPv4 address whose first dot is at `dot`, inside `row`.
///
/// Not an address: an octet over 255, a fifth number (`1.2.3.4.5` is a version), or letters next
/// to it.
#[inline(always)]
pub fn v4_around(data: &[u8], dot: usize, row: &Range<usize>) -> Option<Range<usize>> {
    let data = data.get(..row.end)?;
    let mut start = dot;
    while start > row.start && dot - start < 3 && data.get(start - 1)?.is_ascii_digit() {
        start -= 1;
    }
    if !is_octet(data.get(start..dot)?) {
        return None;
    }
    if start > row.start && data.get(start - 1).is_some_and(|byte| is_word(*byte) || *byte == b'.') {
        return None;
    }
    let mut end = dot;
    for _ in 0..3 {
        if data.get(end) != Some(&b'.') {
            return None;
        }
        let first = end + 1;
        end = first;
        while end - first < 3 && data.get(end).is_some_and(u8::is_ascii_digit) {
            end += 1;
        }
        if !is_octet(data.get(first..end)?) {
            return None;
        }
    }
    let after = data.get(end).copied();
    let a_fifth = after == Some(b'.') && data.get(end + 1).is_some_and(u8::is_ascii_digit);
    if a_fifth || after.is_some_and(is_word) { None } else { Some(start..end) }
}

#[inline(always)]
fn is_octet(digits: &[u8]) -> bool {
    match digits {
        [_] | [_, _] => true,
        [hundreds, tens, ones] => (*hundreds, *tens, *ones) <= (b'2', b'5', b'5'),
        _ => false,
    }
}

/// The IPv6 address around the colon at `colon`, inside `row`.
///
/// `::` and `::1` name no machine and stay; so does anything shorter than its stand-in.
pub fn v6_around(data: &[u8], colon: usize, row: &Range<usize>) -> Option<Range<usize>> {
    let part = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let before = data.get(row.start..colon)?.iter().rev().take_while(|byte| part(byte)).count();
    let after = data.get(colon..row.end)?.iter().take_while(|byte| part(byte)).count();
    let start = colon - before;
    let mut end = colon + after;
    // 45 is the longest an address gets; a full stop may end the sentence.
    while end > colon + 1 && data.get(end - 1) == Some(&b'.') {
        end -= 1;
    }
    if end - start > 45 || end - start < crate::IP.len() {
        return None;
    }
    let inside_word = |at: Option<usize>| at.and_then(|at| data.get(at)).is_some_and(|byte| is_word(*byte));
    if (start > row.start && inside_word(start.checked_sub(1))) || (end < row.end && inside_word(Some(end))) {
        return None;
    }
    let text = str::from_utf8(data.get(start..end)?).ok()?;
    text.parse::<Ipv6Addr>().ok().map(|_| start..end)
}
