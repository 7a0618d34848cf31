//! What a person sees is what is there: no control characters, and none that turn or hide text
//! (bidirectional overrides, zero-width and other format characters), neither written as they
//! are nor behind a TOML escape.

use std::fmt;

use toml::Value;

use super::ManifestError;
use crate::shown;

/// Checks the text as written, where the line can be named.
pub(super) fn check_raw(text: &str) -> Result<(), ManifestError> {
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some(hidden) = line.chars().find(|character| is_hidden(*character)) {
            return Err(ManifestError::Hidden(hidden as u32, format!("line {}", index + 1)));
        }
    }
    Ok(())
}

/// Checks the strings after TOML's escapes are undone.
pub(super) fn check_decoded(text: &str) -> Result<(), ManifestError> {
    let table: toml::Table =
        toml::from_str(text).map_err(|error| ManifestError::Syntax(shown(error.message())))?;
    check_table(&table)
        .map_err(|found| ManifestError::Hidden(found.hidden as u32, format!("`{}`", shown(&found.path))))
}

/// A character and where it stands. The path is written from the inside out when something was found:
/// a long key before many values would otherwise be copied for each of them.
struct Found {
    hidden: char,
    path: String,
}

impl Found {
    fn below(self, key: impl fmt::Display) -> Self {
        let path = if self.path.is_empty() { key.to_string() } else { format!("{key}.{}", self.path) };
        Self { path, ..self }
    }
}

fn check_table(table: &toml::Table) -> Result<(), Found> {
    table.iter().try_for_each(|(key, value)| {
        check_string(key).and_then(|()| check_value(value)).map_err(|found| found.below(key))
    })
}

fn check_value(value: &Value) -> Result<(), Found> {
    match value {
        Value::String(text) => check_string(text),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| check_value(item).map_err(|found| found.below(index + 1))),
        Value::Table(table) => check_table(table),
        _ => Ok(()),
    }
}

fn check_string(text: &str) -> Result<(), Found> {
    // SQL may be written over several lines.
    match text.chars().find(|character| is_hidden(*character) && !matches!(character, '\n' | '\r')) {
        Some(hidden) => Err(Found { hidden, path: String::new() }),
        None => Ok(()),
    }
}

fn is_hidden(character: char) -> bool {
    character != '\t' && crate::is_hidden(character)
}
