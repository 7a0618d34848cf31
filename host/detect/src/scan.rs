//! The one pass over the text. It looks at sixty-four bytes at once and stops where something could be:
//! at a name with a digit, dot or dash in it, or at a character that joins the parts of an identifier.
//! The verifiers look around these places, each no further than its kind can reach or than it has not
//! been before, so that no text takes more than its length.

use crate::{
    block::{BLOCK, Lane, lanes, last_block},
    context::Before,
    detectors::Detectors,
    kind::{Found, Kind},
    resolve::resolve,
    text::Text,
};

/// The text, what is looked for, and how far the verifiers have come.
pub struct Scan<'a> {
    pub text: Text<'a>,
    pub detectors: &'a Detectors,
    /// The name of the column that the text is a cell of, or nothing.
    pub column: &'a str,
    pub found: &'a mut Vec<Found>,
    /// Up to where paths, hex numbers with colons, names and values, and distinguished names were looked at.
    pub path_done: usize,
    pub colons_done: usize,
    pub pairs_done: usize,
    pub names_done: usize,
    /// Whether anything is looked for that begins with a short number.
    short_numbers: bool,
}

/// Letters alone are looked at from this length on.
const LONG: u32 = 20;

/// What a run of name characters has in it.
#[derive(Clone, Copy, Default)]
struct Run {
    start: usize,
    /// Anything that makes it worth a look.
    interesting: bool,
    outside_ascii: bool,
    /// Anything but digits.
    other: bool,
}

/// The character classes of one block.
struct Classes {
    names: u64,
    interesting: u64,
    digits: u64,
    outside_ascii: u64,
    joints: u64,
}

impl<'a> Scan<'a> {
    pub fn new(text: &'a str, column: &'a str, detectors: &'a Detectors, found: &'a mut Vec<Found>) -> Self {
        found.clear();
        let text = Text::new(text);
        let short_numbers = detectors.looks_for(Kind::Phone) || detectors.looks_for(Kind::NationalId);
        Self {
            short_numbers,
            text,
            detectors,
            column,
            found,
            path_done: 0,
            colons_done: 0,
            pairs_done: 0,
            names_done: 0,
        }
    }

    pub fn run(mut self) {
        if !self.column.is_empty() {
            self.cell();
        }
        let bytes = self.text.bytes();
        let mut open: Option<Run> = None;
        let mut before = Classes { names: 0, interesting: 0, digits: 0, outside_ascii: 0, joints: 0 };
        let mut from = 0;
        while from < bytes.len() {
            let classes = match bytes.get(from..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
                Some(block) => classes(block, before.names >> 63),
                None => classes(&last_block(bytes, from), before.names >> 63),
            };
            self.names(from, &classes, &mut open);
            let mut joints = classes.joints;
            while joints != 0 {
                self.joint(from + joints.trailing_zeros() as usize);
                joints &= joints - 1;
            }
            before = classes;
            from += BLOCK;
        }
        if let Some(run) = open {
            self.end_of(run, bytes.len());
        }
        resolve(self.found);
    }

    /// The runs of name characters that end in the block at `from`.
    #[inline(always)]
    fn names(&mut self, from: usize, classes: &Classes, open: &mut Option<Run>) {
        let mut left = classes.names;
        if let Some(run) = open {
            let len = left.trailing_ones();
            let mask = low(len);
            run.interesting |= classes.interesting & mask != 0;
            run.outside_ascii |= classes.outside_ascii & mask != 0;
            run.other |= classes.digits & mask != mask;
            if len == 64 {
                return;
            }
            let run = *run;
            *open = None;
            self.end_of(run, from + len as usize);
            left &= !mask;
        }
        while left != 0 {
            let start = left.trailing_zeros();
            let len = (left >> start).trailing_ones();
            let mask = low(len) << start;
            let run = Run {
                start: from + start as usize,
                // Tokens may be nothing but letters, and are longer than words.
                interesting: classes.interesting & mask != 0 || len >= LONG,
                outside_ascii: classes.outside_ascii & mask != 0,
                other: classes.digits & mask != mask,
            };
            if start + len == 64 {
                *open = Some(run);
                return;
            }
            if run.interesting {
                self.end_of(run, from + (start + len) as usize);
            }
            left &= !mask;
        }
    }

