//! Numbers that prove themselves: payment cards, bank accounts, recovery keys, product keys.

use crate::{Kind, name::Shape, scan::Scan};

/// The longest card number, and the longest of it with a space or dash between its groups.
const LONGEST_CARD: usize = 19;
const LONGEST_SPACED_CARD: usize = LONGEST_CARD + 4;

/// The longest account number.
const LONGEST_IBAN: usize = 34;

impl Scan<'_> {
    /// A card whose number begins with the digits at `start..end`, in one piece or in groups.
    pub fn card(&mut self, start: usize, end: usize) -> bool {
        let len = end - start;
        let before = self.text.before(start);
        if matches!(before, b'.' | b',' | b'+' | b'-')
            && self.text.before(start.saturating_sub(1)).is_ascii_digit()
        {
            return false;
        }
        match len {
            // Groups of four, or 4 6 5; the rest follows with spaces.
            4 if self.space_len(end) > 0 => self.spaced_card(start),
            12..=LONGEST_SPACED_CARD => self.put_card(start, end),
            _ => false,
        }
    }

    fn put_card(&mut self, start: usize, end: usize) -> bool {
        let mut digits = [0; LONGEST_CARD];
        let Some(digits) = digits_of(self.text.slice(start..end), &mut digits) else { return false };
        let is_card =
            is_issued(digits) && luhn(digits) && digits.windows(2).any(|two| two.first() != two.last());
        if is_card {
            self.put(Kind::PaymentCard, start, end);
        }
        is_card
    }

    /// A number in groups with one space between them. Another number may follow, so it may end after any
    /// group from the third on.
    fn spaced_card(&mut self, start: usize) -> bool {
        let mut end = start;
        for groups in 1..=5 {
            let stop = self.text.run(end, LONGEST_CARD, |byte| byte.is_ascii_digit());
            let goes_on = self.text.at(stop).is_ascii_alphabetic()
                || matches!(self.text.at(stop), b'_' | b'-')
                || (self.text.at(stop) == b':' && self.text.at(stop + 1).is_ascii_digit());
            if !(2..=7).contains(&(stop - end)) || goes_on {
                return false;
            }
            if groups >= 3 && self.put_card(start, stop) {
                return true;
            }
            let space = self.space_len(stop);
            if space == 0 {
                return false;
            }
            end = stop + space;
        }
        false
    }

    /// The bytes of the one space at `at`: a plain one or one that does not break.
    fn space_len(&self, at: usize) -> usize {
        match self.text.char_at(at) {
            Some(' ') => 1,
            Some(space @ ('\u{a0}' | '\u{202f}' | '\u{2009}')) => space.len_utf8(),
            _ => 0,
        }
    }

    /// An account number that begins with the name at `start..end`.
    pub fn iban(&mut self, start: usize, end: usize) -> bool {
        let [a, b, c, d, ..] = self.text.slice(start..end) else { return false };
        if !(a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit()) {
            return false;
        }
        let Some(len) = iban_len([a.to_ascii_uppercase(), b.to_ascii_uppercase()]) else { return false };
        let mut number = [0; LONGEST_IBAN];
        let mut count = 0;
        let mut at = start;
        while count < len {
            let byte = self.text.at(at);
            if byte.is_ascii_alphanumeric() {
                if let Some(place) = number.get_mut(count) {
                    *place = byte.to_ascii_uppercase();
                }
                count += 1;
                at += 1;
            } else if count > 0 && byte == b'-' {
                at += 1;
            } else {
                match self.space_len(at) {
                    // The spaces stand after each four.
                    space if space > 0 && count % 4 == 0 => at += space,
                    _ => return false,
                }
            }
        }
        let goes_on = self.text.at(at).is_ascii_alphanumeric();
        let Some(number) = number.get(..len).filter(|_| !goes_on) else { return false };
        let (head, account) = number.split_at(4);
        let sound = modulo_97(account.iter().chain(head)) == 1;
        if sound {
            self.put(Kind::Iban, start, at);
        }
        sound
    }

    /// Eight groups of six digits. Each is a multiple of eleven; no other number is written like this, so
    /// one that somebody made up or mistyped is found too.
    pub fn bitlocker_key(&mut self, start: usize, end: usize) -> bool {
        let found = self.text.slice(start..end).split(|byte| *byte == b'-').all(|group| group.len() == 6);
        if found {
            self.put(Kind::BitLockerKey, start, end);
        }
        found
    }

    /// The same with spaces, and then with all that makes a key one.
    pub fn spaced_bitlocker_key(&mut self, start: usize) -> bool {
        let end = start + 55;
        let groups = self.text.slice(start..end);
        let found = groups.len() == 55
            && !self.text.at(end).is_ascii_alphanumeric()
            && groups.split(|byte| *byte == b' ').all(|group| group.len() == 6 && multiple_of_eleven(group));
        if found {
            self.put(Kind::BitLockerKey, start, end);
        }
        found
    }

    /// Five groups of five letters and digits, some of each or all of Microsoft's own.
    pub fn product_key(&mut self, start: usize, end: usize, shape: &Shape) -> bool {
        let key = self.text.slice(start..end);
        let groups = key.split(|byte| *byte == b'-').all(|group| group.len() == 5);
        let one_case = shape.upper == 0 || shape.lower == 0;
        let own = |byte: &u8| b"BCDFGHJKMNPQRTVWXY2346789-".contains(&byte.to_ascii_uppercase());
        let found = groups
            && one_case
            && shape.wide == 0
            && ((shape.digits > 0 && shape.letters() > 0) || key.iter().all(own));
        if found {
            self.put(Kind::ProductKey, start, end);
        }
        found
    }
}

