use crate::Error;

/// What every call returns. The error's text is shown to the person at the host.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<String> for Error {
    fn from(why: String) -> Self {
        Self::Other(why)
    }
}

impl From<&str> for Error {
    fn from(why: &str) -> Self {
        Self::Other(why.to_owned())
    }
}

impl From<std::num::ParseIntError> for Error {
    fn from(why: std::num::ParseIntError) -> Self {
        Self::Other(why.to_string())
    }
}

impl From<std::num::ParseFloatError> for Error {
    fn from(why: std::num::ParseFloatError) -> Self {
        Self::Other(why.to_string())
    }
}

impl From<std::str::Utf8Error> for Error {
    fn from(why: std::str::Utf8Error) -> Self {
        Self::Other(why.to_string())
    }
}

impl Error {
    /// The error's text alone, whichever kind it is.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::NoSuchColumn(text)
            | Self::WrongType(text)
            | Self::NotDeclared(text)
            | Self::BadLayout(text)
            | Self::NoSuchKey(text)
            | Self::NoSuchOutput(text)
            | Self::Limit(text)
            | Self::Other(text) => text,
        }
    }
}
