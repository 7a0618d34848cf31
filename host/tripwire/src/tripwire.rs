use std::collections::BTreeMap;

use glasshouse_contract::{Batch, Column, ColumnName, DataClass};
use glasshouse_detect::{Detectors, Found};

use crate::{
    finder::Finder,
    hit::{Encoding, Hit, HitKind},
    known::{Kept, KnownValues},
    words::Words,
};

/// What the caller knows of a column.
#[derive(Clone, Copy, Debug, Default)]
pub struct ColumnRule<'a> {
    /// The host held every cell to a format: a version is not looked at for addresses. Known values are looked
    /// for all the same.
    pub verified: bool,
    /// The literals that the statement itself writes into this column, or the list that the host held it to: a cell
    /// that is one of them, as it was written, is not looked at. Any other cell is.
    pub own: Option<&'a Words>,
}

/// Looks through what is about to be kept or sent.
#[derive(Debug)]
pub struct Tripwire<'a> {
    known: &'a KnownValues,
    detectors: Detectors,
    words: Option<&'a Words>,
}

impl<'a> Tripwire<'a> {
    /// Known values, and the patterns that are looked for besides.
    #[must_use]
    pub const fn new(known: &'a KnownValues, detectors: Detectors) -> Self {
        Self { known, detectors, words: None }
    }

    /// With the words of the query from which the tables and the requests come. A known value that is one of them,
    /// or lies in one that stands there whole, counts where it is the whole cell of a column that is no pseudonym,
    /// and nowhere else.
    #[must_use]
    pub fn own_words(self, words: &'a Words) -> Self {
        Self { words: Some(words), ..self }
    }

    /// Looks through the cells of a batch: all texts, and integers of a class between pseudonym and measure.
    /// `rules` are in the batch's order; a column without one is of no format. Short values count in a column
    /// that is no pseudonym, where they are the whole cell.
    #[must_use]
    pub fn scan(&self, batch: &Batch, rules: &[ColumnRule<'_>]) -> Vec<Hit> {
        let rules = rules.iter().copied().chain(std::iter::repeat(ColumnRule::default()));
        let rows = batch.rows() as usize;
        let known = self.known.read();
        let mut hits = Vec::new();
        for ((field, column), rule) in batch.iter().zip(rules) {
            let mut counts = Counts::new(&known, self.words);
            match column {
                Column::Text(texts) => {
                    let cell = field.class != DataClass::Pseudonym;
                    let own = |bytes: &[u8]| rule.own.is_some_and(|words| words.has(bytes));
                    let looked_at = |row: &usize| texts.bytes(*row).is_some_and(|bytes| !own(bytes));
                    for bytes in (0..rows).filter(looked_at).filter_map(|row| texts.bytes(row)) {
                        counts.finder.look(bytes, cell);
                    }
                    if !rule.verified {
                        for text in (0..rows).filter(looked_at).filter_map(|row| texts.get(row)) {
                            self.detectors.find_in_column(field.name.as_str(), text, &mut counts.places);
                            counts.count_places();
                        }
                    }
                }
                Column::Int(numbers)
                    if known.has_numbers()
                        && !matches!(field.class, DataClass::Measure | DataClass::Pseudonym) =>
                {
                    for number in (0..rows).filter_map(|row| numbers.get(row)) {
                        counts.finder.look_at_number(number);
                    }
                }
                Column::Int(_) | Column::Float(_) | Column::Boolean(_) | Column::Timestamp(_) => {}
            }
            counts.into_hits(Some(&field.name), &mut hits);
        }
        hits
    }

    /// Looks through bytes, a rendered request: known values alone. Bytes do not say which of them are of a
    /// column whose format was verified, and a version would be taken for an address there.
    #[must_use]
    pub fn scan_bytes(&self, bytes: &[u8]) -> Vec<Hit> {
        let known = self.known.read();
        let mut counts = Counts::new(&known, self.words);
        counts.finder.look(bytes, false);
        let mut hits = Vec::new();
        counts.into_hits(None, &mut hits);
        hits
    }
}

/// What was found so far.
struct Counts<'a> {
    finder: Finder<'a>,
    places: Vec<Found>,
    patterns: BTreeMap<HitKind, u64>,
}

impl<'a> Counts<'a> {
    const fn new(known: &'a Kept, words: Option<&'a Words>) -> Self {
        Self { finder: Finder::new(known, words), places: Vec::new(), patterns: BTreeMap::new() }
    }

    fn count_places(&mut self) {
        for place in &self.places {
            *self.patterns.entry(HitKind::Pattern(place.kind)).or_default() += 1;
        }
    }

    fn into_hits(self, column: Option<&ColumnName>, hits: &mut Vec<Hit>) {
        let known = self.finder.found.into_iter().map(|(encoding, count)| (HitKind::Known, encoding, count));
        let patterns = self.patterns.into_iter().map(|(kind, count)| (kind, Encoding::Plain, count));
        let unread = [
            (HitKind::NotConfirmed, Encoding::Plain, self.finder.not_confirmed),
            (HitKind::NotAllRead, Encoding::Plain, self.finder.not_all_read),
        ];
        let counts = known.chain(patterns).chain(unread).filter(|(_, _, count)| *count > 0);
        hits.extend(counts.map(|(kind, encoding, count)| Hit {
            column: column.cloned(),
            kind,
            encoding,
            count,
        }));
    }
}
