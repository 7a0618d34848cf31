//! Fingerprints, and where the values lie that they stand for.
//!
//! A value of several atoms has an entry for its first atom and one for its first two, which say how far values
//! go on from there: so a text is followed no further than some value may go, and a value takes three entries at
//! most, however long it is.

use crate::{canonical::ATOMS, filter::Filter};

/// The table grows a part at a time: memory for the old and the new of one part is all that it takes besides.
const PARTS: usize = 64;
/// Room for so many entries in a part at first.
const FIRST: usize = 16;
/// So many entries does a value take, all of them in one part by chance.
const AT_ONCE: usize = 3;
/// A fingerprint, an offset and flags.
const ENTRY: usize = size_of::<u64>() + size_of::<u32>() + size_of::<u8>();

/// One fingerprint.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Where the value lies among all values.
    pub offset: u32,
    flags: u8,
}

/// A value ends here.
const VALUE: u8 = 1;
/// It counts as a whole cell only.
const WHOLE: u8 = 2;
/// It is the first atom of some value.
const BEGINS: u8 = 4;
/// Some value goes on here; the four highest bits say up to how many atoms, but one.
const GOES_ON: u8 = 8;
const LONGEST: u32 = 4;

impl Entry {
    /// Up to how many atoms values go on from here.
    pub const fn goes_on(self) -> Option<usize> {
        match self.flags & GOES_ON {
            0 => None,
            _ => Some((self.flags >> LONGEST) as usize + 1),
        }
    }

    pub const fn is_value(self) -> bool {
        self.flags & VALUE != 0
    }

    pub const fn is_whole_only(self) -> bool {
        self.flags & WHOLE != 0
    }
}

/// Which entry of which part.
#[derive(Clone, Copy)]
pub struct Place(usize, usize);

/// All fingerprints.
pub struct Table {
    parts: Vec<Part>,
    filter: Filter,
    slots: usize,
}

/// Open addressing, at most three quarters full. A fingerprint of zero is no entry.
struct Part {
    fingerprints: Vec<u64>,
    offsets: Vec<u32>,
    flags: Vec<u8>,
    used: usize,
}

impl Table {
    pub fn new() -> Self {
        let parts = std::iter::repeat_with(|| Part::with(FIRST)).take(PARTS).collect();
        Self { parts, filter: Filter::new(), slots: PARTS * FIRST }
    }

    /// What all this takes.
    pub const fn bytes(&self) -> usize {
        self.slots * ENTRY + self.filter.bytes()
    }

    /// What it takes at most while a value with these fingerprints is added.
    pub fn bytes_with(&self, fingerprints: &[u64]) -> usize {
        let parts = beginnings(fingerprints).chain(fingerprints.last()).filter_map(|one| self.part(*one));
        let parts: usize =
            parts.filter(|part| !part.has_room(AT_ONCE)).map(|part| part.larger() * ENTRY).sum();
        self.bytes() + parts + self.filter.grows_by()
    }

    /// Whether a value may begin with the atom of this fingerprint.
    #[inline(always)]
    pub fn may_begin(&self, fingerprint: u64) -> bool {
        self.filter.has(fingerprint)
    }

