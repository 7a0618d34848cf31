//! What a person sees is what is there: no control characters, and none that turn or hide text
//! (bidirectional overrides, zero-width and other format characters), neither written as they
//! are nor behind a TOML escape.

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
    table.iter().try_for_each(|(key, value)| check_value(key, value))
}

fn check_value(path: &str, value: &Value) -> Result<(), ManifestError> {
    check_string(path, path)?;
    match value {
        Value::String(text) => check_string(path, text),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| check_value(&format!("{path}.{}", index + 1), item)),
        Value::Table(table) => {
            table.iter().try_for_each(|(key, value)| check_value(&format!("{path}.{key}"), value))
        }
        _ => Ok(()),
    }
}

fn check_string(path: &str, text: &str) -> Result<(), ManifestError> {
    // SQL may be written over several lines.
    match text.chars().find(|character| is_hidden(*character) && !matches!(character, '\n' | '\r')) {
        Some(hidden) => Err(ManifestError::Hidden(hidden as u32, format!("`{}`", path.escape_debug()))),
        None => Ok(()),
    }
}

fn is_hidden(character: char) -> bool {
    character != '\t' && crate::is_hidden(character)
}
