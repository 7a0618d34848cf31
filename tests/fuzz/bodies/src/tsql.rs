//! A second opinion on what the statement guard prints, by Transact-SQL's lexical rules and reserved words,
//! and by nothing that the guard or its parser know.
//!
//! It is far stricter than SQL Server: it knows the one form that the guard prints.

/// Every word that may stand outside of brackets and strings.
const WORDS: &[&str] = &[
    // Clauses, operators and the parts of CASE, OVER and CAST.
    "ALL",
    "AND",
    "AS",
    "BETWEEN",
    "BY",
    "CASE",
    "CROSS",
    "DESC",
    "DISTINCT",
    "ELSE",
    "END",
    "ESCAPE",
    "EXISTS",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "IN",
    "INNER",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "MAX",
    "NOT",
    "NULL",
    "ON",
    "OR",
    "ORDER",
    "OVER",
    "PARTITION",
    "RIGHT",
    "SELECT",
    "THEN",
    "TIES",
    "TOP",
    "UNION",
    "WHEN",
    "WHERE",
    "WITH",
    // Functions without effects.
    "ABS",
    "ASCII",
    "AVG",
    "CAST",
    "CEILING",
    "CHARINDEX",
    "CHECKSUM",
    "COALESCE",
    "CONCAT",
    "CONVERT",
    "COUNT",
    "COUNT_BIG",
    "DATALENGTH",
    "DATEADD",
    "DATEDIFF",
    "DATEDIFF_BIG",
    "DATEFROMPARTS",
    "DATENAME",
    "DATEPART",
    "DAY",
    "DB_ID",
    "DB_NAME",
    "DENSE_RANK",
    "EOMONTH",
    "EXP",
    "FIRST_VALUE",
    "FLOOR",
    "GETDATE",
    "GETUTCDATE",
    "ISNULL",
    "ISNUMERIC",
    "LAG",
    "LAST_VALUE",
    "LEAD",
    "LEN",
    "LOG",
    "LOWER",
    "LTRIM",
    "MIN",
    "MONTH",
    "NTILE",
    "NULLIF",
    "OBJECT_NAME",
    "PATINDEX",
    "POWER",
    "RANK",
    "REPLACE",
    "REVERSE",
    "ROUND",
    "ROW_NUMBER",
    "RTRIM",
    "SCHEMA_NAME",
    "SERVERPROPERTY",
    "SIGN",
    "SQRT",
    "STDEV",
    "STDEVP",
    "STRING_AGG",
    "STUFF",
    "SUBSTRING",
    "SUM",
    "SYSUTCDATETIME",
    "TRIM",
    "TRY_CAST",
    "TRY_CONVERT",
    "UNICODE",
    "UPPER",
    "VAR",
    "VARP",
    "YEAR",
    // Types, as they are printed.
    "bigint",
    "bit",
    "char",
    "date",
    "datetime",
    "datetime2",
    "datetimeoffset",
    "decimal",
    "float",
    "int",
    "nchar",
    "numeric",
    "nvarchar",
    "real",
    "smalldatetime",
    "smallint",
    "time",
    "tinyint",
    "uniqueidentifier",
    "varchar",
    // Units of time.
    "day",
    "dayofyear",
    "hour",
    "iso_week",
    "microsecond",
    "millisecond",
    "minute",
    "month",
    "nanosecond",
    "quarter",
    "second",
    "week",
    "weekday",
    "year",
];

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Word(&'a str),
    /// A name in brackets.
    Name(&'a str),
    Number,
    Text,
    Sign(&'a str),
}

/// Whether a text is one SELECT and nothing besides.
pub(crate) fn judge(text: &str) -> Result<(), String> {
    let pieces = pieces(text)?;
    if !matches!(pieces.first(), Some(Piece::Word("SELECT" | "WITH"))) {
        return Err("it does not begin with SELECT or WITH".to_owned());
    }
    let mut depth = 0_u32;
    let mut cases = 0_u32;
    // Behind the common tables one SELECT stands by itself.
    let mut mains = u32::from(pieces.first() == Some(&Piece::Word("WITH")));
    for (index, piece) in pieces.iter().enumerate() {
        let before = |back: usize| index.checked_sub(back).and_then(|index| pieces.get(index)).copied();
        let after = |ahead: usize| pieces.get(index + ahead).copied();
        match piece {
            Piece::Sign("(") => {
                depth += 1;
                may_open(before(1), before(2), before(3))?;
            }
            Piece::Sign(")") => {
                depth = depth.checked_sub(1).ok_or("a parenthesis closes that is not open")?
            }
            Piece::Sign(".") => {
                let name = |piece| matches!(piece, Some(Piece::Name(_)));
                if !name(before(1)) || !name(after(1)) || before(2) == Some(Piece::Sign(".")) {
                    return Err("a dot is not between two names, or one of many".to_owned());
                }
            }
            Piece::Sign("*") => {
                let counts = matches!(before(2), Some(Piece::Word("COUNT" | "COUNT_BIG")))
                    && before(1) == Some(Piece::Sign("("))
                    && after(1) == Some(Piece::Sign(")"));
                if !counts && !ends_value(before(1)) {
                    return Err("a star stands for columns".to_owned());
                }
            }
            Piece::Word("SELECT") => {
                let fine = match before(1) {
                    None | Some(Piece::Sign("(") | Piece::Word("UNION" | "ALL")) => true,
                    Some(Piece::Sign(")")) if depth == 0 && mains > 0 => {
                        mains -= 1;
                        true
                    }
                    _ => false,
                };
                if !fine {
                    return Err("a second SELECT".to_owned());
                }
            }
            Piece::Word("WITH") if index > 0 && after(1) != Some(Piece::Word("TIES")) => {
                return Err("WITH in the middle".to_owned());
            }
            Piece::Word("ALL") if before(1) != Some(Piece::Word("UNION")) => {
                return Err("ALL alone".to_owned());
            }
            Piece::Word("CASE") => cases += 1,
            Piece::Word("END") => cases = cases.checked_sub(1).ok_or("END without CASE")?,
            Piece::Word("FROM" | "JOIN") => may_read(after(1), after(2), after(3))?,
            // Every alias is in brackets; behind CAST's AS stands a type.
            Piece::Word("AS") => match after(1) {
                Some(Piece::Name(_) | Piece::Sign("(")) => {}
                Some(Piece::Word(word)) if word.chars().all(|c| c.is_ascii_lowercase() || c == '2') => {}
                _ => return Err("AS without a name in brackets or a type".to_owned()),
            },
            Piece::Name(_) if matches!(before(1), Some(Piece::Name(_) | Piece::Text | Piece::Number)) => {
                return Err("an alias without AS".to_owned());
            }
            _ => {}
        }
    }
    match (depth, cases, mains) {
        (0, 0, 0) => Ok(()),
        _ => Err("something is open at the end".to_owned()),
    }
}

/// What may stand before a parenthesis: a word, a sign, or the name of a function of dbo - or the columns
/// of a common or derived table, whose name follows WITH, a comma or AS.
fn may_open(first: Option<Piece>, second: Option<Piece>, third: Option<Piece>) -> Result<(), String> {
    match (first, second, third) {
        (Some(Piece::Name(_)), Some(Piece::Sign(".")), Some(Piece::Name("dbo"))) => Ok(()),
        (Some(Piece::Name(_)), Some(Piece::Word("WITH" | "AS") | Piece::Sign(",")), _) => Ok(()),
        (Some(Piece::Name(_) | Piece::Number | Piece::Text), ..) => Err("a call of something".to_owned()),
        _ => Ok(()),
    }
}

/// What may be read: a derived table, a common table, or an object of these schemas.
fn may_read(first: Option<Piece>, second: Option<Piece>, third: Option<Piece>) -> Result<(), String> {
    match (first, second, third) {
        (Some(Piece::Sign("(")), Some(Piece::Word("SELECT")), _) => Ok(()),
        (
            Some(Piece::Name("dbo" | "sys" | "INFORMATION_SCHEMA")),
            Some(Piece::Sign(".")),
            Some(Piece::Name(_)),
        ) => Ok(()),
        (Some(Piece::Name(_)), dot, _) if dot != Some(Piece::Sign(".")) => Ok(()),
        other => Err(format!("it reads {other:?}")),
    }
}

fn ends_value(piece: Option<Piece>) -> bool {
    matches!(
        piece,
        Some(Piece::Name(_) | Piece::Number | Piece::Text | Piece::Sign(")") | Piece::Word("END" | "NULL"))
    )
}

/// The text in pieces, or why it is no text of the guard's.
fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (piece, behind) = match first {
            ' ' => {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            '\'' => (Piece::Text, string(rest, false)?),
            'N' if rest.starts_with("N'") => (Piece::Text, string(rest.get(1..).unwrap_or_default(), true)?),
            '[' => {
                let (name, behind) =
                    rest.get(1..).and_then(|rest| rest.split_once(']')).ok_or("a bracket is open")?;
                check_name(name)?;
                (Piece::Name(name), behind)
            }
            '0'..='9' => (Piece::Number, number(rest)?),
            'A'..='Z' | 'a'..='z' | '_' => {
                let (word, behind) = split(rest, |c| c.is_ascii_alphanumeric() || c == '_');
                if !WORDS.contains(&word) {
                    return Err(format!("the word `{word}`"));
                }
                (Piece::Word(word), behind)
            }
            _ => {
                let known = [
                    "--", "/*", "*/", "<>", "<=", ">=", "(", ")", ",", ".", "=", "<", ">", "+", "-", "*",
                    "/", "%", "&", "|", "^",
                ];
                let sign = known.into_iter().find(|sign| rest.starts_with(sign));
                match sign {
                    None | Some("--" | "/*" | "*/") => return Err(format!("the character {first:?}")),
                    Some(sign) => (Piece::Sign(sign), rest.get(sign.len()..).unwrap_or_default()),
                }
            }
        };
        let joined = matches!(piece, Piece::Word(_) | Piece::Number | Piece::Text)
            && behind.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '\'');
        if joined {
            return Err("two pieces without a space".to_owned());
        }
        pieces.push(piece);
        rest = behind;
    }
    Ok(pieces)
}

