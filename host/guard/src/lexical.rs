//! The text's characters and words, before anything is made of them.
//!
//! What passes here is plain: no character that one reader sees and another does not, no comment, no second
//! statement, no word of T-SQL that an allowed statement does not have. The parser behind it
//! may be lenient then.

use glasshouse_contract::is_hidden;
use sqlparser::{
    dialect::MsSqlDialect,
    tokenizer::{Location, Token, TokenWithSpan, Tokenizer, TokenizerError},
};

use crate::{
    refusal::{Reason, Refusal},
    tree::Word,
    words,
};

/// As long as a manifest lets a statement be.
const MOST_BYTES: usize = 32 << 10;
/// The longest of the shipped statements has about 150.
const MOST_TOKENS: usize = 8_000;
/// A chain of operators becomes a tree as deep as the chain is long, also in the parser, which frees it by
/// recursion. This many take less than 128 KiB of stack.
const MOST_OPERATORS: usize = 1_000;

/// The tokens of a text that has nothing strange in it, without white space and comments.
pub(crate) fn tokens(text: &str) -> Result<Vec<TokenWithSpan>, Refusal> {
    if text.len() > MOST_BYTES {
        return Err(Refusal::of(Reason::TooLong(text.len())));
    }
    check_characters(text)?;
    let all = Tokenizer::new(&MsSqlDialect {}, text)
        .tokenize_with_location()
        .map_err(|TokenizerError { message, location }| Refusal::at(location, Reason::Syntax(message)))?;
    let mut tokens: Vec<TokenWithSpan> =
        all.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF)).collect();
    while tokens.last().is_some_and(|last| last.token == Token::SemiColon) {
        tokens.pop();
    }
    if tokens.len() > MOST_TOKENS {
        return Err(Refusal::of(Reason::TooMany("words", MOST_TOKENS)));
    }
    let mut operators = 0;
    for (index, token) in tokens.iter().enumerate() {
        let refused = |reason| Err(Refusal::at(token.span.start, reason));
        if let Err(reason) = check_token(&token.token) {
            return refused(reason);
        }
        if index == 0 && !begins(&token.token) {
            return refused(Reason::NotASelect(token.token.to_string()));
        }
        operators += usize::from(is_operator(&token.token));
        if operators > MOST_OPERATORS {
            return refused(Reason::TooMany("operators", MOST_OPERATORS));
        }
    }
    if tokens.is_empty() {
        return Err(Refusal::of(Reason::NotASelect(String::new())));
    }
    Ok(tokens)
}

/// SQL Server and the parser do not agree on where a line ends: only LF, alone or after CR, ends one for both.
/// What a reader does not see is refused everywhere, also in comments and strings.
fn check_characters(text: &str) -> Result<(), Refusal> {
    let mut place = Location { line: 1, column: 1 };
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let fine = match character {
            '\n' | '\t' => true,
            '\r' => characters.peek() == Some(&'\n'),
            // Variation selectors belong to is_hidden's kind, and so do spaces that are none in T-SQL.
            '\u{fe00}'..='\u{fe0f}'
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}' => false,
            other => !is_hidden(other),
        };
        if !fine {
            return Err(Refusal::at(place, Reason::Hidden(character)));
        }
        if character == '\n' {
            place = Location { line: place.line + 1, column: 1 };
        } else {
            place.column += 1;
        }
    }
    Ok(())
}

fn begins(token: &Token) -> bool {
    matches!(token, Token::Word(word)
        if word.quote_style.is_none() && ["SELECT", "WITH"].iter().any(|first| word.value.eq_ignore_ascii_case(first)))
}

fn check_token(token: &Token) -> Result<(), Reason> {
    match token {
        Token::Word(word) => match word.quote_style {
            Some('"') => Err(Reason::DoubleQuotes),
            Some(_) => Word::new(&word.value).map(drop),
            None => check_bare(&word.value),
        },
        Token::Number(digits, false) => check_number(digits),
        Token::SingleQuotedString(text) | Token::NationalStringLiteral(text) => {
            text.chars().find(|c| c.is_control()).map_or(Ok(()), |c| Err(Reason::Hidden(c)))
        }
        Token::DoubleQuotedString(_) => Err(Reason::DoubleQuotes),
        Token::SemiColon => Err(Reason::SecondStatement),
        Token::Comma | Token::Period | Token::LParen | Token::RParen => Ok(()),
        token if is_operator(token) => Ok(()),
        Token::Char(c) if !c.is_ascii() => Err(Reason::NotAscii(*c)),
        Token::HexStringLiteral(_)
        | Token::EscapedStringLiteral(_)
        | Token::UnicodeStringLiteral(_)
        | Token::SingleQuotedByteStringLiteral(_)
        | Token::DoubleQuotedByteStringLiteral(_)
        | Token::SingleQuotedRawStringLiteral(_)
        | Token::DoubleQuotedRawStringLiteral(_)
        | Token::DollarQuotedString(_)
        | Token::Number(_, true) => Err(Reason::Literal(token.to_string())),
        other => Err(Reason::Symbol(other.to_string())),
    }
}

const fn is_operator(token: &Token) -> bool {
    matches!(
        token,
        Token::Eq
            | Token::Neq
            | Token::Lt
            | Token::Gt
            | Token::LtEq
            | Token::GtEq
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::Mod
            | Token::Ampersand
            | Token::Pipe
            | Token::Caret
    ) || is_joining_word(token)
}

const fn is_joining_word(token: &Token) -> bool {
    use sqlparser::keywords::Keyword;
    matches!(token, Token::Word(word)
        if matches!(word.keyword, Keyword::AND | Keyword::OR | Keyword::NOT | Keyword::UNION))
}

fn check_bare(word: &str) -> Result<(), Reason> {
    if let Some(strange) = word.chars().find(|c| !c.is_ascii()) {
        return Err(Reason::NotAscii(strange));
    }
    if word.starts_with('@') {
        return Err(Reason::Variable(word.to_owned()));
    }
    if word.starts_with('#') {
        return Err(Reason::Temporary(word.to_owned()));
    }
    if words::is_refused(word) {
        return Err(Reason::Reserved(word.to_owned()));
    }
    Word::new(word).map(drop)
}

/// Whole and decimal numbers; SQL Server's `decimal` has 38 digits.
pub(crate) fn check_number(digits: &str) -> Result<(), Reason> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if plain(whole) && plain(fraction) && digits.len() <= 39 {
        Ok(())
    } else {
        Err(Reason::Literal(digits.to_owned()))
    }
}
