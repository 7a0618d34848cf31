//! SQL Server errors that come up inside SQLite, where only a text gets through.

use std::fmt;

use crate::SqlError;

/// An error on its way through SQLite: its number, state and class stand before its text.
#[derive(Debug)]
pub(crate) struct Raised(pub(crate) SqlError);

const MARK: &str = "tsql\u{1f}";

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SqlError { number, state, class, message } = &self.0;
        write!(f, "{MARK}{number}\u{1f}{state}\u{1f}{class}\u{1f}{message}")
    }
}

impl std::error::Error for Raised {}

impl From<SqlError> for Raised {
    fn from(error: SqlError) -> Self {
        Self(error)
    }
}

/// What SQL Server would say of a failure of SQLite.
pub(crate) fn told(failure: &rusqlite::Error) -> SqlError {
    let text = failure.to_string();
    let read = || {
        let mut pieces = text.split_once(MARK)?.1.splitn(4, '\u{1f}');
        let number = pieces.next()?.parse().ok()?;
        let state = pieces.next()?.parse().ok()?;
        let class = pieces.next()?.parse().ok()?;
        Some(SqlError::new(number, state, class, pieces.next()?))
    };
    if let Some(error) = read() {
        return error;
    }
    if text.contains("integer overflow") {
        return SqlError::new(
            8115,
            2,
            16,
            "Arithmetic overflow error converting expression to data type bigint.",
        );
    }
    SqlError::new(50_000, 1, 16, format!("The pretend site cannot run this statement: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_comes_out_as_it_went_in() {
        let error = SqlError::new(8134, 1, 16, "Divide by zero error encountered.");
        let failure = rusqlite::Error::UserFunctionError(Box::new(Raised(error.clone())));
        assert_eq!(told(&failure), error);
    }
}
