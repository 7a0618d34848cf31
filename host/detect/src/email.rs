//! E-mail addresses: a run of local characters, `@`, and a domain that ends in a dot and two or
//! more letters.

use std::ops::Range;

use crate::block::{Lane, Window, is_domain, is_local};

/// The address around the `@` at `at`, inside `row`.
#[inline(always)]
pub fn around(data: &[u8], at: usize, row: &Range<usize>) -> Option<Range<usize>> {
    let start = local_start(data, at, row.start);
    if start == at {
        return None;
    }
    domain_len(data, at + 1, row.end).map(|len| start..at + 1 + len)
}

/// Where the local part before `at` begins.
#[inline(always)]
fn local_start(data: &[u8], at: usize, floor: usize) -> usize {
    if let Some(window) = at.checked_sub(32).and_then(|from| Window::at(data, from)) {
        // The highest bit is the byte next to `@`: count the ones from there down.
        let run = window.ask(Lane::local).leading_ones() as usize;
        if run < 32 {
            return (at - run).max(floor);
        }
    }
    slow_local_start(data, at, floor)
}

/// Byte by byte: near the beginning of the data, and for long local parts.
#[cold]
fn slow_local_start(data: &[u8], at: usize, floor: usize) -> usize {
    let local = data.get(floor..at).unwrap_or_default();
    at - local.iter().rev().take_while(|byte| is_local(**byte)).count()
}

/// How long the domain from `from` on is: a character, then up to the last dot that two or more
/// letters follow, and those letters.
#[inline(always)]
fn domain_len(data: &[u8], from: usize, ceiling: usize) -> Option<usize> {
    if let Some(window) = Window::at(data, from) {
        let run = window.ask(Lane::domain).trailing_ones().min((ceiling - from) as u32);
        if run < 32 {
            let run_mask = (1 << run) - 1;
            let letters = window.ask(Lane::letters) & run_mask;
            // Not in the first place: a domain does not begin with its dot.
            let dots = window.ask(|lane| lane.is(b'.')) & run_mask & !1;
            let ends = dots & letters >> 1 & letters >> 2;
            let dot = 31_u32.checked_sub(ends.leading_zeros())?;
            return Some((dot + 1 + (letters >> (dot + 1)).trailing_ones()) as usize);
        }
    }
    slow_domain_len(data.get(from..ceiling)?)
}

/// Byte by byte: near the end of the data, and for long domains.
#[cold]
fn slow_domain_len(data: &[u8]) -> Option<usize> {
    let run = data.iter().take_while(|byte| is_domain(**byte)).count();
    let mut letters = 0;
    let mut end = run;
    for (index, byte) in data.get(..run)?.iter().enumerate().skip(1).rev() {
        match byte {
            b'.' if letters >= 2 => return Some(end),
            byte if byte.is_ascii_alphabetic() => letters += 1,
            // What follows here ended the letters: it is no part of a top level.
            _ => {
                letters = 0;
                end = index;
            }
        }
    }
    None
}
