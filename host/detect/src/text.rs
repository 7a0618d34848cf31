//! The text that is looked at, with answers for every place, also outside of it: there the bytes are
//! zero, which is part of nothing. So the verifiers look around without asking where the text ends.

use std::ops::Range;

#[derive(Clone, Copy)]
pub struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    #[inline(always)]
    pub const fn bytes(self) -> &'a [u8] {
        self.0.as_bytes()
    }

    #[inline(always)]
    pub const fn len(self) -> usize {
        self.0.len()
    }

    #[inline(always)]
    pub fn at(self, at: usize) -> u8 {
        self.bytes().get(at).copied().unwrap_or(0)
    }

    /// The byte before `at`.
    #[inline(always)]
    pub fn before(self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |before| self.at(before))
    }

    #[inline(always)]
    pub fn slice(self, range: Range<usize>) -> &'a [u8] {
        self.bytes().get(range).unwrap_or_default()
    }

    /// The same as text; nothing where an end is inside a character.
    pub fn str(self, range: Range<usize>) -> &'a str {
        self.0.get(range).unwrap_or_default()
    }

    pub fn is_boundary(self, at: usize) -> bool {
        self.0.is_char_boundary(at)
    }

    /// Whether `what` stands at `at`, in any case.
    pub fn has(self, at: usize, what: &[u8]) -> bool {
        self.slice(at..at.saturating_add(what.len())).eq_ignore_ascii_case(what) && !what.is_empty()
    }

    /// Where the run of bytes that `part` holds for ends, at most `most` bytes from `from` on.
    #[inline(always)]
    pub fn run(self, from: usize, most: usize, part: impl Fn(u8) -> bool) -> usize {
        let bytes = self.bytes().get(from..).unwrap_or_default();
        from + bytes.iter().take(most).take_while(|byte| part(**byte)).count()
    }

    /// Where the run of bytes before `to` begins that `part` holds for, at most `most` bytes of it.
    #[inline(always)]
    pub fn run_back(self, to: usize, most: usize, part: impl Fn(u8) -> bool) -> usize {
        let bytes = self.bytes().get(..to).unwrap_or_default();
        to - bytes.iter().rev().take(most).take_while(|byte| part(**byte)).count()
    }

    /// Whether what stands at `at` goes on with a word: a letter, a digit or an underscore.
    pub fn goes_on(self, at: usize) -> bool {
        match self.at(at) {
            byte if byte < 0x80 => byte.is_ascii_alphanumeric() || byte == b'_',
            _ => self.char_at(at).is_none_or(is_letter),
        }
    }

    /// Whether a word goes on up to `at`.
    pub fn comes_from(self, at: usize) -> bool {
        match self.before(at) {
            byte if byte < 0x80 => byte.is_ascii_alphanumeric() || byte == b'_',
            _ => self.char_before(at).is_none_or(is_letter),
        }
    }

    /// The character at `at`.
    pub fn char_at(self, at: usize) -> Option<char> {
        self.0.get(at..)?.chars().next()
    }

    /// The character that ends before `at`.
    pub fn char_before(self, at: usize) -> Option<char> {
        self.0.get(..at)?.chars().next_back()
    }

    /// As [`Text::run`], where a byte outside of ASCII counts if its character is a letter or a digit.
    pub fn run_of_letters(self, from: usize, most: usize, part: impl Fn(u8) -> bool) -> usize {
        let mut end = from;
        while end - from < most {
            let byte = self.at(end);
            if byte < 0x80 {
                if end >= self.len() || !part(byte) {
                    break;
                }
                end += 1;
            } else {
                match self.char_at(end) {
                    Some(character) if is_letter(character) => end += character.len_utf8(),
                    _ => break,
                }
            }
        }
        end
    }

    /// As [`Text::run_back`], with letters outside of ASCII.
    pub fn run_of_letters_back(self, to: usize, most: usize, part: impl Fn(u8) -> bool) -> usize {
        let mut start = to;
        while to - start < most && start > 0 {
            let byte = self.before(start);
            if byte < 0x80 {
                if !part(byte) {
                    break;
                }
                start -= 1;
            } else {
                match self.char_before(start) {
                    Some(character) if is_letter(character) => start -= character.len_utf8(),
                    _ => break,
                }
            }
        }
        start
    }
}

/// What a name can have outside of ASCII: letters, digits, and accents that stand by themselves.
pub fn is_letter(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '\u{300}'..='\u{36f}')
}

/// A word in small letters, of up to 32 bytes; longer ones are no words of ours and come out as a zero.
#[derive(Clone, Copy)]
pub struct Lower {
    bytes: [u8; 32],
    len: usize,
}

impl Lower {
    const LONG: Self = Self { bytes: [0; 32], len: 1 };

    pub fn new(word: &[u8]) -> Self {
        let mut lower = Self { bytes: [0; 32], len: word.len() };
        let Some(bytes) = lower.bytes.get_mut(..word.len()) else { return Self::LONG };
        bytes.copy_from_slice(word);
        bytes.make_ascii_lowercase();
        lower
    }

    /// Without the `-`, `_`, `.` and spaces in it, so that `tenant_id` and `TenantId` are the same.
    pub fn squeezed(word: &[u8]) -> Self {
        Self::joined([word])
    }

    /// Several words as one, without what joins them.
    pub fn joined<'a>(words: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut lower = Self { bytes: [0; 32], len: 0 };
        let bytes = words.into_iter().flatten();
        for byte in bytes.filter(|byte| !matches!(byte, b'-' | b'_' | b' ' | b'.')) {
            let Some(to) = lower.bytes.get_mut(lower.len) else { return Self::LONG };
            *to = byte.to_ascii_lowercase();
            lower.len += 1;
        }
        lower
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
