use glasshouse_contract::{TextColumn, one_way_hash};

use super::rewrite::rewrite;
use crate::wire::Refusal;

/// The length of every hash.
const HASH_BYTES: usize = 44;

/// Each value's unkeyed hash, as Configuration Manager's own telemetry writes it; nulls stay null.
pub(crate) fn configmgr_hash(text: &TextColumn) -> Result<TextColumn, Refusal> {
    let rows = text.offsets().len().saturating_sub(1);
    rewrite(text, rows * HASH_BYTES, |value, data| {
        // What a column holds is UTF-8; it was checked when it came in.
        data.extend_from_slice(one_way_hash(&String::from_utf8_lossy(value)).as_bytes());
    })
}
