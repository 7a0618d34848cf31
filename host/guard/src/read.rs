//! From the parser's tree to ours.
//!
//! Every field of the parser's types is named here, so that a newer parser that knows more of SQL does not
//! compile until somebody has decided about it. What has no place in our tree is refused.

mod expr;
mod leaf;
mod query;

use sqlparser::{
    ast::{Ident, ObjectName, ObjectNamePart, Spanned},
    dialect::MsSqlDialect,
    parser::{Parser, ParserError},
    tokenizer::{Location, Token, TokenWithSpan},
};

use crate::{
    refusal::{Reason, Refusal},
    tree::{Query, Word},
    words,
};

/// How deep expressions and queries may be in one another, for the parser and for us. The parser counts
/// several steps for one of ours.
const PARSER_DEPTH: usize = 100;
const DEPTH: usize = 40;

/// Reads one statement.
pub(crate) fn statement(tokens: Vec<TokenWithSpan>) -> Result<Query, Refusal> {
    let dialect = MsSqlDialect {};
    let mut parser =
        Parser::new(&dialect).with_recursion_limit(PARSER_DEPTH).with_tokens_with_locations(tokens);
    let query = parser.parse_query().map_err(|error| match error {
        ParserError::RecursionLimitExceeded => Refusal::of(Reason::TooDeep),
        ParserError::ParserError(words) | ParserError::TokenizerError(words) => syntax(&words),
    })?;
    let next = parser.peek_token_ref();
    if next.token != Token::EOF {
        return Err(Refusal::at(next.span.start, Reason::SecondStatement));
    }
    Reader { commons: Vec::new(), depth: 0 }.query(*query)
}

/// The parser's words, and the place that stands at their end.
fn syntax(words: &str) -> Refusal {
    let split = words.split_once(" at Line: ").and_then(|(words, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((words, Location { line: line.parse().ok()?, column: column.parse().ok()? }))
    });
    match split {
        Some((words, place)) => Refusal::at(place, Reason::Syntax(words.to_owned())),
        None => Refusal::of(Reason::Syntax(words.to_owned())),
    }
}

/// Reads the parser's tree, knowing which common tables can be seen.
struct Reader {
    commons: Vec<Word>,
    depth: usize,
}

type Read<T> = Result<T, Refusal>;

impl Reader {
    /// Goes one level down.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= DEPTH {
            return Err(Refusal::of(Reason::TooDeep));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }
}

fn place(of: &impl Spanned) -> Location {
    of.span().start
}

fn refuse<T>(of: &impl Spanned, reason: Reason) -> Read<T> {
    Err(Refusal::at(place(of), reason))
}

/// Refuses a clause that is there.
fn without<T>(clause: Option<T>, name: &'static str) -> Read<()> {
    if clause.is_none() { Ok(()) } else { Err(Refusal::of(Reason::Clause(name))) }
}

/// Refuses a clause that is not empty.
fn empty<T>(clause: &[T], name: &'static str) -> Read<()> {
    without(clause.first(), name)
}

/// A name, in brackets or not.
fn word(ident: Ident) -> Read<Word> {
    let Ident { value, quote_style, span } = ident;
    match quote_style {
        None if words::is_reserved(&value) => Err(Refusal::at(span.start, Reason::Reserved(value))),
        None | Some('[') => Word::new(&value).map_err(|reason| Refusal::at(span.start, reason)),
        Some(_) => Err(Refusal::at(span.start, Reason::DoubleQuotes)),
    }
}

/// The identifiers of a name of several parts. An empty one is what stands between the dots of `db..t`.
fn parts(name: ObjectName) -> Read<Vec<Ident>> {
    let shown = name.to_string();
    let ObjectName(parts) = name;
    parts
        .into_iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) if !ident.value.is_empty() => Ok(ident),
            ObjectNamePart::Identifier(_) | ObjectNamePart::Function(_) => {
                Err(Refusal::of(Reason::Parts(shown.clone())))
            }
        })
        .collect()
}
