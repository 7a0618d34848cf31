//! Which fingerprints an atom may have with which some value begins.

/// 8 KiB at first.
const FIRST_WORDS: usize = 1 << 10;
/// 8 MiB at most, for two million beginnings.
const MOST_WORDS: usize = 1 << 20;
/// So many bits for each beginning: one or two of a hundred other atoms pass. With 100,000 beginnings that is 512
/// KiB, which stay in a core's cache.
const BITS: usize = 40;

/// Bits of one word for each fingerprint, so that asking takes one look into memory.
pub struct Filter {
    words: Vec<u64>,
    shift: u32,
    beginnings: usize,
}

impl Filter {
    pub fn new() -> Self {
        Self::of(FIRST_WORDS)
    }

    fn of(words: usize) -> Self {
        Self { words: vec![0; words], shift: u64::BITS - words.ilog2(), beginnings: 0 }
    }

    /// The next size, empty, where this one is full.
    pub fn larger(&self) -> Option<Self> {
        self.is_full().then(|| Self::of(self.words.len() * 2))
    }

    /// What the next size takes, where this one is full.
    pub const fn grows_by(&self) -> usize {
        if self.is_full() { self.bytes() * 2 } else { 0 }
    }

    const fn is_full(&self) -> bool {
        self.beginnings * BITS >= self.words.len() * 64 && self.words.len() < MOST_WORDS
    }

    pub const fn bytes(&self) -> usize {
        self.words.len() * size_of::<u64>()
    }

    pub fn add(&mut self, fingerprint: u64) {
        self.beginnings += 1;
        if let Some(word) = self.words.get_mut((fingerprint >> self.shift) as usize) {
            *word |= bits(fingerprint);
        }
    }

    #[inline(always)]
    pub fn has(&self, fingerprint: u64) -> bool {
        let bits = bits(fingerprint);
        self.words.get((fingerprint >> self.shift) as usize).is_some_and(|word| word & bits == bits)
    }
}

/// Two bits, by others of the fingerprint than choose the word.
#[inline(always)]
const fn bits(fingerprint: u64) -> u64 {
    1 << (fingerprint >> 38 & 63) | 1 << (fingerprint >> 32 & 63)
}
