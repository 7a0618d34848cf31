//! What the tripwire tells: where and how often, never what.

use std::fmt;

use glasshouse_contract::ColumnName;
use glasshouse_detect::Kind;

/// What was found in a column, or in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The column; none where bytes were scanned.
    pub column: Option<ColumnName>,
    /// What it is.
    pub kind: HitKind,
    /// How it was written: the outermost encoding, where there are several.
    pub encoding: Encoding,
    /// How often it was found.
    pub count: u64,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HitKind {
    /// A value that this run read and that identifies.
    Known,
    /// What has the fingerprint of such a value, which could not be read again to compare the two.
    NotConfirmed,
    /// What looks like an identifier of this kind.
    Pattern(Kind),
    /// A text with so much encoded in it that not all of it was looked at.
    NotAllRead,
}

/// How a value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// As it is, in any case.
    Plain,
    /// Base64, of either alphabet.
    Base64,
    /// Two hexadecimal digits a byte.
    Hex,
    /// `%41`.
    Percent,
    /// `\u0041`, `\n`, `\/` and `\x41`.
    Escape,
    /// UTF-16 of either byte order.
    Utf16,
}

impl fmt::Display for HitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Known => "known value",
            Self::NotConfirmed => "value that could not be confirmed",
            Self::Pattern(kind) => kind.as_str(),
            Self::NotAllRead => "too much encoded text",
        })
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Plain => "plain",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::Escape => "escape",
            Self::Utf16 => "utf-16",
        })
    }
}