fn split(text: &str, within: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !within(c)).unwrap_or(text.len()))
}

/// What follows a string. A quote within is doubled; a backslash before a line's end would join the lines.
fn string(text: &str, national: bool) -> Result<&str, String> {
    let mut rest = text.get(1..).unwrap_or_default();
    loop {
        let (inside, behind) = rest.split_once('\'').ok_or("a string is open")?;
        if inside.chars().any(|c| c.is_control() || (!national && !c.is_ascii())) {
            return Err("a character in a string".to_owned());
        }
        match behind.strip_prefix('\'') {
            Some(more) => rest = more,
            None => return Ok(behind),
        }
    }
}

fn number(text: &str) -> Result<&str, String> {
    let (_, behind) = split(text, |c| c.is_ascii_digit());
    match behind.strip_prefix('.') {
        None => Ok(behind),
        Some(fraction) => {
            let (digits, behind) = split(fraction, |c| c.is_ascii_digit());
            if digits.is_empty() { Err("a number ends with a dot".to_owned()) } else { Ok(behind) }
        }
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if first && name.len() <= 128 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        Ok(())
    } else {
        Err(format!("the name `{name}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn it_knows_what_the_guard_must_not_print() {
        for fine in [
            "SELECT [a] AS [b], COUNT(*) AS [n] FROM [dbo].[t] AS [x] WHERE [x].[a] = N'\u{e4}''' GROUP BY [a]",
            "WITH [a] ([x]) AS (SELECT 1) SELECT TOP (5) WITH TIES [x] FROM [a] ORDER BY [x] DESC",
            "SELECT CAST([a] AS nvarchar(MAX)) AS [b] FROM [sys].[tables] UNION ALL SELECT 'x'",
        ] {
            assert_eq!(judge(fine), Ok(()), "{fine}");
        }
        for bad in [
            "",
            "SELECT 1 AS [a] SELECT 2 AS [b]",
            "WITH [a] AS (SELECT 1 AS [x]) SELECT [x] FROM [a] SELECT 1 AS [y]",
            "SELECT 1 AS [a]; DROP",
            "SELECT 1 AS [a] -- x",
            "SELECT 1 - -1 AS [a] /* x */",
            "SELECT 1 --1 AS [a]",
            "SELECT [a]]] AS [b]",
            "SELECT [a]] SHUTDOWN --] AS [b]",
            "SELECT 'a AS [b]",
            "SELECT 'a''' AS [b] SHUTDOWN",
            "SELECT '\u{e4}' AS [b]",
            "SELECT * FROM [dbo].[t]",
            "SELECT [x].* FROM [dbo].[t] AS [x]",
            "SELECT 1 AS [a] FROM [master].[dbo].[t]",
            "SELECT 1 AS [a] FROM [master].[t]",
            "SELECT 1 AS [a] FROM [xp_cmdshell]('dir')",
            "SELECT [sys].[fn_x](1) AS [a]",
            "SELECT 1 AS SHUTDOWN",
            "SELECT 1 [a]",
            "SELECT [a] [b] FROM [dbo].[t]",
            "SELECT 1 AS [a] FROM [dbo].[t] KILL",
            "SELECT 1 AS [a] FROM [dbo].[t]\nGO",
            "SELECT @@VERSION AS [a]",
            "SELECT (1 AS [a]",
            "SELECT CASE WHEN 1 = 1 THEN 1 AS [a]",
            "SELECT 1a AS [a]",
        ] {
            assert!(judge(bad).is_err(), "{bad}");
        }
    }
}
