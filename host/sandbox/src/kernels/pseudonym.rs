use std::ops::RangeInclusive;

use glasshouse_contract::{TextColumn, hex_digits};

use super::rewrite::rewrite;
use crate::{keys::PseudonymKey, wire::Refusal};

/// 64 bits are the least that keeps a million devices apart; more than the MAC has there is not.
pub(crate) const PSEUDONYM_DIGITS: RangeInclusive<u32> = 16..=64;

/// Each value's HMAC-SHA-256 in hexadecimal digits; nulls stay null.
pub(crate) fn pseudonymize(
    key: &PseudonymKey,
    text: &TextColumn,
    digits: usize,
) -> Result<TextColumn, Refusal> {
    let rows = text.offsets().len().saturating_sub(1);
    rewrite(text, rows * digits, |value, data| {
        let hex = hex_digits(&key.mac(value));
        data.extend_from_slice(hex.get(..digits).unwrap_or(&hex));
    })
}
