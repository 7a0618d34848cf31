//! The one spelling in which values are compared: atoms (letters, digits and underscores in a row) in folded
//! case, and what lies between them with runs of one character as that one character. So `CONTOSO\\Ann` in JSON
//! is `contoso\ann`, and `Ada+Lovelace` in a URL is `ada lovelace`.

/// An atom counts by as many folded bytes. Nothing that names anybody is longer.
pub const ATOM: usize = 256;
/// A value counts by as many atoms: a path or a sentence of that length is no other one by chance.
pub const ATOMS: usize = 16;
/// A longer gap between two atoms ends a value.
const GAP: usize = 64;

/// The character at `at` and how long it is; no character where the bytes are not UTF-8.
fn char_at(bytes: &[u8], at: usize) -> Option<(Option<char>, usize)> {
    let first = *bytes.get(at)?;
    let len = match first {
        0..0x80 => return Some((Some(char::from(first)), 1)),
        0xC2..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0..0xF5 => 4,
        _ => return Some((None, 1)),
    };
    let character = bytes.get(at..at + len).and_then(|bytes| str::from_utf8(bytes).ok());
    Some(character.and_then(|text| text.chars().next()).map_or((None, 1), |one| (Some(one), len)))
}

/// Names of classes, views and columns are joined by underscores: `v_Boundary_Site` does not name a boundary.
fn is_of_atom(one: char) -> bool {
    one.is_alphanumeric() || one == '_'
}

/// Where the atom that begins at `at` ends; `at` itself where none does.
pub fn atom_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some((Some(one), len)) = char_at(bytes, at) {
        if !is_of_atom(one) {
            break;
        }
        at += len;
    }
    at
}

/// Where the first atom at or after `at` begins.
pub fn next_atom(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some((one, len)) = char_at(bytes, at) {
        if one.is_some_and(is_of_atom) {
            return Some(at);
        }
        at += len;
    }
    None
}

/// Where the next atom of a value begins after the one that ends at `at`.
pub fn after_gap(bytes: &[u8], at: usize) -> Option<usize> {
    let near = bytes.get(..bytes.len().min(at + GAP + 4))?;
    next_atom(near, at).filter(|next| next - at <= GAP)
}

/// Adds an atom in folded case. Upper case first: it writes out what lower case has one letter for.
pub fn push_atom(atom: &[u8], into: &mut Vec<u8>) {
    let full = into.len() + ATOM;
    if atom.is_ascii() {
        into.extend(atom.iter().take(ATOM).map(u8::to_ascii_lowercase));
        return;
    }
    let mut at = 0;
    while let Some((one, len)) = char_at(atom, at) {
        for folded in one.into_iter().flat_map(char::to_uppercase).flat_map(char::to_lowercase) {
            into.extend(folded.encode_utf8(&mut [0; 4]).as_bytes());
        }
        if into.len() >= full {
            into.truncate(full);
            return;
        }
        at += len;
    }
}

/// Adds what lies between two atoms.
pub fn push_gap(gap: &[u8], into: &mut Vec<u8>) {
    let mut at = 0;
    let mut last = None;
    while let Some((one, len)) = char_at(gap, at) {
        let one = match one {
            // `+` is how forms write a space.
            Some(one) if one == '+' || one.is_whitespace() => ' ',
            Some(one) => one,
            None => char::REPLACEMENT_CHARACTER,
        };
        if last.replace(one) != Some(one) {
            into.extend(one.encode_utf8(&mut [0; 4]).as_bytes());
        }
        at += len;
    }
}

/// Adds the canonical form of what lies between two places, both of them ends of atoms.
pub fn push(bytes: &[u8], start: usize, end: usize, into: &mut Vec<u8>) {
    let mut at = start;
    loop {
        let stop = atom_end(bytes, at).min(end);
        push_atom(bytes.get(at..stop).unwrap_or_default(), into);
        let Some(next) = after_gap(bytes, stop).filter(|next| *next < end) else { return };
        push_gap(bytes.get(stop..next).unwrap_or_default(), into);
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        let mut into = Vec::new();
        push(text.as_bytes(), next_atom(text.as_bytes(), 0).unwrap(), text.len(), &mut into);
        String::from_utf8(into).unwrap()
    }

    #[test]
    fn spellings_of_one_value_are_one() {
        for (text, form) in [
            ("CONTOSO\\\\Ann", "contoso\\ann"),
            ("\\\\SRV01\\Share$", "srv01\\share"),
            ("Ada+Lovelace", "ada lovelace"),
            ("Ada \u{a0}\t Lovelace", "ada lovelace"),
            ("\"Ada \"\"the\"\" L\"", "ada \"the\" l"),
            ("\"SRV_01\"/x", "srv_01\"/x"),
            ("STRASSE", "strasse"),
            ("straße", "strasse"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
            ("„Müller“", "müller"),
        ] {
            assert_eq!(canonical(text), form);
        }
    }
}
