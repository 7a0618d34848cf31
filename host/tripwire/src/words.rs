//! Words of a query's own text.

use std::collections::{HashMap, HashSet};

use crate::canonical::{ATOM, ATOMS, after_gap, atom_end, next_atom, push_atom, push_gap};

/// Before a place where a known value was found, so many bytes are looked at for a word that goes over it.
const REACH: usize = 256;

/// Words that a query's author wrote: literals in its SQL, names of classes, views and columns. Who reads them
/// learns what the plugin's file says, and nothing of a site, though a site may use the same words as names.
///
/// Two uses: [`Tripwire::own_words`](crate::Tripwire::own_words) for all that comes from a query, and
/// [`ColumnRule::own`](crate::ColumnRule::own) for a column whose values are literals of its statement.
#[derive(Clone, Default)]
pub struct Words {
    exact: HashSet<Vec<u8>>,
    /// In canonical form, with how many atoms they have, by their first atom.
    phrases: HashMap<Vec<u8>, Vec<(usize, Vec<u8>)>>,
    of_several_atoms: bool,
}

impl Words {
    /// Words as the author wrote them.
    #[must_use]
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        words.into_iter().for_each(|word| all.add(word));
        all
    }

    /// Adds a word that others may read: one that an administrator allows in a column is one wherever the column
    /// goes.
    pub fn add(&mut self, word: &str) {
        let bytes = word.as_bytes();
        if self.exact.contains(bytes) {
            return;
        }
        self.exact.insert(bytes.to_vec());
        let Some(start) = next_atom(bytes, 0) else { return };
        let (_, (atoms, form)) = form(bytes, start, ATOMS);
        let first = form.get(..atom_end(&form, 0)).unwrap_or_default().to_vec();
        let phrases = self.phrases.entry(first).or_default();
        if !phrases.iter().any(|(_, known)| *known == form) {
            self.of_several_atoms |= atoms > 1;
            phrases.push((atoms, form));
        }
    }

    /// Whether a text is one of the words, as it was written.
    pub(crate) fn has(&self, text: &[u8]) -> bool {
        self.exact.contains(text)
    }

    /// Whether what was found from `start` to `end` is a word or lies in one.
    pub(crate) fn cover(&self, bytes: &[u8], start: usize, end: usize) -> bool {
        if self.covers_from(bytes, start, end) {
            return true;
        }
        if !self.of_several_atoms {
            return false;
        }
        let mut at = start.saturating_sub(REACH);
        if at > 0 {
            // Half an atom is none.
            at = atom_end(bytes, at);
        }
        while let Some(from) = next_atom(bytes, at).filter(|from| *from < start) {
            if self.covers_from(bytes, from, end) {
                return true;
            }
            at = atom_end(bytes, from);
        }
        false
    }

    fn covers_from(&self, bytes: &[u8], start: usize, end: usize) -> bool {
        let mut first = Vec::with_capacity(ATOM);
        push_atom(bytes.get(start..atom_end(bytes, start)).unwrap_or_default(), &mut first);
        let mut phrases = self.phrases.get(&first).into_iter().flatten();
        phrases.any(|(atoms, word)| {
            let (stop, (_, form)) = form(bytes, start, *atoms);
            stop >= end && form == *word
        })
    }
}

/// The canonical form of so many atoms from `start` on, how many there are, and where the last one ends.
fn form(bytes: &[u8], start: usize, atoms: usize) -> (usize, (usize, Vec<u8>)) {
    let mut form = Vec::new();
    let mut at = start;
    let mut count = 1;
    loop {
        let end = atom_end(bytes, at);
        push_atom(bytes.get(at..end).unwrap_or_default(), &mut form);
        let Some(next) = after_gap(bytes, end).filter(|_| count < atoms) else {
            return (end, (count, form));
        };
        push_gap(bytes.get(end..next).unwrap_or_default(), &mut form);
        count += 1;
        at = next;
    }
}

/// How many.
impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").field("words", &self.exact.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(words: &[&str], text: &str, found: &str) -> bool {
        let start = text.find(found).unwrap();
        Words::new(words.iter().copied()).cover(text.as_bytes(), start, start + found.len())
    }

    #[test]
    fn a_word_covers_what_lies_in_it_and_nothing_beside_it() {
        let words = ["Boundary Group", "SMS_G_System_X"];
        for (text, found, is) in [
            ("x,\"Boundary Group\",1", "Boundary", true),
            ("x,\"BOUNDARY  group\",1", "group", true),
            ("x,\"Boundary Group\",1", "Boundary Group", true),
            ("x,\"Boundary Groups\",1", "Boundary", false),
            ("x,\"Boundary of Group\",1", "Boundary", false),
            ("x,\"Boundary Group Berlin\",1", "Group Berlin", false),
            ("{\"SMS_G_System_X\":1}", "SMS_G_System_X", true),
            ("Group", "Group", false),
        ] {
            assert_eq!(covered(&words, text, found), is, "{text}: {found}");
        }
        let far = format!("{}Boundary Group", "é ".repeat(500));
        assert!(covered(&words, &far, "Group"));
    }
}
