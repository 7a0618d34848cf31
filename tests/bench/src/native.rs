//! The rule compiled into the host: what everything else is measured against.

use glasshouse_contract::{Batch, Column, TextColumn, hex_digits};
use glasshouse_detect::Patterns;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Failed;

/// The key of the pseudonyms.
pub const KEY: [u8; 32] = [7; 32];

/// Same scanner and same HMAC as in the sandbox, no border.
pub struct Native<'a> {
    user: &'a TextColumn,
    message: &'a TextColumn,
    batch: &'a Batch,
    key: Hmac<Sha256>,
}

/// What the native rule gives: the buffers, and the columns that it leaves alone.
pub struct NativeOutput {
    user: Option<(Vec<u32>, Vec<u8>)>,
    message: (Vec<u32>, Vec<u8>),
    rest: Vec<Column>,
}

impl<'a> Native<'a> {
    pub fn new(batch: &'a Batch) -> Result<Self, Failed> {
        let text = |name| match batch.column(name) {
            Some(Column::Text(column)) => Ok(column),
            _ => Err(Failed::from(format!("there is no text column `{name}`"))),
        };
        Ok(Self { user: text("user")?, message: text("message")?, batch, key: Hmac::new_from_slice(&KEY)? })
    }

    pub fn full(&self) -> NativeOutput {
        NativeOutput { user: Some(self.pseudonymize()), ..self.mask() }
    }

    pub fn mask(&self) -> NativeOutput {
        let mut offsets = self.message.offsets().to_vec();
        let mut data = self.message.data().to_vec();
        glasshouse_detect::mask(&mut offsets, &mut data, Patterns { email: true, ipv4: true, ipv6: false });
        let rest = self.batch.iter().filter(|(field, _)| field.name.as_str() != "bytes");
        NativeOutput {
            user: None,
            message: (offsets, data),
            rest: rest.map(|(_, column)| column.clone()).collect(),
        }
    }

    fn pseudonymize(&self) -> (Vec<u32>, Vec<u8>) {
        let rows = self.batch.rows() as usize;
        let (mut offsets, mut data) = (Vec::with_capacity(rows + 1), Vec::with_capacity(rows * 32));
        offsets.push(0);
        for row in 0..rows {
            if let Some(value) = self.user.bytes(row) {
                let mut mac = self.key.clone();
                mac.update(value);
                let hex = hex_digits(&mac.finalize().into_bytes().into());
                data.extend_from_slice(hex.get(..32).unwrap_or(&hex));
            }
            offsets.push(data.len() as u32);
        }
        (offsets, data)
    }
}

impl NativeOutput {
    /// What is timed must do the same work.
    ///
    /// # Errors
    /// When `batch` is another table than this.
    pub fn agrees(&self, batch: &Batch) -> Result<(), Failed> {
        let user = match (&self.user, batch.column("user")) {
            (Some(user), Some(column)) => is(column, user),
            _ => false,
        };
        let message = batch.column("message").is_some_and(|column| self.masks_to(column));
        if user && message && batch.columns().len() == self.rest.len() {
            Ok(())
        } else {
            Err("what was measured gives another table than the native rule".into())
        }
    }

    /// Whether the messages came out the same.
    pub fn masks_to(&self, message: &Column) -> bool {
        is(message, &self.message)
    }
}

fn is(column: &Column, (offsets, data): &(Vec<u32>, Vec<u8>)) -> bool {
    matches!(column, Column::Text(text) if **text.offsets() == *offsets && **text.data() == *data)
}
