//! Encoded text, decoded where it could be text at all.

use memchr::memchr2;

use crate::{
    hit::Encoding,
    runs::{control, runs},
};

/// The shortest value that is a token, in Base64.
pub const BASE64: usize = 8;
/// The same in hex.
pub const HEX: usize = 12;
/// How many decoded bytes tell whether the rest is worth it.
const FIRST: usize = 6;
/// How far a value can go on before and after an escape in it, or a byte that only UTF-16 has.
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

/// A part of a text around its escapes.
pub struct Part<'a> {
    bytes: &'a [u8],
    /// Where the part begins in the text.
    from: usize,
    escapes: Vec<(usize, Escape)>,
}

/// Which escapes are resolved. `CONTOSO\nina` may be an account as it stands, in a text that someone put into a
/// URL, or two lines in JSON. So what can be read both ways is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    All,
    /// Strokes before a letter stay: `\n`.
    ButLetters,
    /// Strokes before a letter or a code stay: `\u0041`.
    ButStrokes,
}

/// A part of a text with escapes resolved.
pub struct Unescaped {
    pub text: Vec<u8>,
    /// Where the escapes were, in the order of the text.
    marks: Vec<(usize, usize, Encoding)>,
    /// Where escapes still are, in a reading that left some: only what holds one of these differs from what
    /// other readings show.
    left: Option<Vec<usize>>,
}

impl Unescaped {
    /// The escape that lies in these bytes or beside them. What none touches was there before.
    pub fn touched(&self, start: usize, end: usize) -> Option<Encoding> {
        let beside = usize::from(self.left.is_none());
        let first = self.marks.partition_point(|mark| mark.1 + beside <= start);
        self.marks.get(first).filter(|mark| mark.0 < end + beside).map(|mark| mark.2)
    }

    /// Whether what lies here is read in this way and in no other.
    pub fn only_here(&self, start: usize, end: usize) -> bool {
        self.left.as_ref().is_none_or(|left| {
            let first = left.partition_point(|at| *at < start);
            left.get(first).is_some_and(|at| *at < end)
        })
    }

    /// Whether this reading left escapes as they are.
    pub const fn is_partial(&self) -> bool {
        self.left.is_some()
    }
}

