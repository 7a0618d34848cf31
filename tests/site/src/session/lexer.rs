//! T-SQL as words, as far as a session has to know it: where a statement ends, and what it names.

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword, a name or a `@variable`, as it is written.
    Word,
    /// A name in brackets or double quotes, without them.
    Name,
    /// Text in single quotes, without them and without an `N` before it.
    Text,
    /// A number.
    Number,
    /// One sign.
    Sign,
}

/// One piece of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) kind: Kind,
    /// What it says.
    pub(crate) text: String,
    /// Where it begins and ends in the statement, in bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Piece {
    /// Whether it is this keyword.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this sign.
    pub(crate) fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign && self.text.chars().eq([sign])
    }

    /// Whether it names this object.
    pub(crate) fn names(&self, object: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Name) && self.text.eq_ignore_ascii_case(object)
    }
}

/// Something that begins with a quote or a comment sign and does not end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unclosed;

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '@' | '#' | '$')
}

/// The pieces of this text; comments and blanks are none.
pub(crate) fn pieces(sql: &str) -> Result<Vec<Piece>, Unclosed> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = sql.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or(' ');
        let quote = match first {
            '\'' => Some(('\'', 0)),
            'N' | 'n' if rest.get(1..).is_some_and(|rest| rest.starts_with('\'')) => Some(('\'', 1)),
            '"' => Some(('"', 0)),
            '[' => Some((']', 0)),
            _ => None,
        };
        let start = at;
        if let Some((close, prefix)) = quote {
            let (text, size) = quoted(rest.get(prefix..).unwrap_or_default(), close).ok_or(Unclosed)?;
            at += prefix + size;
            let kind = if close == '\'' { Kind::Text } else { Kind::Name };
            found.push(Piece { kind, text, start, end: at });
        } else if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            at += comment(rest).ok_or(Unclosed)?;
        } else if first.is_whitespace() {
            at += first.len_utf8();
        } else {
            let number = first.is_ascii_digit();
            let within = |letter: &char| is_word(*letter) || (number && *letter == '.');
            let size: usize = match is_word(first) {
                true => rest.chars().take_while(within).map(char::len_utf8).sum(),
                false => first.len_utf8(),
            };
            at += size;
            let kind = match (is_word(first), number) {
                (true, true) => Kind::Number,
                (true, false) => Kind::Word,
                (false, _) => Kind::Sign,
            };
            let text = rest.get(..size).unwrap_or_default().to_owned();
            found.push(Piece { kind, text, start, end: at });
        }
    }
    Ok(found)
}

/// What is between quotes, a doubled one being one, and how many bytes that took.
fn quoted(from: &str, close: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut letters = from.char_indices().skip(1).peekable();
    while let Some((place, letter)) = letters.next() {
        if letter != close {
            text.push(letter);
        } else if letters.next_if(|(_, next)| *next == close).is_some() {
            text.push(close);
        } else {
            return Some((text, place + close.len_utf8()));
        }
    }
    None
}

/// The length of a comment, which in T-SQL may hold comments.
fn comment(from: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let rest = from.get(at..).filter(|rest| !rest.is_empty())?;
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
}

/// One statement of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Its text.
    pub(crate) sql: String,
    /// Its pieces, whose places are those in the batch.
    pub(crate) pieces: Vec<Piece>,
}

/// The statements of a batch. They end at a semicolon; and `SET` and `USE` end where another begins,
/// for most clients put no semicolon behind them.
pub(crate) fn statements(batch: &str) -> Result<Vec<Statement>, Unclosed> {
    let mut found: Vec<Vec<Piece>> = vec![Vec::new()];
    let mut depth = 0_usize;
    for piece in pieces(batch)? {
        if piece.is_sign('(') {
            depth += 1;
        } else if piece.is_sign(')') {
            depth = depth.saturating_sub(1);
        }
        let open = found.last_mut();
        let in_setting = open
            .as_ref()
            .and_then(|open| open.first())
            .is_some_and(|first| first.is("SET") || first.is("USE"));
        let begins = ["SET", "USE", "SELECT", "WITH"].iter().any(|word| piece.is(word));
        // Within UPDATE, SET is no statement: only what follows a setting is looked at.
        if piece.is_sign(';') && depth == 0 {
            found.push(Vec::new());
        } else if in_setting && begins {
            found.push(vec![piece]);
        } else if let Some(open) = open {
            open.push(piece);
        }
    }
    let whole = found.into_iter().filter_map(|pieces| {
        let (start, end) = (pieces.first()?.start, pieces.last()?.end);
        Some(Statement { sql: batch.get(start..end)?.to_owned(), pieces })
    });
    Ok(whole.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(batch: &str) -> Vec<String> {
        statements(batch).unwrap().into_iter().map(|statement| statement.sql).collect()
    }

    #[test]
    fn a_batch_is_split_where_sql_server_splits_it() {
        assert_eq!(
            split("SET NOCOUNT ON SET LOCK_TIMEOUT 5000; SELECT 1"),
            ["SET NOCOUNT ON", "SET LOCK_TIMEOUT 5000", "SELECT 1"]
        );
        assert_eq!(
            split("SELECT ';' AS [a;b] -- ; no\n, N'x''y;' /* ; /* ; */ ; */ ; USE x"),
            ["SELECT ';' AS [a;b] -- ; no\n, N'x''y;'", "USE x"]
        );
        assert_eq!(
            split("WITH a AS (SELECT 1 AS b) SELECT b FROM a;"),
            ["WITH a AS (SELECT 1 AS b) SELECT b FROM a"]
        );
        assert_eq!(split("UPDATE t SET a = 1"), ["UPDATE t SET a = 1"]);
        assert_eq!(split(" ;; "), [""; 0]);
    }

    #[test]
    fn what_does_not_end_is_an_error() {
        for batch in ["SELECT 'a", "SELECT [a", "SELECT \"a", "/* /* */", "N'"] {
            assert_eq!(pieces(batch), Err(Unclosed), "{batch}");
        }
    }

    #[test]
    fn names_lose_their_brackets() {
        let found = pieces("[a]]b] \"c\"\"d\" N'e''f' @g 1.5 \u{FC}").unwrap();
        let texts: Vec<_> = found.iter().map(|piece| (piece.kind, piece.text.as_str())).collect();
        assert_eq!(
            texts,
            [
                (Kind::Name, "a]b"),
                (Kind::Name, "c\"d"),
                (Kind::Text, "e'f"),
                (Kind::Word, "@g"),
                (Kind::Number, "1.5"),
                (Kind::Word, "\u{FC}")
            ]
        );
    }
}
