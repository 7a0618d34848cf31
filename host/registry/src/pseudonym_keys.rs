//! The keys that pseudonyms are made with: each name has one in use, and those that it had before until somebody
//! deletes them.
//!
//! The one in use is `keys/pseudonym/NAME.key`, an earlier one `keys/pseudonym/NAME.ID.key`. One that is put aside
//! is at its new place before the other takes the old one, so that a crash in between loses no key.

use std::fs;

use glasshouse_contract::{Fault, FaultKind, Name, PseudonymKeyId};
use glasshouse_ledger::{Actor, Event};
use serde_json::json;

use crate::{
    HostKeyError, HostKeys, Passphrase, Registry, RegistryError,
    host_keys::{KeyBytes, key_id, random, read, turn, write},
    sealed_key,
};

/// A key that is held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PseudonymKey {
    /// Its name.
    pub name: Name,
    /// Whether runs that begin now use it; else it is kept from before.
    pub in_use: bool,
    /// Its id.
    pub id: PseudonymKeyId,
}

/// The keys that are held, by name, the one in use first, and what is wrong with others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PseudonymKeys {
    /// The keys.
    pub keys: Vec<PseudonymKey>,
    /// Files that should be keys.
    pub problems: Vec<Fault>,
}

/// What came of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyImported {
    /// The key's name.
    pub name: Name,
    /// Its id.
    pub id: PseudonymKeyId,
    /// The key that was in use and is kept; the same one where the import changed nothing.
    pub before: Option<PseudonymKeyId>,
}

