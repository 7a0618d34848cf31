use glasshouse_contract::{Ask, Manifest, RecordedTable};

use crate::promise;

/// A manifest, from the custom section of a file that nobody has looked at.
pub fn manifest(bytes: &[u8]) {
    let Ok(manifest) = Manifest::parse(bytes) else { return };
    let asks = manifest.asks();
    promise(
        asks.iter().all(|ask| ask.to_string().parse::<Ask>().as_ref() == Ok(ask)),
        "what a manifest asks for can be written into a grant and read back",
    );
    promise(asks.beyond(&asks).is_empty(), "a grant of all that is asked for is enough");
    promise(manifest.sample_tables().is_ok(), "samples were checked when the manifest was read");
}

/// A recorded table, from a file that a person wrote.
pub fn recorded_table(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(table) = RecordedTable::parse(text) else { return };
    let written = table.to_text();
    match RecordedTable::parse(&written) {
        Ok(again) => promise(again.to_text() == written, "a recording is written as it was read"),
        Err(error) => promise(false, &format!("a recording that was written can be read: {error}")),
    }
}
