//! What the words before a place say about it.

use crate::text::{Lower, Text};

/// No further back than this: what names a value stands next to it.
const REACH: usize = 96;

/// The words before a place on its line, the nearest first; then those of the column's name.
#[derive(Clone)]
pub struct Before<'a> {
    text: Text<'a>,
    at: usize,
    floor: usize,
    column: &'a str,
}

impl<'a> Before<'a> {
    pub fn new(text: Text<'a>, at: usize, column: &'a str) -> Self {
        Self { text, at, floor: at.saturating_sub(REACH), column }
    }

    /// Where the word begins that was last told.
    pub const fn at(&self) -> usize {
        self.at
    }
}

/// What a word is made of besides letters and digits. Dots too, so that `1.2.3.4` is one word.
const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

impl<'a> Iterator for Before<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let joins = |byte: u8| byte < 0x80 && !is_part(byte) && byte != b'\n';
            // A character of several bytes can lie across the floor.
            let end = self.text.run_back(self.at, self.at.saturating_sub(self.floor), joins);
            if end <= self.floor || self.text.before(end) == b'\n' {
                self.at = self.floor;
                return if end == 0 { self.of_column() } else { None };
            }
            let start = self.text.run_of_letters_back(end, end - self.floor, is_part);
            if start == end {
                // A character outside of ASCII that is no letter: a quote, a dash, a space.
                self.at = end - self.text.char_before(end).map_or(1, char::len_utf8);
                continue;
            }
            self.at = start;
            let word = trim(self.text.slice(start..end));
            if !word.is_empty() {
                return Some(word);
            }
        }
    }
}

impl<'a> Before<'a> {
    fn of_column(&mut self) -> Option<&'a [u8]> {
        // Views of the site database put a zero behind the names of inventoried properties.
        let column = std::mem::take(&mut self.column).trim_end_matches('0');
        (!column.is_empty()).then_some(column.as_bytes())
    }
}

/// Without what joins words at its ends.
fn trim(mut word: &[u8]) -> &[u8] {
    while let [b'-' | b'.' | b'_', rest @ ..] | [rest @ .., b'-' | b'.' | b'_'] = word {
        word = rest;
    }
    word
}

/// Words that stand between a name and its value: `tenant id is ...`, `tenant id = value ...`.
fn is_filler(word: &[u8]) -> bool {
    matches!(
        word,
        b"is"
            | b"was"
            | b"ist"
            | b"war"
            | b"est"
            | b"of"
            | b"with"
            | b"value"
            | b"to"
            | b"the"
            | b"lautet"
            | b"von"
            | b"de"
            | b"la"
    )
}

/// Whether what stands at a place is called so: `matches` is asked for the name before it, written as one
/// word in small letters; names of up to three words are put together.
pub fn is_called(mut before: Before<'_>, matches: impl Fn(&[u8]) -> bool) -> bool {
    let mut words: [&[u8]; 3] = [&[]; 3];
    let mut count = 0;
    while count < 3 {
        let Some(word) = before.next() else { break };
        if count == 0 && is_filler(Lower::squeezed(word).as_bytes()) {
            continue;
        }
        if let Some(place) = words.get_mut(count) {
            *place = word;
        }
        count += 1;
    }
    let [last, middle, first] = words;
    [&[first, middle, last][..], &[middle, last], &[last]]
        .into_iter()
        .any(|words| matches(Lower::joined(words.iter().copied()).as_bytes()))
}

/// Whether one of the nearest `most` words matches, in small letters.
pub fn is_near(before: Before<'_>, most: usize, matches: impl Fn(&[u8]) -> bool) -> bool {
    before.take(most).any(|word| matches(Lower::squeezed(word).as_bytes()))
}