impl HostKeys {
    /// The keys for pseudonyms that are held.
    #[must_use]
    pub fn pseudonym_keys(&self) -> PseudonymKeys {
        let mut found = PseudonymKeys::default();
        let folder = self.pseudonyms();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return found,
            Err(source) => {
                found.problems.push(HostKeyError::File { path: folder, source }.fault());
                return found;
            }
        };
        for entry in entries.flatten() {
            let file = entry.file_name();
            let Some(stem) = file.to_str().and_then(|file| file.strip_suffix(".key")) else { continue };
            let (name, kept) = stem.split_once('.').map_or((stem, None), |(name, id)| (name, Some(id)));
            let Ok(name) = Name::new(name) else { continue };
            match read(entry.path()).map(|key| key_id(&key)) {
                Ok(id) if kept.is_none_or(|kept| kept == id.as_str()) => {
                    found.keys.push(PseudonymKey { name, id, in_use: kept.is_none() });
                }
                Ok(id) => found.problems.push(Fault::new(
                    FaultKind::Malformed,
                    entry.path().display(),
                    format!("it is the key {id}, and not the one that its name says"),
                    "restore it from a backup, or take it away",
                )),
                Err(error) => found.problems.push(error.fault()),
            }
        }
        let in_use: Vec<_> = found
            .keys
            .iter()
            .filter(|key| key.in_use)
            .map(|key| (key.name.clone(), key.id.clone()))
            .collect();
        // A change that was cut short can leave the key in use beside itself.
        found.keys.retain(|key| key.in_use || !in_use.contains(&(key.name.clone(), key.id.clone())));
        found.keys.sort_by(|a, b| (&a.name, !a.in_use, &a.id).cmp(&(&b.name, !b.in_use, &b.id)));
        found
    }

    fn in_use(&self, name: &Name) -> Result<Option<KeyBytes>, HostKeyError> {
        match read(self.in_use_at(name)) {
            Ok(key) => Ok(Some(key)),
            Err(HostKeyError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn put_in_use(&self, name: &Name, key: &KeyBytes, before: Option<&KeyBytes>) -> Result<(), HostKeyError> {
        if let Some(before) = before {
            write(&self.kept_at(name, &key_id(before)), before)?;
        }
        write(&self.in_use_at(name), key)?;
        // An earlier key that came back is not also an earlier one.
        match fs::remove_file(self.kept_at(name, &key_id(key))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(HostKeyError::File { path: self.kept_at(name, &key_id(key)), source: error })
            }
            _ => Ok(()),
        }
    }
}

impl Registry {
    /// Makes a new key of that name. Runs that begin from now on use it; the one before is kept.
    ///
    /// # Errors
    /// When the keys or the journal cannot be read or written.
    pub fn new_key(
        &self,
        name: &Name,
        actor: &Actor,
    ) -> Result<(PseudonymKeyId, Option<PseudonymKeyId>), RegistryError> {
        let _turn = turn();
        let keys = self.keys();
        let before = keys.in_use(name)?;
        let key = random().map_err(|source| HostKeyError::File { path: keys.in_use_at(name), source })?;
        let (id, old) = (key_id(&key), before.as_deref().map(key_id));
        self.noting("pseudonym key made", name, &id, json!({ "before": old }), actor, || {
            keys.put_in_use(name, &key, before.as_ref())
        })?;
        Ok((id, old))
    }

    /// Deletes a key that is kept from before. What was made with it can never be made again.
    ///
    /// # Errors
    /// When it is in use, is not held, or the keys or the journal cannot be written.
    pub fn delete_key(&self, name: &Name, id: &PseudonymKeyId, actor: &Actor) -> Result<(), RegistryError> {
        let _turn = turn();
        let keys = self.keys();
        if keys.in_use(name)?.is_some_and(|key| key_id(&key) == *id) {
            return Err(HostKeyError::InUse { name: name.clone(), id: id.clone() }.into());
        }
        let path = keys.kept_at(name, id);
        if !path.try_exists().map_err(|source| HostKeyError::File { path: path.clone(), source })? {
            return Err(HostKeyError::NotHeld { name: name.clone(), id: id.clone() }.into());
        }
        self.noting("pseudonym key deleted", name, id, json!({}), actor, || {
            fs::remove_file(&path).map_err(|source| HostKeyError::File { path, source })
        })
    }

    /// Seals the key of that name that is in use, for another site of the hierarchy.
    ///
    /// # Errors
    /// When there is none, or it cannot be sealed or noted.
    pub fn export_key(
        &self,
        name: &Name,
        passphrase: &Passphrase,
        actor: &Actor,
    ) -> Result<(PseudonymKeyId, String), RegistryError> {
        let keys = self.keys();
        let key = keys.in_use(name)?.ok_or_else(|| HostKeyError::Missing { path: keys.in_use_at(name) })?;
        let sealed = sealed_key::seal(name, &key, passphrase)?;
        let id = key_id(&key);
        self.noting("pseudonym key exported", name, &id, json!({}), actor, || Ok(()))?;
        Ok((id, sealed))
    }

    /// Takes a sealed key into use; the one before is kept. Nothing changes where it is in use already.
    ///
    /// # Errors
    /// When it does not open, or the keys or the journal cannot be read or written.
    pub fn import_key(
        &self,
        sealed: &str,
        passphrase: &Passphrase,
        actor: &Actor,
    ) -> Result<KeyImported, RegistryError> {
        let (name, key) = sealed_key::open(sealed, passphrase)?;
        let _turn = turn();
        let keys = self.keys();
        let before = keys.in_use(&name)?;
        let (id, old) = (key_id(&key), before.as_deref().map(key_id));
        if old.as_ref() != Some(&id) {
            self.noting("pseudonym key imported", &name, &id, json!({ "before": old }), actor, || {
                keys.put_in_use(&name, &key, before.as_ref())
            })?;
        }
        Ok(KeyImported { name, id, before: old })
    }

    /// The line first: a change without its line is what nobody could see afterwards.
    fn noting(
        &self,
        event: &'static str,
        name: &Name,
        id: &PseudonymKeyId,
        detail: serde_json::Value,
        actor: &Actor,
        change: impl FnOnce() -> Result<(), HostKeyError>,
    ) -> Result<(), RegistryError> {
        let object = format!("{name}/{id}");
        self.note(actor, &Event { event, object: object.clone(), detail })?;
        change().or_else(|error| {
            let detail = json!({ "of": event, "why": error.to_string() });
            self.note(actor, &Event { event: "change failed", object, detail })?;
            Err(error.into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layout;

    fn held(keys: &HostKeys) -> Vec<(bool, PseudonymKeyId)> {
        keys.pseudonym_keys().keys.into_iter().map(|key| (key.in_use, key.id)).collect()
    }

    #[test]
    fn a_key_that_is_put_aside_can_be_had_by_its_id_until_it_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let keys = HostKeys::of(&Layout::at(folder.path()));
        let name = Name::new("default").unwrap();
        let first = keys.pseudonym(&name).unwrap();
        let second = KeyBytes::new([2; 32]);
        let (one, two) = (key_id(&first), key_id(&second));
        keys.put_in_use(&name, &second, Some(&first)).unwrap();
        assert_eq!(held(&keys), [(true, two.clone()), (false, one.clone())]);
        assert_eq!(keys.pseudonym_of(&name, &one).unwrap(), first);
        assert_eq!(keys.pseudonym_of(&name, &two).unwrap(), second);
        assert_eq!(keys.pseudonym(&name).unwrap(), second);

        keys.put_in_use(&name, &first, Some(&second)).unwrap();
        assert_eq!(held(&keys), [(true, one), (false, two)]);
        let other = PseudonymKeyId::new("0123456789abcdef").unwrap();
        assert!(matches!(keys.pseudonym_of(&name, &other), Err(HostKeyError::NotHeld { .. })));
    }

    #[test]
    fn a_change_that_was_cut_short_shows_each_key_once_and_a_broken_file_hides_none() {
        let folder = tempfile::tempdir().unwrap();
        let keys = HostKeys::of(&Layout::at(folder.path()));
        let name = Name::new("default").unwrap();
        let key = keys.pseudonym(&name).unwrap();
        write(&keys.kept_at(&name, &key_id(&key)), &key).unwrap();
        let wrong = PseudonymKeyId::new("0123456789abcdef").unwrap();
        write(&keys.kept_at(&name, &wrong), &key).unwrap();
        glasshouse_trust::replace_file(&keys.pseudonyms().join("half.key"), &[1; 16], 0o600).unwrap();
        assert_eq!(held(&keys), [(true, key_id(&key))]);
        assert_eq!(keys.pseudonym_keys().problems.len(), 2);
    }

    #[test]
    fn an_id_is_no_part_of_its_key_and_the_same_everywhere() {
        assert_eq!(key_id(&[7; 32]).as_str(), "69a50cd242d139f8");
        assert_ne!(key_id(&[7; 32]), key_id(&[8; 32]));
    }
}
