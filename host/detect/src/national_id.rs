//! Numbers that states give to persons. They look like any other number, so they are looked for only where
//! somebody asks.

use crate::{Kind, context::is_near, number::luhn, scan::Scan};

impl Scan<'_> {
    /// Numbers with check digits, written as digits with dashes, dots or nothing between them.
    pub fn national_id(&mut self, start: usize, end: usize) -> bool {
        let text = self.text.slice(start..end);
        let mut buffer = [0; 16];
        let mut count = 0;
        for byte in text.iter().filter(|byte| byte.is_ascii_digit()) {
            let Some(place) = buffer.get_mut(count) else { return false };
            *place = byte - b'0';
            count += 1;
        }
        let digits = buffer.get(..count).unwrap_or_default();
        let joints: Vec<usize> =
            text.iter().enumerate().filter(|(_, byte)| !byte.is_ascii_digit()).map(|(at, _)| at).collect();
        if digits.windows(2).all(|two| two.first() == two.last()) {
            return false;
        }
        let sound = match (digits.len(), joints.as_slice()) {
            (9, [3, 6]) => is_us(digits) && text.get(3) == Some(&b'-'),
            (9, []) => is_dutch(digits) && self.is_called_national(start),
            (10, [6]) => (luhn(digits) && is_day(digits, 2)) || is_finnish(text),
            (12, [8]) => digits.get(2..).is_some_and(|digits| luhn(digits) && is_day(digits, 2)),
            (11, []) => {
                (is_german(digits) || is_polish(digits) || is_norwegian(digits)) || is_belgian(digits)
            }
            (11, [3, 7, 11]) => is_brazilian(digits),
            (11, [2, 5, 8, 12]) => is_belgian(digits),
            (13, [3, 8, 13]) => is_swiss(digits),
            (13, []) => is_swiss(digits) || is_french_without_key(digits, self.is_called_national(start)),
            (15, []) => is_french(digits),
            _ => false,
        };
        if sound {
            self.put(Kind::NationalId, start, end);
        }
        sound
    }

    /// `AB 12 34 56 C`, `AB 123456 C`: `start` is that of the first digits.
    pub fn spaced_british(&mut self, start: usize) -> bool {
        if start < 3 || self.text.before(start) != b' ' || self.text.comes_from(start - 3) {
            return false;
        }
        let end = self.text.run(start, 10, |byte| byte.is_ascii_digit() || byte == b' ') + 1;
        let code: Vec<u8> =
            self.text.slice(start - 3..end).iter().copied().filter(|byte| *byte != b' ').collect();
        let sound = is_british(&code) && !self.text.goes_on(end);
        if sound {
            self.put(Kind::NationalId, start - 3, end);
        }
        sound
    }

    /// Codes of letters and digits with a check character.
    pub fn lettered_national_id(&mut self, start: usize, end: usize) -> bool {
        let code = self.text.slice(start..end);
        let sound = is_italian(code) || is_spanish(code) || is_british(code) || is_finnish(code);
        if sound {
            self.put(Kind::NationalId, start, end);
        }
        sound
    }

    fn is_called_national(&self, start: usize) -> bool {
        is_near(self.words_before(start), 3, |word| {
            matches!(
                word,
                b"ssn"
                    | b"bsn"
                    | b"sofi"
                    | b"nir"
                    | b"id"
                    | b"personal"
                    | b"national"
                    | b"steuerid"
                    | b"idnr"
                    | b"tin"
                    | b"burgerservicenummer"
                    | b"securite"
            )
        })
    }
}

fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |number, digit| number * 10 + u64::from(*digit))
}

/// Whether two digits from `month` on are a month and the two after a day.
fn is_day(digits: &[u8], month: usize) -> bool {
    let two = |at: usize| digits.get(at..at + 2).map_or(0, number);
    // Numbers of those who have no lasting one add 60 to the day.
    (1..=12).contains(&two(month)) && matches!(two(month + 2), 1..=31 | 61..=91)
}

