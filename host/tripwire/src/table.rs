//! Fingerprints and where the values lie that they stand for. A value of several atoms has an entry for each
//! of its beginnings, so that a text is followed atom by atom no further than some value goes.

/// Room for so many entries at first.
const FIRST: usize = 1 << 10;
/// 512 KiB, which stay in a core's cache: with 100,000 first atoms about two of a hundred others pass.
const FILTER_WORDS: usize = 1 << 16;

/// One fingerprint.
#[derive(Clone, Copy, Default)]
pub struct Entry {
    fingerprint: u64,
    /// Where the value begins among the values' bytes.
    offset: u32,
    len: u16,
    flags: u8,
}

/// Some value goes on here.
const GOES_ON: u8 = 1;
/// A value ends here.
const VALUE: u8 = 2;
/// It counts as a whole cell only.
const WHOLE: u8 = 4;

impl Entry {
    pub const fn goes_on(self) -> bool {
        self.flags & GOES_ON != 0
    }

    pub const fn is_value(self) -> bool {
        self.flags & VALUE != 0
    }

    pub const fn is_whole_only(self) -> bool {
        self.flags & WHOLE != 0
    }
}

/// The values in canonical form, end to end, and their fingerprints. Open addressing, at most half full.
pub struct Table {
    entries: Vec<Entry>,
    used: usize,
    values: Vec<u8>,
    filter: Vec<u64>,
}

impl Table {
    pub fn new() -> Self {
        Self {
            entries: vec![Entry::default(); FIRST],
            used: 0,
            values: Vec::new(),
            filter: vec![0; FILTER_WORDS],
        }
    }

    /// What entries and values take.
    pub const fn bytes(&self) -> usize {
        self.entries.len() * size_of::<Entry>() + self.values.len()
    }

    /// What they would take with another value of `len` bytes and so many entries.
    pub const fn bytes_with(&self, entries: usize, len: usize) -> usize {
        let mut room = self.entries.len();
        while (self.used + entries) * 2 > room {
            room *= 2;
        }
        room * size_of::<Entry>() + self.values.len() + len
    }

    /// Whether a value may begin with the atom of this fingerprint. One word, two bits of it.
    #[inline(always)]
    pub fn may_begin(&self, fingerprint: u64) -> bool {
        let bits = filter_bits(fingerprint);
        self.filter.get(filter_word(fingerprint)).is_some_and(|word| word & bits == bits)
    }

    /// The entries of that fingerprint: one, save for values whose fingerprints are the same by chance.
    pub fn of(&self, fingerprint: u64) -> impl Iterator<Item = Entry> + '_ {
        self.places(fingerprint)
            .filter_map(|place| self.entries.get(place))
            .take_while(|entry| entry.flags != 0)
            .filter(move |entry| entry.fingerprint == fingerprint)
            .copied()
    }

    /// The value that ends at this entry.
    pub fn value(&self, entry: Entry) -> &[u8] {
        let start = entry.offset as usize;
        self.values.get(start..start + usize::from(entry.len)).unwrap_or_default()
    }

    /// Adds a value with the fingerprints of its beginnings, the last one being its own. Tells whether it is new.
    pub fn add(&mut self, value: &[u8], fingerprints: &[u64], whole_only: bool) -> bool {
        let Some((own, beginnings)) = fingerprints.split_last() else { return false };
        let known = self.find(*own, |table, entry| entry.is_value() && table.value(entry) == value);
        if let Some(entry) = known.and_then(|place| self.entries.get_mut(place)) {
            // What counts as a token once does so for good.
            entry.flags &= if whole_only { u8::MAX } else { !WHOLE };
            return false;
        }
        while (self.used + fingerprints.len()) * 2 > self.entries.len() {
            self.grow();
        }
        let offset = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.values.extend_from_slice(value);
        let whole = if whole_only { WHOLE } else { 0 };
        let free = self.find(*own, |_, entry| !entry.is_value());
        match free.and_then(|place| self.entries.get_mut(place)) {
            Some(entry) => {
                entry.offset = offset;
                entry.len = len;
                entry.flags |= VALUE | whole;
            }
            None => self.put(Entry { fingerprint: *own, offset, len, flags: VALUE | whole }),
        }
        for fingerprint in beginnings {
            match self.find(*fingerprint, |_, _| true).and_then(|place| self.entries.get_mut(place)) {
                Some(entry) => entry.flags |= GOES_ON,
                None => {
                    self.put(Entry { fingerprint: *fingerprint, offset: 0, len: 0, flags: GOES_ON });
                }
            }
        }
        if let Some(first) = fingerprints.first()
            && let Some(word) = self.filter.get_mut(filter_word(*first))
        {
            *word |= filter_bits(*first);
        }
        true
    }

    /// The places of a fingerprint, in the order in which they are tried.
    fn places(&self, fingerprint: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.entries.len() - 1;
        let first = fingerprint as usize;
        (0..=mask).map(move |step| first.wrapping_add(step) & mask)
    }

    fn find(&self, fingerprint: u64, is: impl Fn(&Self, Entry) -> bool) -> Option<usize> {
        for place in self.places(fingerprint) {
            let entry = *self.entries.get(place)?;
            if entry.flags == 0 {
                return None;
            }
            if entry.fingerprint == fingerprint && is(self, entry) {
                return Some(place);
            }
        }
        None
    }

    fn put(&mut self, entry: Entry) {
        for place in self.places(entry.fingerprint) {
            if let Some(free) = self.entries.get_mut(place).filter(|entry| entry.flags == 0) {
                *free = entry;
                self.used += 1;
                return;
            }
        }
    }

    fn grow(&mut self) {
        let entries = vec![Entry::default(); self.entries.len() * 2];
        let before = std::mem::replace(&mut self.entries, entries);
        self.used = 0;
        before.into_iter().filter(|entry| entry.flags != 0).for_each(|entry| self.put(entry));
    }
}

#[inline(always)]
const fn filter_word(fingerprint: u64) -> usize {
    // The high bits: the low ones choose the place in the table.
    (fingerprint >> 48) as usize
}

#[inline(always)]
const fn filter_bits(fingerprint: u64) -> u64 {
    1 << (fingerprint >> 42 & 63) | 1 << (fingerprint >> 36 & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_fingerprint_are_told_apart() {
        let mut table = Table::new();
        assert!(table.add(b"first", &[5], false) && table.add(b"second", &[5], true));
        assert!(!table.add(b"second", &[5], true));
        let values: Vec<_> = table.of(5).map(|entry| (table.value(entry), entry.is_whole_only())).collect();
        assert_eq!(values, [(&b"first"[..], false), (b"second", true)]);
        assert!(!table.add(b"second", &[5], false));
        assert!(table.of(5).all(|entry| !entry.is_whole_only()));
    }

    #[test]
    fn a_table_that_grew_has_all_that_it_had() {
        let mut table = Table::new();
        let spread = |one: u64| one.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for one in 0..5_000_u64 {
            table.add(&one.to_le_bytes(), &[spread(one / 10), spread(one + 100_000)], false);
        }
        for one in 0..5_000_u64 {
            assert!(table.may_begin(spread(one / 10)) && table.of(spread(one / 10)).all(Entry::goes_on));
            assert!(table.of(spread(one + 100_000)).any(|entry| table.value(entry) == one.to_le_bytes()));
        }
    }
}
