use glasshouse_contract::{LimitName, is_hidden};
use wasmtime::{Result, StoreContextMut, component::LinkerInstance};

use crate::{
    guest::{Guest, LogLine, Severity},
    limit::take,
    wire::WireSeverity,
};

/// Enough for a sentence and a number; more would be a way out for data.
const LINE_BYTES: usize = 1024;
/// A panic message with its place fits.
const LAST_WORDS_BYTES: usize = 4096;

pub fn link(instance: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    instance.func_wrap(
        "log",
        |mut store: StoreContextMut<'_, Guest>, (level, text): (WireSeverity, String)| {
            let guest = store.data_mut();
            guest.count_host_call()?;
            let mut lines = guest.log.len() as u64;
            take(LimitName::LogLines, guest.limits.log_lines, &mut lines, 1)?;
            let severity = match level {
                WireSeverity::Info => Severity::Info,
                WireSeverity::Warning => Severity::Warning,
            };
            guest.log.push(LogLine { severity, text: cut(text, LINE_BYTES) });
            Ok(())
        },
    )?;
    instance.func_wrap("fail", |mut store: StoreContextMut<'_, Guest>, (text,): (String,)| {
        let guest = store.data_mut();
        guest.count_host_call()?;
        guest.last_words = Some(cut(text, LAST_WORDS_BYTES));
        Ok(())
    })?;
    Ok(())
}

/// The beginning of a text, up to a whole character, with what rewrites a screen or hides in a text made
/// visible.
pub fn cut(mut text: String, most: usize) -> String {
    text.truncate(text.floor_char_boundary(most));
    // A line of 60 MB that was cut to 1 KiB would still hold 60 MB.
    text.shrink_to_fit();
    if text.chars().any(is_hidden) {
        let visible = |c: char| {
            if c.is_control() {
                c.escape_debug().collect()
            } else if is_hidden(c) {
                c.escape_unicode().collect()
            } else {
                vec![c]
            }
        };
        text = text.chars().flat_map(visible).collect();
    }
    text
}