/// Social security numbers have no check digit, only parts that are never given out.
fn is_us(digits: &[u8]) -> bool {
    let part = |from: usize, to: usize| digits.get(from..to).map_or(0, number);
    let area = part(0, 3);
    area != 0 && area != 666 && area < 900 && part(3, 5) != 0 && part(5, 9) != 0
}

/// Burgerservicenummer: the test of eleven, the last digit counting down.
fn is_dutch(digits: &[u8]) -> bool {
    let last = digits.last().map_or(0, |digit| u32::from(*digit));
    (weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]) + 10 * 11 - last).is_multiple_of(11)
}

/// Steuerliche Identifikationsnummer: ISO 7064, MOD 11,10; no zero in front.
fn is_german(digits: &[u8]) -> bool {
    let Some((check, rest)) = digits.split_last().filter(|_| digits.first() != Some(&0)) else {
        return false;
    };
    let product = rest.iter().fold(10, |product, digit| {
        let sum = (u32::from(*digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    let twice = (0..10).any(|digit| rest.iter().filter(|other| **other == digit).count() > 1);
    (11 - product) % 10 == u32::from(*check) && twice
}

/// PESEL.
fn is_polish(digits: &[u8]) -> bool {
    let month = digits.get(2..4).map_or(0, number) % 20;
    let sum = weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
    sum.is_multiple_of(10)
        && (1..=12).contains(&month)
        && matches!(digits.get(4..6).map_or(0, number), 1..=31)
}

/// Fødselsnummer: two check digits modulo 11.
fn is_norwegian(digits: &[u8]) -> bool {
    weighted(digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11)
        && weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
        && matches!(digits.get(0..2).map_or(0, number), 1..=31 | 41..=71)
}

/// Rijksregisternummer: what is left of 97, before and after the year 2000.
fn is_belgian(digits: &[u8]) -> bool {
    let (Some(head), Some(check)) = (digits.get(..9).map(number), digits.get(9..11).map(number)) else {
        return false;
    };
    let month = digits.get(2..4).map_or(0, number);
    (97 - head % 97 == check || 97 - (2_000_000_000 + head) % 97 == check)
        && month <= 12
        && digits.get(4..6).map_or(0, number) <= 31
}

/// CPF: two check digits modulo 11.
fn is_brazilian(digits: &[u8]) -> bool {
    let check = |count: usize| {
        let sum: u32 = digits
            .iter()
            .take(count)
            .zip((2..=count as u32 + 1).rev())
            .map(|(digit, weight)| u32::from(*digit) * weight)
            .sum();
        let rest = sum * 10 % 11 % 10;
        digits.get(count).is_some_and(|digit| u32::from(*digit) == rest)
    };
    check(9) && check(10)
}

/// AHV number: 756 and the check digit of EAN-13.
fn is_swiss(digits: &[u8]) -> bool {
    digits.starts_with(&[7, 5, 6])
        && weighted(digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
}

/// NIR: 97 less what is left of 97.
fn is_french(digits: &[u8]) -> bool {
    let (Some(head), Some(key)) = (digits.get(..13).map(number), digits.get(13..).map(number)) else {
        return false;
    };
    matches!(digits.first(), Some(1..=4 | 7 | 8))
        && matches!(digits.get(3..5).map_or(0, number), 1..=12 | 20..=42 | 50..=99)
        && 97 - head % 97 == key
}

fn is_french_without_key(digits: &[u8], called: bool) -> bool {
    called && matches!(digits.first(), Some(1 | 2)) && matches!(digits.get(3..5).map_or(0, number), 1..=12)
}

/// Codice fiscale: fifteen characters and one that follows from them.
fn is_italian(code: &[u8]) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let form = b"LLLLLLDDLDDLDDDL";
    if code.len() != form.len() {
        return false;
    }
    let mut sum = 0;
    for (place, (byte, form)) in code.iter().zip(form).enumerate() {
        let byte = byte.to_ascii_uppercase();
        // Letters stand for digits where two persons would have the same code.
        let fits = if *form == b'L' {
            byte.is_ascii_uppercase()
        } else {
            byte.is_ascii_digit() || b"LMNPQRSTUV".contains(&byte)
        };
        if !fits {
            return false;
        }
        let value = if byte.is_ascii_digit() { usize::from(byte - b'0') } else { usize::from(byte - b'A') };
        if place == 15 {
            return sum % 26 == value as u32;
        }
        sum += if place % 2 == 0 { ODD.get(value).copied().unwrap_or(0) } else { value as u32 };
    }
    false
}

/// DNI and NIE: the letter is what is left of 23.
fn is_spanish(code: &[u8]) -> bool {
    let (digits, letter) = match code {
        [first @ (b'X' | b'Y' | b'Z'), digits @ .., letter] if digits.len() == 7 => {
            let mut eight = vec![first - b'X'];
            eight.extend(digits.iter().map(|digit| digit.wrapping_sub(b'0')));
            (eight, letter)
        }
        [digits @ .., letter] if digits.len() == 8 => {
            (digits.iter().map(|digit| digit.wrapping_sub(b'0')).collect(), letter)
        }
        _ => return false,
    };
    digits.iter().all(|digit| *digit < 10)
        && b"TRWAGMYFPDXBNJZSQVHLCKE".get((number(&digits) % 23) as usize) == Some(letter)
}

/// National insurance number: it has no check digit, only letters that are never given out.
fn is_british(code: &[u8]) -> bool {
    let [a, b, digits @ .., last] = code else { return false };
    digits.len() == 6
        && digits.iter().all(u8::is_ascii_digit)
        && matches!(last, b'A'..=b'D' | b'F' | b'M' | b'P' | b'T')
        && a.is_ascii_uppercase()
        && b.is_ascii_uppercase()
        && !b"DFIQUV".contains(a)
        && !b"DFIOQUV".contains(b)
        && !matches!(
            [*a, *b],
            [b'B', b'G'] | [b'G', b'B'] | [b'K', b'N'] | [b'N', b'K'] | [b'N', b'T'] | [b'T', b'N']
        )
}

/// Henkilötunnus: a birthday, a century, three digits and what is left of 31.
fn is_finnish(code: &[u8]) -> bool {
    let [date @ .., century, a, b, c, check] = code else { return false };
    if date.len() != 6
        || !matches!(century, b'-' | b'A'..=b'F' | b'U'..=b'Y')
        || !date.iter().chain([a, b, c]).all(u8::is_ascii_digit)
    {
        return false;
    }
    let digits: Vec<u8> = date.iter().chain([a, b, c]).map(|byte| byte - b'0').collect();
    b"0123456789ABCDEFHJKLMNPRSTUVWXY".get((number(&digits) % 31) as usize) == Some(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect()
    }

    /// Examples that the states themselves publish, each also with its last digit changed.
    #[test]
    fn published_numbers_are_sound_and_others_are_not() {
        type Check = fn(&[u8]) -> bool;
        let cases: [(&str, Check); 8] = [
            ("86095742719", is_german),
            ("44051401359", is_polish),
            ("85073003328", is_belgian),
            ("11144477735", is_brazilian),
            ("7569217076985", is_swiss),
            ("255081416802538", is_french),
            ("111222333", is_dutch),
            ("01010750160", is_norwegian),
        ];
        for (number, check) in cases {
            let mut number = digits(number);
            assert!(check(&number), "{number:?}");
            let last = number.last_mut().unwrap();
            *last = (*last + 1) % 10;
            assert!(!check(&number), "{number:?}");
        }
        assert!(is_italian(b"RSSMRA85T10A562S") && !is_italian(b"RSSMRA85T10A562T"));
        assert!(is_spanish(b"12345678Z") && is_spanish(b"X1234567L") && !is_spanish(b"12345678A"));
        assert!(is_british(b"AB123456C") && !is_british(b"BG123456C"));
        assert!(is_finnish(b"131052-308T") && !is_finnish(b"131052-308U"));
    }
}