    #[inline(always)]
    fn end_of(&mut self, run: Run, end: usize) {
        let len = end - run.start;
        if !run.other {
            // Numbers are what there is most of. Short ones are nothing, or the first group of something.
            if len >= 12 || len == 4 || len == 6 || self.short_numbers {
                self.digits(run.start, end);
            }
        } else if len >= if run.interesting { 3 } else { LONG as usize } {
            if run.outside_ascii { self.split_name(run.start, end) } else { self.name(run.start, end) }
        }
    }

    /// A run with characters outside of ASCII: some of them are quotes, dashes and spaces.
    fn split_name(&mut self, start: usize, end: usize) {
        let mut at = start;
        while at < end {
            let stop = self.text.run_of_letters(at, end - at, |byte| byte < 0x80).min(end);
            if stop - at >= 3 {
                self.name(at, stop);
            }
            at = stop + self.text.char_at(stop).map_or(1, char::len_utf8);
        }
    }

    fn joint(&mut self, at: usize) {
        match self.text.at(at) {
            b'@' => self.address_with_at(at),
            b'\\' => self.backslash(at),
            b'/' => self.slash(at),
            b'=' => self.equals(at),
            b':' => self.colon(at),
            b'>' => self.end_of_tag(at),
            b'$' => self.dollar(at),
            b'+' | b'(' if self.detectors.looks_for(Kind::Phone) => self.phone(at + 1),
            b'~' => self.entra_secret(at),
            _ => {}
        }
    }

    pub fn words_before(&self, at: usize) -> Before<'a> {
        Before::new(self.text, at, self.column)
    }

    /// Something was found: kept if it is looked for and its ends are ends of characters.
    pub fn put(&mut self, kind: Kind, start: usize, end: usize) {
        let sound = start < end && self.text.is_boundary(start) && self.text.is_boundary(end);
        if sound && self.detectors.looks_for(kind) {
            self.found.push(Found { range: start..end, kind });
        }
    }
}

/// The lowest `count` bits.
#[inline(always)]
const fn low(count: u32) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

/// `name_before`: whether the byte before the block is part of a name, as its lowest bit.
#[inline(always)]
fn classes(block: &[u8; BLOCK], name_before: u64) -> Classes {
    let lanes = lanes(block);
    let ask = |question: fn(Lane) -> u32| {
        let [a, b, c, d] = lanes;
        let low = question(a) | question(b) << 16;
        u64::from(low) | u64::from(question(c) | question(d) << 16) << 32
    };
    let names = ask(Lane::name);
    let digits = ask(Lane::digits);
    let after_name = names << 1 | name_before;
    // What the next block begins with is not known here: taken for a name, to be looked at in peace.
    let before_name = names >> 1 | 1 << 63;
    let dots = ask(|lane| lane.is(b'.')) & after_name & before_name;
    // A dash inside a name, or one that begins an option of a command.
    let dashes = ask(|lane| lane.is(b'-')) & before_name;
    // `gmsa_sql`, the one kind of name that has neither digit nor dash.
    let accounts = ask(|lane| lane.is(b'_')) & (ask(|lane| lane.is_letter(b'a')) << 1 | 1);
    let slashes =
        ask(|lane| lane.is(b'/')) & (ask(|lane| lane.is_letter(b'u') | lane.is_letter(b'h')) >> 1 | 1 << 63);
    let backslashes = ask(|lane| lane.is(b'\\'));
    let phones = ask(|lane| lane.is(b'+') | lane.is(b'(')) & (digits >> 1 | 1 << 63);
    let joints = ask(|lane| lane.is(b'@') | lane.is(b'=') | lane.is(b':') | lane.is(b'~'))
        | ask(|lane| lane.is(b'>') | lane.is(b'$')) & after_name
        | backslashes & !(backslashes << 1)
        | slashes
        | phones;
    Classes {
        names,
        digits,
        interesting: digits | dots | dashes | accounts,
        outside_ascii: ask(Lane::outside_ascii) & names,
        joints,
    }
}
