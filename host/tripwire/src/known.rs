use std::{
    collections::HashSet,
    fmt,
    io::{self, Read, Seek, Write},
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use glasshouse_contract::{Batch, Column, DataClass};

use crate::{
    arena::{Arena, Same},
    canonical::{ATOMS, after_gap, atom_end, next_atom, push_atom, push_gap},
    hash::Key,
    parts::parts,
    shape::says_nothing,
    spill::Spill,
    table::{Entry, Table},
    vocabulary::{BUILT_IN, EVERYWHERE},
};

/// Values with fewer characters are words and numbers that stand in any text.
const SHORT: usize = 6;
/// And those of digits alone with fewer of them: counts have as many.
const NUMBER: usize = 8;
/// The shortest name is a site's code. What is shorter stands in any table, as a number of few digits does.
const NAME: usize = 3;

/// A value that identifies could not be kept. What was taken in before stays. Whatever is looked through from then
/// on is looked through for some of the values only, so the caller holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Full {
    /// There are more of them than there is room for.
    #[error("the values that identify take more than {0} bytes")]
    Cap(u64),
    /// The file that takes what memory has no room for could not be written.
    #[error("values that identify could not be put aside on disk: {0}")]
    Disk(io::ErrorKind),
}

/// The values of a run that identify, and their parts. Shared by reference: whoever reads tables takes values in
/// while others scan; a scan of a batch or a request sees all that was taken in before it began.
///
/// ```
/// use glasshouse_detect::Detectors;
/// use glasshouse_tripwire::{KnownValues, Tripwire};
///
/// let known = KnownValues::new([7; 32], 64 << 20);
/// known.take_value("CONTOSO\\ann.lee")?;
/// let hits = Tripwire::new(&known, Detectors::new()).scan_bytes(b"{\"who\": \"Ann.Lee\"}");
/// assert_eq!(hits[0].count, 1);
/// # Ok::<(), glasshouse_tripwire::Full>(())
/// ```
pub struct KnownValues(RwLock<Kept>);

/// What the lock guards.
pub struct Kept {
    key: Key,
    memory: usize,
    total: u64,
    table: Table,
    arena: Arena,
    vocabulary: HashSet<Vec<u8>>,
    everywhere: HashSet<Vec<u8>>,
    values: u64,
    has_numbers: bool,
    complete: bool,
    form: Form,
}

/// A value in canonical form, with the fingerprints of its beginnings.
#[derive(Default)]
struct Form {
    bytes: Vec<u8>,
    scratch: Vec<u8>,
    fingerprints: Vec<u64>,
}

impl KnownValues {
    /// No values yet. The key is random, of this run alone, and of no use to anybody after it; `memory` is how many
    /// bytes fingerprints and values may take.
    #[must_use]
    pub fn new(key: [u8; 32], memory: usize) -> Self {
        let key = Key::new(&key);
        Self(RwLock::new(Kept {
            everywhere: forms(&key, EVERYWHERE).collect(),
            key,
            memory,
            total: memory as u64,
            table: Table::new(),
            arena: Arena::new(),
            vocabulary: HashSet::new(),
            values: 0,
            has_numbers: false,
            complete: true,
            form: Form::default(),
        }))
    }