/// The digits of a number, without what is between its groups. Nothing where there are too many.
fn digits_of<'a>(text: &[u8], digits: &'a mut [u8; LONGEST_CARD]) -> Option<&'a [u8]> {
    let mut count = 0;
    for byte in text.iter().filter(|byte| byte.is_ascii_digit()) {
        *digits.get_mut(count)? = byte - b'0';
        count += 1;
    }
    digits.get(..count)
}

/// Whether cards of this length are given out under these first digits.
fn is_issued(digits: &[u8]) -> bool {
    let first = digits.iter().take(4).fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
    let lengths = match first {
        4000..=4999 => [13, 16, 19].as_slice(),
        604 | 5018 | 5020 | 5038 | 6304 | 6390 | 6759..=6763 => &[12, 13, 14, 15, 16, 17, 18, 19],
        5100..=5599 | 2221..=2720 => &[16],
        3400..=3499 | 3700..=3799 => &[15],
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => &[14, 16, 19],
        3500..=3599 | 2200..=2204 => &[16, 17, 18, 19],
        3088 | 3096 | 3112 | 3158 | 3337 => &[16],
        // Of the older kind of this issuer, and its new range.
        1800 | 2131 => &[15],
        5600..=5899 => &[12, 16, 18, 19],
        5000..=5099 | 5900..=6999 | 8100..=8171 => &[16, 17, 18, 19],
        _ => &[],
    };
    lengths.contains(&digits.len())
}

/// The check digit of cards, over all digits.
pub fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// ISO 7064: letters count as two digits, from A = 10 on.
pub fn modulo_97<'a>(characters: impl Iterator<Item = &'a u8>) -> u32 {
    characters.fold(0, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte.to_ascii_uppercase().wrapping_sub(b'A')) + 10) % 97,
    })
}

fn multiple_of_eleven(group: &[u8]) -> bool {
    str::from_utf8(group).ok().and_then(|group| group.parse::<u32>().ok()).is_some_and(|number| {
        // Each group carries sixteen bits.
        number.is_multiple_of(11) && number / 11 < 1 << 16
    })
}

/// How long the account numbers of a country are, from the register of IBANs.
const fn iban_len(country: [u8; 2]) -> Option<usize> {
    Some(match &country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"FO" | b"GL" | b"NL" | b"SD" | b"FK" => 18,
        b"MK" | b"SI" => 19,
        b"AT" | b"BA" | b"EE" | b"KZ" | b"LT" | b"LU" | b"XK" | b"MN" => 20,
        b"CH" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"BH" | b"CR" | b"DE" | b"GB" | b"GE" | b"IE" | b"ME" | b"RS" | b"VA" => 22,
        b"AE" | b"GI" | b"IL" | b"IQ" | b"TL" | b"OM" | b"SO" => 23,
        b"AD" | b"CZ" | b"ES" | b"MD" | b"PK" | b"RO" | b"SA" | b"SE" | b"SK" | b"TN" | b"VG" => 24,
        b"LY" | b"PT" | b"ST" => 25,
        b"IS" | b"TR" => 26,
        b"DJ" | b"FR" | b"GR" | b"IT" | b"MC" | b"MR" | b"SM" | b"BI" => 27,
        b"AL" | b"AZ" | b"BY" | b"CY" | b"DO" | b"GT" | b"HU" | b"LB" | b"PL" | b"SV" | b"NI" => 28,
        b"BR" | b"EG" | b"PS" | b"QA" | b"UA" => 29,
        b"JO" | b"KW" | b"MU" | b"YE" => 30,
        b"MT" | b"SC" => 31,
        b"LC" => 32,
        b"RU" => 33,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_the_standards() {
        assert!(luhn(&[4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
        assert!(!luhn(&[4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]));
        assert_eq!(modulo_97(b"WEST12345698765432GB82".iter()), 1);
        assert!(
            multiple_of_eleven(b"000011") && multiple_of_eleven(b"720885") && !multiple_of_eleven(b"720896")
        );
        assert!(!multiple_of_eleven(b"000012"));
    }
}
