//! A run of letters, digits, `.`, `-` and `_`: which of the many things that look so it could be.

use crate::{Kind, scan::Scan, token};

/// Longer runs are Base64 or worse; only tokens are looked for in them.
const LONGEST_NAME: usize = 255;

/// How many of what there are in a name.
#[derive(Clone, Copy, Default)]
pub struct Shape {
    pub len: usize,
    pub digits: usize,
    /// `a` to `f` and `A` to `F`.
    pub hex_letters: usize,
    pub upper: usize,
    pub lower: usize,
    pub dots: usize,
    pub dashes: usize,
    pub underscores: usize,
    /// Bytes outside of ASCII.
    pub wide: usize,
}

impl Shape {
    pub fn of(name: &[u8]) -> Self {
        let mut shape = Self { len: name.len(), ..Self::default() };
        for byte in name {
            match byte {
                b'0'..=b'9' => shape.digits += 1,
                b'a'..=b'f' => {
                    shape.hex_letters += 1;
                    shape.lower += 1;
                }
                b'A'..=b'F' => {
                    shape.hex_letters += 1;
                    shape.upper += 1;
                }
                b'g'..=b'z' => shape.lower += 1,
                b'G'..=b'Z' => shape.upper += 1,
                b'.' => shape.dots += 1,
                b'-' => shape.dashes += 1,
                b'_' => shape.underscores += 1,
                _ => shape.wide += 1,
            }
        }
        shape
    }

    pub const fn is_hex(&self) -> bool {
        self.digits + self.hex_letters == self.len
    }

    pub const fn letters(&self) -> usize {
        self.upper + self.lower
    }
}

impl Scan<'_> {
    /// The run at `start..end`, which has a digit, a dot, a dash or the like in it.
    pub fn name(&mut self, start: usize, end: usize) {
        if let Some(len) = token::len(self.text.slice(start..end)) {
            return self.put_token(start, start + len);
        }
        if end - start > LONGEST_NAME {
            return;
        }
        // A full stop ends a sentence and begins no name; a dash begins an option.
        let joins = |byte: u8| matches!(byte, b'.' | b'-');
        let (run_start, run_end) = (start, end);
        let start = self.text.run(start, end - start, joins);
        let end = self.text.run_back(end, end.saturating_sub(start), joins);
        if start > run_start && self.text.before(start) == b'-' {
            self.option(start, run_end);
        }
        if end < start + 3 {
            return;
        }
        let name = self.text.slice(start..end);
        let shape = Shape::of(name);
        if shape.digits == shape.len {
            return self.digits(start, end);
        }
        if shape.digits + shape.dots + shape.dashes == shape.len {
            return self.number(start, end, &shape);
        }
        match (shape.len, shape.dashes, shape.dots) {
            (36, 4, 0) if self.guid(start, end) => return,
            (29, 4, 0) if self.product_key(start, end, &shape) => return,
            (17, 5, 0) if self.mac_with_dashes(start, end) => return,
            (14, 0, 2) if self.mac_with_dots(start, end) => return,
            (12 | 40 | 64, 0, 0) if shape.is_hex() && self.bare_hex(start, end) => return,
            _ => {}
        }
        if shape.dashes >= 3 && matches!(name, [b'S' | b's', b'-', b'1', b'-', ..]) {
            return self.sid(start, end);
        }
        if self.iban(start, end) {
            return;
        }
        if self.detectors.looks_for(Kind::NationalId) && self.lettered_national_id(start, end) {
            return;
        }
        if shape.letters() == 1 && shape.digits >= 9 && self.detectors.looks_for(Kind::Phone) {
            // `415-555-2671x12`: a telephone number with an extension.
            self.phone(start);
        }
        if shape.dots > 0 && shape.underscores == 0 {
            self.dotted_name(start, end, &shape);
        } else if shape.dots == 0 {
            self.plain_name(start, end, &shape);
        }
    }

    /// Digits with dots and dashes, as in addresses, dates, cards and versions.
    fn number(&mut self, start: usize, end: usize, shape: &Shape) {
        if shape.dashes == 0 {
            if shape.dots == 3 {
                self.v4(start, end);
            } else if shape.dots == 2 && shape.len == 14 {
                self.mac_with_dots(start, end);
            }
            if self.detectors.looks_for(Kind::NationalId) || self.detectors.looks_for(Kind::Phone) {
                self.asked_for_number(start, end);
            }
            return;
        }
        match (shape.len, shape.dashes, shape.dots) {
            (55, 7, 0) if self.bitlocker_key(start, end) => return,
            (36, 4, 0) if self.guid(start, end) => return,
            (17, 5, 0) if self.mac_with_dashes(start, end) => return,
            _ => {}
        }
        if self.detectors.looks_for(Kind::NationalId) && shape.dots > 0 && self.national_id(start, end) {
            return;
        }
        if shape.dots >= 3 {
            // From one address to another.
            let mut part = start;
            while part < end {
                let stop = self.text.run(part, end - part, |byte| byte != b'-');
                if self.text.slice(part..stop).iter().filter(|byte| **byte == b'.').count() == 3 {
                    self.v4(part, stop);
                }
                part = stop + 1;
            }
        } else if shape.dots == 0 && !self.card(start, end) {
            self.asked_for_number(start, end);
        }
    }

    /// Nothing but digits.
    pub fn digits(&mut self, start: usize, end: usize) {
        let len = end - start;
        if !(self.card(start, end) || (len == 6 && self.spaced_bitlocker_key(start))) && len >= 2 {
            self.asked_for_number(start, end);
        }
    }

    fn asked_for_number(&mut self, start: usize, end: usize) {
        if self.detectors.looks_for(Kind::NationalId)
            && (self.national_id(start, end) || self.spaced_british(start))
        {
            return;
        }
        if self.detectors.looks_for(Kind::Phone) {
            self.phone(start);
        }
    }
}
