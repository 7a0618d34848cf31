//! E-mail addresses: a run of local characters, `@`, and a domain that ends in a dot and two or
//! more letters.

use std::ops::Range;

use crate::block::{Lane, is_domain, is_local};

/// The address around the `@` at `at`, inside `row`.
#[inline(always)]
pub fn around(data: &[u8], at: usize, row: &Range<usize>) -> Option<Range<usize>> {
    let start = local_start(data, at, row.start);
    if start == at {
        return None;
    }
    let end = domain_end(data, at + 1, row.end);
    top_level_end(data.get(at + 2..end)?).map(|len| start..at + 2 + len)
}

/// Where the local part before `at` begins.
#[inline(always)]
fn local_start(data: &[u8], at: usize, floor: usize) -> usize {
    let mut start = at;
    if let Some(lane) = at.checked_sub(16).and_then(|from| Lane::at(data, from)) {
        // Bit 15 is the byte next to `@`: count the ones from there down.
        let run = (!(lane.local() << 16)).leading_zeros() as usize;
        start = at - run.min(16);
        if run < 16 {
            return start.max(floor);
        }
    }
    while start > floor && data.get(start - 1).copied().is_some_and(is_local) {
        start -= 1;
    }
    start.max(floor)
}

/// Where the run of domain characters from `from` on ends.
#[inline(always)]
fn domain_end(data: &[u8], from: usize, ceiling: usize) -> usize {
    let mut end = from;
    if let Some(lane) = Lane::at(data, from) {
        let run = (!lane.domain()).trailing_zeros() as usize;
        end = from + run.min(16);
        if run < 16 {
            return end.min(ceiling);
        }
    }
    while end < ceiling && data.get(end).copied().is_some_and(is_domain) {
        end += 1;
    }
    end.min(ceiling)
}

/// How much of `tail`, the domain but for its first character, belongs to the address: up to the
/// last dot that two or more letters follow, and those letters.
#[inline(always)]
fn top_level_end(tail: &[u8]) -> Option<usize> {
    let mut letters = 0;
    let mut end = tail.len();
    for (index, byte) in tail.iter().enumerate().rev() {
        match byte {
            b'.' if letters >= 2 => return Some(end),
            b if b.is_ascii_alphabetic() => letters += 1,
            // Whatever follows here ends the letters: what came after cannot be a top level.
            _ => {
                letters = 0;
                end = index;
            }
        }
    }
    None
}
