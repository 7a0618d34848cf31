//! Comparing text as the default collation does, SQL_Latin1_General_CP1_CI_AS: case and trailing spaces do
//! not count, accents do. The order of punctuation is that of code points, which SQL Server's is not.

use std::cmp::Ordering;

/// The name under which SQLite knows the collation.
pub(crate) const COLLATION: &str = "TSQL";

pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_end_matches(' '), right.trim_end_matches(' '));
    if left.is_ascii() && right.is_ascii() {
        // Most values agree without folding anything.
        if left == right {
            return Ordering::Equal;
        }
        let fold = |byte: u8| byte.to_ascii_lowercase();
        return left.bytes().map(fold).cmp(right.bytes().map(fold));
    }
    left.chars().flat_map(char::to_lowercase).cmp(right.chars().flat_map(char::to_lowercase))
}

/// One element of a LIKE pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// `%`.
    Any,
    /// `_`.
    One,
    /// A character, folded.
    This(char),
    /// `[a-f_]` or `[^0-9]`: ranges, each end included.
    Set { ranges: Vec<(char, char)>, negated: bool },
    /// A `[` that nothing closes matches nothing.
    Nothing,
}

/// A LIKE pattern, read once.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Vec<Piece>);

fn fold(character: char) -> char {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

impl Pattern {
    pub(crate) fn new(pattern: &str, escape: Option<char>) -> Self {
        let mut pieces = Vec::new();
        let mut rest = pattern.chars().peekable();
        while let Some(character) = rest.next() {
            if Some(character) == escape {
                pieces.push(rest.next().map_or(Piece::Nothing, |next| Piece::This(fold(next))));
                continue;
            }
            pieces.push(match character {
                '%' => Piece::Any,
                '_' => Piece::One,
                '[' => set(&mut rest, escape),
                other => Piece::This(fold(other)),
            });
        }
        Self(pieces)
    }

    /// Whether the whole text matches. Trailing blanks of the text count, as they do for nvarchar.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().map(fold).collect();
        let (mut piece, mut at) = (0, 0);
        // Where to go on when what follows the last `%` does not fit: one character later.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match (self.0.get(piece), text.get(at)) {
                (None, None) => return true,
                (Some(Piece::Any), _) => {
                    retry = Some((piece + 1, at));
                    piece += 1;
                    continue;
                }
                (Some(one), Some(character)) if one.takes(*character) => {
                    piece += 1;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            match retry {
                Some((after, from)) if from < text.len() => {
                    retry = Some((after, from + 1));
                    (piece, at) = (after, from + 1);
                }
                _ => return false,
            }
        }
    }
}

impl Piece {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::This(own) => *own == character,
            Self::Set { ranges, negated } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&character)) != *negated
            }
            Self::Nothing => false,
        }
    }
}

/// What follows a `[`, up to its `]`.
fn set(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, escape: Option<char>) -> Piece {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges: Vec<(char, char)> = Vec::new();
    let mut first = true;
    while let Some(mut character) = rest.next() {
        if character == ']' && !first {
            return Piece::Set { ranges, negated };
        }
        first = false;
        if Some(character) == escape {
            let Some(next) = rest.next() else { return Piece::Nothing };
            character = next;
        }
        let low = fold(character);
        let mut ahead = rest.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) if high != ']' => {
                ranges.push((low, fold(high)));
                *rest = ahead;
            }
            _ => ranges.push((low, low)),
        }
    }
    Piece::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern: &str) -> bool {
        Pattern::new(pattern, None).matches(text)
    }

    #[test]
    fn case_and_trailing_spaces_do_not_count_and_accents_do() {
        assert_eq!(compare("Cafe", "CAFE   "), Ordering::Equal);
        assert_ne!(compare("Café", "Cafe"), Ordering::Equal);
        assert_eq!(compare("CAFÉ", "café"), Ordering::Equal);
        assert_ne!(compare(" a", "a"), Ordering::Equal);
        assert_eq!(compare("B", "a"), Ordering::Greater);
    }

    #[test]
    fn like_takes_classes_ranges_and_brackets_as_documented() {
        assert!(like("v_GS_PROCESSOR", "v[_]GS[_]%"));
        assert!(!like("vxGS_PROCESSOR", "v[_]GS[_]%"));
        assert!(like("Carsen", "[C-P]arsen"));
        assert!(!like("Karsen", "[D-J]arsen"));
        assert!(like("dezz", "de[^l]%"));
        assert!(!like("delta", "de[^l]%"));
        assert!(like("5%", "5[%]"));
        assert!(like("-", "[-acdf]"));
        assert!(like("[", "[[]"));
        assert!(like("]", "]"));
        assert!(like("10.0.19045", "10.0.%"));
        assert!(like("ABC", "a_c"));
        assert!(!like("abc", "ab"));
        assert!(!like("a[", "a["));
        assert!(like("aXbXc", "%x%c"));
        assert!(like("", "%"));
    }

    #[test]
    fn an_escaped_wildcard_is_itself() {
        let pattern = Pattern::new("50!%%", Some('!'));
        assert!(pattern.matches("50% off"));
        assert!(!pattern.matches("500 off"));
    }
}
