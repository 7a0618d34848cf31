use std::path::Path;

use glasshouse_contract::{Asks, Kind, Name, PluginId, shown};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

use super::{TrustError, TrustStore, TrustedKey, read_text};
use crate::durable::replace_file;

/// What stands at the head of a trust file that did not exist before.
const FIRST_LINES: &str = "# What this host trusts: whose signatures count, and what each plugin was granted.\n\
                           # `glasshouse trust` and `glasshouse plugin approve` edit it and keep your comments.\n\
                           version = 1\n";

/// `trust.toml` for changing it: comments, order and spelling of what is not changed stay.
///
/// Each change leaves a text that [`TrustStore::parse`] reads, or it is refused and nothing changes.
#[derive(Clone, Debug)]
pub struct TrustDocument(DocumentMut);

impl Default for TrustDocument {
    /// A file that trusts nobody.
    fn default() -> Self {
        Self(FIRST_LINES.parse().unwrap_or_default())
    }
}

impl TrustDocument {
    /// Opens a trust file; one that is not there is begun.
    ///
    /// # Errors
    /// When there is a file and it cannot be read or breaks a rule.
    pub fn open(path: &Path) -> Result<Self, TrustError> {
        match read_text(path)? {
            None => Ok(Self::default()),
            Some(text) => Self::parse(&text).map_err(|error| error.in_file(path)),
        }
    }

    /// Takes the text of a trust file.
    ///
    /// # Errors
    /// When it breaks a rule.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        TrustStore::parse(text)?;
        text.parse().map(Self).map_err(|error: toml_edit::TomlError| TrustError::Syntax {
            line: 1,
            why: shown(error.message()),
        })
    }

    /// The text as it stands now.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// What the text as it stands now trusts.
    ///
    /// # Errors
    /// Never after a successful change; the type does not show it.
    pub fn store(&self) -> Result<TrustStore, TrustError> {
        TrustStore::parse(&self.text())
    }

    /// Replaces the file: whoever reads it, also after a power cut, sees the old text or the new.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn save(&self, path: &Path) -> Result<(), TrustError> {
        replace_file(path, self.text().as_bytes(), 0o644)
            .map_err(|source| TrustError::Io { path: path.to_owned(), source })
    }

    /// Trusts a key.
    ///
    /// # Errors
    /// When a key of that name or with those bytes is trusted already, or it may sign nothing.
    pub fn add_key(&mut self, key: &TrustedKey) -> Result<(), TrustError> {
        self.change(|document| {
            let keys = tables(document, "key")?;
            if find(keys, "name", key.name.as_str()).is_some() {
                return Err(TrustError::AlreadyThere(format!("key `{}`", key.name)));
            }
            let mut table = Table::new();
            table.insert("name", value(key.name.as_str()));
            table.insert("public", value(key.public.to_string()));
            let kinds: Array = key.kinds.iter().map(|kind: &Kind| kind.as_str()).collect();
            table.insert("kinds", value(kinds));
            if let Some(expires) = key.expires {
                table.insert("expires", value(expires.to_string()));
            }
            if key.revoke {
                table.insert("revoke", value(true));
            }
            push(keys, table);
            Ok(())
        })
    }

    /// No longer trusts the key of that name.
    ///
    /// # Errors
    /// When there is no such key, or a policy asks for its signature.
    pub fn remove_key(&mut self, name: &Name) -> Result<(), TrustError> {
        self.change(|document| remove(document, "key", "name", name.as_str()))
    }

    /// Grants a plugin exactly these asks, whatever it was granted before.
    ///
    /// # Errors
    /// When the file has something else than grants under `grant`.
    pub fn grant(&mut self, plugin: &PluginId, asks: &Asks) -> Result<(), TrustError> {
        self.change(|document| {
            let grants = tables(document, "grant")?;
            let asks = value(lines(asks));
            match find(grants, "plugin", plugin.as_str()).and_then(|index| grants.get_mut(index)) {
                Some(table) => {
                    table.insert("asks", asks);
                }
                None => {
                    let mut table = Table::new();
                    table.insert("plugin", value(plugin.as_str()));
                    table.insert("asks", asks);
                    push(grants, table);
                }
            }
            Ok(())
        })
    }

    /// Takes a plugin's grant back.
    ///
    /// # Errors
    /// When it has none.
    pub fn remove_grant(&mut self, plugin: &PluginId) -> Result<(), TrustError> {
        self.change(|document| remove(document, "grant", "plugin", plugin.as_str()))
    }

    /// Makes a change on a copy, and keeps it if the result can be read.
    fn change(
        &mut self,
        change: impl FnOnce(&mut DocumentMut) -> Result<(), TrustError>,
    ) -> Result<(), TrustError> {
        let mut changed = self.0.clone();
        change(&mut changed)?;
        TrustStore::parse(&changed.to_string())?;
        self.0 = changed;
        Ok(())
    }
}

fn tables<'a>(document: &'a mut DocumentMut, name: &str) -> Result<&'a mut ArrayOfTables, TrustError> {
    document
        .entry(name)
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()))
        .as_array_of_tables_mut()
        .ok_or_else(|| TrustError::Rule {
            place: name.to_owned(),
            why: format!("write it as [[{name}]] tables; only those can be changed by a command"),
        })
}

fn find(tables: &ArrayOfTables, field: &str, wanted: &str) -> Option<usize> {
    tables.iter().position(|table| table.get(field).and_then(Item::as_str) == Some(wanted))
}

fn push(tables: &mut ArrayOfTables, mut table: Table) {
    table.decor_mut().set_prefix("\n");
    tables.push(table);
}

fn remove(document: &mut DocumentMut, name: &str, field: &str, wanted: &str) -> Result<(), TrustError> {
    let tables = tables(document, name)?;
    let index =
        find(tables, field, wanted).ok_or_else(|| TrustError::NotThere(format!("{name} `{wanted}`")))?;
    tables.remove(index);
    Ok(())
}

/// One ask a line, so that a difference between two versions of the file shows one ask a line.
fn lines(asks: &Asks) -> Array {
    let mut array = Array::new();
    for ask in asks.iter() {
        let mut ask = Value::from(ask.to_string());
        ask.decor_mut().set_prefix("\n    ");
        array.push_formatted(ask);
    }
    if !array.is_empty() {
        array.set_trailing_comma(true);
        array.set_trailing("\n");
    }
    array
}