    /// The entries of that fingerprint: one, save for values whose fingerprints are the same by chance.
    pub fn of(&self, fingerprint: u64) -> impl Iterator<Item = (Place, Entry)> + '_ {
        let at = fingerprint as usize % PARTS;
        let part = self.parts.get(at);
        part.into_iter()
            .flat_map(move |part| part.of(some(fingerprint)))
            .map(move |(slot, entry)| (Place(at, slot), entry))
    }

    /// What counts as a token once does so for good.
    pub fn counts_as_token(&mut self, Place(part, slot): Place) {
        if let Some(flags) = self.parts.get_mut(part).and_then(|part| part.flags.get_mut(slot)) {
            *flags &= !WHOLE;
        }
    }

    /// Adds a value that lies at `offset`, with the fingerprints of its beginnings, the last one being its own.
    pub fn add(&mut self, fingerprints: &[u64], offset: u32, whole_only: bool) {
        let Some(own) = fingerprints.last() else { return };
        let flags = VALUE | if whole_only { WHOLE } else { 0 };
        let free = self.of(*own).find(|(_, entry)| !entry.is_value());
        match free {
            Some((place, _)) => self.mark(place, |entry| Entry { offset, flags: entry.flags | flags }),
            None => self.put(*own, Entry { offset, flags }),
        }
        let longest = fingerprints.len().min(ATOMS) as u8 - 1;
        for fingerprint in beginnings(fingerprints) {
            let goes_on = |entry: Entry| {
                let longest = (entry.flags >> LONGEST).max(longest);
                Entry {
                    flags: entry.flags & (VALUE | WHOLE | BEGINS) | GOES_ON | longest << LONGEST,
                    ..entry
                }
            };
            let there = self.of(*fingerprint).next();
            match there {
                Some((place, _)) => self.mark(place, goes_on),
                None => self.put(*fingerprint, goes_on(Entry { offset: 0, flags: 0 })),
            }
        }
        if let Some(first) = fingerprints.first() {
            let there = self.of(*first).next();
            if let Some((place, _)) = there.filter(|(_, entry)| entry.flags & BEGINS == 0) {
                self.mark(place, |entry| Entry { flags: entry.flags | BEGINS, ..entry });
                self.begins(*first);
            }
        }
    }

    fn begins(&mut self, fingerprint: u64) {
        if let Some(mut larger) = self.filter.larger() {
            for part in &self.parts {
                let entries = part.fingerprints.iter().zip(&part.flags);
                entries.filter(|(_, flags)| **flags & BEGINS != 0).for_each(|(one, _)| larger.add(*one));
            }
            self.filter = larger;
        }
        self.filter.add(some(fingerprint));
    }

    fn part(&self, fingerprint: u64) -> Option<&Part> {
        self.parts.get(fingerprint as usize % PARTS)
    }

    fn mark(&mut self, Place(part, slot): Place, change: impl Fn(Entry) -> Entry) {
        if let Some(part) = self.parts.get_mut(part)
            && let (Some(offset), Some(flags)) = (part.offsets.get_mut(slot), part.flags.get_mut(slot))
        {
            let entry = change(Entry { offset: *offset, flags: *flags });
            (*offset, *flags) = (entry.offset, entry.flags);
        }
    }

    fn put(&mut self, fingerprint: u64, entry: Entry) {
        let Some(part) = self.parts.get_mut(fingerprint as usize % PARTS) else { return };
        let before = part.flags.len();
        if !part.has_room(1) {
            part.grow();
        }
        self.slots += part.flags.len() - before;
        part.put(some(fingerprint), entry);
    }
}

impl Part {
    fn with(slots: usize) -> Self {
        Self { fingerprints: vec![0; slots], offsets: vec![0; slots], flags: vec![0; slots], used: 0 }
    }

    const fn has_room(&self, entries: usize) -> bool {
        (self.used + entries) * 4 <= self.flags.len() * 3
    }

    const fn larger(&self) -> usize {
        self.flags.len() + self.flags.len() / 2
    }

    /// The slots of a fingerprint, in the order in which they are tried: from where its high half says on.
    fn slots(&self, fingerprint: u64) -> impl Iterator<Item = usize> + use<> {
        let slots = self.flags.len();
        let first = (((fingerprint >> 32) * slots as u64) >> 32) as usize;
        (first..slots).chain(0..first)
    }

