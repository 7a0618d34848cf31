//! Encoded text, decoded where it could be text at all.

use memchr::memchr2;

use crate::hit::Encoding;

/// The shortest value that is a token, in Base64.
pub const BASE64: usize = 8;
/// The same in hex.
pub const HEX: usize = 12;
/// How many decoded bytes tell whether the rest is worth it.
const FIRST: usize = 6;
/// How far a value can go on before and after an escape in it.
const REACH: usize = 512;

/// Base64 of either alphabet, as far as it goes; `None` where it does not begin like text.
pub fn base64(run: &[u8]) -> Option<Vec<u8>> {
    let mut first = [0; FIRST];
    let (groups, _) = run.as_chunks::<4>();
    for (to, group) in first.as_chunks_mut::<3>().0.iter_mut().zip(groups.get(..2)?) {
        *to = of_group(*group)?;
    }
    if !begins_like_text(&first) {
        return None;
    }
    let mut decoded = Vec::with_capacity(run.len() / 4 * 3 + 3);
    let (groups, rest) = run.as_chunks::<4>();
    for group in groups {
        decoded.extend(of_group(*group)?);
    }
    // Two characters hold one byte more, three hold two. `A` stands in for what is not there.
    if let [a, b, rest @ ..] = rest
        && let Some(bytes) = of_group([*a, *b, rest.first().copied().unwrap_or(b'A'), b'A'])
    {
        decoded.extend(bytes.iter().take(1 + rest.len()));
    }
    Some(decoded)
}

fn of_group(group: [u8; 4]) -> Option<[u8; 3]> {
    let mut bits = 0;
    for byte in group {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
    }
    let [_, a, b, c] = bits.to_be_bytes();
    Some([a, b, c])
}

/// Hex, as far as it goes; `None` where it does not begin like text.
pub fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    let digits = digits.strip_prefix(b"0x").or_else(|| digits.strip_prefix(b"0X")).unwrap_or(digits);
    let (pairs, _) = digits.as_chunks::<2>();
    let mut first = [0; FIRST];
    for (to, pair) in first.iter_mut().zip(pairs.get(..FIRST)?) {
        *to = of_pair(*pair)?;
    }
    begins_like_text(&first).then(|| pairs.iter().map_while(|pair| of_pair(*pair)).collect())
}

fn of_pair([high, low]: [u8; 2]) -> Option<u8> {
    Some(of_digit(high)? << 4 | of_digit(low)?)
}

const fn of_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// UTF-8 without control characters, or UTF-16 of either byte order in a script whose characters lie below
/// 0x800, or a mark that says UTF-16. Words and hashes hardly ever decode to that.
fn begins_like_text(first: &[u8; FIRST]) -> bool {
    let [a, b, c, d, e, f] = *first;
    let utf16 = (b | d | f) < 8 && (a | c | e) != 0 || (a | c | e) < 8 && (b | d | f) != 0;
    let marked = matches!((a, b), (0xFF, 0xFE) | (0xFE, 0xFF));
    let control = |byte: &u8| *byte < b' ' && !matches!(*byte, b'\t' | b'\n' | b'\r') || *byte == 0x7F;
    // The last character may be cut.
    let utf8 = || str::from_utf8(first).map_or_else(|error| error.error_len().is_none(), |_| true);
    utf16 || marked || !first.iter().any(control) && utf8()
}

/// UTF-16 as UTF-8, from the first or the second byte on.
pub fn utf16(bytes: &[u8], from: usize, big: bool) -> Vec<u8> {
    let (pairs, _) = bytes.get(from..).unwrap_or_default().as_chunks::<2>();
    let units =
        pairs.iter().map(|pair| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) });
    let mut text = Vec::with_capacity(bytes.len() / 2);
    for one in char::decode_utf16(units) {
        let one = one.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend(one.encode_utf8(&mut [0; 4]).as_bytes());
    }
    text
}

/// A part of a text with its escapes resolved.
pub struct Unescaped {
    pub text: Vec<u8>,
    /// Where the escapes were, in the order of the text.
    marks: Vec<(usize, usize, Encoding)>,
}

