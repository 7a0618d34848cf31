use std::ops::RangeInclusive;

use glasshouse_contract::TextColumn;

use super::rewrite::rewrite;
use crate::{keys::PseudonymKey, wire::Refusal};

/// 64 bits are the least that keeps a million devices apart; more than the MAC has there is not.
pub(crate) const PSEUDONYM_DIGITS: RangeInclusive<u32> = 16..=64;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Each value's HMAC-SHA-256 in hexadecimal digits; nulls stay null.
pub(crate) fn pseudonymize(
    key: &PseudonymKey,
    text: &TextColumn,
    digits: usize,
) -> Result<TextColumn, Refusal> {
    let rows = text.offsets().len().saturating_sub(1);
    rewrite(text, rows * digits, |value, data| {
        for byte in key.mac(value).iter().take(digits / 2) {
            data.extend(
                [byte >> 4, byte & 15].map(|digit| HEX.get(digit as usize).copied().unwrap_or_default()),
            );
        }
    })
}