impl Part<'_> {
    /// The part read in each way that makes a difference; `partial`: in those alone that leave escapes.
    pub fn readings(&self, partial: bool) -> impl Iterator<Item = Unescaped> {
        let has = |meaning: Meaning| self.escapes.iter().any(|(_, escape)| escape.meaning == meaning);
        let [letters, codes, percent] = [Meaning::Letter, Meaning::Code, Meaning::Percent].map(has);
        [
            (Reading::All, !partial),
            (Reading::ButLetters, letters && (codes || percent)),
            (Reading::ButStrokes, codes && percent),
        ]
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(reading, _)| self.read(reading))
    }

    /// Where an atom begins if the escape before it is one, and goes on from the escape's letter or digit if not:
    /// where the escape is, and where its end.
    pub fn glued(&self) -> impl Iterator<Item = (usize, usize)> {
        let escapes = self.escapes.iter();
        escapes
            .filter(|(_, escape)| escape.meaning != Meaning::Sign)
            .map(|(at, escape)| (self.from + at, self.from + at + escape.len))
    }

    /// Whether an escape lies between two places of the text.
    pub fn has_one(&self, start: usize, end: usize) -> bool {
        let first = self.escapes.partition_point(|(at, _)| self.from + at < start);
        self.escapes.get(first).is_some_and(|(at, _)| self.from + at < end)
    }

    fn read(&self, reading: Reading) -> Unescaped {
        let mut text = Vec::with_capacity(self.bytes.len());
        let (mut marks, mut left) = (Vec::new(), Vec::new());
        let mut done = 0;
        for (at, escape) in &self.escapes {
            text.extend(self.bytes.get(done..*at).unwrap_or_default());
            let start = text.len();
            done = at + escape.len;
            if escape.stays(reading) {
                left.push(start);
                text.extend(self.bytes.get(*at..done).unwrap_or_default());
                continue;
            }
            match escape.byte {
                Some(byte) => text.push(byte),
                None => text.extend(escape.character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            marks.push((start, text.len(), escape.encoding));
        }
        text.extend(self.bytes.get(done..).unwrap_or_default());
        Unescaped { text, marks, left: (reading != Reading::All).then_some(left) }
    }
}

/// Calls `each` with every part of the text around escapes. Parts do not overlap.
pub fn escaped(bytes: &[u8], mut each: impl FnMut(&Part<'_>)) {
    let mut at = 0;
    let mut next = next_escape(bytes, 0);
    while let Some(first) = next {
        let from = at.max(first.saturating_sub(REACH));
        let mut last = first;
        loop {
            next = next_escape(bytes, last + 1);
            match next {
                Some(further) if further < last + 2 * REACH => last = further,
                _ => break,
            }
        }
        at = bytes.len().min(last + REACH);
        let bytes = bytes.get(from..at).unwrap_or_default();
        each(&Part { bytes, from, escapes: escapes(bytes) });
    }
}

/// Where the next escape is that hides something. A backslash for a backslash does not: gaps are compared
/// with repetitions as one.
fn next_escape(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let at = from + memchr2(b'%', b'\\', bytes.get(from..)?)?;
        let repeats = |escape: &Escape| escape.meaning == Meaning::Sign && escape.byte == Some(b'\\');
        if escape(bytes, at).is_some_and(|escape| !repeats(&escape)) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn escapes(bytes: &[u8]) -> Vec<(usize, Escape)> {
    let mut escapes = Vec::new();
    let mut at = 0;
    while let Some(plain) = bytes.get(at..).and_then(|rest| memchr2(b'%', b'\\', rest)) {
        at += plain;
        let escape = escape(bytes, at);
        let len = escape.as_ref().map_or(1, |escape| escape.len);
        escapes.extend(escape.map(|escape| (at, escape)));
        at += len;
    }
    escapes
}

/// Calls `each` with every part of the text that may be UTF-16: around bytes that are no UTF-8, and around
/// halves of characters that no text has. There are `least` such places in a part.
pub fn maybe_utf16(bytes: &[u8], least: usize, mut each: impl FnMut(&[u8])) {
    let mut spans = Vec::new();
    runs(bytes, control, |start, end| spans.push((start, end)));
    if str::from_utf8(bytes).is_err() {
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            at += chunk.valid().len();
            let end = at + chunk.invalid().len();
            spans.push((at, end));
            at = end;
        }
        spans.sort_unstable();
    }
    let mut done = 0;
    let mut spans = spans.into_iter().peekable();
    while let Some((first, mut last)) = spans.next() {
        let mut places = 1;
        while let Some((_, further)) = spans.next_if(|(start, _)| *start < last + 2 * REACH) {
            last = last.max(further);
            places += 1;
        }
        if places < least {
            continue;
        }
        let from = done.max(first.saturating_sub(REACH));
        done = bytes.len().min(last + REACH);
        each(bytes.get(from..done).unwrap_or_default());
    }
}

/// What an escape could be besides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// A stroke, and a word that begins with this letter.
    Letter,
    /// A stroke, and a word that begins like a number.
    Code,
    /// A percent sign, and a number.
    Percent,
    /// Nothing: no word begins with a sign.
    Sign,
}

struct Escape {
    len: usize,
    /// What it stands for: a byte, or else a character.
    byte: Option<u8>,
    character: char,
    encoding: Encoding,
    meaning: Meaning,
}

impl Escape {
    fn stays(&self, reading: Reading) -> bool {
        match reading {
            Reading::All => false,
            Reading::ButLetters => self.meaning == Meaning::Letter,
            Reading::ButStrokes => matches!(self.meaning, Meaning::Letter | Meaning::Code),
        }
    }
}

fn escape(bytes: &[u8], at: usize) -> Option<Escape> {
    let rest = bytes.get(at..)?;
    let byte = |len, byte, meaning| {
        let encoding = if meaning == Meaning::Percent { Encoding::Percent } else { Encoding::Escape };
        Some(Escape { len, byte: Some(byte), character: '\0', encoding, meaning })
    };
    match rest {
        [b'%', a, b, ..] => byte(3, of_pair([*a, *b])?, Meaning::Percent),
        [b'\\', b'x', a, b, ..] => byte(4, of_pair([*a, *b])?, Meaning::Code),
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
            let (encoding, meaning) = (Encoding::Escape, Meaning::Code);
            Some(Escape { len, byte: None, character, encoding, meaning })
        }
        [b'\\', one, ..] => {
            let (stands_for, meaning) = match one {
                b'n' => (b'\n', Meaning::Letter),
                b't' => (b'\t', Meaning::Letter),
                b'r' => (b'\r', Meaning::Letter),
                b'b' => (8, Meaning::Letter),
                b'f' => (12, Meaning::Letter),
                b'"' | b'/' | b'\'' | b'\\' => (*one, Meaning::Sign),
                _ => return None,
            };
            byte(2, stands_for, meaning)
        }
        _ => None,
    }
}