impl Unescaped {
    /// The escape that lies in these bytes or beside them. What none touches was there before.
    pub fn touched(&self, start: usize, end: usize) -> Option<Encoding> {
        let first = self.marks.partition_point(|mark| mark.1 < start);
        self.marks.get(first).filter(|mark| mark.0 <= end).map(|mark| mark.2)
    }
}

/// Calls `each` with every part of the text around escapes. Parts do not overlap.
pub fn unescape(bytes: &[u8], mut each: impl FnMut(Unescaped)) {
    let mut at = 0;
    let mut next = next_escape(bytes, 0);
    while let Some(first) = next {
        let start = at.max(first.saturating_sub(REACH));
        let mut last = first;
        loop {
            next = next_escape(bytes, last + 1);
            match next {
                Some(further) if further < last + 2 * REACH => last = further,
                _ => break,
            }
        }
        at = bytes.len().min(last + REACH);
        each(part(bytes.get(start..at).unwrap_or_default()));
    }
}

/// Where the next escape is that hides something. A backslash for a backslash does not: gaps are compared
/// with repetitions as one.
fn next_escape(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let at = from + memchr2(b'%', b'\\', bytes.get(from..)?)?;
        let repeats = |escape: &Escape| escape.encoding == Encoding::Escape && escape.byte == Some(b'\\');
        if escape(bytes, at).is_some_and(|escape| !repeats(&escape)) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn part(bytes: &[u8]) -> Unescaped {
    let mut part = Unescaped { text: Vec::with_capacity(bytes.len()), marks: Vec::new() };
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = memchr2(b'%', b'\\', rest).unwrap_or(rest.len());
        part.text.extend(rest.iter().take(plain));
        at += plain;
        if plain == rest.len() {
            break;
        }
        let start = part.text.len();
        match escape(bytes, at) {
            Some(escape) => {
                match escape.byte {
                    Some(byte) => part.text.push(byte),
                    None => part.text.extend(escape.character.encode_utf8(&mut [0; 4]).as_bytes()),
                }
                part.marks.push((start, part.text.len(), escape.encoding));
                at += escape.len;
            }
            None => {
                part.text.extend(bytes.get(at));
                at += 1;
            }
        }
    }
    part
}

struct Escape {
    len: usize,
    /// What it stands for: a byte, or else a character.
    byte: Option<u8>,
    character: char,
    encoding: Encoding,
}

fn escape(bytes: &[u8], at: usize) -> Option<Escape> {
    let rest = bytes.get(at..)?;
    let byte = |len, byte, encoding| Some(Escape { len, byte: Some(byte), character: '\0', encoding });
    match rest {
        [b'%', a, b, ..] => byte(3, of_pair([*a, *b])?, Encoding::Percent),
        [b'\\', b'x', a, b, ..] => byte(4, of_pair([*a, *b])?, Encoding::Escape),
        [b'\\', b'u', ..] => {
            let unit = |at: usize| {
                let [b'\\', b'u', digits @ ..] = rest.get(at..at + 6)? else { return None };
                let [a, b, c, d] = *digits else { return None };
                Some(u16::from_be_bytes([of_pair([a, b])?, of_pair([c, d])?]))
            };
            let first = unit(0)?;
            let pair = unit(6).and_then(|second| char::decode_utf16([first, second]).next()?.ok());
            let (character, len) = match char::from_u32(u32::from(first)) {
                Some(one) => (one, 6),
                None => pair.map_or((char::REPLACEMENT_CHARACTER, 6), |one| (one, 12)),
            };
            Some(Escape { len, byte: None, character, encoding: Encoding::Escape })
        }
        [b'\\', one, ..] => {
            let stands_for = match one {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'b' => 8,
                b'f' => 12,
                b'"' | b'/' | b'\'' | b'\\' => *one,
                _ => return None,
            };
            byte(2, stands_for, Encoding::Escape)
        }
        _ => None,
    }
}
