use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Digest;

/// A text that is not a name of the kind asked for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{shown}` is no {what}: {rule}")]
pub struct BadName {
    shown: String,
    what: &'static str,
    rule: &'static str,
}

impl BadName {
    fn new(text: &str, what: &'static str, rule: &'static str) -> Self {
        // The text comes from outside: show little of it, and nothing that moves a cursor.
        let shown = text.chars().take(40).flat_map(char::escape_debug).collect();
        Self { shown, what, rule }
    }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $type:ident, $what:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Arc<str>);

        impl $type {
            /// Reads a name.
            ///
            /// # Errors
            /// When the text breaks the rule for this kind of name.
            pub fn new(text: &str) -> Result<Self, BadName> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.into())) } else { Err(BadName::new(text, $what, $rule)) }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                Self::new(text)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

name_type! {
    /// A plugin's name for life: `contoso.devices-by-os`.
    PluginId, "plugin id",
    "two or more parts of a-z, 0-9 and inner hyphens, joined by dots, at most 100 characters",
    |text| {
        text.len() <= 100 && text.contains('.') && text.split('.').all(|part| {
            !part.is_empty()
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
    }
}

name_type! {
    /// The name of a statement, an output, a setting, an endpoint or a key.
    Name, "name",
    "a letter, then letters, digits, hyphens and underscores, at most 64 characters",
    |text| {
        text.len() <= 64
            && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    }
}

name_type! {
    /// A column's name; such names need no quoting in SQL, JSON or CSV.
    ColumnName, "column name",
    "a letter or underscore, then letters, digits and underscores, at most 128 characters",
    |text| {
        text.len() <= 128
            && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    }
}

name_type! {
    /// Which key pseudonyms were made with: a hash of the key tells keys apart and nothing else of them.
    PseudonymKeyId, "id of a key",
    "16 hexadecimal digits in lower case, as `glasshouse key list` shows them",
    |text| text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

impl PseudonymKeyId {
    /// The id that is the beginning of a digest.
    #[must_use]
    pub fn of(digest: &Digest) -> Self {
        Self(digest.hex().chars().take(16).collect::<String>().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugin_ids_cannot_leave_a_folder() {
        for bad in ["", "x", "../x.y", "a..b", "a.b/", "A.b", "a.-b", "a.b\n", "a.b\0", "ä.b", "a.b\u{202e}"]
        {
            assert!(PluginId::new(bad).is_err(), "{bad:?}");
        }
        assert!(PluginId::new("contoso.devices-by-os.v2").is_ok());
    }

    #[test]
    fn the_error_shows_little_and_escapes_it() {
        let error = PluginId::new(&format!("\u{1b}[2J{}", "x".repeat(500))).unwrap_err().to_string();
        assert!(!error.contains('\u{1b}') && error.len() < 250, "{error}");
    }
}
