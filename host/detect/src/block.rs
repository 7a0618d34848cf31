//! Character classes, sixteen or thirty-two bytes at a time, one bit a byte.
//!
//! 128-bit vectors on purpose: the same instructions exist natively and in wasm, so a rule in the
//! sandbox runs the same code as the host. And few loops: in the sandbox each round of a loop also
//! looks whether it is time to stop.

use wide::i8x16;

/// Bytes looked at in one step of the scan: one bit of a `u64` each.
pub const BLOCK: usize = 64;

/// Sixteen bytes, each of which answers questions with one bit.
#[derive(Clone, Copy)]
pub struct Lane(i8x16);

impl Lane {
    #[inline(always)]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(i8x16::new(bytes.map(u8::cast_signed)))
    }

    /// The sixteen bytes from `at` on, where there are so many.
    #[inline(always)]
    pub fn at(data: &[u8], at: usize) -> Option<Self> {
        data.get(at..)?.first_chunk::<16>().map(|bytes| Self::new(*bytes))
    }

    /// The last bytes from `at` on, filled up with zeros, which are part of nothing.
    #[cold]
    pub fn tail(data: &[u8], at: usize) -> Self {
        let mut bytes = [0; 16];
        for (to, byte) in bytes.iter_mut().zip(data.get(at..).unwrap_or_default()) {
            *to = *byte;
        }
        Self::new(bytes)
    }

    #[inline(always)]
    pub fn is(self, byte: u8) -> u32 {
        self.0.simd_eq(i8x16::splat(byte.cast_signed())).to_bitmask()
    }

    #[inline(always)]
    pub fn digits(self) -> u32 {
        between(self.0, b'0', 10).to_bitmask()
    }

    #[inline(always)]
    pub fn letters(self) -> u32 {
        between(self.0 | i8x16::splat(0x20), b'a', 26).to_bitmask()
    }

    /// What a domain name is made of: letters, digits, `-` and `.`.
    #[inline(always)]
    pub fn domain(self) -> u32 {
        self.domain_vector().to_bitmask()
    }

    /// What the part before `@` is made of: the same, and `_`, `%`, `+`.
    #[inline(always)]
    pub fn local(self) -> u32 {
        let is = |byte: u8| self.0.simd_eq(i8x16::splat(byte.cast_signed()));
        (self.domain_vector() | is(b'_') | is(b'%') | is(b'+')).to_bitmask()
    }

    /// What names, numbers and ids are made of: the same as a domain, `_`, and all outside of ASCII.
    #[inline(always)]
    pub fn name(self) -> u32 {
        let underscores = self.0.simd_eq(i8x16::splat(b'_'.cast_signed()));
        // A byte outside of ASCII has its highest bit set, which is the one that makes the mask.
        (self.domain_vector() | underscores | self.0).to_bitmask()
    }

    #[inline(always)]
    pub fn outside_ascii(self) -> u32 {
        self.0.to_bitmask()
    }

    /// Which bytes are this letter, small or large.
    #[inline(always)]
    pub fn is_letter(self, letter: u8) -> u32 {
        (self.0 | i8x16::splat(0x20)).simd_eq(i8x16::splat(letter.cast_signed())).to_bitmask()
    }

    #[inline(always)]
    fn domain_vector(self) -> i8x16 {
        let letters = between(self.0 | i8x16::splat(0x20), b'a', 26);
        letters | between(self.0, b'0', 10) | between(self.0, b'-', 2)
    }
}

/// Which bytes are one of `count` from `first` on. Moved down to the least number there is, they are
/// the ones below `count` more: an addition and a comparison, where unsigned numbers take three.
#[inline(always)]
fn between(bytes: i8x16, first: u8, count: u8) -> i8x16 {
    let least = i8x16::splat(i8::MIN.wrapping_sub(first.cast_signed()));
    (bytes + least).simd_lt(i8x16::splat(i8::MIN + count.cast_signed()))
}

/// Thirty-two bytes: enough for nearly every local part and every domain.
#[derive(Clone, Copy)]
pub struct Window(Lane, Lane);

impl Window {
    /// The thirty-two bytes from `at` on, where there are so many.
    #[inline(always)]
    pub fn at(data: &[u8], at: usize) -> Option<Self> {
        let bytes = data.get(at..)?.first_chunk::<32>()?;
        Some(Self(Lane::new(*bytes.first_chunk()?), Lane::new(*bytes.last_chunk()?)))
    }

    /// The lanes' answers side by side.
    #[inline(always)]
    pub fn ask(self, question: impl Fn(Lane) -> u32) -> u32 {
        question(self.0) | question(self.1) << 16
    }
}

/// The lanes of a block.
#[inline(always)]
pub fn lanes(block: &[u8; BLOCK]) -> [Lane; 4] {
    let mut lanes = [Lane::new([0; 16]); 4];
    for (lane, bytes) in lanes.iter_mut().zip(block.as_chunks::<16>().0) {
        *lane = Lane::new(*bytes);
    }
    lanes
}

/// The last bytes, filled up with zeros, which are part of nothing.
#[cold]
pub fn last_block(data: &[u8], from: usize) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    for (to, byte) in block.iter_mut().zip(data.get(from..).unwrap_or_default()) {
        *to = *byte;
    }
    block
}

/// What the part before `@` is made of.
#[inline(always)]
pub const fn is_local(byte: u8) -> bool {
    is_domain(byte) || matches!(byte, b'_' | b'%' | b'+')
}

/// What a domain name is made of.
#[inline(always)]
pub const fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')
}

/// What a word is made of; an address does not begin or end inside one.
#[inline(always)]
pub const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
