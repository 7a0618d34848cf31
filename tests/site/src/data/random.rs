//! Numbers that look random and are the same for the same seed, on every machine.

/// SplitMix64, a stream of its own for each name and index: what is added to one part of the hierarchy
/// leaves the others as they were.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

impl Random {
    pub(crate) fn new(seed: u64, stream: &str, index: u64) -> Self {
        let named = stream.bytes().fold(mixed(seed.wrapping_add(STEP)), |hash, byte| {
            mixed(hash ^ u64::from(byte)).wrapping_add(STEP)
        });
        Self(named ^ mixed(index.wrapping_mul(STEP)))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mixed(self.0)
    }

    /// A number below `end`; 0 where there is none.
    pub(crate) fn below(&mut self, end: i64) -> i64 {
        let end = u64::try_from(end).unwrap_or(0).max(1);
        i64::try_from(self.next() % end).unwrap_or(0)
    }

    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high - low + 1)
    }

    /// True in so many of a thousand cases.
    pub(crate) fn in_thousand(&mut self, count: i64) -> bool {
        self.below(1000) < count
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T], otherwise: T) -> T {
        let at = self.below(i64::try_from(from.len()).unwrap_or(1));
        usize::try_from(at).ok().and_then(|at| from.get(at)).copied().unwrap_or(otherwise)
    }

    /// One of several by its share: the shares need not sum to anything.
    pub(crate) fn weighted<T: Copy>(&mut self, from: &[(i64, T)], otherwise: T) -> T {
        let mut left = self.below(from.iter().map(|(share, _)| share).sum());
        for (share, value) in from {
            if left < *share {
                return *value;
            }
            left -= share;
        }
        otherwise
    }

    /// A GUID in capitals.
    pub(crate) fn guid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08X}-{:04X}-4{:03X}-{:04X}-{:012X}",
            a >> 32,
            (a >> 16) & 0xFFFF,
            a & 0xFFF,
            0x8000 | ((b >> 48) & 0x3FFF),
            b & 0xFFFF_FFFF_FFFF
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_the_same_again_and_differ_from_each_other() {
        let first = |seed, stream, index| Random::new(seed, stream, index).next();
        assert_eq!(first(1, "devices", 7), first(1, "devices", 7));
        assert_ne!(first(1, "devices", 7), first(2, "devices", 7));
        assert_ne!(first(1, "devices", 7), first(1, "devices", 8));
        assert_ne!(first(1, "devices", 7), first(1, "sites", 7));
    }

    #[test]
    fn a_guid_has_the_shape_of_one() {
        let guid = Random::new(1, "guid", 0).guid();
        assert_eq!(guid.len(), 36);
        assert_eq!(guid.as_bytes()[14], b'4');
        assert!("89AB".contains(guid.as_bytes()[19] as char));
    }
}
