//! Runs of bytes of one class, found sixty-four bytes at a time. 128-bit vectors, as in the detectors.

use wide::i8x16;

const BLOCK: usize = 64;

/// Sixteen bytes.
pub type Lane = i8x16;

/// What atoms are made of: letters, digits, underscores, and all outside of ASCII.
#[inline(always)]
pub fn atom(lane: Lane) -> u32 {
    // A byte outside of ASCII has its highest bit set, which is the one that makes the mask.
    (alphanumeric(lane) | is(lane, b'_') | lane).to_bitmask()
}

/// What Base64 is made of, in both alphabets.
#[inline(always)]
pub fn base64(lane: Lane) -> u32 {
    (alphanumeric(lane) | is(lane, b'+') | is(lane, b'/') | is(lane, b'-') | is(lane, b'_')).to_bitmask()
}

/// Control characters that no text has, nor an escape of JSON: the high byte of a character in UTF-16.
#[inline(always)]
pub fn control(lane: Lane) -> u32 {
    between(lane, 0, 8).to_bitmask()
}

#[inline(always)]
fn is(lane: Lane, byte: u8) -> i8x16 {
    lane.simd_eq(i8x16::splat(byte.cast_signed()))
}

#[inline(always)]
fn alphanumeric(lane: Lane) -> i8x16 {
    between(lane | i8x16::splat(0x20), b'a', 26) | between(lane, b'0', 10)
}

/// Which bytes are one of `count` from `first` on: moved down to the least number, they are the ones below
/// `count` more.
#[inline(always)]
fn between(bytes: i8x16, first: u8, count: u8) -> i8x16 {
    let least = i8x16::splat(i8::MIN.wrapping_sub(first.cast_signed()));
    (bytes + least).simd_lt(i8x16::splat(i8::MIN + count.cast_signed()))
}

/// Calls `each` with the start and end of every longest run of bytes of the class.
#[inline(always)]
pub fn runs(bytes: &[u8], class: impl Fn(Lane) -> u32 + Copy, mut each: impl FnMut(usize, usize)) {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut open: Option<usize> = None;
    let mut from = 0;
    for block in blocks {
        in_block(mask(block, class), from, &mut open, &mut each);
        from += BLOCK;
    }
    if !rest.is_empty() {
        let mut block = [0; BLOCK];
        for (to, byte) in block.iter_mut().zip(rest) {
            *to = *byte;
        }
        let there = u64::MAX >> (BLOCK - rest.len());
        in_block(mask(&block, class) & there, from, &mut open, &mut each);
    }
    if let Some(start) = open {
        each(start, bytes.len());
    }
}

#[inline(always)]
fn mask(block: &[u8; BLOCK], class: impl Fn(Lane) -> u32) -> u64 {
    let mut mask = 0;
    for (at, bytes) in block.as_chunks::<16>().0.iter().enumerate() {
        mask |= u64::from(class(i8x16::new(bytes.map(u8::cast_signed)))) << (16 * at);
    }
    mask
}

#[inline(always)]
fn in_block(mut left: u64, from: usize, open: &mut Option<usize>, each: &mut impl FnMut(usize, usize)) {
    if let Some(start) = *open {
        let len = left.trailing_ones();
        if len == 64 {
            return;
        }
        *open = None;
        each(start, from + len as usize);
        left &= u64::MAX << len;
    }
    while left != 0 {
        let start = left.trailing_zeros();
        let end = start + (left >> start).trailing_ones();
        if end == 64 {
            *open = Some(from + start as usize);
            return;
        }
        each(from + start as usize, from + end as usize);
        left &= u64::MAX << end;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_are_those_that_a_loop_finds(bytes in proptest::collection::vec(
            prop_oneof![Just(b'a'), Just(b'Z'), Just(b'0'), Just(b'9'), Just(b'/'), Just(b'_'), Just(b'^'), Just(b'`'), Just(b'@'), Just(b'{'), Just(0xC3), Just(0)], 0..300,
        )) {
            let mut found = Vec::new();
            runs(&bytes, atom, |start, end| found.push((start, end)));
            let is = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80);
            let starts = (0..bytes.len()).filter(|at| is(*at) && (*at == 0 || !is(at - 1)));
            let plain: Vec<_> = starts.map(|start| (start, (start..).find(|at| !is(*at)).unwrap())).collect();
            prop_assert_eq!(found, plain);
            let mut found = 0;
            runs(&bytes, control, |start, end| found += end - start);
            prop_assert_eq!(found, bytes.iter().filter(|byte| **byte == 0).count());
        }
    }
}
