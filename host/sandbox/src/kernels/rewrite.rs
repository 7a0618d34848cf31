use glasshouse_contract::TextColumn;

use crate::wire::Refusal;

/// A text column with each value replaced by what `each` appends to the bytes so far. Nulls stay null.
#[inline]
pub(super) fn rewrite(
    text: &TextColumn,
    bytes: usize,
    mut each: impl FnMut(&[u8], &mut Vec<u8>),
) -> Result<TextColumn, Refusal> {
    let rows = text.offsets().len().saturating_sub(1);
    let mut offsets = Vec::with_capacity(rows + 1);
    let mut data = Vec::with_capacity(bytes);
    offsets.push(0);
    for row in 0..rows {
        if let Some(value) = text.bytes(row) {
            each(value, &mut data);
        }
        offsets.push(
            u32::try_from(data.len()).map_err(|_| Refusal::Limit("4 GiB of text in a column".to_owned()))?,
        );
    }
    Ok(text.with_data(offsets, data)?)
}