    /// Words that say nothing of anybody though an identifying column may hold them, such as products. As whole cells they are found still, as words of a text no more.
    /// To be called before values are taken in.
    #[must_use]
    pub fn closed_vocabulary<'a>(self, words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut kept = self.write();
        let forms: Vec<_> = forms(&kept.key, words).collect();
        kept.vocabulary.extend(forms);
        drop(kept);
        self
    }

    /// With a file into which values go when memory is full, sealed; fingerprints stay in memory. `key` is random
    /// and of this run alone, as the first one is, and another; `total` is how many bytes memory and file may take
    /// together. The file is empty, nobody else's, and best without a name: it is of no use to a later run.
    #[must_use]
    pub fn spill_to(
        self,
        file: impl Read + Write + Seek + Send + 'static,
        key: [u8; 32],
        total: u64,
    ) -> Self {
        let mut kept = self.write();
        kept.arena.spill_to(Spill::new(file, key));
        kept.total = total;
        drop(kept);
        self
    }

    /// Takes in the columns of a batch whose floor says that they identify; `floors` are in the batch's order,
    /// and a column without one is taken for free text.
    ///
    /// # Errors
    /// When there is no more room.
    pub fn take(&self, batch: &Batch, floors: &[DataClass]) -> Result<(), Full> {
        let floors = floors.iter().copied().chain(std::iter::repeat(DataClass::Text));
        let rows = 0..batch.rows() as usize;
        for (column, _) in
            batch.columns().iter().zip(floors).filter(|(_, floor)| *floor >= DataClass::Identifier)
        {
            let mut kept = self.write();
            match column {
                Column::Text(texts) => rows
                    .clone()
                    .filter_map(|row| texts.get(row))
                    .try_for_each(|text| kept.take_value(text))?,
                Column::Int(numbers) => rows
                    .clone()
                    .filter_map(|row| numbers.get(row))
                    .try_for_each(|number| kept.take_number(number))?,
                Column::Float(_) | Column::Boolean(_) | Column::Timestamp(_) => {}
            }
        }
        Ok(())
    }

    /// Takes in one value and its parts. What names nobody is left out: versions, points in time, built-in
    /// accounts and collections, and what is shorter than the shortest name.
    ///
    /// # Errors
    /// When there is no more room.
    pub fn take_value(&self, value: &str) -> Result<(), Full> {
        self.write().take_value(value)
    }

    /// How many values there are, parts among them.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.read().values
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all that was to be taken in is here. What is looked through when it is not is to be held.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.read().complete
    }

    /// A thread that panicked here left no half of a value that a scan could trip over: at worst one is missing,
    /// and that thread's work is lost with it.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn take_value(&mut self, value: &str) -> Result<(), Full> {
        let built_in =
            |(domain, _): (&str, &str)| BUILT_IN.iter().any(|one| one.eq_ignore_ascii_case(domain));
        if says_nothing(value) || value.trim().split_once('\\').is_some_and(built_in) {
            return Ok(());
        }
        self.add(value.as_bytes(), false)?;
        parts(value).try_for_each(|part| self.add(part.as_bytes(), false))
    }

    /// A number is found again as a whole cell: sizes and counts have as many digits as ids.
    fn take_number(&mut self, number: i64) -> Result<(), Full> {
        self.has_numbers = true;
        self.add(number.unsigned_abs().to_string().as_bytes(), true)
    }

    fn add(&mut self, value: &[u8], whole_only: bool) -> Result<(), Full> {
        let form = &mut self.form;
        form.read(&self.key, value);
        // A byte that does not go on a character begins one.
        let characters = form.bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        let number = form.bytes.iter().all(u8::is_ascii_digit);
        let too_short = characters < if number { SHORT } else { NAME };
        if too_short || self.everywhere.contains(&form.bytes) {
            return Ok(());
        }
        let short = characters < if number { NUMBER } else { SHORT };
        let whole_only = whole_only || short || self.vocabulary.contains(&form.bytes);
        let form = std::mem::take(&mut self.form);
        let added = self.add_form(&form, whole_only);
        self.form = form;
        self.complete &= added.is_ok();
        added
    }

    fn add_form(&mut self, form: &Form, whole_only: bool) -> Result<(), Full> {
        let Some(own) = form.fingerprints.last() else { return Ok(()) };
        let mut there = self.table.of(*own).filter(|(_, entry)| entry.is_value());
        // Where a page cannot be read any more, the value is added anew.
        if let Some((place, _)) = there.find(|(_, entry)| self.is(*entry, &form.bytes) == Same::Yes) {
            drop(there);
            if !whole_only {
                self.table.counts_as_token(place);
            }
            return Ok(());
        }
        drop(there);
        self.make_room(form)?;
        let offset = self.arena.push(&form.bytes).ok_or(Full::Cap(u64::from(u32::MAX)))?;
        self.table.add(&form.fingerprints, offset, whole_only);
        self.values += 1;
        Ok(())
    }

    fn make_room(&mut self, form: &Form) -> Result<(), Full> {
        let table = self.table.bytes_with(&form.fingerprints);
        let more = self.arena.more_with(form.bytes.len());
        if (table + self.arena.in_memory() + more) as u64 + self.arena.in_file() > self.total {
            return Err(Full::Cap(self.total));
        }
        while table + self.arena.in_memory() + more > self.memory {
            let aside = self.arena.put_aside().map_err(|error| Full::Disk(error.kind()))?;
            if !aside {
                return Err(Full::Cap(self.memory as u64));
            }
        }
        Ok(())
    }

    pub const fn key(&self) -> &Key {
        &self.key
    }

    pub const fn has_numbers(&self) -> bool {
        self.has_numbers
    }

    #[inline(always)]
    pub fn may_begin(&self, fingerprint: u64) -> bool {
        self.table.may_begin(fingerprint)
    }

    pub fn entries(&self, fingerprint: u64) -> impl Iterator<Item = Entry> + '_ {
        self.table.of(fingerprint).map(|(_, entry)| entry)
    }

    /// Whether this is the value that ends at an entry.
    pub fn is(&self, entry: Entry, form: &[u8]) -> Same {
        self.arena.is(entry.offset, form)
    }
}

/// How many, and nothing of what they are.
impl fmt::Debug for KnownValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.read();
        f.debug_struct("KnownValues")
            .field("values", &kept.values)
            .field("memory", &(kept.table.bytes() + kept.arena.in_memory()))
            .field("file", &kept.arena.in_file())
            .finish_non_exhaustive()
    }
}

fn forms<'a>(key: &Key, words: impl IntoIterator<Item = &'a str>) -> impl Iterator<Item = Vec<u8>> {
    words.into_iter().map(move |word| {
        let mut form = Form::default();
        form.read(key, word.as_bytes());
        form.bytes
    })
}

impl Form {
    fn read(&mut self, key: &Key, value: &[u8]) {
        self.bytes.clear();
        self.fingerprints.clear();
        let mut next = next_atom(value, 0);
        let mut before_gap = None;
        while let Some(start) = next {
            let end = atom_end(value, start);
            self.scratch.clear();
            push_atom(value.get(start..end).unwrap_or_default(), &mut self.scratch);
            let atom = key.atom(&self.scratch);
            let fingerprint = match (before_gap, self.fingerprints.last()) {
                (Some(gap), Some(before)) => {
                    let from = self.bytes.len();
                    push_gap(value.get(gap..start).unwrap_or_default(), &mut self.bytes);
                    key.chain(*before, self.bytes.get(from..).unwrap_or_default(), atom)
                }
                _ => atom,
            };
            self.bytes.extend_from_slice(&self.scratch);
            self.fingerprints.push(fingerprint);
            before_gap = Some(end);
            next = after_gap(value, end).filter(|_| self.fingerprints.len() < ATOMS);
        }
    }
}
