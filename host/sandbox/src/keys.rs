use std::{collections::BTreeMap, fmt};

use glasshouse_contract::Name;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Keys that kernels use on behalf of a rule. They are never shown, not even to `Debug`.
#[derive(Clone, Default)]
pub struct Keys(BTreeMap<Name, PseudonymKey>);

/// A key with its first block already hashed: an HMAC of a short value then costs two blocks.
#[derive(Clone)]
pub(crate) struct PseudonymKey(Hmac<Sha256>);

impl Keys {
    /// No keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same keys and one more.
    #[must_use]
    pub fn with(mut self, name: Name, key: &[u8; 32]) -> Self {
        // HMAC takes keys of any length; the error is for MACs that do not.
        if let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) {
            self.0.insert(name, PseudonymKey(mac));
        }
        self
    }

    pub(crate) fn get(&self, name: &str) -> Option<&PseudonymKey> {
        self.0.get(name)
    }
}

impl PseudonymKey {
    #[inline]
    pub(crate) fn mac(&self, value: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(value);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
