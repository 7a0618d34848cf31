//! What a session is set to: SET and USE.

use super::lexer::{Kind, Piece};
use crate::answer::SqlError;

/// The settings of one session that answers depend on. All others are accepted and change nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    /// SET TEXTSIZE: the most bytes of a large value.
    pub(super) text_size: usize,
    /// SET ROWCOUNT: the most rows; 0 is no bound.
    pub(super) row_count: u64,
    /// SET LOCK_TIMEOUT, which nothing here waits for.
    pub(super) lock_timeout: i64,
    /// SET LANGUAGE.
    pub(super) language: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { text_size: ALL_TEXT, row_count: 0, lock_timeout: -1, language: "us_english".to_owned() }
    }
}

/// What drivers set TEXTSIZE to: no bound.
const ALL_TEXT: usize = 0x7FFF_FFFF;
/// What `SET TEXTSIZE 0` means.
const DEFAULT_TEXT: usize = 4096;

/// Options that are on or off.
const SWITCHES: &[&str] = &[
    "ANSI_DEFAULTS",
    "ANSI_NULLS",
    "ANSI_NULL_DFLT_OFF",
    "ANSI_NULL_DFLT_ON",
    "ANSI_PADDING",
    "ANSI_WARNINGS",
    "ARITHABORT",
    "ARITHIGNORE",
    "CONCAT_NULL_YIELDS_NULL",
    "CURSOR_CLOSE_ON_COMMIT",
    "FMTONLY",
    "IMPLICIT_TRANSACTIONS",
    "NOCOUNT",
    "NOEXEC",
    "NUMERIC_ROUNDABORT",
    "PARSEONLY",
    "QUOTED_IDENTIFIER",
    "REMOTE_PROC_TRANSACTIONS",
    "XACT_ABORT",
];

const PRIORITIES: &[&str] = &["LOW", "NORMAL", "HIGH"];
const ISOLATION: &[&str] =
    &["READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SNAPSHOT", "SERIALIZABLE"];
const DATE_FORMATS: &[&str] = &["mdy", "dmy", "ymd", "ydm", "myd", "dym"];

/// What a client has to be told of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Nothing,
    Language { new: String, old: String },
}

impl Settings {
    /// Takes a SET statement.
    pub(super) fn set(&mut self, pieces: &[Piece]) -> Result<Told, SqlError> {
        let words: Vec<&Piece> = pieces.iter().skip(1).filter(|piece| !piece.is_sign(',')).collect();
        let Some((last, names)) = words.split_last() else { return Err(SqlError::syntax("SET")) };
        let Some(option) = names.first().or(words.first()) else { return Err(SqlError::syntax("SET")) };
        let name = option.text.to_uppercase();
        if let ("ON" | "OFF", false) = (last.text.to_uppercase().as_str(), names.is_empty()) {
            let unknown = names.iter().find(|name| !SWITCHES.contains(&name.text.to_uppercase().as_str()));
            return match unknown {
                None => Ok(Told::Nothing),
                Some(_) if name == "STATISTICS" || name == "IDENTITY_INSERT" => Ok(Told::Nothing),
                Some(unknown) => Err(not_an_option(&unknown.text)),
            };
        }
        let value = &words.get(1..).unwrap_or_default();
        let text = value.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>().join(" ");
        let one_of = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(&text));
        let is_good = match name.as_str() {
            "TEXTSIZE" => match number(value) {
                Some(0) => self.put_text_size(DEFAULT_TEXT),
                Some(-1) => self.put_text_size(ALL_TEXT),
                Some(size) => usize::try_from(size).is_ok_and(|size| self.put_text_size(size)),
                None => false,
            },
            "LOCK_TIMEOUT" => number(value).is_some_and(|timeout| {
                self.lock_timeout = timeout;
                timeout >= -1
            }),
            "ROWCOUNT" => number(value).and_then(|count| u64::try_from(count).ok()).is_some_and(|count| {
                self.row_count = count;
                true
            }),
            "DEADLOCK_PRIORITY" => {
                one_of(PRIORITIES) || number(value).is_some_and(|level| (-10..=10).contains(&level))
            }
            "TRANSACTION" => {
                ISOLATION.iter().any(|level| text.eq_ignore_ascii_case(&format!("ISOLATION LEVEL {level}")))
            }
            "DATEFORMAT" => one_of(DATE_FORMATS),
            "DATEFIRST" => number(value).is_some_and(|day| (1..=7).contains(&day)),
            "QUERY_GOVERNOR_COST_LIMIT" => number(value).is_some(),
            "LANGUAGE" => return self.set_language(&text),
            _ => return Err(not_an_option(&option.text)),
        };
        if is_good { Ok(Told::Nothing) } else { Err(SqlError::syntax(&last.text)) }
    }

    fn put_text_size(&mut self, size: usize) -> bool {
        self.text_size = size;
        true
    }

    fn set_language(&mut self, name: &str) -> Result<Told, SqlError> {
        if !name.eq_ignore_ascii_case("us_english") && !name.eq_ignore_ascii_case("English") {
            let message =
                format!("'{name}' is not an official language name or a language alias on this SQL Server.");
            return Err(SqlError::new(2741, 1, 16, message));
        }
        let old = std::mem::replace(&mut self.language, "us_english".to_owned());
        Ok(Told::Language { new: self.language.clone(), old })
    }
}

/// A number with its sign, and nothing besides.
fn number(value: &[&Piece]) -> Option<i64> {
    match value {
        [number] if number.kind == Kind::Number => number.text.parse().ok(),
        [sign, number] if sign.is_sign('-') => number.text.parse::<i64>().ok().map(|number| -number),
        _ => None,
    }
}

fn not_an_option(name: &str) -> SqlError {
    SqlError::new(195, 5, 15, format!("'{name}' is not a recognized SET option."))
}

#[cfg(test)]
mod tests {
    use super::{super::lexer::pieces, *};

    fn set(sql: &str) -> Result<Settings, u32> {
        let mut settings = Settings::default();
        settings.set(&pieces(sql).unwrap()).map_err(|error| error.number)?;
        Ok(settings)
    }

    #[test]
    fn what_clients_set_is_accepted() {
        for sql in [
            "SET ANSI_NULLS, ANSI_PADDING ON",
            "SET NOCOUNT ON",
            "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
            "SET DEADLOCK_PRIORITY LOW",
            "SET DEADLOCK_PRIORITY -5",
            "SET DATEFORMAT ymd",
            "SET LANGUAGE us_english",
            "SET LANGUAGE 'English'",
            "SET DATEFIRST 7",
            "SET QUERY_GOVERNOR_COST_LIMIT 0",
            "SET STATISTICS IO ON",
        ] {
            assert_eq!(set(sql), Ok(Settings::default()), "{sql}");
        }
        assert_eq!(set("SET TEXTSIZE 65536").unwrap().text_size, 65_536);
        assert_eq!(set("SET TEXTSIZE 0").unwrap().text_size, 4096);
        assert_eq!(set("SET LOCK_TIMEOUT 5000").unwrap().lock_timeout, 5000);
        assert_eq!(set("SET ROWCOUNT 10").unwrap().row_count, 10);
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        assert_eq!(set("SET"), Err(102));
        assert_eq!(set("SET NOSUCH ON"), Err(195));
        assert_eq!(set("SET NOSUCH 5"), Err(195));
        assert_eq!(set("SET TEXTSIZE x"), Err(102));
        assert_eq!(set("SET LANGUAGE Klingon"), Err(2741));
        assert_eq!(set("SET TRANSACTION ISOLATION LEVEL NONE"), Err(102));
    }
}