    fn of(&self, fingerprint: u64) -> impl Iterator<Item = (usize, Entry)> + '_ {
        let there = |slot: &usize| self.fingerprints.get(*slot).is_some_and(|one| *one != 0);
        self.slots(fingerprint)
            .take_while(there)
            .filter(move |slot| self.fingerprints.get(*slot) == Some(&fingerprint))
            .filter_map(|slot| {
                Some((slot, Entry { offset: *self.offsets.get(slot)?, flags: *self.flags.get(slot)? }))
            })
    }

    fn put(&mut self, fingerprint: u64, entry: Entry) {
        let free = self.slots(fingerprint).find(|slot| self.fingerprints.get(*slot) == Some(&0));
        if let Some(slot) = free
            && let (Some(one), Some(offset), Some(flags)) =
                (self.fingerprints.get_mut(slot), self.offsets.get_mut(slot), self.flags.get_mut(slot))
        {
            (*one, *offset, *flags) = (fingerprint, entry.offset, entry.flags);
            self.used += 1;
        }
    }

    fn grow(&mut self) {
        let before = std::mem::replace(self, Self::with(self.larger()));
        let entries = before.fingerprints.iter().zip(before.offsets.iter().zip(&before.flags));
        for (fingerprint, (offset, flags)) in entries.filter(|(one, _)| **one != 0) {
            self.put(*fingerprint, Entry { offset: *offset, flags: *flags });
        }
    }
}

/// The first atom and the first two, where the value goes on after them.
fn beginnings(fingerprints: &[u64]) -> impl Iterator<Item = &u64> {
    fingerprints.iter().take(fingerprints.len().saturating_sub(1).min(2))
}

/// Zero stands for no entry.
#[inline(always)]
fn some(fingerprint: u64) -> u64 {
    fingerprint.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_fingerprint_are_told_apart() {
        let mut table = Table::new();
        table.add(&[5], 1, false);
        table.add(&[5], 2, true);
        let values = |table: &Table| -> Vec<_> {
            table.of(5).map(|(_, entry)| (entry.offset, entry.is_whole_only())).collect()
        };
        assert_eq!(values(&table), [(1, false), (2, true)]);
        let (place, _) = table.of(5).nth(1).unwrap();
        table.counts_as_token(place);
        assert_eq!(values(&table), [(1, false), (2, false)]);
    }

    #[test]
    fn beginnings_say_how_far_values_go_on() {
        let mut table = Table::new();
        table.add(&[1, 2], 10, false);
        assert_eq!(table.of(1).next().unwrap().1.goes_on(), Some(2));
        table.add(&[1, 2, 3, 4], 20, false);
        table.add(&[1, 7, 8], 30, false);
        table.add(&[1], 40, true);
        let entry = |fingerprint| table.of(fingerprint).next().map(|(_, entry)| entry);
        assert_eq!(entry(1).map(|entry| (entry.goes_on(), entry.offset)), Some((Some(4), 40)));
        assert_eq!(entry(2).map(|entry| (entry.goes_on(), entry.offset)), Some((Some(4), 10)));
        assert_eq!(entry(7).unwrap().goes_on(), Some(3));
        assert!(entry(3).is_none(), "no entry for the third atom");
        assert!([2, 3, 4, 7].iter().all(|one| !table.may_begin(*one << 40)) && table.may_begin(1));
    }

    #[test]
    fn a_table_that_grew_has_all_that_it_had() {
        let mut table = Table::new();
        let spread = |one: u64| one.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for one in 0..50_000 {
            let fingerprints = [spread(one / 2), spread(one + 100_000)];
            let most = table.bytes_with(&fingerprints);
            table.add(&fingerprints, one as u32, false);
            assert!(table.bytes() <= most);
        }
        for one in 0..50_000 {
            let begins = spread(one / 2);
            assert!(table.may_begin(begins) && table.of(begins).all(|(_, entry)| entry.goes_on() == Some(2)));
            assert!(table.of(spread(one + 100_000)).any(|(_, entry)| entry.offset == one as u32));
        }
        let passed = (1..100_000).filter(|one| table.may_begin(spread(u64::MAX - one))).count();
        assert!(passed < 3_000, "{passed} of 100,000 pass");
        // What an entry takes.
        assert!(table.bytes() / 75_000 < 35, "{}", table.bytes());
    }
}
