//! Telephone numbers, in the many ways in which they are written. They look like many other numbers, so they are
//! looked for only where somebody asks.

use crate::{Kind, context::is_near, scan::Scan, text::Lower};

/// The most digits that a telephone number has, and the most characters that it is written with.
const MOST_DIGITS: usize = 15;
const LONGEST_PHONE: usize = 26;

impl Scan<'_> {
    /// A telephone number whose first digits begin at `start`.
    pub fn phone(&mut self, start: usize) {
        // It begins here, or with the bracket and the plus before. An outer bracket may be that of the text.
        let mut first = start;
        let mut found = self.phone_at(first, start);
        for sign in [b'(', b'+', b'('] {
            if !found && self.text.before(first) == sign {
                first -= 1;
                found = self.phone_at(first, start);
            }
        }
    }

    fn phone_at(&mut self, first: usize, start: usize) -> bool {
        let before = self.text.before(first);
        let joined =
            first == start && matches!(before, b'.' | b'-' | b'/' | b'$' | b'#' | b'\\' | b':' | b'+');
        if before.is_ascii_alphanumeric() || before == b'_' || joined {
            return false;
        }
        let part = |byte: u8| {
            byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b'+')
        };
        let stop = self.text.run(first, LONGEST_PHONE, part);
        // Another number may follow: it may end with each of its groups, the longest that is one counts.
        let number = self.text.slice(first..stop);
        let group_ends = (1..=number.len()).rev().filter(|end| {
            number.get(end - 1).is_some_and(u8::is_ascii_digit)
                && !number.get(*end).is_some_and(u8::is_ascii_digit)
        });
        for end in group_ends {
            let number = number.get(..end).unwrap_or_default();
            let (after, next) = (self.text.at(first + end), self.text.at(first + end + 1));
            let extension = after == b'x' && next.is_ascii_digit();
            let goes_on = (after.is_ascii_alphabetic() && !extension)
                || matches!(after, b'_' | b'+')
                || (matches!(after, b':' | b'-' | b'.' | b'/') && next.is_ascii_digit());
            if !goes_on && self.is_phone(first, number) {
                let end = if extension {
                    self.text.run(first + end + 1, 6, |byte| byte.is_ascii_digit())
                } else {
                    first + end
                };
                self.put(Kind::Phone, first, end);
                return true;
            }
        }
        false
    }

    fn is_phone(&self, first: usize, number: &[u8]) -> bool {
        let digits: Vec<u8> = number.iter().filter(|byte| byte.is_ascii_digit()).copied().collect();
        let depth = number.iter().try_fold(0_u32, |depth, byte| match byte {
            b'(' => Some(depth + 1),
            b')' => depth.checked_sub(1),
            _ => Some(depth),
        });
        let brackets = depth == Some(0);
        let joints =
            |two: &[u8]| matches!(two, [b' ' | b'-' | b'.' | b'/', b' ' | b'-' | b'.' | b'/' | b'+']);
        if !(7..=MOST_DIGITS).contains(&digits.len()) || !brackets || number.windows(2).any(joints) {
            return false;
        }
        let groups: Vec<&[u8]> =
            number.split(|byte| !byte.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
        let lens: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        let called = || {
            is_near(self.words_before(first), 2, |word| {
                matches!(
                    Lower::squeezed(word).as_bytes(),
                    b"phone"
                        | b"tel"
                        | b"telephone"
                        | b"mobile"
                        | b"fax"
                        | b"call"
                        | b"telefon"
                        | b"handy"
                        | b"mobil"
                        | b"portable"
                        | b"cell"
                        | b"telefonnummer"
                        | b"rufnummer"
                        | b"phonenumber"
                        | b"telefono"
                        | b"telefoon"
                        | b"tlf"
                )
            })
        };
        // More groups than anybody writes, and versions.
        let dotted = !number.contains(&b' ')
            && number.contains(&b'.')
            && lens.iter().any(|len| *len > 3)
            && lens.len() <= 4;
        if lens.len() > if number.first() == Some(&b'+') { 7 } else { 5 }
            || (dotted && lens.as_slice() != [3, 3, 4] && number.first() != Some(&b'+'))
        {
            return false;
        }
        let whole = first == 0 && number.len() == self.text.len();
        match (number.first(), lens.as_slice()) {
            (Some(b'+'), _) => (8..=15).contains(&digits.len()) && digits.first() != Some(&b'0'),
            // Dates, and versions of four parts.
            (_, [4, 2, 2, ..] | [2, 2, 4, ..] | [1 | 2, 1 | 2, 4, ..]) => false,
            (_, [_, _, _, _])
                if !number.contains(&b' ') && number.contains(&b'.') && digits.first() != Some(&b'0') =>
            {
                false
            }
            (_, [_]) if number.first() != Some(&b'(') => {
                // Counts have no zero in front.
                let trunk =
                    matches!(digits.as_slice(), [b'0', b'1'..=b'9', ..]) && (9..=12).contains(&digits.len());
                whole || trunk || ((9..=13).contains(&digits.len()) && called())
            }
            (Some(b'('), _) => digits.len() <= 12,
            // As in North America: 3 3 4.
            (_, [3, 3, 4] | [1, 3, 3, 4]) => true,
            // With the zero of a trunk, or those of another country.
            (Some(b'0'), [head, ..]) => *head >= 2 && digits.len() >= 8 && lens.iter().all(|len| *len <= 9),
            _ if number.contains(&b'(') => (10..=12).contains(&digits.len()),
            // Several groups, none of which is a count or a year by itself.
            (_, groups) => {
                let several = !number.contains(&b'.')
                    && (3..=5).contains(&groups.len())
                    && groups.iter().all(|len| (2..=4).contains(len));
                whole || called() || (several && (8..=11).contains(&digits.len()))
            }
        }
    }
}
