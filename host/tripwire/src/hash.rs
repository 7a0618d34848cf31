//! The keyed hash of atoms and of chains of atoms.
//!
//! Our own, because it folds the case in the registers that it hashes from: a hash of bytes would need a
//! folded copy first, which takes longer than the hash. It multiplies keyed 64-bit halves into 128 bits and
//! folds these, as wyhash and foldhash do. It need not withstand who knows the key, which lives as long as
//! a run and never leaves memory, and a fingerprint alone never makes a hit: values are compared.

/// The longest atom that is hashed from a register.
pub const REGISTER: usize = 16;

/// Lower case for every ASCII letter; digits have this bit already. An underscore becomes another character, the
/// same one wherever an atom is hashed, and one that is of no atom.
const LOWER: u128 = 0x2020_2020_2020_2020_2020_2020_2020_2020;
const OUTSIDE_ASCII: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;

/// Odd bits, of wyhash: with them a key that repeats itself mixes as well as any other.
const ODD: [u64; 4] =
    [0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB, 0x8EBC_6AF0_9C88_C6E3, 0x5899_65CC_7537_4CC3];

/// A run's key.
#[derive(Clone)]
pub struct Key([u64; 4]);

impl Key {
    pub fn new(key: &[u8; 32]) -> Self {
        let mut words = ODD;
        for (word, bytes) in words.iter_mut().zip(key.as_chunks::<8>().0) {
            *word ^= u64::from_le_bytes(*bytes);
        }
        Self(words)
    }

    /// The hash of an atom that was folded before.
    pub fn atom(&self, folded: &[u8]) -> u64 {
        let mut state = self.0[2];
        let (chunks, rest) = folded.as_chunks::<REGISTER>();
        for chunk in chunks {
            state = self.mix(state, u128::from_le_bytes(*chunk) | LOWER);
        }
        if !rest.is_empty() {
            state = self.mix(state, padded(rest) | first_bytes(LOWER, rest.len()));
        }
        self.end(state, folded.len())
    }

    /// The hash of the atom in `bytes` at `start`, of any case; `None` where it has to be folded first: it is
    /// longer than a register or not of ASCII alone.
    #[inline(always)]
    pub fn plain_atom(&self, bytes: &[u8], start: usize, end: usize) -> Option<u64> {
        let len = end - start;
        if len > REGISTER {
            return None;
        }
        let value = match bytes.get(start..).and_then(|rest| rest.first_chunk::<REGISTER>()) {
            Some(chunk) => first_bytes(u128::from_le_bytes(*chunk), len),
            None => padded(bytes.get(start..end)?),
        };
        if value & OUTSIDE_ASCII != 0 {
            return None;
        }
        Some(self.end(self.mix(self.0[2], value | first_bytes(LOWER, len)), len))
    }

    /// The hash of a chain that goes on with a gap and an atom.
    pub fn chain(&self, before: u64, gap: &[u8], atom: u64) -> u64 {
        let gap = gap.iter().fold(self.0[3], |state, byte| multiply(state ^ u64::from(*byte), self.0[0] | 1));
        multiply(before ^ gap ^ self.0[1], atom.rotate_left(32) ^ self.0[2])
    }

    #[inline(always)]
    fn mix(&self, state: u64, chunk: u128) -> u64 {
        let [low, high] = [chunk as u64, (chunk >> 64) as u64];
        multiply(state ^ low ^ self.0[0], high ^ self.0[1])
    }

    #[inline(always)]
    fn end(&self, state: u64, len: usize) -> u64 {
        multiply(state ^ self.0[3], len as u64 ^ self.0[0])
    }
}

#[inline(always)]
const fn multiply(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

/// The first `len` bytes, of which there is one at least, and zeros after them.
#[inline(always)]
const fn first_bytes(value: u128, len: usize) -> u128 {
    value & (u128::MAX >> (8 * (REGISTER - len)))
}

fn padded(bytes: &[u8]) -> u128 {
    let mut chunk = [0; REGISTER];
    for (to, byte) in chunk.iter_mut().zip(bytes) {
        *to = *byte;
    }
    u128::from_le_bytes(chunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_of_many_atoms_have_the_same_fingerprint_under_any_key() {
        for byte in [0, 3, 0xFF] {
            let key = Key::new(&[byte; 32]);
            let first = key.atom(b"pc");
            let of = |one: u32| {
                let atom = key.atom(format!("{:08x}", one.wrapping_mul(0x9E37_79B1)).as_bytes());
                [atom, key.chain(first, b"-", atom), key.chain(key.chain(first, b"-", atom), b".", first)]
            };
            let all: std::collections::HashSet<u64> = (0..50_000).flat_map(of).collect();
            assert_eq!(all.len(), 150_000, "{byte}");
        }
    }

    #[test]
    fn an_atom_has_one_hash_wherever_it_stands_and_in_any_case() {
        let key = Key::new(&[7; 32]);
        for len in 1..=REGISTER {
            let lower: Vec<u8> = b"a0b_9xyq1k2m3_4p".iter().copied().take(len).collect();
            let mut text = b"--".to_vec();
            text.extend(lower.to_ascii_uppercase());
            assert_eq!(key.plain_atom(&text, 2, 2 + len), Some(key.atom(&lower)));
            text.extend(b"--------------------");
            assert_eq!(key.plain_atom(&text, 2, 2 + len), Some(key.atom(&lower)));
        }
        assert_eq!(key.plain_atom("\u{e9}a".as_bytes(), 0, 3), None);
    }
}
